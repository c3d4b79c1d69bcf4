"""What belongs to the moment of a decision: the clock and an id. Adapter on the hot path: standard library only."""

import os
import time

from placement.rules.condition import WEEKDAYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from placement.rules.condition import Value
    from placement.submission import Reading


def facts(command: "Reading | None" = None) -> "dict[str, Value | None]":
    """What conditions may ask: of the gateway's clock, and of a command line if there is one."""
    now = time.localtime()
    known: dict[str, Value | None] = {"hour": float(now.tm_hour), "weekday": WEEKDAYS[now.tm_wday]}
    return {**command.facts(), **known} if command else known


def new_id() -> str:
    """Sixteen hexadecimal digits, for one decision."""
    return os.urandom(8).hex()
