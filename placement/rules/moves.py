"""Who ends in another queue without a request, under one truth of the conditions: two ordered lists of rules compared.

Somebody has the targets EACH, perhaps a user, and any set of groups. Each target has a first rule that holds, and the
lowest of these lines wins. Leaving out a group whose rule does not win changes no winner. So if two maps differ for
somebody in many groups, they differ for the same user in at most two of them: that of the old winner and that of the
new one. And if neither winner is the user's own rule, they differ for a user who has none. Hence all is compared by
EACH alone, each group, each user, two groups in an order turned round, and a user and a group likewise.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import pairwise

from placement.rules.model import EVERYONE, GROUP, USER
from placement.rules.views import EACH, Target, View, for_user

BOTH_GROUPS, USER_IN_GROUP = "groups", "user-in-group"

Who = tuple[
    str, ...
]  # (EVERYONE,), (GROUP, name), (USER, name), (BOTH_GROUPS, name, name), (USER_IN_GROUP, user, group)
Move = tuple[Who, str | None, str | None]  # who, the old symbolic queue, the new one; None: no rule
First = tuple[float, str | None]  # number of a rule, its queue
Steady = tuple[float, float, str | None, str]  # a group that does not move: old and new number, queue, name

NOTHING: First = (float("inf"), None)


class Firsts:
    """The first rule of each target, for one truth of the conditions after the other."""

    def __init__(self, view: View) -> None:
        self._fixed: dict[Target, First] = {}
        self._varying = []
        for target, entries in view.entries.items():
            if entries and entries[0][2] < 0:
                self._fixed[target] = entries[0][:2]
            else:
                self._varying.append((target, entries))

    def under(self, truth: tuple[bool, ...]) -> dict[Target, First]:
        """The first rule that holds, for the targets that have one; `truth` of each condition."""
        found = self._fixed.copy()
        for target, entries in self._varying:
            for number, queue, condition in entries:
                if condition < 0 or truth[condition]:
                    found[target] = (number, queue)
                    break
        return found


def moves(old: dict[Target, First], new: dict[Target, First]) -> Iterator[Move]:
    """Who moves; nothing exactly if nobody does. O(n log n) of the targets, unless very much turns on `%user`.

    A group or user that moves just as everyone does is not told again; two groups, or a user and a group, are told of
    only if neither of them moves alone, and then one partner of possibly many.
    """
    old_each, new_each = old.get(EACH, NOTHING), new.get(EACH, NOTHING)
    if old_each[1] != new_each[1]:
        yield (EVERYONE,), old_each[1], new_each[1]
    steady: list[Steady] = []
    users: list[tuple[str, First, First]] = []
    for target in old | new:
        before, after = min(old.get(target, NOTHING), old_each), min(new.get(target, NOTHING), new_each)
        if target[0] == USER:
            users.append((target[1], before, after))
        elif target[0] == GROUP:
            if before[1] == after[1]:
                steady.append((before[0], after[0], before[1], target[1]))
            elif (before[1], after[1]) != (old_each[1], new_each[1]):
                yield target, before[1], after[1]
    steady.sort()
    order = _Order(steady)
    yield from order.turned_round()
    for user, before, after in users:
        was, now = _for_user(before[1], user), _for_user(after[1], user)
        if was == now:
            yield from order.turned_round_by(user, (before[0], was), (after[0], now))
        elif (was, now) != (_for_user(old_each[1], user), _for_user(new_each[1], user)):
            yield (USER, user), was, now


class _Order:
    """The groups that do not move, by their old line: which of them overtakes whom in the new map.

    For each position, the two groups of different queues with the lowest new line behind it, and with the highest
    before it: whatever queue is not wanted, one of the two has another.
    """

    def __init__(self, steady: list[Steady]) -> None:
        self._steady = steady
        self._numbers = [each[0] for each in steady]
        self._highest_before = _running(steady, lambda one, two: one[1] > two[1])
        self._lowest_behind = _running(steady[::-1], lambda one, two: one[1] < two[1])[::-1]

    def turned_round(self) -> Iterator[Move]:
        """Groups that were behind one of another queue, and are before it now."""
        if all(one[1] <= two[1] for one, two in pairwise(self._steady)):
            return
        for position, (_, number, queue, name) in enumerate(self._steady):
            for _, other_number, other_queue, other in self._highest_before[position]:
                if other_number > number and other_queue != queue:
                    yield (BOTH_GROUPS, other, name), other_queue, queue
                    break

    def turned_round_by(self, user: str, before: First, after: First) -> Iterator[Move]:
        """The user's own rule against the groups': one that overtakes it, and one that is overtaken by it."""
        behind = bisect_right(self._numbers, before[0])
        front = bisect_left(self._numbers, before[0])
        queue = before[1]
        overtaking = self._pick(
            user, queue, self._lowest_behind[behind], slice(behind, None), lambda number: number < after[0]
        )
        if overtaking:
            yield (USER_IN_GROUP, user, overtaking[3]), queue, _for_user(overtaking[2], user)
        overtaken = self._pick(user, queue, self._highest_before[front], slice(front), lambda number: number > after[0])
        if overtaken:
            yield (USER_IN_GROUP, user, overtaken[3]), _for_user(overtaken[2], user), queue

    def _pick(
        self, user: str, queue: str | None, best: tuple[Steady, ...], rest: slice, fits: Callable[[float], bool]
    ) -> Steady | None:
        fitting = [each for each in best if fits(each[1]) and each[2] != queue]
        if fitting and _for_user(fitting[0][2], user) == queue:
            # A `%user` that gives this user's own queue: the two best do not settle it.
            fitting = [e for e in self._steady[rest] if fits(e[1]) and _for_user(e[2], user) != queue]
        return fitting[0] if fitting else None


def _running(steady: list[Steady], is_better: Callable[[Steady, Steady], bool]) -> list[tuple[Steady, ...]]:
    """For each position, the best of those before it, and the best of those with another queue than that one."""
    best: tuple[Steady, ...] = ()
    found = [best]
    for each in steady:
        if not best or each[2] == best[0][2]:
            if not best or is_better(each, best[0]):
                best = (each, *best[1:])
        elif is_better(each, best[0]):
            best = (each, best[0])
        elif len(best) == 1 or is_better(each, best[1]):
            best = (best[0], each)
        found.append(best)
    return found


def _for_user(queue: str | None, user: str) -> str | None:
    return queue if queue is None else for_user(queue, user)
