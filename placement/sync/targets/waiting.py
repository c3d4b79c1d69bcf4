"""Waiting until the ResourceManager shows what it was told."""

import time
from collections.abc import Callable

from placement.errors import PlacementError

PAUSE_S = 0.5  # between two looks
SHOWN = 3  # differences that one message lists


def until_none(missing: Callable[[], list[str]], limit_s: float) -> list[str]:
    """What is still `missing` after `limit_s` seconds; none as soon as nothing is.

    Who cannot be asked now is asked again: it may start again, or another one take over. Raises the PlacementError of
    the last try then.
    """
    deadline = time.monotonic() + limit_s
    while True:
        is_last = time.monotonic() > deadline
        try:
            still = missing()
        except PlacementError:
            if is_last:
                raise
        else:
            if is_last or not still:
                return still
        time.sleep(PAUSE_S)


def in_words(differences: list[str]) -> str:
    """The first of them, and how many more there are."""
    more = f", and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
    return "; ".join(differences[:SHOWN]) + more
