"""What the fair scheduler makes of the text of a property, and what it refuses.

Sources: Hadoop `AllocationFileQueueParser`, `SchedulingPolicy`; Java `Integer`, `Long`, `Double`.
"""

import math
import re
from functools import lru_cache

from placement.queues.queue import DRF, FAIR, FIFO
from placement.schedulers.fair import amounts, words

_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(
    r"[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?"
    r"|0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+[fFdD]?)"
)
_CLASS = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+")
POLICIES = (FIFO, FAIR, DRF)


@lru_cache(4096)  # queues say the same again and again
def fault(kind: str, text: str) -> str:
    """What the scheduler expects where it refuses the text; empty where it takes it."""
    if kind in (words.RESERVED, words.AMOUNT):
        try:
            amounts.read(text)
        except ValueError as error:
            return str(error)
    elif kind == words.WHOLE:
        return "" if _whole(text, amounts.MOST_INT) is not None else "a whole number"
    elif kind == words.SECONDS:
        return "" if _whole(text, amounts.MOST_LONG) is not None else "a whole number of seconds, without a unit"
    elif kind == words.NUMBER:
        return "" if number(text) is not None else "a number"
    elif kind in (words.POLICY, words.DEFAULT_POLICY):
        if kind == words.DEFAULT_POLICY and text.lower() == FIFO:
            return "`fair` or `drf`; `fifo` is for single queues"
        return "" if policy(text) or _CLASS.fullmatch(text) else "`fifo`, `fair`, `drf` or the name of a Java class"
    return ""


def whole(text: str) -> int | None:
    """The number of a WHOLE or SECONDS; None if it is none."""
    return _whole(text, amounts.MOST_LONG)


def number(text: str) -> float | None:
    """A number as Java reads it; None if it is none."""
    text = text.strip(amounts.TRIMMED)
    if not _NUMBER.fullmatch(text):
        return None
    digits = text.rstrip("fFdD")
    if "x" not in text.lower():
        return float(digits)
    try:
        return float.fromhex(digits)
    except OverflowError:
        return math.inf


def policy(text: str) -> str | None:
    """`fifo`, `fair` or `drf` in any case; None for anything else, as the name of a class."""
    return text.lower() if text.lower() in POLICIES else None


def flag(text: str) -> bool:
    """Whether a text means yes: everything but `true` is no."""
    return text.lower() == "true"


def part(text: str) -> float | None:
    """A share as it counts: 0 to 1, or NaN for one that is no number at all."""
    found = number(text)
    return found if found is None or math.isnan(found) else max(min(found, 1.0), 0.0)


def _whole(text: str, most: int) -> int | None:
    if not _WHOLE.fullmatch(text) or len(text.lstrip("+-0")) > len(str(most)):
        return None
    return int(text) if -most - 1 <= int(text) <= most else None
