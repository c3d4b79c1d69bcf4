"""What is kept of one key: its latest runs, and what else its own observations alone decide."""

from array import array
from base64 import b64decode, b64encode
from collections.abc import Mapping
from math import isfinite
from typing import Any, Self

import numpy as np

from placement.estimate.memory import memory_of
from placement.estimate.outcome import Outcome
from placement.estimate.plan import Numbers
from placement.estimate.predict import GROWTH
from placement.estimate.spread import OLDEST, Spread

WINDOW = 256  # runs that are kept
COLUMNS = ("peak", "runtime", "input", "vcores", "read", "shuffled")
UNKNOWN = float("nan")
_STORED = "<f8"  # doubles, little end first


class State:
    """One key. `count` runs with a known peak were learned of all; the last run ended at `last_s`, NaN: not known.

    `held`: memory that was too little, or could have been, since a run last succeeded, and the least input of such a
    run (NaN: of any). `failed`: the last run was out of memory. `told`: the errors that this key has added
    to its user's spread.
    """

    __slots__ = ("_runs", "count", "failed", "held", "held_x", "last_s", "told")

    def __init__(self) -> None:
        self._runs = array("d")
        self.count = 0
        self.last_s = UNKNOWN
        self.held = 0.0
        self.held_x = UNKNOWN
        self.failed = False
        self.told: Spread | None = None

    @property
    def runs(self) -> Numbers:
        """The latest runs in order, one row for each of COLUMNS; NaN: not known."""
        kept = np.frombuffer(self._runs).reshape(-1, len(COLUMNS))
        return kept[-WINDOW:].T.copy()  # or the array could not grow

    def learn(self, outcome: Outcome, input_bytes: float | None, request: float | None, tell: bool) -> Spread | None:
        """One run. With `tell`, gives what the key's user is to add to his spread."""
        if outcome.finished_s is not None:
            self.last_s = outcome.finished_s
        self.failed = outcome.ended == "out-of-memory"
        if outcome.ended != "succeeded":
            self._learn_bound(outcome, input_bytes)
            return None
        news = self._news(outcome, input_bytes, request) if tell and outcome.peak_bytes else None
        self._append(outcome, input_bytes)
        if outcome.peak_bytes:
            self.count += 1
            self.held, self.held_x = 0.0, UNKNOWN
        return news

    def as_data(self) -> dict[str, Any]:
        """The state as plain data; NaN is None there, and the runs are base64: there are many, kept anew with each."""
        return {
            "count": self.count,
            "last_s": _or_none(self.last_s),
            "held": self.held,
            "held_x": _or_none(self.held_x),
            "failed": self.failed,
            "told": None if self.told is None else self.told.as_data(),
            "runs": b64encode(np.array(self._runs[-WINDOW * len(COLUMNS) :], _STORED).tobytes()).decode("ascii"),
        }

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Self:
        """What `as_data` gave."""
        state = cls()
        state.count, state.held, state.failed = data["count"], data["held"], data["failed"]
        state.last_s, state.held_x = _or_nan(data["last_s"]), _or_nan(data["held_x"])
        state.told = None if data["told"] is None else Spread.of_data(data["told"])
        stored = np.frombuffer(b64decode(data["runs"], validate=True), _STORED)
        state._runs = array("d", stored.reshape(-1, len(COLUMNS)).astype(np.float64).tobytes())
        return state

    def _learn_bound(self, outcome: Outcome, input_bytes: float | None) -> None:
        """A run that did not succeed needs at least what it used; one out of memory more than it was given."""
        bound = outcome.peak_bytes or 0.0
        if outcome.ended == "out-of-memory":
            bound = max(bound, (outcome.allocated_bytes or bound) * GROWTH)
        if bound <= 0:
            return
        known = _or_nan(input_bytes)
        self.held_x = float(np.minimum(self.held_x, known)) if self.held else known  # NaN if either is
        self.held = max(self.held, bound)

    def _news(self, outcome: Outcome, input_bytes: float | None, request: float | None) -> Spread | None:
        if self.count > OLDEST or outcome.peak_bytes is None:
            return None
        news = Spread()
        if self.count == 0:
            news.add_first(outcome.peak_bytes, outcome.runtime_s or 0.0, request)
            return news
        expected = memory_of(self.runs).shape.at(input_bytes)
        news.add_error(self.count, outcome.peak_bytes / expected)
        self.told = self.told or Spread()
        self.told.add(news)
        return news

    def _append(self, outcome: Outcome, input_bytes: float | None) -> None:
        said = (
            outcome.peak_bytes,
            outcome.runtime_s,
            input_bytes,
            outcome.vcores,
            outcome.read_bytes,
            outcome.shuffled_bytes,
        )
        self._runs.extend(map(_or_nan, said))
        if len(self._runs) > 2 * WINDOW * len(COLUMNS):
            del self._runs[: -WINDOW * len(COLUMNS)]


def _or_nan(number: float | None) -> float:
    return UNKNOWN if number is None else float(number)


def _or_none(number: float) -> float | None:
    return number if isfinite(number) else None
