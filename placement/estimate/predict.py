"""What rows mean for a run. Part of the hot path: standard library only.

`predict` and `retry` are the only readers of rows, for the learner as for the table: the two cannot differ.
"""

from placement.estimate.keys import is_own
from placement.estimate.prediction import Prediction, basis
from placement.estimate.row import ABSURD, SHARE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from placement.estimate.row import Row

# As how many runs the asking counts: for a job that was never seen, beside the user's other jobs; for one that was.
ASKED_OF_NEW, ASKED_OF_SEEN = 4.0, 0.15
GROWTH = 2.0  # from one failed attempt to the next
MOST_OF_PEAK = 4.0  # times the largest use seen; no first attempt is given more, however far apart the runs are
DEFAULT_BYTES = 2.0**30  # where there is neither a run nor a request: as `yarn.scheduler.minimum-allocation-mb`


class Limits:
    """What the cluster gives out: containers from `minimum` to `maximum` bytes, in whole multiples of `increment`.

    `maximum` None: ABSURD, which nothing reaches that could be believed.
    Source: Hadoop `ResourceCalculator.normalize`; `yarn.scheduler.minimum-allocation-mb`, `maximum-allocation-mb`.
    """

    __slots__ = ("_least", "_unit", "maximum")

    def __init__(self, maximum: float | None = None, minimum: float = 0.0, increment: float = 0.0) -> None:
        self.maximum = ABSURD if maximum is None else maximum
        self._least = max(minimum, 1.0) * (1 - 1e-12)
        self._unit = max(increment, 1.0)

    def within(self, size: float) -> float:
        """The size as it is given out."""
        size *= 1 - 1e-12  # what is a multiple but for rounding stays one
        size = -(-(self._least if size < self._least else size) // self._unit) * self._unit  # noqa: FURB136 # hot
        return min(self.maximum, size)  # so also NaN


def predict(
    keys: "Sequence[str]",
    find: "Callable[[str], Row | None]",
    features: "Mapping[str, Any]",
    limits: Limits,
    now_s: float | None = None,
) -> Prediction:
    """The prediction for a run of these keys, see keys.keys_of; `find` gives the row of a key, None: it has none.

    The last key is everybody's: what others did says how much may be used, never what is safe to give. `now_s`: since
    1970, None: the basis does not say how long ago the last run was.
    """
    request, x = read(features)
    asked = DEFAULT_BYTES if request is None else request
    key, row, held, has_failed = _first_known(keys, find, request, x)
    if row is None:
        size = limits.within(max(asked, held))
        return Prediction(size, 0.0, size, "nothing yet: what is asked for")
    expected = row.expected(x, request)
    of_itself = is_own(key)
    counts = ASKED_OF_SEEN if of_itself and row.reaches(x) else ASKED_OF_NEW
    safe = asked if key == keys[-1] else _bounded(expected * row.first, request, row, of_itself, counts)
    safe = limits.within(max(safe, held))
    most = limits.within(max(expected * row.high, held))
    told = lambda: basis(row, of_itself, features, now_s)  # noqa: E731
    return Prediction(safe, min(expected * row.low, most), most, told, row if of_itself else None, has_failed)


def retry(
    keys: "Sequence[str]",
    find: "Callable[[str], Row | None]",
    features: "Mapping[str, Any]",
    failed_bytes: float,
    attempt: int,
    limits: Limits,
) -> float:
    """Bytes for the next attempt, after attempt number `attempt` (from 1) failed with `failed_bytes`.

    More than that, unless the cluster's maximum failed. The second attempt gets what the row says; later ones double.
    """
    request, x = read(features)
    failed = number_of(failed_bytes) or 1.0
    key, row, size, _ = _first_known(keys[:-1], find, request, x)
    if attempt == 1 and row is not None:
        size = max(size, _bounded(row.expected(x, request) * row.second, request, row, is_own(key)))
    if size <= failed * 1.001:
        size = failed * GROWTH
        if request is not None and failed * 1.001 < request < size:
            size = request
    return limits.within(size)


def read(features: "Mapping[str, Any]") -> tuple[float | None, float | None]:
    """The request of one container and the input, in bytes; None: not known."""
    request, known = features.get("request_bytes"), features.get("input_bytes")
    request = features.get("request") if request is None else request  # as others call it
    known = features.get("input") if known is None else known
    return number_of(request) or None, None if known is None else number_of(known)


def number_of(value: object, absurd: float = ABSURD) -> float | None:
    """`value` as a number from 0 up to below `absurd`; None if it is anything else. Never raises."""
    if type(value) is float:
        size = value  # as nearly always; the rest takes longer
    elif isinstance(value, bool | str | bytes) or value is None:
        return None
    else:
        try:
            size = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            return None
    return size if 0 <= size < absurd else None


def _first_known(
    keys: "Sequence[str]", find: "Callable[[str], Row | None]", request: float | None, input_bytes: float | None
) -> "tuple[str, Row | None, float, bool]":
    """The first key whose row a run with this request can be predicted from, and the row; None: there is none.

    With it what the run gets at least, by the rows so far, and whether one of them last ran out of memory.
    """
    held, has_failed = 0.0, False
    for key in keys:
        row = find(key)
        if row is None:
            continue
        has_failed = has_failed or row.failed > 0
        if row.held > held and (input_bytes is None or not row.held_x > input_bytes):
            held = row.held
        if row.count > 0 and (row.shape != SHARE or request is not None):
            return key, row, held, has_failed
    return "", None, held, has_failed


def _bounded(size: float, request: float | None, row: "Row", of_itself: bool, asked_counts: float = 0.0) -> float:
    """The size, drawn in ln towards the request, which counts as so many runs; never above it.

    A job that was seen to use more than the request is not held below it, and drawn towards the most it used.
    """
    if row.peak > 0:
        size = min(size, MOST_OF_PEAK * row.peak)
    if request is None or size <= 0:
        return size
    is_too_small = of_itself and row.peak > request
    most = row.peak if is_too_small else request
    if size >= most:
        return size if is_too_small else request
    drawn: float = size * (most / size) ** (asked_counts / (asked_counts + row.trust))
    return drawn
