"""How a run ended and what it used: what the estimator learns from. Whatever is said is read, and doubted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from placement.estimate.predict import number_of

Ended = Literal["succeeded", "failed", "killed", "out-of-memory"]
ENDS = frozenset(get_args(Ended))

# From here on a number says more of its source than of the run.
ABSURD_MEMORY = 2.0**50  # bytes of one container
ABSURD_VOLUME = 1e18  # bytes read or shuffled by one run
ABSURD_TIME = 10 * 366 * 86400.0  # seconds that one run takes
ABSURD_COUNT = 1e7  # containers, vcores
ABSURD_CLOCK = 1e11  # seconds since 1970; a clock in milliseconds is beyond


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run in one role, that is all containers of that role (a driver; executors; maps).

    `peak_bytes`: the largest memory that one container used, None: not measured. `runtime_s`: from start to end.
    `allocated_bytes`: memory that one container was given. `containers`, `vcores`: the most held at a time, together.
    `read_bytes`, `shuffled_bytes`: by all of them. `finished_s`: since 1970. None: not known.
    """

    peak_bytes: float | None = None
    runtime_s: float | None = None
    ended: Ended = "succeeded"
    allocated_bytes: float | None = None
    containers: int | None = None
    vcores: float | None = None
    read_bytes: float | None = None
    shuffled_bytes: float | None = None
    finished_s: float | None = None

    @classmethod
    def of(cls, said: "Mapping[str, Any] | Outcome | Any", refused: Counter[str] | None = None) -> Self | None:
        """The outcome that a mapping of this class's fields tells; None if it is no use.

        A number that is negative, not finite, not a number or absurd is as good as not said; a peak of 0 means not
        measured. `refused` counts what was not taken, by reason. Never raises.
        """
        refused = Counter() if refused is None else refused
        if isinstance(said, Outcome):
            said = {name: getattr(said, name) for name in cls.__slots__}
        if not isinstance(said, Mapping):
            refused["outcome: not a mapping"] += 1
            return None
        ended = said.get("ended", "succeeded")
        if not isinstance(ended, str) or ended not in ENDS:
            refused["outcome: unknown end"] += 1
            return None
        return cls(ended=ended, **_numbers(said, refused))  # type: ignore[arg-type]


_FIELDS = {  # name: from here on absurd, whether 0 is a value
    "peak_bytes": (ABSURD_MEMORY, False),
    "runtime_s": (ABSURD_TIME, True),
    "allocated_bytes": (ABSURD_MEMORY, False),
    "containers": (ABSURD_COUNT, False),
    "vcores": (ABSURD_COUNT, False),
    "read_bytes": (ABSURD_VOLUME, True),
    "shuffled_bytes": (ABSURD_VOLUME, True),
    "finished_s": (ABSURD_CLOCK, False),
}


_ALSO = {"peak_bytes": "peak_memory_bytes", "runtime_s": "duration_s"}  # as traces call them


def _numbers(said: Mapping[str, Any], refused: Counter[str]) -> dict[str, float | int | None]:
    found: dict[str, float | int | None] = {}
    for name, (absurd, zero_counts) in _FIELDS.items():
        value = said.get(name, said.get(_ALSO.get(name, "")))
        number = number_of(value, absurd)
        if number == 0 and not zero_counts:
            number = None
        elif number is None and value is not None:
            refused[f"{name}: not a plausible number"] += 1
        found[name] = number
    if found["containers"] is not None:
        found["containers"] = int(found["containers"]) or None
    return found
