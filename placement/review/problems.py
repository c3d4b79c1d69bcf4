"""Everything that is wrong with a policy folder."""

import grp
import pwd
from collections.abc import Callable
from itertools import chain

from placement.errors import PlacementError, Problem
from placement.policy import STATIC, Site
from placement.policy_files import PolicyFiles
from placement.queues import checks
from placement.review import whole
from placement.rules import lint


def problems_of(folder: PolicyFiles, names: bool = False) -> list[Problem]:
    """The problems of every file of the folder; what only shows over the whole, if each file can be read.

    `names`: whether the name service is asked for every user and group.
    """
    problems = _of_queues(folder)
    try:
        found = whole.read(folder)
        subject = lint.Subject(found.rules, found.site.scheduler, found.tree, found.lines)
        knows_user, knows_group = _lookups(found.site) if names else (None, None)
        of_rules = [*found.warnings, *lint.findings(subject, knows_user, knows_group)]
        problems += sorted(of_rules, key=lambda each: each.place.line if each.place else 0)
    except PlacementError as error:
        problems += error.problems
    try:
        whole.cases(folder)
    except PlacementError as error:
        problems += error.problems
    return problems


def _of_queues(folder: PolicyFiles) -> list[Problem]:
    """What makes no sense in queues.yaml; none where it, or site.yaml, cannot be read, which is said with the rest."""
    try:
        document, site = folder.queue_tree(), folder.site()
    except PlacementError:
        return []
    return checks.findings(document.hierarchy, site.scheduler, document.places.of) if document else []


def _lookups(site: Site) -> tuple[Callable[[str], bool], Callable[[str], bool]]:
    """Whether there is a user, and a group, of that name, as far as the site's source of groups can say."""
    if site.groups == STATIC:
        users = dict(site.static_groups)
        groups = frozenset(chain.from_iterable(users.values()))
        return users.__contains__, groups.__contains__
    return _is_user, _is_group


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except (KeyError, ValueError):  # ValueError: a NUL in the name
        return False
    return True


def _is_group(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except (KeyError, ValueError):
        return False
    return True
