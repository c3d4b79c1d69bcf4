"""Amounts of resources as the allocation file writes them. Source: Hadoop `FairSchedulerConfiguration` (3.5.0)."""

import re
from decimal import Decimal
from functools import lru_cache

from placement.queues.amounts import ABSOLUTE, MEMORY_NAME, MOST_OF_ONE, MOST_VCORES, OF_CLUSTER, VCORES, Amount

MEMORY = "memory-mb"
MOST_LONG, MOST_INT = 2**63 - 1, 2**31 - 1
DECIMALS = 9  # of a percentage, as queues.yaml writes it

# Java's \s and \d, and `trim`, know ASCII alone.
_PERCENT = re.compile(r"(-?\d+(?:\.\d*)?)\s*%\s*", re.ASCII)
_IN_WORDS = re.compile(r"-?\d+(?:\.\d*)?\s*[a-z]+\s*", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+")
_RESOURCE = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?/)?[A-Za-z][\w.-]*", re.ASCII)
_WRONG_NAMES = {"memory", "mb", "mem", "ram", "cpu", "cpus", "core", "cores", "vcore"}
TRIMMED = "".join(map(chr, range(33)))  # what Java's `trim` takes away
_FORMS = "an amount, as `memory-mb=1024, vcores=2`, `1024 mb, 2 vcores`, `50%` or `50% memory, 20% cpu`"


@lru_cache(4096)  # queues say the same again and again
def read(text: str) -> Amount:
    """The amount; percent are of the cluster. Raises ValueError, of what was expected, where Hadoop refuses it.

    Memory in MiB. Which other resources there are is for the cluster to say: any name that could be one is taken.
    """
    if "=" in text:
        return _by_name(text)
    words = text.lower()
    if "%" in words:
        return _in_percent(words)
    parts = _split(words, ",")
    if len(parts) != 2:
        parts = _IN_WORDS.findall(words)
    if len(parts) != 2:
        raise ValueError(_FORMS)
    return Amount(ABSOLUTE, {MEMORY_NAME: _pieces(parts, "mb"), VCORES: _pieces(parts, "vcores")})


def is_old_form(text: str) -> bool:
    """Whether the text leaves nothing of other resources than memory and vcores, as forms before Hadoop 3.1 do."""
    return "=" not in text and ("%" not in text or "," in text)


def is_held(amount: Amount) -> bool:
    """Whether queues.yaml can say that amount."""
    if amount.every is not None:
        return amount.every <= 100
    for name, number in amount.values.items():
        most = 100 if amount.basis == OF_CLUSTER else MOST_VCORES if name == VCORES else MOST_OF_ONE
        if number > most:
            return False
    return True


def maximum(amount: Amount) -> Amount:
    """What `read` found in a maximum, as queues.yaml means it: a resource that it does not name is not limited.

    An absolute maximum that does not name vcores leaves none: the scheduler makes an int of the largest long, which is
    -1 (`ConfigurableResource`, `ResourceUtils.createResourceWithSameValue`). As many as an int can be are no limit.
    """
    if amount.basis != ABSOLUTE:
        return amount
    values = {VCORES: 0, **amount.values}
    if values[VCORES] == MOST_VCORES and len(values) > 1:
        del values[VCORES]
    return Amount(ABSOLUTE, values)


def has_no_vcores(amount: Amount) -> bool:
    """Whether a maximum leaves no vcores because it does not name them."""
    return amount.basis == ABSOLUTE and VCORES not in amount.values


def maximum_text(amount: Amount) -> str:
    """A maximum as Hadoop from 3.1 on reads it; what `maximum` is the way back of."""
    if has_no_vcores(amount):
        amount = Amount(ABSOLUTE, {**amount.values, VCORES: MOST_VCORES})
    return text(amount)


def text(amount: Amount) -> str:
    """An ABSOLUTE amount, or one OF_CLUSTER, as Hadoop from 3.1 on reads it."""
    if amount.every is not None:
        return f"{plain(amount.every)}%"
    sign = "" if amount.basis == ABSOLUTE else "%"
    names = sorted(amount.values, key=lambda name: (name != MEMORY_NAME, name != VCORES, name))
    return ", ".join(f"{MEMORY if name == MEMORY_NAME else name}={plain(amount.values[name])}{sign}" for name in names)


def plain(number: float) -> str:
    """A number without exponent, and without a fraction that is none."""
    if number == int(number):
        return str(int(number))
    return format(Decimal(repr(number)), "f")


def _by_name(whole: str) -> Amount:
    values: dict[str, float] = {}
    is_percent = "%" in whole
    for each in _split(whole, ","):
        parts = _split(each, "=")
        if len(parts) != 2:
            raise ValueError("`name=value` for each resource, as `memory-mb=1024, vcores=2`")
        name, value = (part.strip(TRIMMED) for part in parts)
        if not _RESOURCE.fullmatch(name) or name.lower() in _WRONG_NAMES:
            raise ValueError("resources by the scheduler's names, as `memory-mb`, `vcores`, `yarn.io/gpu`")
        number = _percent(value) if is_percent else _long(value)
        values[MEMORY_NAME if name == MEMORY else name] = number
    if not values:
        raise ValueError(_FORMS)
    return Amount(OF_CLUSTER if is_percent else ABSOLUTE, values)


def _in_percent(words: str) -> Amount:
    parts = _split(words, ",")
    if len(parts) == 1:
        return Amount(OF_CLUSTER, every=_percent(parts[0].strip(TRIMMED)))
    return Amount(OF_CLUSTER, {MEMORY_NAME: _percent_of(parts, "memory"), VCORES: _percent_of(parts, "cpu")})


def _percent_of(parts: list[str], word: str) -> float:
    part = _first(parts, word)
    if not part.endswith(word):
        raise ValueError(_FORMS)
    return _percent(part[: -len(word)])


def _percent(part: str) -> float:
    found = _PERCENT.fullmatch(part)
    if not found or float(found[1]) < 0:
        raise ValueError("percent from 0% on, all of them, without other numbers beside")
    return abs(round(float(found[1]), DECIMALS))  # `-0%` is taken


def _pieces(parts: list[str], unit: str) -> int:
    # What stands behind the unit, and a fraction, count for nothing.
    found = re.match(rf"(-?\d+)(?:\.\d*)?\s*{unit}", _first(parts, unit), re.ASCII)
    number = _from_0(found[1], MOST_INT) if found else None
    if number is None:
        raise ValueError(_FORMS)
    return number


def _long(value: str) -> int:
    number = _from_0(value, MOST_LONG)
    if number is None:
        raise ValueError("whole numbers from 0 on without units, or all of them percent")
    return number


def _from_0(digits: str, most: int) -> int | None:
    if not _WHOLE.fullmatch(digits) or len(digits.lstrip("+-0")) > len(str(most)):
        return None
    return int(digits) if 0 <= int(digits) <= most else None


def _first(parts: list[str], word: str) -> str:
    for part in parts:
        if word in part:
            return part.strip(TRIMMED)
    raise ValueError(_FORMS)


def _split(text: str, by: str) -> list[str]:
    """As Java splits: empty parts at the end do not count."""
    parts = text.split(by)
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return parts if parts != [""] or not text else []
