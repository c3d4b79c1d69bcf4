"""The coefficients of the query model: a prior by operation, corrected by every query that has ended.

What is kept are whole numbers, counts of logarithms of used / foretold by day, so that coefficients learned apart can
be put together in any order with the same result. What is believed is worked out from them when asked: the posterior
mean of a normal with known prior (conjugate update), each run counted less the older it is, and one that lies far off
counted by a bounded pull (Huber, 1964), so that no single run can carry it away.
"""

from collections.abc import Iterator
from math import exp, floor, isfinite, log, log2, sqrt
from typing import Any, NamedTuple, Protocol

from placement.errors import PlacementError, Problem
from placement.estimate.query.amount import Amount, spread
from placement.estimate.query.engines import KINDS, WEIGHTS, weight

ANY = "*"
STEPS = 16  # of the scale, to a doubling: a step is 4.4 %
FARTHEST = 10 * STEPS  # steps up and down: what used a thousand times more than foretold, or less, is taken for that
SHARES = 1000  # what one run counts, divided among the operations that made up its need
DAYS = 64  # with runs, that are kept
HALVING = 8  # days with runs after which a run counts half
NOISE = spread(3.0)  # of one run around its coefficient, before the runs have shown their own
NOISE_RUNS = 4.0  # how many runs that belief is worth
FAR = 1.5  # standard deviations from which on the pull of a run grows no more
PRECISE = 1e-9
TABLES_DIFFER = spread(2.0)  # a table from the engine's tables in general
ABSURD = 2.0**60  # bytes
LATEST = 2**20  # days since 1970

Key = tuple[str, str, str]  # engine, operation, table or ANY
Counts = dict[int, dict[int, int]]  # {day: {step: shares}}


class Belief(NamedTuple):
    """`factor`: on top of the operation's prior; `noise`: variance of one run around it, 0 before the first."""

    factor: Amount
    noise: float

    def coefficient(self, operation: str) -> Amount:
        """Bytes of memory for a byte of fields, with the spread of one run."""
        return Amount(weight(operation).value * self.factor.value, self.factor.variance + self.noise)


class Weights(Protocol):
    """What a need is reckoned with: `Coefficients`, or what was published of them."""

    def of(self, engine: str, operation: str, table: str) -> Amount:
        """Bytes of memory for a byte of fields, with the spread of one run."""

    def runs(self, engine: str, operation: str, table: str) -> float:
        """How many runs stand behind it."""


def shipped(operation: str) -> Amount:
    """The factor before anything was learned."""
    return Amount(1.0, weight(operation).variance)


def of_other_tables(general: Amount, operation: str) -> Amount:
    """What the factor of the engine's tables tells of one without runs."""
    return Amount(general.value, min(general.variance + TABLES_DIFFER, weight(operation).variance))


class Coefficients:
    """What queries have taught. One user's, if one user's nonsense shall not be another's: `merged` makes a site's."""

    def __init__(self) -> None:
        self._used: dict[Key, Counts] = {}
        self._at_least: dict[Key, Counts] = {}
        self._beliefs: dict[Key, Belief] = {}

    def of(self, engine: str, operation: str, table: str) -> Amount:
        """Bytes of memory for a byte of fields, with the spread of one run. Raises KeyError: no engine or operation."""
        return self._belief((engine, operation, table)).coefficient(operation)

    def runs(self, engine: str, operation: str, table: str) -> float:
        """How many runs stand behind it: those of the table, or of the engine's operation if the table has none."""
        return self._runs((engine, operation, table)) or self._runs((engine, operation, ANY))

    def beliefs(self) -> Iterator[tuple[Key, Belief, float]]:
        """All that runs have taught, in order: a key, what is believed, and how many runs of its own it has."""
        for key in sorted({*self._used, *self._at_least}):
            yield key, self._belief(key), self._runs(key)

    def observe(self, parts: dict[Key, float], used_bytes: float, day: int, is_bound: bool = False) -> bool:
        """Learns from a run; False if nothing can be learned of it.

        `parts`: {(engine, operation, table): bytes of fields foretold}, all that the run held. `used_bytes`: the memory
        that it really took. `day`: days since 1970. `is_bound`: it failed or was killed, and needed that much at least.
        The parts share what is learned as they share the need.
        """
        foretold = {key: size * weight(key[1]).value for key, size in parts.items() if size > 0 and isfinite(size)}
        whole = sum(foretold.values())
        if not foretold or not 0 < used_bytes < ABSURD or not 0 <= day < LATEST:
            return False
        step = max(-FARTHEST, min(FARTHEST, floor(log2(used_bytes / whole) * STEPS + 0.5)))
        for (engine, operation, table), size in foretold.items():
            shares = round(SHARES * size / whole)
            for name in {table, ANY} if shares else ():
                self._count((engine, operation, name), day, step, shares, is_bound)
        return True

    def merged(self, other: "Coefficients") -> "Coefficients":
        """What both have learned. In whatever order coefficients are merged, the result is the same."""
        result = Coefficients()
        for one in (self, other):
            for key, day, step, shares, is_bound in one._rows():
                result._count(key, day, step, shares, is_bound)
        return result

    def as_data(self) -> list[list[Any]]:
        """Rows of engine, operation, table, day, step, shares, whether a bound: plain data, in order."""
        return sorted([*key, day, step, shares, is_bound] for key, day, step, shares, is_bound in self._rows())

    @classmethod
    def of_data(cls, data: Any) -> "Coefficients":
        """From what `as_data` gave. Raises PlacementError `bad-coefficients`."""
        result = cls()
        for row in data if isinstance(data, list) else [None]:
            match row:
                case [str(engine), str(operation), str(table), int(day), int(step), int(shares), bool(is_bound)] if (
                    engine in KINDS
                    and operation in WEIGHTS
                    and abs(step) <= FARTHEST
                    and shares > 0
                    and 0 <= day < LATEST
                ):
                    result._count((engine, operation, table), day, step, shares, is_bound)
                case _:
                    message = "stored coefficients of the query model that cannot be read"
                    remedy = "remove them: they are learned again from finished runs"
                    raise PlacementError(Problem("bad-coefficients", message, remedy=remedy))
        return result

    def _runs(self, key: Key) -> float:
        return sum(sum(steps.values()) for steps in self._used.get(key, {}).values()) / SHARES

    def _rows(self) -> Iterator[tuple[Key, int, int, int, bool]]:
        for counts, is_bound in ((self._used, False), (self._at_least, True)):
            for key, days in counts.items():
                for day, steps in days.items():
                    yield from ((key, day, step, shares, is_bound) for step, shares in steps.items())

    def _count(self, key: Key, day: int, step: int, shares: int, is_bound: bool) -> None:
        days = (self._at_least if is_bound else self._used).setdefault(key, {})
        steps = days.setdefault(day, {})
        steps[step] = steps.get(step, 0) + shares
        while len(days) > DAYS:
            del days[min(days)]
        self._beliefs.clear()

    def _belief(self, key: Key) -> Belief:
        if key not in self._beliefs:
            engine, operation, table = key
            prior = shipped(operation)
            if table != ANY:
                prior = of_other_tables(self._belief((engine, operation, ANY)).factor, operation)
            belief = _posterior(prior, _weighed(self._used.get(key, {})))
            above = _above(_weighed(self._at_least.get(key, {})), belief.factor.value)
            if above:  # a bound below what is believed says nothing
                belief = _posterior(prior, _weighed(self._used.get(key, {})) + above)
            self._beliefs[key] = belief
        return self._beliefs[key]


def _weighed(days: Counts) -> list[tuple[float, float]]:
    """(logarithm, weight) of every step; a weight of 1 is a whole run of the last day."""
    return [
        (step / STEPS * log(2), 0.5 ** (age / HALVING) * shares / SHARES)
        for age, (_, steps) in enumerate(sorted(days.items(), reverse=True))
        for step, shares in sorted(steps.items())
        if shares
    ]


def _above(bounds: list[tuple[float, float]], factor: float) -> list[tuple[float, float]]:
    return [bound for bound in bounds if bound[0] > log(factor)]


def _posterior(prior: Amount, runs: list[tuple[float, float]]) -> Belief:
    """The normal prior corrected by the runs, on the scale of logarithms.

    The mean m solves (m - m0) / v0 + sum(w psi(m - x)) / NOISE = 0, psi(d) = d held within FAR deviations: for runs
    that are not far off the conjugate update, mean = (m0 / v0 + sum(w x) / NOISE) / (1 / v0 + sum(w) / NOISE). It has
    one solution, which no run that used more can lower.
    """
    count = sum(weight for _, weight in runs)
    if not count:
        return Belief(prior, 0.0)
    start, far = log(prior.value), FAR * sqrt(NOISE)
    low, high = min(start, *(x for x, _ in runs)), max(start, *(x for x, _ in runs))
    while high - low > PRECISE:
        mean = (low + high) / 2
        slope = (mean - start) / prior.variance + sum(w * max(-far, min(far, mean - x)) for x, w in runs) / NOISE
        low, high = (low, mean) if slope > 0 else (mean, high)
    mean = (low + high) / 2
    squares = sum(w * min(abs(x - mean), far) ** 2 for x, w in runs)
    noise = (NOISE_RUNS * NOISE + squares) / (NOISE_RUNS + count)
    return Belief(Amount(exp(mean), 1 / (1 / prior.variance + count / NOISE)), noise)
