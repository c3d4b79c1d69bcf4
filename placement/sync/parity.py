"""Whether gateway and ResourceManager say the same: who may submit where, by both. Pure but for who is asked."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from placement.decision import RUN
from placement.engine import decide
from placement.errors import quoted
from placement.policy import Policy
from placement.queues import access
from placement.queues.access import Grant
from placement.queues.names import full_name
from placement.queues.queue import Hierarchy, Queue, Settings
from placement.queues.tree import ROOT, Tree
from placement.rules.match import queue_of
from placement.rules.model import Rules
from placement.schedulers.capacity import terms
from placement.submission import Identity, Request, Submission
from placement.sync.difference import Difference as Changes

SOURCE = "--queue"
PLAN = "`placement plan`"

_ACCESS = re.compile(rf"aclSubmitApps|aclAdministerApps|(.*\.)?({terms.SUBMIT_ACL}|{terms.ADMIN_ACL})")

# User, full path of a queue, whether they could administer it: whether the ResourceManager lets them submit there.
May = Callable[[str, str, bool], bool]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the ResourceManager: the `queues` that it shows, by full path.

    `lets_anybody_in`: into `root`, and thus everywhere. `is_applied`: whether it is told of access just what the policy
    says, None if that cannot be told here.
    """

    queues: Collection[str]
    lets_anybody_in: bool
    is_applied: bool | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A user and a request (None: none) on which the two differ.

    `queue` is where the gateway would place it, or what was asked for; `gateway` and `manager` say whether each of
    them lets it in; `why` is the reason in words.
    """

    user: str
    request: str | None
    queue: str
    gateway: bool
    manager: bool
    why: str

    def as_data(self) -> dict[str, Any]:
        """The difference as plain data."""
        return {
            "user": self.user,
            "request": self.request,
            "queue": self.queue,
            "gateway": self.gateway,
            "resource_manager": self.manager,
            "why": self.why,
        }


class Parity:
    """Compares what `policy` decides with what the ResourceManager lets in.

    `rules` are those of the policy as they place, `granted` its queue tree with the access that they give.
    """

    def __init__(self, policy: Policy, rules: Rules, granted: Hierarchy, seen: Seen) -> None:
        self.policy = policy
        self.rules = rules
        self.granted = granted
        self.seen = seen
        self._tree = Tree(path for path, _ in granted.queues() if path != ROOT)
        self._administrators = cache(lambda queue: access.of_queue(granted, queue).admin)
        self._parents = {path.rpartition(".")[0] for path in seen.queues}

    def queues(self) -> list[str]:
        """Those in which applications run, of the policy."""
        return [path for path, queue in self.granted.queues() if queue.is_leaf]

    def full_name(self, queue: str) -> str | None:
        """The full path of a queue that somebody types; None if neither the policy nor the ResourceManager has it."""
        path = full_name(queue, self.policy.site.scheduler, self._tree)
        return path if path in self.seen.queues or self.granted.chain(path) else None

    def of(self, identity: Identity, requests: Iterable[str], may: May) -> list[Difference]:
        """Every difference for one user: without a request, and for each of the other `requests`, full paths.

        `may` asks the ResourceManager. Raises what it raises.
        """
        asks = cache(lambda queue: may(identity.user, queue, self._can_administer(identity.user, queue)))
        placed = self._queue(identity, None)
        asked: list[tuple[str | None, str]] = [(None, placed)] if placed is not None else []
        asked += [(queue, queue) for queue in requests if queue != placed]
        found: list[Difference] = []
        for request, queue in asked:
            gateway = request is None or self._queue(identity, request) is not None
            why_not, manager = self._manager(queue, asks)
            if gateway and not manager:
                found.append(
                    Difference(identity.user, request, queue, True, False, why_not or self._no(identity, queue))
                )
            elif manager and not gateway:
                found.append(Difference(identity.user, request, queue, False, True, self._yes(identity, queue)))
        return found

    def _can_administer(self, user: str, queue: str) -> bool:
        """Whether the ResourceManager could let them administer it: its groups are not known here."""
        if not self.seen.is_applied or not self.granted.chain(queue):
            return True
        return any(grant.kind != access.USER or grant.name == user for grant in self._administrators(queue))

    def _queue(self, identity: Identity, request: str | None) -> str | None:
        """Where the gateway places it, as a full path where the tree can tell."""
        asked = Request(request, SOURCE) if request is not None else None
        decision = decide(Submission(identity, asked), self.policy, "")
        if decision.outcome != RUN or decision.queue is None:
            return None
        return full_name(decision.queue, self.policy.site.scheduler, self._tree)

    def _manager(self, queue: str, asks: Callable[[str], bool]) -> tuple[str, bool]:
        """Whether the ResourceManager lets it in, and if not, why, where that has nothing to do with who it is."""
        own = self.granted.find(queue)
        if queue in self.seen.queues:
            if queue in self._parents or (own and not own.is_leaf):
                return "it has queues below it, or is to have: nothing runs in it", False
            return "", asks(queue)
        if own:
            return f"the ResourceManager has no such queue yet: {PLAN}", False
        if not self.granted.chain(queue):
            return "neither queues.yaml nor the ResourceManager has such a queue", False
        above = queue
        while above and above not in self.seen.queues:
            above = above.rpartition(".")[0]
        # Source: Hadoop `RMAppManager`, and `FSQueue.hasAccess` of a queue that the file does not name.
        why = f"it is created on demand, and until it is there, access to {quoted(above)} is what counts"
        return why, bool(above) and asks(above)

    def _yes(self, identity: Identity, queue: str) -> str:
        """Why the ResourceManager lets somebody in whom the gateway does not."""
        scheduler = self.policy.site.scheduler
        for rule in self.rules.matching(identity.user, identity.groups):
            if rule.condition is not None and queue_of(rule, identity.user, identity.groups, scheduler) == queue:
                return f"line {rule.line} of the map has a condition, which the gateway alone asks for"
        grants = self._grants(identity, queue)
        if grants:
            return f"no rule of the map is for it, but the policy opens it: {_by(grants[0], queue)}"
        if self.seen.lets_anybody_in:
            return f"the ResourceManager lets anybody in: is the policy applied ({PLAN}), and `yarn.acl.enable` on?"
        words = "nothing in the policy opens it"
        other_groups = f"the ResourceManager has other groups for them than {_groups(identity)}"
        if self.seen.is_applied:
            return f"{words}: {other_groups}"
        not_applied = f"{words}, and the ResourceManager is told something else: {PLAN}"
        return not_applied if self.seen.is_applied is False else f"{words}: is it applied ({PLAN})? Or {other_groups}"

    def _no(self, identity: Identity, queue: str) -> str:
        """Why the ResourceManager does not let somebody in whom the gateway does."""
        grants = self._grants(identity, queue)
        if not grants:
            return f"no access list can say what the map says: {PLAN} lists it"
        words = f"the policy opens it: {_by(grants[0], queue)}"
        if self.seen.is_applied is False:
            return f"{words}, but this is not applied: {PLAN}"
        if all(_is_by_group(grant) for grant in grants):
            by_group = f"{words}, but the ResourceManager does not have them in that group"
            return by_group if self.seen.is_applied else f"{by_group}, or this is not applied: {PLAN}"
        return f"{words}, but this is not in force: {PLAN}, or the ResourceManager's log, says why"

    def _grants(self, identity: Identity, queue: str) -> tuple[Grant, ...]:
        return access.of_user_in(self.granted, queue, identity.user, identity.groups).submit


def says_of_access(changes: Changes) -> bool:
    """Whether one of the changes is of who may submit or administer."""
    return any(_ACCESS.fullmatch(change.property) for change in changes.changes)


def named(rules: Rules, hierarchy: Hierarchy) -> tuple[list[str], list[str]]:
    """The users and the groups whom the policy names: in the map, in roles, in `submit`.

    Not those who are only named in `admin`: to nobody's surprise they may submit where the map has no rule for them.
    """
    users: set[str] = set()
    groups: set[str] = set()
    for rule in rules.rules:
        users.update(rules.users_of(rule))
        groups.update(rules.groups_of(rule))
    opened = (settings.submit for _, queue in hierarchy.queues() for settings in _settings(queue))
    for said in [*hierarchy.roles.values(), *filter(None, opened)]:
        users.update(said.users)
        groups.update(said.groups)
    return sorted(users), sorted(groups)


def _settings(queue: Queue) -> Iterator[Settings]:
    yield queue
    if queue.auto_create:
        yield from (queue.auto_create.template, queue.auto_create.leaf, queue.auto_create.parent)


def _by(grant: Grant, queue: str) -> str:
    return str(grant).removesuffix(f"of {queue}") + "here" if grant.origin == queue else str(grant)


def _is_by_group(grant: Grant) -> bool:
    return grant.kind == access.GROUP or grant.through.startswith(f"{access.GROUP} ")


def _groups(identity: Identity) -> str:
    return ", ".join(map(quoted, identity.groups)) or "none"
