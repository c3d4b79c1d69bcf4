"""What an edit of a policy changes: two policies in, every kind of difference out, each with somebody it happens to.

The comparison is by targets, not by people (see `moves` and `asked` for why that is all), for each way in which the
conditions of both maps can be true together. Each witness is decided with both maps before it is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from placement.queues.names import CAPACITY, full_name, is_unset
from placement.rules.asked import Twins, allowances, tried, twins
from placement.rules.condition import value_in_words
from placement.rules.match import candidates, choose
from placement.rules.model import EVERYONE, GROUP, USER, Rule
from placement.rules.moves import BOTH_GROUPS, USER_IN_GROUP, Firsts, moves
from placement.rules.regions import regions
from placement.rules.views import OF_PRIMARY_GROUP, Side, Target, View, as_written, for_user, root_is_special, targets

if TYPE_CHECKING:
    from placement.rules.condition import Condition
    from placement.rules.regions import Point, Truth

NO_GROUP = "no-group"
EQUAL, DIFFERENT, NOT_PROVED = "equal", "different", "not-proved"
MOVED, ALLOWED, DENIED, ANSWERED = "moved", "allowed", "denied", "answered"
MOST_STEPS = 2_000_000  # rules looked at, over all points: some five seconds

Who = tuple[str, ...]  # as in `moves`; or (NO_GROUP,), (NO_GROUP, user)
Ends = tuple[str | None, int | None]  # a queue and the line that gave it


@dataclass(frozen=True)
class Witness:
    """Somebody to whom the two policies do different things: the queue of each, None if refused, and the rule's line.

    `request` None: no queue was asked for. A fact that is missing in `facts` is not known.
    """

    user: str
    groups: tuple[str, ...]
    facts: "Point"
    request: str | None
    old: Ends
    new: Ends

    def as_data(self) -> dict[str, Any]:
        return {
            "user": self.user,
            "groups": list(self.groups),
            "facts": self.facts,
            "request": self.request,
            "from": {"queue": self.old[0], "line": self.old[1]},
            "to": {"queue": self.new[0], "line": self.new[1]},
        }

    def __str__(self) -> str:
        groups = ", ".join(f"`{group}`" for group in self.groups)
        facts = [f"{fact} {value_in_words(fact, value)}" for fact, value in self.facts.items()]
        asking = [f"asking for `{self.request}`"] if self.request is not None else []
        return ", ".join([f"user `{self.user}` in {{{groups}}}", *facts, *asking])


@dataclass
class Change:
    """One kind of difference, and `who` it concerns: targets, a pair of groups, or a user and a group.

    `kind` MOVED: from the queue `old` to `new` without a request, None if no rule is left; ALLOWED and DENIED: a
    request for the queue `request`; ANSWERED: a request for one of several spellings that gets another queue. Queues
    are as written, placeholders included. `always`: whatever the facts, for each of `who`.
    """

    kind: str
    request: str | None
    old: str | None
    new: str | None
    witness: Witness
    who: list[Who] = field(default_factory=list)
    always: bool = True

    def as_data(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "who": [{"kind": who[0], "names": list(who[1:])} for who in self.who],
            "request": self.request,
            "from": self.old,
            "to": self.new,
            "always": self.always,
            "witness": self.witness.as_data(),
        }


@dataclass
class Impact:
    """All changes; `not_compared` says in words what was left out, so that silence about it proves nothing."""

    changes: list[Change]
    not_compared: list[str]

    @property
    def verdict(self) -> str:
        """EQUAL only if that is proved for every user, group, request and every value of every fact."""
        if self.changes:
            return DIFFERENT
        return NOT_PROVED if self.not_compared else EQUAL


def compare(old: Side, new: Side) -> Impact:
    """What `new` does otherwise than `old`. O(n log n) of the rules, times the ways conditions are true together."""
    return Impact([], []) if _say_the_same(old, new) else _Comparison((old, new)).impact()


def _say_the_same(old: Side, new: Side) -> bool:
    """Whether both have the same rules in the same order: then there is nothing to compare, however entangled."""
    pairs = zip_longest(old.rules.rules, new.rules.rules)
    return old.scheduler == new.scheduler and all(
        one and two and _said(old, one) == _said(new, two) for one, two in pairs
    )


def _said(side: Side, rule: Rule) -> "tuple[list[Target], str, Condition | None]":
    queue = rule.queue if "%" in rule.queue else full_name(rule.queue, side.scheduler)
    return targets(side.rules, rule), queue, rule.condition


class _Comparison:
    """Two policies on the points that their conditions can tell apart."""

    def __init__(self, sides: tuple[Side, Side]) -> None:
        self._sides = sides
        rules = [rule for side in sides for rule in side.rules.rules]
        conditions: dict[Condition, int] = {}
        for rule in rules:
            if rule.condition is not None:
                conditions.setdefault(rule.condition, len(conditions))
        found, untried = regions(list(conditions), max(1, MOST_STEPS // max(1, len(rules))))
        self._points: list[Point] = [point for point, _ in found]
        self._truths: list[Truth] = [truth for _, truth in found]
        self._conditions = conditions
        self._views = (View(sides[0], conditions), View(sides[1], conditions))
        self._fresh = self._fresh_name("someone"), self._fresh_name("somegroup"), self._fresh_name("elsewhere")
        self._by_primary_group = any("%primary_group" in rule.queue for rule in rules)
        self._changes: dict[tuple[object, ...], Change] = {}
        self._seen: dict[
            tuple[tuple[object, ...], Who], int
        ] = {}  # of a change and one of its `who`: on how many points
        self._notes: list[str] = []
        if untried:
            self._notes.append(f"conditions: of all their combinations, {untried} were not tried, {len(found)} were")

    def impact(self) -> Impact:
        """The comparison, part by part."""
        self._compare_moves()
        if self._sides[0].scheduler != self._sides[1].scheduler:
            self._notes.append("requests: the two policies are for different schedulers, which name queues differently")
        else:
            self._compare_requests()
        if root_is_special(self._sides) and (self._changes or self._differ_as_written()):
            self._notes.append("users and primary groups named `root`, for which `%user.a` is not `root.%user.a`")
        for (key, _), points in self._seen.items():
            self._changes[key].always &= points == len(self._points)
        return Impact(list(self._changes.values()), self._notes)

    def _compare_moves(self) -> None:
        told: set[tuple[tuple[object, ...], Who]] = set()
        for views, is_groupless in self._readings(self._views):
            old, new = (Firsts(view) for view in views)
            for number, truth in enumerate(self._truths):
                for who, was, now in moves(old.under(truth), new.under(truth)):
                    user, groups = self._identity(who, is_groupless)
                    if not is_groupless:
                        self._tell(MOVED, who, None, was, now, (user, groups, None), number)
                    elif ((MOVED, who[0], None, was, now), who) not in told:
                        self._tell(MOVED, (NO_GROUP, *who[1:]), None, was, now, (user, groups, None), number)
            told = set(self._seen)

    def _readings(self, views: tuple[View, View]) -> Iterator[tuple[tuple[View, View], bool]]:
        """The views of those with a primary group, which may be any, and of those in no group where that matters."""
        yield views, False
        if self._by_primary_group:
            yield (views[0].without_groups(), views[1].without_groups()), True

    def _compare_requests(self) -> None:
        groups, is_open = twins(self._views) if self._sides[0].scheduler == CAPACITY else ([], False)
        if is_open:
            self._notes.append(
                "requests of those whose name or primary group makes a leaf of one queue that of another"
            )
        names = {(queue, user) for queues, users, _ in groups for queue in queues for user in users or (None,)}
        for who, queue, is_allowed, points in allowances(*self._views, *self._masks(), names):
            user, members = self._identity(who, is_groupless=False)
            asked = self._rendered(queue, user, members)
            if is_unset(asked):  # under capacity, this leaf can be asked for by a path
                asked = f"root.{self._fresh[2]}.{asked}"
            was, now = (None, queue) if is_allowed else (queue, None)
            first, count = (points & -points).bit_length() - 1, points.bit_count()
            kind = ALLOWED if is_allowed else DENIED
            self._tell(kind, who, queue, was, now, (user, members, asked), first, count)
        for group in groups:
            self._try_twins(group)

    def _masks(self) -> tuple[list[int], int]:
        """For each condition the points on which it holds, as bits; and all points."""
        masks = [
            sum(1 << number for number, truth in enumerate(self._truths) if truth[condition])
            for condition in range(len(self._conditions))
        ]
        return masks, (1 << len(self._points)) - 1

    def _differ_as_written(self) -> bool:
        """Whether anything differs if `%user.a` is not taken for `root.%user.a`: if not, all names end as before."""
        views = View(self._sides[0], self._conditions, True), View(self._sides[1], self._conditions, True)
        for (old, new), _ in self._readings(views):
            before, after = Firsts(old), Firsts(new)
            if any(any(True for _ in moves(before.under(truth), after.under(truth))) for truth in self._truths):
                return True
        return any(True for _ in allowances(*views, *self._masks(), set()))

    def _try_twins(self, group: Twins) -> None:
        found = tried(self._sides, group, self._points, self._fresh)
        if found is None:
            spelled = ", ".join(f"`{as_written(queue)}`" for queue in sorted(group[0])[:3])
            self._notes.append(f"requests for {spelled}, which one leaf name may mean: too many cases")
            return
        told: dict[tuple[object, ...], list[set[str]]] = {}
        for (user, groups), request, number in found:
            was, now = self._decided((user, groups, request), number)
            smaller = told.setdefault((request, was[0], now[0], number), [])
            if any(names <= {user, *groups} for names in smaller):
                continue
            smaller.append({user, *groups} - {*self._fresh})
            kind = ALLOWED if was[0] is None else DENIED if now[0] is None else ANSWERED
            known = tuple(each for each in groups if each != self._fresh[1])
            who: Who = (EVERYONE,)
            if user != self._fresh[0]:
                who = (USER_IN_GROUP, user, *known) if known else (USER, user)
            elif known:
                who = (BOTH_GROUPS, *known) if len(known) > 1 else (GROUP, *known)
            self._tell(kind, who, request, was[0], now[0], (user, groups, request), number)

    def _tell(
        self,
        kind: str,
        who: Who,
        request: str | None,
        was: str | None,
        now: str | None,
        case: tuple[str, tuple[str, ...], str | None],
        number: int,
        count: int = 1,
    ) -> None:
        """Adds to the change of this kind, or begins it with a witness, if deciding confirms it."""
        key = (kind, who[0], request, was, now)
        change = self._changes.get(key)
        if change is None:
            ends = self._decided(case, number)
            expected = tuple(None if each is None else self._rendered(each, *case[:2]) for each in (was, now))
            if (ends[0][0], ends[1][0]) != expected or expected[0] == expected[1]:
                self._notes.append(f"a change that trying did not confirm, of user `{case[0]}` in {list(case[1])}")
                return
            user, groups, asked = case
            witness = Witness(user, groups, self._points[number], asked, *ends)
            asked, old, new = (None if each is None else as_written(each) for each in (request, was, now))
            change = self._changes[key] = Change(kind, asked, old, new, witness)
        if (key, who) not in self._seen:
            change.who.append(who)
        self._seen[key, who] = self._seen.get((key, who), 0) + count

    def _decided(self, case: tuple[str, tuple[str, ...], str | None], number: int) -> tuple[Ends, Ends]:
        """What the two policies really do."""
        user, groups, request = case
        ends: list[Ends] = []
        for side in self._sides:
            matching = candidates(side.rules, user, groups, self._points[number], side.scheduler)
            chosen = choose(matching, request, side.scheduler)
            ends.append((chosen[1], chosen[0].line) if chosen else (None, None))
        return ends[0], ends[1]

    def _identity(self, who: Who, is_groupless: bool) -> tuple[str, tuple[str, ...]]:
        """Somebody of that kind, with names from nowhere for all that does not matter."""
        user = who[1] if who[0] in (USER, USER_IN_GROUP) else self._fresh[0]
        groups = who[2:] if who[0] == USER_IN_GROUP else who[1:] if who[0] in (GROUP, BOTH_GROUPS) else ()
        return user, (self._fresh[1], *groups) if self._by_primary_group and not is_groupless else groups

    def _rendered(self, queue: str, user: str, groups: tuple[str, ...]) -> str:
        return for_user(queue.replace(OF_PRIMARY_GROUP, groups[0].replace(".", "_dot_") if groups else ""), user)

    def _fresh_name(self, name: str) -> str:
        """A name that stands nowhere in either map. It cannot overlap itself, so no two queues become one by it."""
        targets = {target[1] for view in self._views for target in view.entries}
        written = "\n".join({*targets, *(rule.queue for side in self._sides for rule in side.rules.rules)})
        number = 1
        while (found := f"{name}{number if number > 1 else ''}") in written:
            number += 1
        return found


def who_in_words(change: Change, most: int = 5) -> str:
    """Whom a change concerns, `most` of them by name."""
    kind, first = change.who[0][0], [who[1:] for who in change.who[:most]]
    if kind == EVERYONE:
        return "everyone for whom no other rule decides" if change.kind == MOVED else "everyone"
    if kind == NO_GROUP:
        users = ", ".join(f"`{name}`" for names in first for name in names)
        return f"whoever is in no group{f', as {users}' if users else ''}"
    if kind == USER:
        names, one = ", ".join(f"`{name}`" for (name,) in first), "the user"
    elif kind == GROUP:
        names, one = ", ".join(f"`{name}`" for (name,) in first), "members of"
    elif kind == USER_IN_GROUP:
        names, one = ", ".join(f"`{user}` in {_and(groups)}" for user, *groups in first), "the user"
    else:
        names, one = "; ".join(_and(list(groups)) for groups in first), "members of all of"
    more = len(change.who) - len(first)
    return f"{one}{'s' * (one == 'the user' and len(change.who) > 1)} {names}{f' and {more} more' if more else ''}"


def _and(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)
