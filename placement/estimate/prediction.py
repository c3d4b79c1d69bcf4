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
    `duration_s`, `vcores` (of all containers together), `read_bytes`, `shuffled_bytes`: intervals, None: not known.
    `basis` says in words what it rests on, and is made when it is asked for: `runs` of the job itself, none if it was
    never seen.
    """

    __slots__ = (
        "_basis",
        "duration_s",
        "high_bytes",
        "low_bytes",
        "read_bytes",
        "runs",
        "safe_bytes",
        "shuffled_bytes",
        "vcores",
    )

    def __init__(
        self, safe_bytes: float, low_bytes: float, high_bytes: float, basis: "str | Callable[[], str]", runs: int = 0
    ) -> None:
        self.safe_bytes = safe_bytes
        self.low_bytes = low_bytes
        self.high_bytes = high_bytes
        self._basis = basis
        self.runs = runs
        self.duration_s: Interval | None = None
        self.vcores: Interval | None = None
        self.read_bytes: Interval | None = None
        self.shuffled_bytes: Interval | None = None

    @property
    def basis(self) -> str:
        """What it rests on."""
        if not isinstance(self._basis, str):
            self._basis = self._basis()
        return self._basis

    def as_data(self) -> dict[str, object]:
        """The prediction as plain data, for `--json`."""
        data = {"basis": self.basis, **{name: getattr(self, name) for name in self.__slots__[1:]}}
        return {name: each.as_data() if isinstance(each, Interval) else each for name, each in data.items()}


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
