"""Every assignment of facts, as the finitely many classes that a set of conditions can tell apart.

A comparison looks at one fact, and is constant between the values that conditions name. So one value of each stretch
stands for all of it, and a choice of one stretch for each fact stands for all submissions with such facts.
"""

import math
from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

from placement.rules.condition import FACTS, NUMBER, TEXT, WEEKDAY, WEEKDAYS, holds

if TYPE_CHECKING:
    from placement.rules.condition import Condition, Value

    Point = dict[str, Value]  # facts that are known
    Truth = tuple[bool, ...]  # of each condition, in their order

HOURS = range(24)
MOST_EVALUATIONS = 500_000  # of one condition on one point: a second or two


def regions(conditions: "list[Condition]", most: int) -> "tuple[list[tuple[Point, Truth]], int]":
    """One point for each way in which `conditions` can be true or false together; and how many were left untried.

    The number is 0 if the list is complete. It is complete unless there are more than `most` combinations, or more
    than MOST_EVALUATIONS comparisons; then combinations spread evenly over all of them were tried. Sizes and times are
    any numbers from 0 on, `executors` and `vcores` whole ones, `hour` is 0 to 23; every fact may be unknown too.
    """
    axes = {fact: _values(fact, conditions) for fact in FACTS if any(fact == each[1] for each in _all(conditions))}
    total = math.prod(map(len, axes.values()))
    tried = min(total, max(1, MOST_EVALUATIONS // max(1, len(conditions))))
    found: dict[Truth, Point] = {}
    for values in product(*axes.values()) if tried == total else _spread(list(axes.values()), total, tried):
        point = {fact: value for fact, value in zip(axes, values, strict=True) if value is not None}
        found.setdefault(tuple(holds(condition, point) for condition in conditions), point)
    kept = [(point, truth) for truth, point in found.items()]
    if len(kept) > most:
        tried = min(tried, most)
        kept = kept[:: -(-len(kept) // most)]
    return kept, total - tried


def comparisons(condition: "Condition") -> "Iterator[Condition]":
    """The comparisons of which a condition is made."""
    if condition[0] in ("and", "or"):
        for each in condition[1]:
            yield from comparisons(each)
    elif condition[0] == "not":
        yield from comparisons(condition[1])
    else:
        yield condition


def _all(conditions: "list[Condition]") -> "Iterator[Condition]":
    for condition in conditions:
        yield from comparisons(condition)


def _values(fact: str, conditions: "list[Condition]") -> "list[Value | None]":
    """One value for each class of values that the comparisons with `fact` can tell apart; None (unknown) comes first.

    Unknown stands also for the values of which every comparison is false: `holds` cannot tell these from it.
    """
    seen = {comparison for comparison in _all(conditions) if comparison[1] == fact}
    named = {value for _, _, value in seen for value in (value if isinstance(value, tuple) else (value,))}
    values = [None, *_stretches(fact, named)]
    if len(values) * len(seen) > MOST_EVALUATIONS:
        return values
    found: dict[Truth, Value | None] = {}
    for value in values:
        found.setdefault(tuple(holds(comparison, {fact: value}) for comparison in seen), value)
    return list(found.values())


def _stretches(fact: str, named: "set[Value]") -> "list[Value]":
    """Each named value, and a value of each stretch between and around them."""
    if FACTS[fact] == TEXT:
        other = "other"
        while other in named:
            other += "-"
        return [*sorted(map(str, named)), other]
    if FACTS[fact] == WEEKDAY:
        return list(WEEKDAYS)
    if fact == "hour":
        return list(map(float, HOURS))
    numbers = sorted(float(value) for value in named)
    if FACTS[fact] == NUMBER:
        whole = {0, *(near for number in numbers for near in (math.ceil(number) - 1, int(number), int(number) + 1))}
        return [float(number) for number in sorted(whole) if number >= 0]
    between = [(low + high) / 2 for low, high in zip([0.0, *numbers], [*numbers, numbers[-1] * 3 or 1.0], strict=True)]
    return sorted({*numbers, *between, 0.0})


def _spread(axes: "list[list[Value | None]]", total: int, tried: int) -> "Iterator[tuple[Value | None, ...]]":
    """`tried` of the `total` combinations, first those where all facts but one are unknown, then evenly spread ones."""
    unknown = tuple(axis[0] for axis in axes)
    for number, axis in enumerate(axes):
        for value in axis[: tried // 2]:
            yield (*unknown[:number], value, *unknown[number + 1 :])
    step = max(1, int(total * 0.6180339887498949))
    while math.gcd(step, total) != 1:
        step += 1
    for position in range(tried):
        index, values = position * step % total, []
        for axis in axes:
            index, at = divmod(index, len(axis))
            values.append(axis[at])
        yield tuple(values)
