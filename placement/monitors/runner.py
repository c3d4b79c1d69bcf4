"""Looks at all monitors at once, and lets none that fails or hangs cost another anything. Adapter.

Each monitor has a thread of its own, and never more than one: while it hangs it is not asked again.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from placement.errors import PlacementError, Problem, quoted, visible
from placement.monitors.base import Monitor, Readings, checked

WITHIN_S = 20.0

Maker = Callable[[], Monitor]


@dataclass(frozen=True, slots=True)
class Seen:
    """The last good `readings` of a monitor, None if there never were any, and their age in seconds.

    `trouble`: why there are no newer ones; None: there is none.
    """

    name: str
    readings: Readings | None
    age_s: float | None
    trouble: Problem | None

    def as_data(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "name": self.name,
            "age_s": self.age_s,
            "trouble": self.trouble.as_data() if self.trouble else None,
            "readings": self.readings.as_data() if self.readings else None,
        }


class Runner:
    """The monitors that `makers` make, by their names; made at the first look, and again until that succeeds.

    `within_s`: how long a look waits for all of them; `clock` gives seconds since the epoch. For one thread.
    """

    def __init__(
        self, makers: Mapping[str, Maker], within_s: float = WITHIN_S, clock: Callable[[], float] = time.time
    ) -> None:
        self._watched = [_Watched(name, make) for name, make in makers.items()]
        self._within_s = within_s
        self._clock = clock

    def look(self) -> list[Seen]:
        """What each monitor sees now, or saw last; never raises, never takes much more than `within_s`."""
        for each in self._watched:
            each.begin()
        end = time.monotonic() + self._within_s
        return [each.seen(end, self._within_s, self._clock) for each in self._watched]


class _Watched:
    def __init__(self, name: str, make: Maker) -> None:
        self._name = name
        self._make = make
        self._monitor: Monitor | None = None
        self._thread: threading.Thread | None = None
        self._began = 0.0
        # Written by the monitor's thread, in one step each.
        self._readings: Readings | None = None
        self._trouble: Problem | None = None

    def begin(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._began = time.monotonic()
            # A daemon: what hangs does not keep this process from ending.
            self._thread = threading.Thread(target=self._look, name=f"monitor {self._name}", daemon=True)
            self._thread.start()

    def seen(self, end: float, within_s: float, clock: Callable[[], float]) -> Seen:
        thread = self._thread
        if thread is not None:
            thread.join(max(end - time.monotonic(), 0))
        trouble = self._slow(within_s) if thread is not None and thread.is_alive() else self._trouble
        readings = self._readings
        return Seen(self._name, readings, max(clock() - readings.taken_s, 0.0) if readings else None, trouble)

    def _look(self) -> None:
        self._trouble = self._problem("monitor-failed", "ends without readings")
        try:
            self._monitor = self._monitor or self._make()
            found = self._monitor.look()
        except PlacementError as error:
            self._trouble = error.problems[0]
            return
        except Exception as error:  # noqa: BLE001 # a plug-in is somebody else's code
            self._trouble = self._problem("monitor-failed", f"fails: {type(error).__name__}: {error}")
            return
        try:
            self._readings = _dated(checked(found), self._readings)
        except ValueError as error:
            self._trouble = self._problem("monitor-failed", f"fails: {error}")
        else:
            self._trouble = None

    def _slow(self, within_s: float) -> Problem:
        message = f"has not answered within {within_s:g} s; it was asked {time.monotonic() - self._began:.0f} s ago"
        return self._problem("monitor-slow", message)

    def _problem(self, code: str, words: str) -> Problem:
        message = visible(f"the monitor {quoted(self._name)} {words}")
        if code == "monitor-slow":
            return Problem("monitor-slow", message, remedy="see what keeps busy whom it asks")
        remedy = "see the documentation of that monitor, or switch it off in monitors.yaml"
        return Problem("monitor-failed", message, remedy=remedy)


def _dated(found: Readings, before: Readings | None) -> Readings:
    """With every danger since when it is seen without a break."""
    known = {(each.of, each.what): each.since_s for each in before.dangers} if before else {}
    dangers = tuple(
        replace(each, since_s=known.get((each.of, each.what)) or found.taken_s) if each.since_s is None else each
        for each in found.dangers
    )
    return replace(found, dangers=dangers)
