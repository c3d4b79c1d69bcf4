"""Whether gateway and ResourceManager say the same: who may submit where, by both."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from placement.decision import RUN
from placement.engine import decide
from placement.errors import quoted
from placement.policy import Policy
from placement.queues import access
from placement.queues.access import Grant
from placement.queues.queue import Hierarchy
from placement.rules.model import Rules
from placement.submission import Identity, Request, Submission

SOURCE = "--queue"

May = Callable[[str, str], bool]  # user and full path of a queue: whether the ResourceManager lets submit there


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
    """Compares what `policy` decides with what the ResourceManager `may` let in.

    `granted`: the queue tree with the access that the map gives, as it is rendered.
    """

    def __init__(self, policy: Policy, rules: Rules, granted: Hierarchy, may: May) -> None:
        self.policy = policy
        self.rules = rules
        self.granted = granted
        self.may = may
        self.asked = 0

    def of(self, identity: Identity, requests: Iterable[str]) -> Iterator[Difference]:
        """Every difference for one user: without a request, and for each of the `requests`, full paths."""
        placed = self._queue(identity, None)
        if placed is not None and not self._may(identity.user, placed):
            yield Difference(identity.user, None, placed, True, False, self._why_not(identity, placed))
        for queue in requests:
            gateway, manager = self._queue(identity, queue) is not None, self._may(identity.user, queue)
            if gateway != manager:
                why = self._why_not(identity, queue) if gateway else self._why(identity, queue)
                yield Difference(identity.user, queue, queue, gateway, manager, why)

    def _queue(self, identity: Identity, request: str | None) -> str | None:
        asked = Request(request, SOURCE) if request is not None else None
        decision = decide(Submission(identity, asked), self.policy, "")
        return decision.queue if decision.outcome == RUN else None

    def _may(self, user: str, queue: str) -> bool:
        self.asked += 1
        return self.may(user, queue)

    def _why(self, identity: Identity, queue: str) -> str:
        """Why the ResourceManager lets somebody in whom the gateway does not."""
        for rule in self.rules.matching(identity.user, identity.groups):
            if rule.condition is not None and rule.queue == queue:
                return f"line {rule.line} of the map has a condition, which only the gateway asks for"
        grant = self._grant(identity, queue)
        if grant:
            return f"no rule of the map is for it, but it is open: {grant}"
        return "nothing in the policy opens it: an administrator of the cluster, or not yet applied (`placement plan`)"

    def _why_not(self, identity: Identity, queue: str) -> str:
        """Why the ResourceManager does not let somebody in whom the gateway does."""
        if not self.granted.chain(queue):
            return "queues.yaml has no such queue"
        grant = self._grant(identity, queue)
        if grant and grant.kind in (access.GROUP, access.ROLE):
            groups = ", ".join(map(quoted, identity.groups))
            return f"it is open by {grant}: is the policy applied, and has the ResourceManager the groups {groups}?"
        if grant:
            return f"it is open by {grant}, which is not in force: `placement plan`"
        return "its access list cannot say it: `placement plan` lists it"

    def _grant(self, identity: Identity, queue: str) -> Grant | None:
        rights = access.of_user_in(self.granted, queue, identity.user, identity.groups)
        return rights.submit[0] if rights.submit else None


def users_of(rules: Rules, hierarchy: Hierarchy) -> list[str]:
    """Every user whom the policy names: in the map, in roles, in access."""
    named: dict[str, None] = {}
    for rule in rules.rules:
        named.update(dict.fromkeys(rules.users_of(rule)))
    for role in hierarchy.roles.values():
        named.update(dict.fromkeys(role.users))
    for _, queue in hierarchy.queues():
        for each in (queue.submit, queue.admin):
            named.update(dict.fromkeys(each.users if each else ()))
    return sorted(named)
