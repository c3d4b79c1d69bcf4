"""A policy folder as those need it who look at all of it: every file itself, never its index."""

import os

from placement.errors import PlacementError, Problem
from placement.expectations import EXPECTATIONS, Case
from placement.expectations import read as read_cases
from placement.files import trusted_bytes
from placement.policy import Policy, Site
from placement.policy_files import PolicyFiles
from placement.queues.tree import Tree
from placement.rules.model import Rules


class Whole:
    """`rules` as they are written, with their roles; the `tree` or None; the `lines` of the map.

    `warnings` were found while it was read.
    """

    def __init__(
        self,
        folder: PolicyFiles,
        rules: Rules,
        site: Site,
        tree: Tree | None,
        warnings: tuple[Problem, ...],
    ) -> None:
        self._folder = folder
        self.rules = rules
        self.site = site
        self.tree = tree
        self.lines = folder.lines()
        self.warnings = warnings

    def placing_rules(self) -> Rules:
        """The rules as they decide: queues by their full paths, where the tree can tell. Raises `unknown-role`.

        With an executable in the place of the map, nothing of it decides: then they are as they are written.
        """
        return self.rules if self.site.policy_exec else self._folder.placing_rules()

    def policy(self) -> Policy:
        """The policy that decides. Raises PlacementError `unknown-role`."""
        return Policy(self.placing_rules(), self.site, self._folder.revision())


def read(folder: PolicyFiles) -> Whole:
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
    return Whole(folder, rules, site, tree, warnings)


def cases(folder: PolicyFiles) -> list[Case] | None:
    """What expectations.yaml says, None if there is no such file. Raises PlacementError with all its problems."""
    file = os.path.join(folder.path, EXPECTATIONS)
    source, _ = trusted_bytes(file)  # apart from the folder: it is no part of the policy, nor of its revision
    return None if source is None else read_cases(source, file)
