"""Whether a condition can hold at all, by trying one value of each region in which its comparisons do not change."""

from itertools import pairwise
from typing import TYPE_CHECKING

from placement.rules.condition import FACTS, TEXT, WEEKDAY, WEEKDAYS, holds
from placement.rules.regions import comparisons

if TYPE_CHECKING:
    from placement.rules.condition import Condition, Facts, Value

MOST_COMPARISONS = 200_000  # made for one condition, about half a second; beyond them it is taken to be possible


def can_hold(condition: "Condition") -> bool:
    """Whether there is any submission that fulfils the condition.

    Every fact is taken to be independent of the others, and each may be unknown. Hours are 0 to 23, days those of the
    week, numbers 0 or more, texts anything. True too for a condition so entangled that it would take too long to say.
    """
    made = list(comparisons(condition))
    facts = list(dict.fromkeys(fact for _, fact, _ in made))
    choices = {fact: _representatives(fact, [each for each in made if each[1] == fact]) for fact in facts}
    return _search(condition, facts, choices, {}, [MOST_COMPARISONS // len(made)])


def _search(
    condition: "Condition",
    facts: list[str],
    choices: "dict[str, list[Value | None]]",
    chosen: "dict[str, Value | None]",
    trials: list[int],
) -> bool:
    """Whether values of the `facts` that are still open make the condition true; ends early where none of them can."""
    trials[0] -= 1
    if trials[0] < 0:
        return True
    so_far = _holds_already(condition, chosen)
    if so_far is not None or not facts:
        return bool(so_far)
    fact, *others = facts
    return any(_search(condition, others, choices, {**chosen, fact: value}, trials) for value in choices[fact])


def _holds_already(condition: "Condition", chosen: "Facts") -> bool | None:
    """Whether the condition is true or false whatever the facts are that have no value yet; None: it depends."""
    operator = condition[0]
    if operator == "not":
        inner: bool | None = _holds_already(condition[1], chosen)
        return None if inner is None else not inner
    if operator in ("and", "or"):
        decisive: bool = operator == "or"
        results = {_holds_already(each, chosen) for each in condition[1]}
        if decisive in results:
            return decisive
        return None if None in results else not decisive
    return holds(condition, chosen) if condition[1] in chosen else None


def _representatives(fact: str, made: "list[Condition]") -> "list[Value | None]":
    """One value for each way in which the comparisons with `fact` can come out together; None is `not known`."""
    constants = {value for _, _, given in made for value in (given if isinstance(given, tuple) else (given,))}
    found: dict[tuple[bool, ...], Value | None] = {}
    for value in (*_values(fact, constants), None):
        found.setdefault(tuple(holds(comparison, {fact: value}) for comparison in made), value)
    return list(found.values())


def _values(fact: str, constants: "set[Value]") -> "list[Value]":
    """Values of a fact, one at least in each region between the constants it is compared with."""
    if fact == "hour":
        return list(range(24))
    if FACTS[fact] == WEEKDAY:
        return list(WEEKDAYS)
    texts = [value for value in constants if isinstance(value, str)]
    if FACTS[fact] == TEXT:
        return [*texts, "x" * (1 + max(map(len, texts), default=0))]  # the last is none of them
    numbers = sorted({0.0, *(value for value in constants if not isinstance(value, str))})
    between = [(low + high) / 2 for low, high in pairwise(numbers)]
    return [*numbers, *between, numbers[-1] * 2 + 1]
