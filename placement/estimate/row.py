"""What the table holds of a key, all numbers. Part of the hot path: standard library only."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

CONSTANT, LINE, POWER, SHARE = 0.0, 1.0, 2.0, 3.0  # f(x) = a; a + b x; a x**b; a of the request
FARTHEST = 2.0  # times the largest input seen, up to where a shape is followed
FEWEST = 4  # runs, before which no shape but the constant is fitted

FIELDS = (
    "count", "last_s", "shape", "a", "b", "low_x", "high_x", "least", "first", "second", "low", "high", "peak", "trust",
    "held", "held_x", "failed", "duration_low", "duration", "duration_high", "vcores_low", "vcores", "vcores_high",
    "read_low", "read", "read_high", "shuffled_low", "shuffled", "shuffled_high",
)  # fmt: skip
WIDTH = len(FIELDS)


class Row:
    """What is known under one key; each field is a float, NaN where it is not known. Bytes, seconds.

    `count` runs were learned, the last ended at `last_s` (since 1970). Memory goes by `shape` with `a` and `b` over the
    input x, which was seen from `low_x` to `high_x`, and is not expected below `least`: f(x). A first attempt gets
    f(x) `first`, a second f(x) `second`; a run is expected to use f(x) `low` to f(x) `high`. `peak`: the largest seen.
    `trust`: how many runs outweigh what is asked for. `held`: what runs with inputs from `held_x` on get at least;
    `failed`: 1 if the last run was out of memory, else 0. Then low, middle and high of what else runs used.
    """

    __slots__ = FIELDS

    count: float
    last_s: float
    shape: float
    a: float
    b: float
    low_x: float
    high_x: float
    least: float
    first: float
    second: float
    low: float
    high: float
    peak: float
    trust: float
    held: float
    held_x: float
    failed: float

    def __init__(self, numbers: "Iterable[float]") -> None:
        (
            self.count, self.last_s, self.shape, self.a, self.b, self.low_x, self.high_x, self.least,
            self.first, self.second, self.low, self.high, self.peak, self.trust, self.held, self.held_x, self.failed,
            self.duration_low, self.duration, self.duration_high, self.vcores_low, self.vcores, self.vcores_high,
            self.read_low, self.read, self.read_high, self.shuffled_low, self.shuffled, self.shuffled_high,
        ) = numbers  # fmt: skip

    def numbers(self) -> "tuple[float, ...]":
        """The fields in their order, to be stored."""
        return tuple(getattr(self, name) for name in FIELDS)

    def expected(self, input_bytes: float | None, request: float | None) -> float:
        """f(x): the memory that the multiples are of."""
        if self.shape == SHARE:
            return self.a * (request or 0.0)
        return along(self.shape, self.a, self.b, self.low_x, self.high_x, self.least, input_bytes)

    def reaches(self, input_bytes: float | None) -> bool:
        """Whether the runs seen say something of this input: not of one far beyond theirs, where memory follows it.

        Of fewer than FEWEST runs it is not known whether it does.
        """
        is_free = self.shape == SHARE or (self.shape == CONSTANT and self.count >= FEWEST)
        return is_free or input_bytes is None or not input_bytes > self.high_x * FARTHEST


def along(
    shape: float, a: float, b: float, low_x: float, high_x: float, least: float, input_bytes: float | None
) -> float:
    """f(x) of a shape that is none of the request: see Row. Beyond the largest input it grows by FARTHEST at most."""
    if shape == CONSTANT:
        return a
    x = high_x if input_bytes is None else min(max(input_bytes, low_x), high_x * FARTHEST)
    size = a + b * x if shape == LINE else a * max(x, 1.0) ** b
    if x > high_x:
        size = min(size, FARTHEST * along(shape, a, b, low_x, high_x, least, high_x))
    return max(least, size)
