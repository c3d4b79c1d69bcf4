"""Whose turn it is: who waits starts in order, and small ones may pass large ones within a bound. Pure."""

from typing import NamedTuple

from msgspec.structs import replace

from placement.admission.claims import CLOSED, COUNTED, FILLED, Claims, Rate, behind, contended, unknown_rate
from placement.admission.entry import CLUSTER, Entry, Limit
from placement.admission.room import Key, Room, keys, path
from placement.admission.waiting import Rank, Waiting


class Opening(NamedTuple):
    """Nothing keeps somebody from `queue` now; `put_off`: by how many seconds a start there puts off whom."""

    queue: str
    put_off: dict[str, float]


class Turn(NamedTuple):
    """`entry` may start in `queue`. `overtaken`: those it passed by, with what that adds to their `moved_s`."""

    entry: Entry
    queue: str
    overtaken: tuple[Entry, ...]


class Turns:
    """Those who wait, in order of priority and arrival (see Waiting), and what each of them waits for.

    `give` looks at them in that order. Who does not fit claims the room that it waits for, and who comes after it may
    pass only within `overtake_s` (see Claims). Of each queue the look ends after `depth` others behind the first one
    that waits for room, of each user in a queue after the first that waits for a limit of that user, and wherever
    nobody can or may pass any more. So its cost depends on the number of queues with somebody in them, and not
    on how many wait.

    What is known of those who wait is as the last look or `add` found it: call `give` after each new snapshot, and
    whenever room was given back or somebody left, before anybody new is decided on.
    """

    def __init__(
        self,
        rate: Rate = unknown_rate,
        *,
        ageing_s: float = 600.0,
        most_steps: int = 12,
        overtake_s: float = 300.0,
        depth: int = 8,
    ) -> None:
        self._waiting = Waiting(ageing_s, most_steps)
        self._claims = Claims(self._waiting.entries, rate, overtake_s)
        self._depth = depth
        self._found: dict[str, tuple[Limit, ...]] = {}  # of each one looked at: one limit for each candidate
        self._closed: dict[Key, tuple[Rank, Limit]] = {}  # where the look ended, and who ended it
        self._deep: dict[str, tuple[Rank, Limit]] = {}  # the queues where it ended for its depth
        self._tried: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._waiting.entries)

    def __contains__(self, entry_id: str) -> bool:
        return entry_id in self._waiting.entries

    def add(self, entry: Entry, limits: tuple[Limit, ...] = ()) -> None:
        """One more waits; of an id that waits already, this takes its place. O(log n).

        `limits`: what a verdict just found that it waits for (`Verdict.limits`), so that who is decided on before the
        next look does not pass it unseen.
        """
        self.remove(entry.id)
        self._waiting.add(entry)
        if limits:
            self._found[entry.id] = limits
            self._claims.lay(self._waiting.rank(entry), entry.user, limits)

    def remove(self, entry_id: str) -> Entry | None:
        """It waits no more. None: it did not. O(log n), and the number of those who wait for the same room."""
        entry = self._waiting.remove(entry_id)
        if entry is not None:
            self._claims.drop(self._waiting.rank(entry), entry.user, self._found.pop(entry_id, ()))
        return entry

    def place(self, entry_id: str) -> int:
        """Its place, from 1 on, in that of its queues where it is best. O(log n). Raises KeyError: it does not wait."""
        return self._waiting.place(entry_id)

    def ahead(self, entry_id: str, most: int = 3) -> tuple[Entry, ...]:
        """The first `most` of those before it in that queue. Raises KeyError: it does not wait."""
        return self._waiting.ahead(entry_id, most)

    def blocked(self, entry_id: str) -> Limit | None:
        """What it waits for, as last found. Raises KeyError: it does not wait.

        `behind`: it fits, or was not looked at, and must not pass somebody; the numbers are those of that one. None:
        it has not been looked at.
        """
        entry = self._waiting.entries[entry_id]
        if entry_id in self._found:
            limits = self._found[entry_id]
            return next((limit for limit in limits if contended(limit, entry.user) is not None), limits[0])
        rank = self._waiting.rank(entry)
        for queue in entry.candidates:
            if limit := self._ended(rank, entry.user, queue) or self._too_deep(rank, queue):
                return limit
        return None

    def give(self, room: Room, now_s: float) -> list[Turn]:
        """All the turns that there is room for, in order; each is held in `room`, and waits no more."""
        for known in (self._found, self._closed, self._deep, self._tried):
            known.clear()
        self._claims.clear()
        turns: dict[str, Turn] = {}
        for _, rank in self._waiting.in_order(self._is_over, self._is_open, self._is_open_to):
            if rank[2] not in turns and rank[2] not in self._found and (turn := self._try(rank, room, now_s)):
                turns[rank[2]] = turn
        for id_ in turns:
            self._waiting.remove(id_)
        return list(turns.values())

    def check(self, entry: Entry, queue: str, room: Room, now_s: float) -> Opening | Limit:
        """What keeps `entry`, which need not wait here, from starting in `queue` now, if anything does.

        Changes nothing.
        """
        return self._check(entry, self._waiting.rank(entry), queue, room, now_s)

    def start(self, entry: Entry, opening: Opening, room: Room, now_s: float) -> Turn:
        """The turn of one that `check` just found an opening for; held in `room`, as `give` does."""
        self.remove(entry.id)
        return self._start(entry, opening, room, now_s)

    def _try(self, rank: Rank, room: Room, now_s: float) -> Turn | None:
        entry = self._waiting.entries[rank[2]]
        limits = []
        for queue in entry.candidates:
            found = self._check(entry, rank, queue, room, now_s)
            if isinstance(found, Opening):
                return self._start(entry, found, room, now_s)
            limits.append(found)
        self._found[entry.id] = tuple(limits)
        self._claims.lay(rank, entry.user, limits)
        self._end(entry, rank, tuple(limits), room, now_s)
        return None

    def _check(self, entry: Entry, rank: Rank, queue: str, room: Room, now_s: float) -> Opening | Limit:
        limit = (
            self._ended(rank, entry.user, queue)  # first: who must let others go before it waits for no room yet
            or room.first_limit(entry.user, queue, entry.demand)
            or self._too_deep(rank, queue)
        )
        if limit is not None:
            return limit
        put_off = self._claims.put_off(rank, entry.user, queue, entry.demand, now_s)
        return put_off if isinstance(put_off, Limit) else Opening(queue, put_off)

    def _start(self, entry: Entry, opening: Opening, room: Room, now_s: float) -> Turn:
        room.hold(entry.hold(opening.queue))
        moved = []
        for id_, delay_s in opening.put_off.items():
            if delay_s:
                one = replace(self._waiting.entries[id_], moved_s=self._waiting.entries[id_].moved_s + delay_s)
                self._waiting.entries[id_] = one
                self._end_passing(one, self._waiting.rank(one), self._found[id_], now_s)
                moved.append(one)
        return Turn(entry, opening.queue, tuple(moved))

    def _end(self, entry: Entry, rank: Rank, limits: tuple[Limit, ...], room: Room, now_s: float) -> None:
        """End the look where nobody after this one can start, or may."""
        self._end_passing(entry, rank, limits, now_s)
        for limit in limits:
            if limit.code in (*CLOSED, *COUNTED) or (limit.code in FILLED and room.is_full(limit.at)):
                self._closed.setdefault(limit.at, (rank, limit))
            if isinstance(contended(limit, entry.user), str):
                self._tried[limit.queue] = self._tried.get(limit.queue, 0) + 1
                if self._tried[limit.queue] > self._depth:
                    self._deep.setdefault(limit.queue, (rank, limit))

    def _end_passing(self, entry: Entry, rank: Rank, limits: tuple[Limit, ...], now_s: float) -> None:
        for limit in limits:
            key = contended(limit, entry.user)
            if key is not None and not self._claims.is_passable(entry, limit, now_s):
                self._closed.setdefault(key, (rank, limit))

    def _ended(self, rank: Rank, user: str, queue: str) -> Limit | None:
        """What the one waits for with whom the look ended in its way, if it is before `rank`."""
        ends = (self._closed[key] for key in keys(queue, user) if key in self._closed)
        return next((behind(queue, limit) for first, limit in ends if first < rank), None)

    def _too_deep(self, rank: Rank, queue: str) -> Limit | None:
        first, limit = self._deep.get(queue, (rank, None))
        return behind(queue, limit) if limit and first < rank else None

    def _is_over(self) -> bool:
        return CLUSTER in self._closed

    def _is_open(self, queue: str) -> bool:
        return queue not in self._deep and not any(at in self._closed for at in (*path(queue), CLUSTER))

    def _is_open_to(self, queue: str, user: str) -> bool:
        return (queue, user) not in self._closed and (user,) not in self._closed
