"""When one who waits may expect its turn, from what was given back lately; and how well that came true. Pure."""

from collections import defaultdict, deque
from collections.abc import Callable
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from placement.admission.claims import COUNTED, released_unit
from placement.admission.entry import APPLICATIONS, CLUSTER, MIB, VCORES, Limit
from placement.admission.room import path
from placement.admission.snapshot import QueueUse, Snapshot

PROMISES = 50  # the last ones, of which the record is
LEAST = 5  # releases, or promises, below which nothing is said
CHANCE = 0.8  # that the start lies within the interval
SHARED = (*COUNTED, "queue-maximum", "am-share", "cluster")


class Flow(NamedTuple):
    """What came back in one place: `rate` in a second; in how many `releases`, of what `mean` amount.

    `variation` is the variance of the amounts by the square of their mean: 0 where all are alike.
    """

    rate: float
    releases: int
    mean: float
    variation: float


class _Sums:
    """The times and amounts of one unit in one place, and their sums, so that a rate costs O(1)."""

    __slots__ = ("amounts", "squares", "total")

    def __init__(self) -> None:
        self.amounts: deque[tuple[float, int]] = deque()
        self.total = self.squares = 0

    def add(self, time_s: float, amount: int) -> None:
        self.amounts.append((time_s, amount))
        self.total += amount
        self.squares += amount**2

    def forget(self, before_s: float) -> None:
        while self.amounts and self.amounts[0][0] <= before_s:
            _, amount = self.amounts.popleft()
            self.total -= amount
            self.squares -= amount**2


class Releases:
    """What applications gave back in the last `window_s` seconds, by queue, ancestor and cluster, from snapshots.

    Of two that follow each other only the net change of each leaf queue is seen: what was given back and given out
    again between them is not. So the rates are low rather than high, and the more so the rarer the snapshots.
    """

    def __init__(self, window_s: float = 7200.0) -> None:
        self._window_s = window_s
        self._last: Snapshot | None = None
        self._since_s = 0.0
        self._sums: defaultdict[tuple[str, str], _Sums] = defaultdict(_Sums)

    def saw(self, snapshot: Snapshot) -> None:
        """Take up what came back since the last snapshot; one that is not later than that is left out.

        A new term of the ResourceManager starts over, as it does not see at once what runs.
        """
        last = self._last
        if last is None or snapshot.term != last.term:
            self._sums.clear()
            self._since_s = snapshot.taken_s
        elif snapshot.taken_s <= last.taken_s:
            return
        else:
            self._collect(last, snapshot)
        self._last = snapshot

    def rate(self, at: str, unit: str) -> float | None:
        """What comes back there in a second, of `MiB`, `vcores` or `applications`; None below LEAST releases. O(1)."""
        flow = self.flow(at, unit)
        return flow.rate if flow else None

    def flow(self, at: str, unit: str) -> Flow | None:
        """The same with its spread."""
        if self._last is None or (at, unit) not in self._sums:
            return None
        now_s = self._last.taken_s
        sums = self._sums[at, unit]
        sums.forget(now_s - self._window_s)
        count = len(sums.amounts)
        if count < LEAST:
            return None
        mean = sums.total / count
        variation = max(sums.squares / count / mean**2 - 1, 0.0)
        return Flow(sums.total / min(now_s - self._since_s, self._window_s), count, mean, variation)

    def _collect(self, last: Snapshot, snapshot: Snapshot) -> None:
        back: defaultdict[tuple[str, str], int] = defaultdict(int)
        for queue, before in last.queues.items():
            if before.is_leaf:
                after = snapshot.queues.get(queue, QueueUse(is_leaf=True, maximum=before.maximum))
                given = before.used - after.used
                ended = before.running - after.running
                for unit, amount in ((MIB, given.memory_mib), (VCORES, given.vcores), (APPLICATIONS, ended)):
                    for at in (*path(queue), CLUSTER) if amount > 0 else ():
                        back[at, unit] += amount
        for place, amount in back.items():
            sums = self._sums[place]
            sums.add(snapshot.taken_s, amount)
            sums.forget(snapshot.taken_s - self._window_s)


def expected(limit: Limit, place: int, releases: Releases, now_s: float) -> tuple[float, float] | None:
    """From when to when, seconds since the epoch, the one at `place` may expect its turn, with CHANCE.

    Those ahead are taken to need as much as it does itself. None: `limit` is a user's own or one that lasts, or too
    little came back lately to say.

    How long k releases take, if they come by chance, is Gamma(k, rate); amounts that differ, and a rate that is known
    from n releases only, widen it: its relative variance is (1 + variation) * (1 / k + 1 / n). The quantiles are
    Wilson and Hilferty's (1931).
    """
    code = limit.cause or limit.code
    if code not in SHARED:
        return None
    needed = limit.needed * place - limit.have
    unit = released_unit(limit)
    flow = releases.flow(limit.at, unit)
    if flow is None:
        return None
    if unit != limit.unit:  # a share of application masters: as many must end as there are too many
        needed = -(-needed // max(limit.needed, 1))
    times = max(needed / flow.mean, 1.0)
    variance = (1 + flow.variation) * (1 / times + 1 / flow.releases)
    mean_s = times * flow.mean / flow.rate
    beyond = NormalDist().inv_cdf((1 + CHANCE) / 2)
    return now_s + _gamma_s(mean_s, variance, -beyond), now_s + _gamma_s(mean_s, variance, beyond)


def _gamma_s(mean_s: float, variance: float, z: float) -> float:
    return mean_s * max(1 - variance / 9 + z * sqrt(variance / 9), 0.0) ** 3


class Promises:
    """How many of the last promises were kept: what was told first, against when the turn came.

    `heard` is told of each whose truth becomes known, whether it was kept.
    """

    def __init__(self, heard: Callable[[bool], None] | None = None) -> None:
        self._open: dict[str, tuple[float, float]] = {}
        self._kept: deque[bool] = deque(maxlen=PROMISES)
        self._heard = heard

    def recall(self, entry_id: str, interval: tuple[float, float], started_s: float | None) -> None:
        """One of before, the oldest first; `started_s`: when the turn came, if it did."""
        if started_s is None:
            self._open[entry_id] = interval
        else:
            self._kept.append(interval[0] <= started_s <= interval[1])

    def make(self, entry_id: str, interval: tuple[float, float]) -> None:
        """Somebody was told this; what it is told later does not count."""
        self._open.setdefault(entry_id, interval)

    def started(self, entry_id: str, at_s: float) -> None:
        """Its turn came."""
        if interval := self._open.pop(entry_id, None):
            self._hear(interval[0] <= at_s <= interval[1])

    def left(self, entry_id: str, at_s: float) -> None:
        """It waits no more, without a turn: a promise that was overdue by then is not kept, another does not count."""
        if (interval := self._open.pop(entry_id, None)) and at_s > interval[1]:
            self._hear(False)

    def score(self) -> tuple[int, int] | None:
        """(kept, of); None below LEAST."""
        return (sum(self._kept), len(self._kept)) if len(self._kept) >= LEAST else None

    def _hear(self, is_kept: bool) -> None:
        self._kept.append(is_kept)
        if self._heard:
            self._heard(is_kept)
