"""A job's memory as its latest runs show it: which of them still count, the shape, and how far each was from it."""

from typing import NamedTuple

import numpy as np

from placement.estimate.plan import Cases, Numbers
from placement.estimate.shapes import Shape, fitted
from placement.estimate.spread import SHORTEST_S

HALF_LIFE = 34.0  # runs, after which a run weighs half
RISE = 1.25  # two runs in a row so far above all before them are a new beginning
BEFORE = 3  # runs before them, at least
LONGEST = 100.0  # times the median run time: for longer a run does not count


class Memory(NamedTuple):
    """`shape` and `cases` of the runs that count; the last run's peak and input, and the largest peak."""

    shape: Shape
    cases: Cases
    peaks: Numbers
    inputs: Numbers


def memory_of(runs: Numbers) -> Memory:
    """Of runs in order, rows as in state.COLUMNS, at least one with a peak."""
    runs = runs[:, ~np.isnan(runs[0])]
    peaks, times, inputs = runs[:3, beginning(runs[0], runs[2]) :]
    weights = 0.5 ** (np.arange(len(peaks))[::-1] / HALF_LIFE)
    shape = fitted(peaks, inputs, weights)
    expected = shape.over(inputs)
    cases = Cases(peaks / expected, weights, expected * counted(times))
    return Memory(shape, cases, peaks, inputs)


def beginning(peaks: Numbers, inputs: Numbers) -> int:
    """From which run on the runs count: before, the job was another, as two in a row used far more than ever.

    Where the input had grown too, that may be why, and nothing is forgotten.
    """
    most_before = RISE * np.maximum.accumulate(peaks)[BEFORE - 1 : -2]
    if not (np.minimum(peaks[BEFORE:-1], peaks[BEFORE + 1 :]) > most_before).any():
        return 0  # as nearly always; the rest takes longer
    start, most, most_x = 0, 0.0, 0.0
    known, told = peaks.tolist(), inputs.tolist()
    for at in range(1, len(known)):
        before, is_new = known[at - 1], min(known[at - 1], known[at]) > RISE * most
        if is_new and at - 1 - start >= BEFORE and not max(told[at - 1], told[at]) > most_x:
            start, most, most_x = at - 1, 0.0, 0.0
        most, most_x = max(most, before), max(most_x, told[at - 1])
    return start


def counted(times: Numbers) -> Numbers:
    """Run times as they count: the median where not known, never so long that one run decides."""
    known = np.sort(times[~np.isnan(times)])
    half = len(known) // 2
    middle = max(float(known[half] + known[~half]) / 2, SHORTEST_S) if len(known) else SHORTEST_S  # np.median is slow
    result: Numbers = np.clip(np.where(np.isnan(times), middle, times), SHORTEST_S, LONGEST * middle)
    return result
