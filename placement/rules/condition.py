"""Conditions of rules as plain data, and whether they hold. Part of the hot path: standard library only.

    condition = ("and", (condition, ...)) | ("or", (condition, ...)) | ("not", condition) | (operator, fact, value)

`value` is a number (MiB and seconds for sizes and times), a text, or for the operator `in` a tuple of these.
"""

TEXT, NUMBER, SIZE, DURATION, WEEKDAY = "text", "number", "size", "duration", "weekday"

# What a submission can be asked, and what sort of value the answer is.
FACTS = {
    "command": TEXT,
    "deploy_mode": TEXT,
    "name": TEXT,
    "executors": NUMBER,
    "vcores": NUMBER,
    "memory": SIZE,
    "input": SIZE,
    "duration": DURATION,
    "hour": NUMBER,
    "weekday": WEEKDAY,
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ORDERED = ("<", "<=", ">", ">=")
OPERATORS = (*ORDERED, "==", "!=", "in")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeAlias

    Value: TypeAlias = "float | str"
    Facts: TypeAlias = "Mapping[str, Value | None]"
    Condition: TypeAlias = "tuple[Any, ...]"


def holds(condition: "Condition", facts: "Facts", seen: "list[tuple[str, Value | None, bool]] | None" = None) -> bool:
    """Whether the condition is true of `facts`; a comparison with a fact that is missing or None is false.

    `seen` collects each comparison that was made: in words, with the value it saw and whether it held.
    """
    operator = condition[0]
    if operator == "and":
        return all(holds(each, facts, seen) for each in condition[1])
    if operator == "or":
        return any(holds(each, facts, seen) for each in condition[1])
    if operator == "not":
        return not holds(condition[1], facts, seen)
    fact, value = condition[1], condition[2]
    known = facts.get(fact)
    result = known is not None and _compare(operator, known, value)
    if seen is not None:
        seen.append((in_words(condition), known, result))
    return result


def in_words(condition: "Condition") -> str:
    """The condition as it would be written in a map."""
    operator = condition[0]
    if operator in ("and", "or"):
        return f" {operator} ".join(_bracketed(each, operator) for each in condition[1])
    if operator == "not":
        if condition[1][0] == "in":
            return in_words(condition[1]).replace(" in (", " not in (", 1)
        return f"not {_bracketed(condition[1], 'not')}"
    fact, value = condition[1], condition[2]
    if operator == "in":
        return f"{fact} in ({', '.join(value_in_words(fact, each) for each in value)})"
    return f"{fact} {operator} {value_in_words(fact, value)}"


def value_in_words(fact: str, value: "Value") -> str:
    """A value of `fact` as it would be written in a map: `64g`, `2h`, `monday`, `"two words"`."""
    if isinstance(value, str):
        return value if value.replace("_", "").replace("-", "").isalnum() else f'"{value}"'
    if FACTS[fact] in (SIZE, DURATION):
        from placement.units import MEMORY, TIME, in_units  # needed only for messages

        return in_units(value, MEMORY if FACTS[fact] == SIZE else TIME)
    return f"{value:.15g}"


def _compare(operator: str, known: "Any", value: "Any") -> bool:
    if operator == "<":
        return bool(known < value)
    if operator == "<=":
        return bool(known <= value)
    if operator == ">":
        return bool(known > value)
    if operator == ">=":
        return bool(known >= value)
    if operator == "==":
        return bool(known == value)
    if operator == "!=":
        return bool(known != value)
    return known in value


def _bracketed(condition: "Condition", outer: str) -> str:
    binds = {"or": 0, "and": 1, "not": 2}
    words = in_words(condition)
    return f"({words})" if binds.get(condition[0], 3) <= binds[outer] else words
