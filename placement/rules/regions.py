"""Every assignment of facts, as the finitely many classes that a set of conditions can tell apart.

A comparison looks at one fact, and is constant between the values that conditions name. So one value of each stretch
stands for all of it, and a choice of one stretch for each fact stands for all submissions with such facts.
"""

import math
import sys
from collections.abc import Iterator
from itertools import pairwise, product
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
    axes = choices(conditions)
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


def choices(conditions: "list[Condition]") -> "dict[str, list[Value | None]]":
    """For each fact that is asked, one value for each class of values that comparisons can tell apart, None first.

    None, unknown, stands also for the values of which every comparison is false: `holds` cannot tell these from it.
    """
    asking: dict[str, dict[Condition, None]] = {}
    for condition in conditions:
        for comparison in comparisons(condition):
            asking.setdefault(comparison[1], {})[comparison] = None
    return {fact: _values(fact, list(asking[fact])) for fact in FACTS if fact in asking}


def comparisons(condition: "Condition") -> "Iterator[Condition]":
    """The comparisons of which a condition is made."""
    if condition[0] in ("and", "or"):
        for each in condition[1]:
            yield from comparisons(each)
    elif condition[0] == "not":
        yield from comparisons(condition[1])
    else:
        yield condition


def _values(fact: str, asking: "list[Condition]") -> "list[Value | None]":
    """The values to choose from for `fact`, which the comparisons in `asking` ask."""
    named = {value for _, _, value in asking for value in (value if isinstance(value, tuple) else (value,))}
    values = [None, *_stretches(fact, named)]
    if len(values) * len(asking) > MOST_EVALUATIONS:
        return values
    found: dict[Truth, Value | None] = {}
    for value in values:
        found.setdefault(tuple(holds(comparison, {fact: value}) for comparison in asking), value)
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
    if FACTS[fact] == NUMBER:
        whole = {0.0}.union(*(_whole_near(float(number)) for number in named))
        return sorted(number for number in whole if number >= 0)
    numbers = sorted({0.0, *map(float, named)})
    between = [low / 2 + min(high, sys.float_info.max) / 2 for low, high in pairwise(numbers)]
    return sorted({*numbers, *between, numbers[-1] * 2 or 1.0})


def _whole_near(number: float) -> set[float]:
    """The whole numbers next to `number`, and itself if it is one."""
    if number >= 2.0**53:  # from here on, infinity included, all are whole, and a step of one may be none
        return {math.nextafter(number, 0.0), number, math.nextafter(number, math.inf)}
    return {math.ceil(number) - 1.0, math.floor(number) * 1.0, math.floor(number) + 1.0}


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
