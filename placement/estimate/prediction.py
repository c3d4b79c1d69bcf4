"""What a prediction says. Part of the hot path: standard library only."""

from placement.errors import visible
from placement.estimate.keys import general

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from placement.estimate.row import Row

DAY = 86400.0
SHOWN_NAME = 60  # characters


class Interval:
    """About four of five runs are between `low` and `high`, half of them below `middle`."""

    __slots__ = ("high", "low", "middle")

    def __init__(self, low: float, middle: float, high: float) -> None:
        self.low = low
        self.middle = middle
        self.high = high

    def as_data(self) -> dict[str, float]:
        """The interval as plain data."""
        return {"low": self.low, "middle": self.middle, "high": self.high}


class Prediction:
    """What a run will use, as far as is known.

    `safe_bytes`: what one container should be given. `low_bytes` to `high_bytes`: what it is expected to use.
    `has_failed`: the last run of the job ran out of memory. Then, of a job that was seen: `duration_s`, `vcores` (of
    all containers together), `read_bytes`, `shuffled_bytes`: intervals, None: not known; `peak_bytes`: the most that
    one container used. `basis` says in words what it rests on: `runs` of the job itself, 0 if it was never seen.
    """

    __slots__ = ("_basis", "_row", "has_failed", "high_bytes", "low_bytes", "safe_bytes")

    def __init__(
        self,
        safe_bytes: float,
        low_bytes: float,
        high_bytes: float,
        basis: "str | Callable[[], str]",
        row: "Row | None" = None,
        has_failed: bool = False,
    ) -> None:
        self.safe_bytes = safe_bytes
        self.low_bytes = low_bytes
        self.high_bytes = high_bytes
        self.has_failed = has_failed
        self._basis = basis
        self._row = row  # of the job itself

    @property
    def basis(self) -> str:
        """What it rests on."""
        if not isinstance(self._basis, str):
            self._basis = self._basis()
        return self._basis

    @property
    def runs(self) -> int:
        """Of the job itself."""
        return int(self._row.count) if self._row else 0

    @property
    def peak_bytes(self) -> float | None:
        """The most that one container of the job used."""
        return self._row.peak if self._row and self._row.peak > 0 else None

    @property
    def duration_s(self) -> Interval | None:
        """From start to end."""
        row = self._row
        return interval(row.duration_low, row.duration, row.duration_high) if row else None

    @property
    def vcores(self) -> Interval | None:
        """The most held at a time, together."""
        row = self._row
        return interval(row.vcores_low, row.vcores, row.vcores_high) if row else None

    @property
    def read_bytes(self) -> Interval | None:
        """By all containers."""
        row = self._row
        return interval(row.read_low, row.read, row.read_high) if row else None

    @property
    def shuffled_bytes(self) -> Interval | None:
        """By all containers."""
        row = self._row
        return interval(row.shuffled_low, row.shuffled, row.shuffled_high) if row else None

    def as_data(self) -> dict[str, object]:
        """The prediction as plain data, for `--json`."""
        names = ("basis", "duration_s", "high_bytes", "low_bytes", "read_bytes", "runs", "safe_bytes")
        data = {name: getattr(self, name) for name in (*names, "shuffled_bytes", "vcores")}
        return {name: each.as_data() if isinstance(each, Interval) else each for name, each in data.items()}


def interval(low: float, middle: float, high: float) -> Interval | None:
    """The interval of three numbers; None where one is NaN: not known."""
    return Interval(low, middle, high) if low >= 0 and middle >= 0 and high >= 0 else None


def basis(row: "Row", is_own: bool, features: "Mapping[str, Any]", now_s: float | None) -> str:
    """What a prediction from `row` rests on, in words."""
    count, whose = int(row.count), _by(features)
    if not is_own:
        return f"no run of it yet, {count} other job{'s' * (count != 1)}{whose}"
    last = _ago(now_s - row.last_s) if now_s is not None and row.last_s > 0 else ""
    return f"{count} run{'s' * (count != 1)} of {_name(features)}{whose}{last}"


def _by(features: "Mapping[str, Any]") -> str:
    user = features.get("user")
    return f" by {_short(user)}" if isinstance(user, str) and user else ""


def _name(features: "Mapping[str, Any]") -> str:
    names = (features.get(each) for each in ("application", "script"))
    return next((_short(general(name)) for name in names if isinstance(name, str) and name), "it")


def _short(name: str) -> str:
    return visible(name[:SHOWN_NAME]) + "…" * (len(name) > SHOWN_NAME)


def _ago(age_s: float) -> str:
    days = int(age_s // DAY)
    if days < 1:
        return ", the last within a day"
    return ", the last yesterday" if days == 1 else f", the last {days} days ago"
