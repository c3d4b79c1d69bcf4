"""From what was learned to the rows of the table."""

from math import exp

import numpy as np

from placement.estimate.memory import Memory, memory_of
from placement.estimate.plan import ALIKE, Cases, Numbers, best, quantile
from placement.estimate.row import CONSTANT, SHARE, WIDTH, Row
from placement.estimate.spread import FIRST, MS, OLDEST, Spread, age_group, error_of, size_of
from placement.estimate.spread import SHARE as SHARES
from placement.estimate.state import UNKNOWN, State

PRICES = {"thrifty": 1.0, "balanced": 10.0, "safe": 100.0}  # of a failed attempt, in average jobs
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
# Before anything is known of a user: how far in ln his jobs are apart, and a second run from the first, at one sigma of
# a double exponential distribution; both count as one job.
APART, AGAIN = 1.5, 0.2
POINTS = 16
RECORDS = 16  # runs in a row, each the largest so far, for which it is made sure that the safe value does not fall
CLEARLY = 0.8  # of the other's spread, at most, for shares of the request to be taken
RECENT = 50  # runs that the other quantities are taken from
FEWEST = 4  # jobs, before which shares of the request are not


def row_of(state: State, spread: Spread | None, price: float) -> Row:
    """The row of one job. `spread`: of its user's jobs, this one among them. `price`: see plan.best."""
    row = Row([UNKNOWN] * WIDTH)
    row.count, row.last_s = 0.0, state.last_s
    row.held, row.held_x, row.failed = state.held, state.held_x, float(state.failed)
    runs = state.runs
    for name, column in (("duration", 1), ("vcores", 3), ("read", 4), ("shuffled", 5)):
        _set_quantiles(row, name, runs[column])
    measured = runs[:, ~np.isnan(runs[0])]
    if measured.shape[1] == 0:
        return row
    row.count, row.peak = float(state.count), float(measured[0].max())
    memory = memory_of(measured)
    cases = _with_others(memory.cases, len(memory.peaks), spread, state.told)
    _set_shape(row, memory)
    row.first, row.second = best(cases, price)
    before, records = _before_records(measured, spread, state, price)
    row.first = max(row.first, before / memory.shape.at(_or_none(memory.inputs[-1])) * ALIKE)
    row.trust = row.count - records
    row.low, row.high = (quantile(cases.ratios, cases.weights, share) for share in (LOW, HIGH))
    return row


def shared_row(spread: Spread, price: float) -> Row:
    """The row of a new job among many: of its size, or of its share of what is asked, whichever tells more."""
    row = Row([UNKNOWN] * WIDTH)
    row.held = row.failed = 0.0
    sizes, shares = _firsts(spread, FIRST), _firsts(spread, SHARES)
    row.count = row.trust = float(sizes.weights.sum())
    if not row.count:
        return row
    row.shape, chosen = CONSTANT, sizes
    if (
        len(shares.ratios)
        and shares.weights.sum() >= max(FEWEST, row.count)
        and _apart(shares) < CLEARLY * _apart(sizes)
    ):
        row.shape, chosen = SHARE, shares
    row.a = exp(float(np.average(np.log(chosen.ratios), weights=chosen.weights)))
    cases = Cases(chosen.ratios / row.a, chosen.weights, chosen.costs * row.a)
    time = float(np.average(chosen.costs, weights=chosen.weights))
    cases = cases.and_also(_guesses(APART, 1.0, time * row.a))
    row.first, row.second = best(cases, price)
    row.low, row.high = (quantile(cases.ratios, cases.weights, share) for share in (LOW, HIGH))
    return row


def _before_records(measured: Numbers, spread: Spread | None, state: State, price: float) -> tuple[float, int]:
    """What the last run was given before runs like it, one after the other, used more than ever before; how many did.

    INVARIANT more-memory-seen: among equal runs, one that uses more than all before never lowers the safe value.
    """
    peaks, inputs = measured[0], measured[2]
    given, records = 0.0, 0
    most = np.maximum.accumulate(peaks)
    while records < len(peaks) - 1:
        count = len(peaks) - 1 - records
        if not peaks[count] > most[count - 1] or not _is_same(inputs[count - 1], inputs[-1]):
            break
        records += 1
        if records <= RECORDS:
            memory = memory_of(measured[:, :count])
            cases = _with_others(memory.cases, len(memory.peaks), spread, state.told)
            given = max(given, memory.shape.at(_or_none(inputs[-1])) * best(cases, price)[0])
    return given, records


def _with_others(cases: Cases, age: int, spread: Spread | None, own: Spread | None) -> Cases:
    """The cases of a job, and as one run more: how far other jobs were off when as many of their runs were known."""
    cost = float(np.average(cases.costs, weights=cases.weights))
    guesses = _guesses(AGAIN / age**0.5, 1.0, cost)
    buckets, numbers = spread.of(age_group(age), own) if spread is not None and age <= OLDEST else ([], [])
    if buckets:
        counts = np.array([*numbers, 1.0]) / (sum(numbers) + 1.0)
        ratios = np.array([error_of(bucket) for bucket in buckets])
        guesses = guesses._replace(weights=guesses.weights * counts[-1])
        cases = cases.and_also(Cases(ratios, counts[:-1], np.full(len(ratios), cost)))
    return cases.and_also(guesses)


def _guesses(sigma: float, weight: float, cost: float) -> Cases:
    """Cases of a double exponential distribution of ln, as evenly likely points."""
    shares = (np.arange(POINTS) + 0.5) / POINTS
    logs = np.where(shares < 0.5, np.log(2 * shares), -np.log(2 * (1 - shares))) * sigma
    return Cases(np.exp(logs), np.full(POINTS, weight / POINTS), np.full(POINTS, cost))


def _firsts(spread: Spread, group: int) -> Cases:
    """Sizes, how many, and run times (s) of first runs; all of a bucket are as long as they are on average."""
    buckets, numbers = spread.of(group)
    times = dict(zip(*spread.of(group - MS), strict=True))
    counts = np.array(numbers, dtype=float)
    seconds = np.array([times[bucket] / 1000 for bucket in buckets]) / np.maximum(counts, 1)
    return Cases(np.array([size_of(bucket) for bucket in buckets]), counts, seconds)


def _apart(cases: Cases) -> float:
    """How far sizes are apart, in ln."""
    logs = np.log(cases.ratios)
    middle = np.average(logs, weights=cases.weights)
    return float(np.average((logs - middle) ** 2, weights=cases.weights) ** 0.5)


def _set_shape(row: Row, memory: Memory) -> None:
    row.shape, row.a, row.b, row.low_x, row.high_x, row.least = memory.shape


def _set_quantiles(row: Row, name: str, values: Numbers) -> None:
    known = np.sort(values[~np.isnan(values)][-RECENT:])
    if len(known):
        for field, share in ((f"{name}_low", LOW), (name, MIDDLE), (f"{name}_high", HIGH)):
            setattr(row, field, float(known[round(share * (len(known) - 1))]))


def _is_same(one: float, other: float) -> bool:
    return bool(one == other or (np.isnan(one) and np.isnan(other)))


def _or_none(number: float) -> float | None:
    return None if np.isnan(number) else float(number)
