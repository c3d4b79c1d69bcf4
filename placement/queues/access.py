"""Who may submit to a queue and administer it, and why.

Whoever has a right to a queue has it to all below, in both schedulers; who may administer may submit. The schedulers
leave `root` open unless told otherwise, so that nothing below it would be closed; here it is closed unless it says
otherwise, which is what is rendered for them.
Sources: Hadoop `QueueManager`/`FSQueue.hasAccess` (fair), `AbstractCSQueue.hasAccess` (capacity), `RMAppManager` (both
rights are asked).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from placement.queues.queue import Access, Hierarchy, Settings

SUBMIT, ADMIN = "submit", "admin"
EVERYBODY, USER, GROUP, ROLE = "everybody", "user", "group", "role"


@dataclass(frozen=True, slots=True)
class Grant:
    """One entry that gives a right: `right` of the queue `origin`, where it stands, to `kind` `name`.

    `name` is empty for EVERYBODY. Of a role, `through` says which member of it (`user ann`) somebody has it through;
    empty where nobody was asked for.
    """

    right: str
    origin: str
    kind: str
    name: str = ""
    through: str = ""

    def as_data(self) -> dict[str, str]:
        """The grant as plain data."""
        data = {"right": self.right, "queue": self.origin, "kind": self.kind, "name": self.name}
        return {**data, "through": self.through} if self.through else data

    def __str__(self) -> str:
        who = f"{self.kind} {self.name}" if self.name else self.kind
        via = f" ({self.through})" if self.through else ""
        return f"{who}{via}, {self.right} of {self.origin}"


@dataclass(frozen=True, slots=True)
class Rights:
    """Every grant for one queue, the nearest first: those that let submit, and those of them that let administer."""

    submit: tuple[Grant, ...] = ()
    admin: tuple[Grant, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.submit)


class Somebody:
    """Whoever is asked for: a user with groups; `roles` says of each role held which entry gives it."""

    def __init__(self, user: str, groups: Iterable[str], roles: Mapping[str, Access]) -> None:
        self.user = user
        self.groups = tuple(dict.fromkeys(groups))
        self.roles = {name: through for name, role in roles.items() if (through := self._through(role))}

    def _through(self, role: Access) -> str:
        if self.user in role.users:
            return f"{USER} {self.user}"
        return next((f"{GROUP} {group}" for group in self.groups if group in role.groups), "")

    def granted(self, right: str, origin: str, access: Access | None) -> list[Grant]:
        """The entries of `access` that mean this user."""
        return [
            Grant(right, origin, kind, name, self.roles.get(name, "") if kind == ROLE else "")
            for kind, name in entries(access)
            if kind == EVERYBODY
            or (kind == USER and name == self.user)
            or (kind == GROUP and name in self.groups)
            or (kind == ROLE and name in self.roles)
        ]


def entries(access: Access | None) -> list[tuple[str, str]]:
    """Kind and name of every entry; none where nothing is said."""
    if access is None:
        return []
    found = [(EVERYBODY, "")] if access.everybody else []
    for kind, names in ((USER, access.users), (GROUP, access.groups), (ROLE, access.roles)):
        found += [(kind, name) for name in names]
    return found


def of_queue(hierarchy: Hierarchy, path: str) -> Rights:
    """Every entry by which anybody has a right to the queue, its ancestors' included; no rights if there is no such."""
    return _rights(
        Grant(right, origin, kind, name)
        for origin, settings in hierarchy.chain(path)
        for right, access in _said(settings)
        for kind, name in entries(access)
    )


def of_user_in(hierarchy: Hierarchy, path: str, user: str, groups: Iterable[str]) -> Rights:
    """What one user may do in one queue, which may be one that would be created on demand."""
    somebody = Somebody(user, groups, hierarchy.roles)
    return _rights(
        grant
        for origin, settings in hierarchy.chain(path)
        for right, access in _said(settings)
        for grant in somebody.granted(right, origin, access)
    )


def of_user(hierarchy: Hierarchy, user: str, groups: Iterable[str]) -> dict[str, Rights]:
    """What one user may do, by full path of queue, in the order of the file; queues without any right are left out.

    One walk from `root` down: O(queues), with what is inherited handed on.
    """
    somebody = Somebody(user, groups, hierarchy.roles)
    found: dict[str, Rights] = {}
    for path, queue in hierarchy.queues():
        inherited = found.get(path.rpartition(".")[0], Rights())
        own = _rights(grant for right, access in _said(queue) for grant in somebody.granted(right, path, access))
        if own:
            inherited = Rights((*own.submit, *inherited.submit), (*own.admin, *inherited.admin))
        if inherited:
            found[path] = inherited
    return found


def _said(settings: Settings) -> tuple[tuple[str, Access | None], ...]:
    return (SUBMIT, settings.submit), (ADMIN, settings.admin)


def _rights(grants: Iterable[Grant]) -> Rights:
    every = tuple(grants)
    return Rights(every, tuple(grant for grant in every if grant.right == ADMIN))
