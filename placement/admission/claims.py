"""Who waits for which room, and how far others may pass them by. Pure."""

from bisect import insort
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from placement.admission.demand import Demand
from placement.admission.entry import APPLICATIONS, MIB, VCORES, Entry, Limit
from placement.admission.room import Key, keys
from placement.admission.waiting import Rank

# Of no use to wait for: somebody must change the queue or the job.
CLOSED = ("queue-not-there", "not-a-leaf", "stopped")
LASTING = (*CLOSED, "container")
COUNTED = ("max-running", "max-applications")  # that hit everyone alike, however little they ask for
FILLED = ("queue-maximum", "cluster")  # that may have less left than anybody asks for
OF_USER = ("user-maximum", "user-am-share", "user-max-applications")

Rate = Callable[[str, str], float | None]


class _Claim(NamedTuple):
    rank: Rank
    limit: Limit


def unknown_rate(at: str, unit: str) -> float | None:  # noqa: ARG001
    """Nothing is known of what is given back."""
    return None


class Claims:
    """What those who were found waiting wait for, by place, in order of rank.

    Somebody worse in rank may take room there only while that puts nobody before it off by more than `overtake_s`
    seconds in all: `rate(at, unit)`, what is given back there in a second, says how long the room that it takes needs
    to come back. Where that is not known (None), it may as long as the one before it has waited less than
    `overtake_s`. What waits for a user's own limit is passed by nobody of that user and holds back nobody else.
    """

    def __init__(self, entries: Mapping[str, Entry], rate: Rate, overtake_s: float) -> None:
        self._entries = entries
        self._rate = rate
        self._overtake_s = overtake_s
        self._claims: dict[Key, list[_Claim]] = {}

    def clear(self) -> None:
        """Forget them all."""
        self._claims.clear()

    def lay(self, rank: Rank, user: str, limits: Iterable[Limit]) -> None:
        """Somebody waits for these; O(log n) each, and O(1) where it is the last in rank so far."""
        for limit in limits:
            if (key := contended(limit, user)) is not None:
                insort(self._claims.setdefault(key, []), _Claim(rank, limit), key=lambda claim: claim.rank)

    def drop(self, rank: Rank, user: str, limits: Iterable[Limit]) -> None:
        """Somebody waits no more."""
        for limit in limits:
            key = contended(limit, user)
            if key in self._claims:
                self._claims[key] = [claim for claim in self._claims[key] if claim.rank != rank]

    def put_off(self, rank: Rank, user: str, queue: str, demand: Demand, now_s: float) -> dict[str, float] | Limit:
        """By how many seconds each one before `rank` is put off if this starts in `queue`, by id.

        Or, where one of them must not be, `behind`: what that one waits for.
        """
        found: dict[str, float] = {}
        for key in keys(queue, user):
            for claim in self._claims.get(key, ()):
                if claim.rank >= rank:
                    break
                delay_s = self._delay_s(claim, demand, now_s)
                if delay_s is None:
                    return behind(queue, claim.limit)
                id_ = claim.rank[2]
                found[id_] = max(found.get(id_, 0.0), delay_s)
        return found

    def is_passable(self, entry: Entry, limit: Limit, now_s: float) -> bool:
        """Whether somebody may still pass `entry` where it waits for `limit`."""
        if isinstance(contended(limit, entry.user), tuple) or entry.moved_s >= self._overtake_s:
            return False
        return bool(self._rate(limit.at, released_unit(limit))) or now_s - entry.arrived_s < self._overtake_s

    def _delay_s(self, claim: _Claim, demand: Demand, now_s: float) -> float | None:
        entry, limit = self._entries[claim.rank[2]], claim.limit
        if not self.is_passable(entry, limit, now_s):
            return None
        rate = self._rate(limit.at, released_unit(limit))
        delay_s = _taken(limit, demand) / rate if rate else 0.0
        return delay_s if entry.moved_s + delay_s <= self._overtake_s else None


def contended(limit: Limit, user: str) -> Key | None:
    """Where one who waits for `limit` waits for room; None where no room would help."""
    code = limit.cause or limit.code
    if code in LASTING:
        return None
    if code == "user-max-running":
        return (user,)
    return (limit.queue, user) if code in OF_USER else limit.at


def behind(queue: str, limit: Limit) -> Limit:
    """What keeps one from `queue` who would have to pass somebody waiting for `limit`."""
    return replace(limit, code="behind", queue=queue, cause=limit.cause or limit.code)


def released_unit(limit: Limit) -> str:
    """The unit in which room comes back there.

    How much of what is given back was an application master's nobody tells: of their share, one application has one.
    """
    return APPLICATIONS if (limit.cause or limit.code) == "am-share" else limit.unit


def _taken(limit: Limit, demand: Demand) -> int:
    """How much of that room the demand takes."""
    total = demand.total
    return {MIB: total.memory_mib, VCORES: total.vcores, APPLICATIONS: 1}[released_unit(limit)]
