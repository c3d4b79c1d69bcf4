"""The estimator: predicts a run from all that ended before, and learns each as it ends."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any

from placement.estimate import predict as hot
from placement.estimate.keys import is_own, keys_of, of_user
from placement.estimate.learn import Learned, learn_one
from placement.estimate.outcome import Outcome
from placement.estimate.predict import Limits
from placement.estimate.prediction import Prediction
from placement.estimate.row import Row
from placement.estimate.rows import PRICES, row_of, shared_row
from placement.estimate.spread import Spread


class Estimator:
    """Memory, time, vcores and volumes of runs, learned online.

    `price`: of a failed attempt, in average jobs, or `thrifty`, `balanced`, `safe`. `maximum_bytes`, `minimum_bytes`,
    `increment_bytes`: what containers the cluster gives; 0 or None: any. `clock`: gives seconds since 1970, for the
    words of a basis. `refused` counts by reason what was told and not believed. Raises ValueError for another price.
    """

    def __init__(
        self,
        price: str | float = "balanced",
        maximum_bytes: float | None = None,
        minimum_bytes: float = 0.0,
        increment_bytes: float = 0.0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.price = price_of(price)
        self.limits = Limits(maximum_bytes, minimum_bytes, increment_bytes)
        self.learned = Learned()
        self.refused: Counter[str] = Counter()
        self._clock = clock
        self._made: dict[str, tuple[int, Row]] = {}  # rows by key, each with the changes of the spread it was made with

    def predict(self, features: Mapping[str, Any]) -> Prediction:
        """What a run with these features (see keys.keys_of; `request_bytes`, `input_bytes`) will use. Never raises."""
        features = _mapping(features)
        keys = keys_of(features)
        now_s = None if self._clock is None else self._clock()
        return hot.predict(keys, self.row, features, self.limits, now_s)

    def retry(self, features: Mapping[str, Any], failed_bytes: float, attempt: int) -> int:
        """Bytes for the next attempt, after attempt number `attempt` (from 1) ran out of memory at `failed_bytes`."""
        features = _mapping(features)
        keys = keys_of(features)
        return int(hot.retry(keys, self.row, features, failed_bytes, attempt, self.limits))

    def observe(self, features: Mapping[str, Any], outcome: Outcome | Mapping[str, Any]) -> tuple[str, ...]:
        """Learns how one run ended, and gives the keys of which more is known now. Never raises.

        What cannot be believed is counted in `refused`, by reason.
        """
        known = Outcome.of(outcome, self.refused)
        keys = keys_of(_mapping(features))
        if known is None:
            return ()
        if not is_own(keys[0]):
            self.refused["features: neither application nor script"] += 1
            return ()
        for place, key in enumerate(keys):
            if is_own(key):
                learn_one(self.learned, key, features, known, () if place else keys[1:])
                self._made.pop(key, None)
        return keys

    def row(self, key: str) -> Row | None:
        """The row of a key, as it stands now; None: nothing was learned under it. The table holds it."""
        spread = self._spread(key)
        changes = 0 if spread is None else spread.changes
        made = self._made.get(key)
        if made is None or made[0] != changes:
            row = self._new_row(key)
            if row is None:
                return None
            made = self._made[key] = (changes, row)
        return made[1]

    def rows(self) -> Iterator[tuple[str, Row]]:
        """All rows by their keys, for the table; made anew where something has changed."""
        for key in (*self.learned.states, *self.learned.spreads):
            if (row := self.row(key)) is not None:
                yield key, row

    def _spread(self, key: str) -> Spread | None:
        """Of the many jobs that a key's row draws on."""
        return self.learned.spreads.get(of_user(key) if is_own(key) else key)

    def _new_row(self, key: str) -> Row | None:
        spread = self._spread(key)
        if is_own(key):
            state = self.learned.states.get(key)
            return None if state is None else row_of(state, spread, self.price)
        return None if spread is None else shared_row(spread, self.price)


def price_of(price: str | float) -> float:
    """The price by its name or number. Raises ValueError for neither."""
    if isinstance(price, str):
        if price not in PRICES:
            raise ValueError(f"a price is one of {', '.join(PRICES)}, or a number; found `{price}`")
        return PRICES[price]
    if not (isfinite(price) and price >= 0):
        raise ValueError(f"a price is a number from 0 on; found `{price}`")
    return float(price)


def _mapping(features: Any) -> Mapping[str, Any]:
    return features if isinstance(features, Mapping) else {}
