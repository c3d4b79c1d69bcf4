"""Whether a condition can hold at all, by trying the values that its comparisons can tell apart."""

from typing import TYPE_CHECKING

from placement.rules.condition import holds
from placement.rules.regions import choices, comparisons

if TYPE_CHECKING:
    from placement.rules.condition import Condition, Facts, Value

MOST_COMPARISONS = 200_000  # made for one condition, about half a second; beyond them it is taken to be possible


def can_hold(condition: "Condition") -> bool:
    """Whether there is any submission that fulfils the condition.

    Every fact is taken to be independent of the others and to have any of the values that `regions` says it may have.
    True too for a condition so entangled that it would take too long to say.
    """
    made = list(comparisons(condition))
    facts = list(dict.fromkeys(fact for _, fact, _ in made))
    return _search(condition, facts, choices([condition]), {}, [MOST_COMPARISONS // len(made)])


def _search(
    condition: "Condition",
    facts: list[str],
    values: "dict[str, list[Value | None]]",
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
    return any(_search(condition, others, values, {**chosen, fact: value}, trials) for value in values[fact])


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
