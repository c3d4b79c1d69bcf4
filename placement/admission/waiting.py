"""Who waits, in order: by queue, and within it by user, so that a look at the first of them costs little. Pure."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import partial
from heapq import heappop, heappush
from itertools import islice, takewhile
from typing import Any, TypeVar

from sortedcontainers import SortedList  # type: ignore[import-untyped]

from placement.admission.entry import Entry

Rank = tuple[float, float, str]  # virtual arrival, arrival, id: the smallest is first
K = TypeVar("K", bound=Hashable)


class _Line:
    """The ranks of one queue, all together and each user's by themselves; `heads`: the first of each user."""

    __slots__ = ("every", "heads", "users")

    def __init__(self) -> None:
        self.every: Any = SortedList()
        self.heads: Any = SortedList()
        self.users: dict[str, Any] = {}

    def add(self, rank: Rank, user: str) -> None:
        self.every.add(rank)
        own = self.users.setdefault(user, SortedList())
        with_head_kept(self.heads, user, own, partial(own.add, rank))

    def remove(self, rank: Rank, user: str) -> None:
        self.every.remove(rank)
        own = self.users[user]
        with_head_kept(self.heads, user, own, partial(own.remove, rank))
        if not own:
            del self.users[user]


class Waiting:
    """All who wait. A priority is worth `ageing_s` seconds of waiting a step, at most `most_steps` steps.

    An entry ages by as many steps of priority as it has waited times `ageing_s`. As all age alike, who is before whom
    never changes: the order is that of arrival, moved by `ageing_s` for each step of priority. So nobody starves: who
    arrives 2 * `most_steps` * `ageing_s` seconds after an entry is behind it, whatever its priority.
    """

    def __init__(self, ageing_s: float, most_steps: int) -> None:
        self.entries: dict[str, Entry] = {}
        self._ageing_s = ageing_s
        self._most_steps = most_steps
        self._lines: dict[str, _Line] = {}
        self._heads: Any = SortedList()

    def rank(self, entry: Entry) -> Rank:
        """Its place in the order of all."""
        steps = max(-self._most_steps, min(entry.priority, self._most_steps))
        return entry.arrived_s - steps * self._ageing_s, entry.arrived_s, entry.id

    def add(self, entry: Entry) -> None:
        """Put it into the line of each of its candidates; O(log n) each."""
        self.entries[entry.id] = entry
        rank = self.rank(entry)
        for queue in dict.fromkeys(entry.candidates):
            line = self._lines.setdefault(queue, _Line())
            with_head_kept(self._heads, queue, line.every, partial(line.add, rank, entry.user))

    def remove(self, entry_id: str) -> Entry | None:
        """Take it out of every line; O(log n) each. None: it does not wait."""
        entry = self.entries.pop(entry_id, None)
        if entry is None:
            return None
        rank = self.rank(entry)
        for queue in dict.fromkeys(entry.candidates):
            line = self._lines[queue]
            with_head_kept(self._heads, queue, line.every, partial(line.remove, rank, entry.user))
            if not line.every:
                del self._lines[queue]
        return entry

    def place(self, entry_id: str) -> int:
        """The best place that it has in the lines of its candidates, from 1 on; O(log n). Raises KeyError."""
        _, ahead = self._shortest(self.entries[entry_id])
        return ahead + 1

    def ahead(self, entry_id: str, most: int) -> tuple[Entry, ...]:
        """The first `most` of those ahead of it in the line where its place is best. Raises KeyError."""
        queue, ahead = self._shortest(self.entries[entry_id])
        return tuple(self.entries[rank[2]] for rank in islice(self._lines[queue].every, min(most, ahead)))

    def in_order(
        self, is_over: Callable[[], bool], is_open: Callable[[str], bool], is_open_to: Callable[[str, str], bool]
    ) -> Iterator[tuple[str, Rank]]:
        """(queue, rank) of all who wait, the first in rank first; an entry comes once for each of its queues.

        The line of a queue is left as soon as `is_open(queue)` is false, and a user's part of it as soon as
        `is_open_to(queue, user)` is; `is_over` ends it all. Nothing may be added or removed meanwhile. O(log n) each.
        """
        heads = takewhile(lambda _: not is_over(), self._heads)
        for rank, queue in merged(heads, lambda queue: self._in_line(queue, is_open_to), is_open):
            yield queue, rank

    def _in_line(self, queue: str, is_open_to: Callable[[str, str], bool]) -> Iterator[Rank]:
        line = self._lines[queue]
        ranks = merged(line.heads, lambda user: iter(line.users[user]), lambda user: is_open_to(queue, user))
        return (rank for rank, _ in ranks)

    def _shortest(self, entry: Entry) -> tuple[str, int]:
        rank = self.rank(entry)
        before = {queue: self._lines[queue].every.bisect_left(rank) for queue in entry.candidates}
        return min(before.items(), key=lambda each: each[1])


def with_head_kept(heads: Any, key: object, ranks: Any, change: Callable[[], None]) -> None:
    """Do `change` to `ranks`, and keep the first of them, with `key`, in `heads`."""
    before = ranks[0] if ranks else None
    change()
    after = ranks[0] if ranks else None
    if before != after:
        if before is not None:
            heads.remove((before, key))
        if after is not None:
            heads.add((after, key))


def merged(
    heads: Iterable[tuple[Rank, K]], stream: Callable[[K], Iterator[Rank]], is_open: Callable[[K], bool]
) -> Iterator[tuple[Rank, K]]:
    """The ranks of sorted streams, in order. `heads` has the first rank of each stream, in order.

    A stream is opened only when its head comes, and left as soon as it is not open: so what follows is not looked at.
    """
    upcoming = iter(heads)
    following = next(upcoming, None)
    opened: list[tuple[Any, ...]] = []
    while following or opened:
        if following and (not opened or following < opened[0][:2]):
            _, key = following
            following = next(upcoming, None)
            ranks = stream(key) if is_open(key) else iter(())
        else:
            rank, key, ranks = heappop(opened)
            if not is_open(key):
                continue
            yield rank, key
        if (first := next(ranks, None)) is not None:
            heappush(opened, (first, key, ranks))
