"""A policy folder as those need it who look at all of it: every file itself, never its index."""

import os

from placement.errors import PlacementError, Problem
from placement.expectations import EXPECTATIONS, Case
from placement.expectations import read as read_cases
from placement.files import trusted_bytes
from placement.folder import Folder
from placement.policy import Policy, Site
from placement.queues.tree import Tree
from placement.rules.model import Rules


class Whole:
    """`rules` with their roles, the `tree` or None, the `lines` of the map; `warnings` were found while it was read."""

    def __init__(
        self,
        rules: Rules,
        site: Site,
        tree: Tree | None,
        lines: list[str],
        revision: str,
        warnings: tuple[Problem, ...],
    ) -> None:
        self.rules = rules
        self.site = site
        self.tree = tree
        self.lines = lines
        self.revision = revision
        self.warnings = warnings

    def policy(self) -> Policy:
        """The policy that decides."""
        return Policy(self.rules, self.site, self.revision)


def read(folder: Folder) -> Whole:
    """Every file of the policy. Raises PlacementError with the problems of all of them, the map's warnings included."""
    problems: list[Problem] = []
    site, queues, found = None, None, None
    try:
        site = folder.site()
    except PlacementError as error:
        problems.extend(error.problems)
    try:
        queues = folder.queues()
    except PlacementError as error:
        problems.extend(error.problems)
    try:
        found = folder.rules()
    except PlacementError as error:
        problems.extend(each for each in error.problems if each not in problems)
    if site is None or queues is None or found is None:
        raise PlacementError(*problems, *(found[1] if found else ()))
    rules, warnings = found
    tree, _ = queues
    return Whole(rules, site, tree, folder.lines(), folder.revision(), warnings)


def cases(folder: Folder) -> list[Case] | None:
    """What expectations.yaml says, None if there is no such file. Raises PlacementError with all its problems."""
    file = os.path.join(folder.path, EXPECTATIONS)
    source, _ = trusted_bytes(file)  # apart from the folder: it is no part of the policy, nor of its revision
    return None if source is None else read_cases(source, file)
