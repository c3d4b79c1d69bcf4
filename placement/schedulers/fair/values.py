"""Whether two texts of a property mean the same to the fair scheduler."""

import math

from placement.queues.amounts import ABSOLUTE, MEMORY_NAME, VCORES, Amount
from placement.queues.tree import ROOT
from placement.schedulers import access_lists
from placement.schedulers.fair import amounts, elements, texts, words
from placement.schedulers.fair.elements import Element

TOLERANCE = 1e-5  # relative; the scheduler computes with 32 bits
_UNLIMITED = str(amounts.MOST_INT)
# What the scheduler takes where nothing is said. Sources: Hadoop `AllocationConfiguration`, `AllocationFileParser`.
OF_QUEUES = {"weight": "1", "minResources": "memory-mb=0", "allowPreemptionFrom": "true"}
GENERAL = {
    "queueMaxAppsDefault": _UNLIMITED,
    "userMaxAppsDefault": _UNLIMITED,
    "queueMaxAMShareDefault": "0.5",
    "defaultFairSharePreemptionThreshold": "0.5",
    "defaultQueueSchedulingPolicy": "fair",
}


def same(queue: str | None, name: str, one: str | None, other: str | None) -> bool:
    """`queue`: its full path, or None for a property of the scheduler as a whole; a text None: nothing is said."""
    one, other = (_usual(queue, name) if text is None else text for text in (one, other))
    if one == other:
        return True
    if one is None or other is None:
        return False
    kind = words.kind_of(queue, name)
    if kind is not None and kind != words.TEXT:
        one, other = elements.text_of(one), elements.text_of(other)
        is_faulty = texts.fault(kind, one) or texts.fault(kind, other)
        return not is_faulty and _MEAN_THE_SAME[kind](name, one, other)
    return one.startswith("<") and other.startswith("<") and _is_same_element(one, other)


def _usual(queue: str | None, name: str) -> str | None:
    if queue is None:
        return GENERAL.get(name)
    if name in ("aclSubmitApps", "aclAdministerApps"):
        return "*" if queue == ROOT else access_lists.NOBODY_TEXT
    return OF_QUEUES.get(name)


def _is_same_number(name: str, one: str, other: str) -> bool:
    first, second = _counting(name, one), _counting(name, other)
    return math.isclose(first, second, rel_tol=TOLERANCE) or (math.isnan(first) and math.isnan(second))


def _counting(name: str, text: str) -> float:
    number = texts.number(text)
    assert number is not None  # INVARIANT: texts.fault has seen it
    if name.endswith("Threshold"):
        return max(min(number, 1.0), 0.0)
    return min(number, 1.0) if "AMShare" in name else number


def _is_same_whole(_: str, one: str, other: str) -> bool:
    return texts.whole(one) == texts.whole(other)


def _is_same_flag(_: str, one: str, other: str) -> bool:
    return texts.flag(one) == texts.flag(other)


def _is_same_policy(_: str, one: str, other: str) -> bool:
    return texts.policy(one) is not None and texts.policy(one) == texts.policy(other)


def _is_same_list(_: str, one: str, other: str) -> bool:
    first, second = access_lists.read(one), access_lists.read(other)
    return (first.everybody, {*first.users}, {*first.groups}) == (second.everybody, {*second.users}, {*second.groups})


def _is_same_reserved(_: str, one: str, other: str) -> bool:
    nothing = Amount(ABSOLUTE)  # which percent are, in what is reserved
    first, second = (each if each.basis == ABSOLUTE else nothing for each in map(amounts.read, (one, other)))
    return all((first.of(name) or 0) == (second.of(name) or 0) for name in {*first.values, *second.values})


def _is_same_amount(_: str, one: str, other: str) -> bool:
    first, second = (amounts.maximum(amounts.read(text)) for text in (one, other))
    if first.basis != second.basis:
        return False
    missing = amounts.MOST_LONG if first.basis == ABSOLUTE else 100
    names = {*first.values, *second.values, MEMORY_NAME, VCORES}
    pairs = (tuple(missing if each.of(name) is None else each.of(name) for each in (first, second)) for name in names)
    return all(math.isclose(mine or 0, yours or 0, rel_tol=TOLERANCE) for mine, yours in pairs)


_MEAN_THE_SAME = {
    words.NUMBER: _is_same_number,
    words.WHOLE: _is_same_whole,
    words.SECONDS: _is_same_whole,
    words.FLAG: _is_same_flag,
    words.POLICY: _is_same_policy,
    words.DEFAULT_POLICY: _is_same_policy,
    words.ACCESS: _is_same_list,
    words.RESERVED: _is_same_reserved,
    words.AMOUNT: _is_same_amount,
}


def _is_same_element(one: str, other: str) -> bool:
    first, second = elements.parsed(one), elements.parsed(other)
    return first is not None and second is not None and _shape(first) == _shape(second)


def _shape(element: Element) -> object:
    text = (element.text or "").strip(amounts.TRIMMED)
    return element.tag, dict(element.attrib), text, [_shape(child) for child in elements.children(element)]
