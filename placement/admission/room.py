"""What the cluster has left for a new application, with what is promised taken off. Pure.

Sources: fair: `FSQueue.fitsInMaxShare`, `FSLeafQueue.canRunAppAM`, `MaxRunningAppsEnforcer`; capacity:
`AbstractLeafQueue.activateApplications` and `validateSubmitApplication`, `CSMaxRunningAppsEnforcer`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from placement.admission.demand import Demand
from placement.admission.entry import APPLICATIONS, CLUSTER, MIB, VCORES, Hold, Limit
from placement.admission.resources import NOTHING, Resources
from placement.admission.snapshot import QueueUse, Snapshot, UserUse
from placement.queues.names import CAPACITY

Key = str | tuple[str, ...]  # a queue, CLUSTER, (user,) or (queue, user): where something is held, or fought for


class _Held:
    """What the holds of one place come to. `masters_seen`: of applications that the ResourceManager counts."""

    __slots__ = ("amount", "applications", "masters", "masters_seen")

    def __init__(self) -> None:
        self.amount = self.masters = self.masters_seen = NOTHING
        self.applications = 0

    def add(self, amount: Resources, master: Resources, sign: int, is_seen: bool) -> None:
        self.amount += amount
        self.masters += master
        if is_seen:
            self.masters_seen += master
        else:
            self.applications += sign


_NOTHING_HELD = _Held()


def unlimited(user: str) -> int | None:  # noqa: ARG001
    """No user has a limit of running applications."""
    return None


class Room:
    """What is left of a snapshot for a NEW application once the holds have what they were promised.

    Application masters of foreign applications that wait in a queue will be served before a new one there: what they
    ask for is taken off as well. `user_max_running` tells how many applications a user may run in the whole cluster
    (None: no limit), as the fair scheduler and `yarn.scheduler.capacity.user.*.max-parallel-apps` have it.
    `is_settled`: whether all nodes that there are can have come; while they have not, nothing is ever too large.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        holds: Iterable[Hold] = (),
        user_max_running: Callable[[str], int | None] = unlimited,
        is_settled: bool = True,
    ) -> None:
        self.snapshot = snapshot
        self._user_max_running = user_max_running
        self._is_settled = is_settled and bool(snapshot.total)
        self._free = snapshot.free.least(snapshot.total)
        self._root = next(iter(snapshot.queues), "")
        self._places: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}  # see _way
        self._holds: dict[str, Hold] = {}
        self._held: defaultdict[Key, _Held] = defaultdict(_Held)
        for each in holds:
            self.hold(each)

    def hold(self, hold: Hold) -> None:
        """Take room; a hold of the same id is replaced. O(depth)."""
        self.release(hold.id)
        self._holds[hold.id] = hold
        self._count(hold, 1)

    def release(self, entry_id: str) -> None:
        """Give the room of a hold back, if there is one of this id. O(depth)."""
        if (hold := self._holds.pop(entry_id, None)) is not None:
            self._count(hold, -1)

    def _count(self, hold: Hold, sign: int) -> None:
        amount, master = hold.amount * sign, hold.master * sign
        for key in keys(hold.queue, hold.user):
            self._held[key].add(amount, master, sign, hold.is_seen)

    def left(self, at: str) -> Resources:
        """What a queue, by itself, or the CLUSTER has left; below zero where it has more than it may. O(1)."""
        if at == CLUSTER:
            there, used = self._free, NOTHING
        else:
            there, used = self.snapshot.queues[at].maximum, self.snapshot.queues[at].used
        foreign, held = self._foreign(at), self._at(at).amount
        return Resources(
            there.memory_mib - used.memory_mib - foreign.memory_mib - held.memory_mib,
            there.vcores - used.vcores - foreign.vcores - held.vcores,
        )

    def is_full(self, at: str) -> bool:
        """Whether not even the smallest container fits there, whatever the queues above and below have."""
        return self._short("", "", at, self.snapshot.minimum, self.left(at)) is not None

    def first_limit(self, user: str, queue: str, demand: Demand) -> Limit | None:
        """What keeps an application from starting in `queue` now, None if it fits. O(depth).

        The user's own limits come first, then the queue's, its ancestors', the cluster's: a narrow limit that it would
        hit anyway is told before a wide one, as an application that cannot start holds nobody else back.
        """
        use = self.snapshot.queues.get(queue)
        return (
            self._closed(queue, use)
            or self._too_large(queue, use, demand)
            or self._of_user(user, queue, use, demand)
            or self._of_places(queue, use, demand)
            if use
            else Limit("queue-not-there", queue, queue, 1, 0, APPLICATIONS)
        )

    def never(self, user: str, queue: str, demand: Demand) -> Limit | None:
        """What keeps it from ever starting in `queue`, however empty that is. O(depth).

        A user's maximum, which moves with how many users are active, counts where nobody is in the queue; a share of
        application masters where `am_largest` is known. While no node is at work, sizes say nothing.
        Source: `UsersManager.computeUserLimit`, `FSLeafQueue.computeMaxAMResource`.
        """
        use = self.snapshot.queues.get(queue)
        return (
            self._closed(queue, use)
            or self._too_large(queue, use, demand)
            or _full("user-max-applications", queue, queue, 0, use.user_max_applications)
            or _full("user-max-running", queue, CLUSTER, 0, self._user_max_running(user))
            or self._lasting(queue, use, demand)
            or self._alone(queue, use, demand)
            if use
            else Limit("queue-not-there", queue, queue, 1, 0, APPLICATIONS)
        )

    def _closed(self, queue: str, use: QueueUse) -> Limit | None:
        """A queue that takes nothing. An application goes past every ancestor, so each of them must take it."""
        if not use.is_leaf:
            return Limit("not-a-leaf", queue, queue, 1, 0, APPLICATIONS)
        for at in self._way(queue)[0]:
            if not self.snapshot.queues[at].takes_applications:
                return Limit("stopped", queue, at, 1, 0, APPLICATIONS)
        return None

    def _too_large(self, queue: str, use: QueueUse, demand: Demand) -> Limit | None:
        """A container that is never given: the ResourceManager refuses what asks for more than `largest`.

        Of vcores too, where the scheduler does not mind them. Source: `SchedulerUtils.normalizeAndValidateRequest`.
        """
        at, largest = (CLUSTER, self.snapshot.largest) if use.largest is None else (queue, use.largest)
        if largest is None or not self._is_settled:
            return None
        asked = demand.master.most(demand.container) if demand.containers else demand.master
        return _short("container", queue, at, asked, largest)

    def _of_user(self, user: str, queue: str, use: QueueUse, demand: Demand) -> Limit | None:
        held = self._at((queue, user))
        own = use.users.get(user) or UserUse(maximum=use.user_maximum, am_maximum=use.user_am_maximum)
        count = own.running + own.pending + held.applications
        running = self.snapshot.user_running.get(user, 0) + self._at((user,)).applications
        limit = _full("user-max-applications", queue, queue, count, use.user_max_applications) or _full(
            "user-max-running", queue, CLUSTER, running, self._user_max_running(user)
        )
        if limit is None and own.maximum is not None:
            limit = self._of_share(queue, demand, own.maximum - own.used - held.amount)
        if limit is None and own.am_maximum is not None and not self._is_first(use, self._at(queue)):
            left = own.am_maximum - own.am_used - held.masters
            limit = self._short("user-am-share", queue, queue, demand.master, left)
        return limit

    def _of_share(self, queue: str, demand: Demand, left: Resources) -> Limit | None:
        """The user's maximum: the scheduler looks at it before each container, so that the last may go beyond.

        Source: `AbstractLeafQueue.canAssignToUser`.
        """
        last = demand.container if demand.containers else demand.master
        if self._short("user-maximum", queue, queue, demand.total - last, left):
            return self._short("user-maximum", queue, queue, demand.total, left)
        return None

    def _of_places(self, queue: str, use: QueueUse, demand: Demand) -> Limit | None:
        total = demand.total
        held = self._at(queue)
        if use.am_maximum is not None and not self._is_first(use, held):
            left = use.am_maximum - use.am_used - self._foreign(queue) - held.masters
            if limit := self._short("am-share", queue, queue, demand.master, left):
                return limit
        for at in self._way(queue)[1]:
            if at == CLUSTER:
                limit = self._short("cluster", queue, at, total, self.left(at))
            else:
                node = self.snapshot.queues[at]
                there = node.running + node.pending + self._at(at).applications  # those that wait for room count too
                limit = (
                    _full("max-applications", queue, at, there, node.max_applications)
                    or _full("max-running", queue, at, there, node.max_running)
                    or self._short("queue-maximum", queue, at, total, self.left(at))
                )
            if limit:
                return limit
        return None

    def _lasting(self, queue: str, use: QueueUse, demand: Demand) -> Limit | None:
        snapshot, total = self.snapshot, demand.total
        share = None if snapshot.scheduler == CAPACITY or use.am_maximum is None else use.am_largest
        if (
            share is not None
            and self._is_settled
            and (limit := self._short("am-share", queue, queue, demand.master, share))
        ):
            return limit
        for at in self._way(queue)[1]:
            if at == CLUSTER:
                limit = self._short("cluster", queue, at, total, snapshot.total) if self._is_settled else None
            else:
                node = snapshot.queues[at]
                limit = _full("max-applications", queue, at, 0, node.max_applications)
                limit = limit or _full("max-running", queue, at, 0, node.max_running)
                if limit is None and self._is_settled:
                    limit = self._short("queue-maximum", queue, at, total, node.maximum)
            if limit:
                return limit
        return None

    def _alone(self, queue: str, use: QueueUse, demand: Demand) -> Limit | None:
        """The most that a user can have, known where nobody has anything yet: more will never be free for one."""
        is_empty = not use.running + use.pending + self._at(queue).applications + len(use.users)
        if not is_empty or use.user_maximum is None or not self._is_settled:
            return None
        return self._of_share(queue, demand, use.user_maximum)

    def _is_first(self, use: QueueUse, held: _Held) -> bool:
        """The capacity scheduler lets one application master into an empty queue, however small its share is.

        It asks the queue, not the user, for both shares. Source: `AbstractLeafQueue.activateApplications`.
        """
        if self.snapshot.scheduler != CAPACITY:
            return False
        return use.running + held.applications < 1 or not use.am_used + held.masters

    def _short(self, code: str, queue: str, at: str, needed: Resources, have: Resources) -> Limit | None:
        limit = _short(code, queue, at, needed, have)
        return limit if limit and (limit.unit == MIB or self.snapshot.counts_vcores) else None

    def _foreign(self, at: str) -> Resources:
        """What waits there and is not of a hold: else one of our own that waits in YARN would be counted twice."""
        use = self.snapshot.queues.get(self._root if at == CLUSTER else at)
        if use is None or not use.waiting:
            return NOTHING
        return (use.waiting - self._at(at).masters_seen).most(NOTHING)

    def _at(self, key: Key) -> _Held:
        return self._held.get(key, _NOTHING_HELD)

    def _way(self, queue: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The queue and its ancestors; and with the cluster before the root: the better word for the same room."""
        if queue not in self._places:
            above = tuple(at for at in path(queue) if at in self.snapshot.queues)
            places = (*(at for at in above if at != self._root), CLUSTER, *(at for at in above if at == self._root))
            self._places[queue] = above, places
        return self._places[queue]


@lru_cache(maxsize=65536)
def path(queue: str) -> tuple[str, ...]:
    """The queue, then its ancestors up to the root."""
    return (queue, *path(queue.rpartition(".")[0])) if queue else ()


def keys(queue: str, user: str) -> Iterator[Key]:
    """Every place whose room an application of `user` in `queue` takes, the narrowest first."""
    yield (user,)
    yield (queue, user)
    yield from path(queue)
    yield CLUSTER


def _full(code: str, queue: str, at: str, there: int, maximum: int | None) -> Limit | None:
    return None if maximum is None or there < maximum else Limit(code, queue, at, 1, 0, APPLICATIONS)


def _short(code: str, queue: str, at: str, needed: Resources, have: Resources) -> Limit | None:
    if needed.memory_mib > have.memory_mib:
        return Limit(code, queue, at, needed.memory_mib, max(have.memory_mib, 0), MIB)
    if needed.vcores > have.vcores:
        return Limit(code, queue, at, needed.vcores, max(have.vcores, 0), VCORES)
    return None
