"""Values of the capacity scheduler's properties as it reads them, and as it is to read them.

A ValueError says what was expected where the scheduler refuses the text. Sources: Hadoop
`CapacitySchedulerConfiguration`, `Configuration` (getInt, getBoolean), Java's `Float.parseFloat`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from placement.queues.amounts import (
    ABSOLUTE,
    MEMORY_NAME,
    MOST_OF_ONE,
    MOST_VCORES,
    OF_PARENT,
    VCORES,
    Amount,
    together,
)

JAVA_BLANKS = "".join(map(chr, range(33)))
MOST_WEIGHT = 10_000
DIGITS = 9  # behind the point, of percentages and weights; more than the scheduler's float has
WEIGHT, PERCENT, RESOURCES, VECTOR = "weight", "percent", "absolute resources", "a vector"

_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?", re.ASCII)
_WHOLE = re.compile(r"[+-]?[0-9]+", re.ASCII)
_RESOURCES = re.compile(r"\[[\w.,\-=\ /]+\]\n?", re.ASCII)
_VECTOR = re.compile(r"\[(?:[\w.,\-%/]+=[\w.,\-%/]+)+\]", re.ASCII)
_BINARY = {"Ki": 1 / 1024, "Mi": 1.0, "Gi": 1024.0, "Ti": 1024.0**2, "Pi": 1024.0**3}
_DECIMAL = {"p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_UNITS = {"": 1.0, **_BINARY, **{unit: size / 2**20 for unit, size in _DECIMAL.items()}}  # UnitsConversionUtil, in MiB


@dataclass(frozen=True, slots=True)
class Share:
    """What `capacity` or `maximum-capacity` says: `kind` WEIGHT or PERCENT with `number`; RESOURCES or VECTOR.

    `amount` is what the model can say of it, or None.
    """

    kind: str
    number: float = 0.0
    amount: Amount | None = None
    resources: Mapping[str, float] = field(default_factory=dict)


@lru_cache(4096)  # queues say the same again and again
def number(text: str) -> float:
    """A number as `Float.parseFloat` takes it, but for those that are not finite."""
    words = text.strip(JAVA_BLANKS)
    if not _FLOAT.fullmatch(words):
        raise ValueError("a number")
    found = float(words.rstrip("fFdD"))
    if abs(found) > 3e38:
        raise ValueError("a number")
    return round(found, DIGITS)


def whole(text: str, trimmed: bool = True) -> int:
    """A whole number of Java's `int`; `trimmed`: with blanks around it, which `Integer.valueOf` does not take."""
    words = text.strip(JAVA_BLANKS) if trimmed else text
    if not _WHOLE.fullmatch(words) or not -(2**31) <= int(words[:12]) < 2**31 or len(words) > 11:
        raise ValueError("a whole number")
    return int(words)


def flag(text: str) -> bool | None:
    """Yes or no; None where the scheduler takes its default instead."""
    return {"true": True, "false": False}.get(text.strip(JAVA_BLANKS).lower())


@lru_cache(4096)
def share(text: str) -> Share:
    """What `capacity` or `maximum-capacity` says."""
    if _RESOURCES.fullmatch(text):
        return _resources(text.rstrip("\n")[1:-1])
    if _VECTOR.fullmatch(text.replace(" ", "")):
        return Share(VECTOR, amount=_percentages(text.replace(" ", "")[1:-1]))
    if text.endswith("w"):
        weight = number(text[: text.index("w")])
        if not (-1 <= weight <= MOST_WEIGHT) or -1 < weight < 0:
            raise ValueError(f"a weight from 0 to {MOST_WEIGHT}")
        return Share(WEIGHT, weight)
    try:
        percent = number(text)
    except ValueError as error:
        raise ValueError("a percentage as `50`, a weight as `3w`, or `[memory=10240,vcores=12]`") from error
    amount = Amount(OF_PARENT, every=percent) if 0 <= percent <= 100 else None
    return Share(PERCENT, percent, amount)


def decimal(value: float) -> str:
    """A number without an exponent: `50`, `33.333333333`."""
    return f"{value:.{DIGITS}f}".rstrip("0").rstrip(".")


def resources_text(amount: Amount) -> str:
    """An absolute amount, or one in percent by resource, as the scheduler writes it."""
    suffix = "" if amount.basis == ABSOLUTE else "%"
    names = sorted(amount.values, key=lambda name: (name != MEMORY_NAME, name != VCORES, name))
    return f"[{','.join(f'{name}={decimal(amount.values[name])}{suffix}' for name in names)}]"


def _resources(words: str) -> Share:
    """Without memory the scheduler takes it for nothing (`internalGetLabeledResourceRequirementForQueue`)."""
    found: dict[str, float] = {}
    is_plain = True
    for pair in words.strip().split(","):
        name, *values = pair.split("=")
        name = name.strip()
        if not values:
            continue
        unit = next((values[0][at:] for at, letter in enumerate(values[0]) if letter.isalpha()), "")
        if unit and not unit.isalpha():
            unit = ""
        if unit not in _UNITS:
            continue
        digits = values[0].removesuffix(unit)
        if not _WHOLE.fullmatch(digits):
            raise ValueError(
                "whole numbers with a unit of Hadoop or none, as `[memory=10Gi,vcores=12]`, without blanks"
            )
        is_memory = name in (MEMORY_NAME, "memory-mb")
        is_plain = is_plain and len(values) == 1 and (not unit or name == MEMORY_NAME)
        found[MEMORY_NAME if is_memory else name] = int(int(digits) * _UNITS[unit]) if unit else int(digits)
    return Share(RESOURCES, amount=_amount(found) if is_plain else None, resources=found)


def _amount(found: Mapping[str, float]) -> Amount | None:
    if not found.get(MEMORY_NAME) or not all(0 <= value <= MOST_OF_ONE for value in found.values()):
        return None
    if found.get(VCORES, 0) > MOST_VCORES:
        return None
    try:
        return together({name: (ABSOLUTE, value) for name, value in found.items()})
    except ValueError:
        return None


def _percentages(words: str) -> Amount | None:
    """The amount of a vector that is percentages throughout; None if it mixes them with anything else."""
    parts: dict[str, tuple[str, float]] = {}
    for pair in words.split(","):
        name, _, value = pair.partition("=")
        if not value.endswith("%") or not value[:-1].replace(".", "", 1).isdigit() or float(value[:-1]) > 100:
            return None
        parts[name] = OF_PARENT, round(float(value[:-1]), DIGITS)
    try:
        return together(parts)
    except ValueError:
        return None
