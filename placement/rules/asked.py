"""Which requests for a queue end otherwise than before.

Under the fair scheduler a request for a queue is allowed if any rule that holds gives that queue: an `or` over the
targets somebody has. So two maps agree on everybody if they agree on EACH alone, and on EACH with one target more.
Under the capacity scheduler that is so too, but for queues written both as a leaf and as a path: which of them is
answered, and whether the leaf is ambiguous, depends on the order. These few are tried out (`twins`).
"""

import re
from collections.abc import Iterator
from itertools import combinations, product
from math import comb
from typing import TYPE_CHECKING

from placement.queues.names import is_unset, leaf
from placement.rules.match import candidates, choose
from placement.rules.model import EVERYONE, GROUP, USER, Rules
from placement.rules.views import EACH, OF_PRIMARY_GROUP, OF_USER, Side, Target, View, for_user, symbolic, targets

if TYPE_CHECKING:
    from placement.rules.regions import Point

MOST_TRIES = 150_000  # of one request by one identity on one point: some three seconds

Who = tuple[str, ...]
Masks = dict[str, dict[Target, int]]  # by queue and target: the points, as bits, on which a rule gives that queue
Asked = tuple[Who, str, bool, int]  # who, the symbolic queue, whether it is allowed now, the points concerned as bits
Left = tuple[str, str | None]  # a queue, and the user for whom it is left out; None: for all
Twins = tuple[frozenset[str], set[str], set[str]]  # queues one leaf may mean; for whom, if not for all; for whom not
Tried = tuple[tuple[str, tuple[str, ...]], str, int]  # user and groups, the request, the number of the point


def allowances(old: View, new: View, masks: list[int], every: int, left_out: set[Left]) -> Iterator[Asked]:
    """Who may ask for a queue now and could not, or the other way round; nothing exactly if nobody is.

    `masks` has for each condition the points on which it holds, `every` all points. Queues `left_out` are compared
    elsewhere. What changes for a target as it does for everyone is not told again.
    """
    before, after = _masks(old, masks, every), _masks(new, masks, every)
    templates = [queue for queue in before.keys() | after.keys() if OF_USER in queue]
    for queue in dict.fromkeys([*before, *after]):
        if (queue, None) in left_out:
            continue
        was, now = before.get(queue, {}), after.get(queue, {})
        for target in dict.fromkeys([EACH, *was, *now]):
            if target[0] == USER and (queue, target[1]) in left_out:
                continue
            each_was, each_now = was.get(EACH, 0), now.get(EACH, 0)
            if target[0] == USER:
                for template in templates:
                    if for_user(template, target[1]) == queue:
                        each_was |= before.get(template, {}).get(EACH, 0)
                        each_now |= after.get(template, {}).get(EACH, 0)
            told = 0 if target == EACH else each_was ^ each_now
            one, two = was.get(target, 0) | each_was, now.get(target, 0) | each_now
            who = (EVERYONE,) if target == EACH else target
            for is_allowed, points in ((False, one & ~two & ~told), (True, two & ~one & ~told)):
                if points:
                    yield who, queue, is_allowed, points


def twins(views: tuple[View, View]) -> tuple[list[Twins], bool]:
    """The queues of the capacity scheduler that are written both as a leaf and as a path of it.

    They may be so for certain users only, whose name makes them so. The second value is True if there may be more
    of them than are listed: primary groups with certain names.
    """
    names = {entry[1] for view in views for entries in view.entries.values() for entry in entries}
    leaves: dict[str, set[str]] = {}
    for name in names:
        leaves.setdefault(leaf(name), set()).add(name)
    always = [frozenset(its) for of, its in leaves.items() if of in its and len(its) > 1]
    # Two paths that some name makes one are ambiguous no more; beside a leaf that hides both, a third path shows it.
    is_open = any(len(queues) > 3 and any(map(_has_symbol, queues)) for queues in always)
    special: dict[tuple[str, str], frozenset[str]] = {}
    symbols = {of: its for of, its in leaves.items() if _has_symbol(of)}
    for (of, its), (other, others) in product(symbols.items(), leaves.items()):
        if other == of or not (of in its or other in others):
            continue
        users = _users_between(of, other)
        is_open |= users is None
        for user in users or ():
            special[user, other] = frozenset(name for name in names if for_user(leaf(name), user) == other)
    found: list[Twins] = [(queues, {user}, set()) for (user, _), queues in special.items()]
    found += [(queues, set(), {user for (user, _), its in special.items() if queues & its}) for queues in always]
    return found, is_open


def tried(
    sides: tuple[Side, Side], group: Twins, points: "list[Point]", fresh: tuple[str, str, str]
) -> Iterator[Tried] | None:
    """The requests for one of these queues that end otherwise, found by trying; None if they are too many to try.

    What decides is a rule of one target, or two that make a leaf ambiguous; one policy's answer needs two groups at
    most, and if both need two they are ambiguous alike. So three groups show every difference. `fresh` are the names
    of a user, a group and a queue that neither map has.
    """
    queues, users, others = group
    books = [_only(side, queues) for side in sides]
    named = [target for book in books for rule in book.rules for target in targets(book, rule)]
    tried_with = sorted(users or {fresh[0], *(name for kind, name in named if kind == USER)} - others)
    groups = sorted({name for kind, name in named if kind == GROUP})
    cases = len(tried_with) * sum(comb(len(groups), size) for size in range(4)) * len(points)
    if cases * 2 * len(queues) > MOST_TRIES:
        return None
    primary = (fresh[1],) if any(OF_PRIMARY_GROUP in queue for queue in queues) else ()
    memberships = [(*primary, *g) for size in range(min(3, len(groups)) + 1) for g in combinations(groups, size)]
    identities = list(product(tried_with, [*memberships, ()] if primary else memberships))
    return _try(sides, books, identities, points, queues, fresh[2])


def _try(
    sides: tuple[Side, Side],
    books: list[Rules],
    identities: list[tuple[str, tuple[str, ...]]],
    points: "list[Point]",
    queues: frozenset[str],
    elsewhere: str,
) -> Iterator[Tried]:
    for user, groups in identities:
        names = {_rendered(queue, user, groups) for queue in queues}
        requests = sorted(names | {leaf(name) for name in names} | {f"root.{elsewhere}.{leaf(name)}" for name in names})
        for number, point in enumerate(points):
            matching = [
                list(candidates(book, user, groups, point, side.scheduler))
                for book, side in zip(books, sides, strict=True)
            ]
            for request in requests:
                if is_unset(request):
                    continue
                was, now = (choose(each, request, sides[0].scheduler) for each in matching)
                if (was and was[1]) != (now and now[1]):
                    yield (user, groups), request, number


def _masks(view: View, masks: list[int], every: int) -> Masks:
    found: Masks = {}
    for target, entries in view.entries.items():
        for _, queue, condition in entries:
            of_queue = found.setdefault(queue, {})
            of_queue[target] = of_queue.get(target, 0) | (every if condition < 0 else masks[condition])
    return found


def _has_symbol(queue: str) -> bool:
    return OF_USER in queue or OF_PRIMARY_GROUP in queue


def _users_between(of: str, other: str) -> tuple[str, ...] | None:
    """The users whose name makes one leaf of two; None if that cannot be listed."""
    if OF_PRIMARY_GROUP in of + other or OF_USER in other:
        return None
    pieces = list(map(re.escape, of.split(OF_USER)))
    match = re.fullmatch(rf"{pieces[0]}(?P<user>.+){'(?P=user)'.join(pieces[1:])}", other)
    if not match:
        return ()
    user = match["user"]
    return (user, user.replace("_dot_", ".")) if "_dot_" in user else (user,)


def _only(side: Side, queues: frozenset[str]) -> Rules:
    """The map without the rules that give none of these queues."""
    kept = [
        rule
        for rule in side.rules.rules
        if any(symbolic(rule.queue, side.scheduler, target) in queues for target in targets(side.rules, rule))
    ]
    return Rules(side.rules.file, tuple(kept), side.rules.roles)


def _rendered(queue: str, user: str, groups: tuple[str, ...]) -> str:
    primary = groups[0] if groups else ""
    return for_user(queue.replace(OF_PRIMARY_GROUP, primary.replace(".", "_dot_")), user)
