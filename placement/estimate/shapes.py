"""How a job's memory goes by its input: not at all, along a line, or as a power. Fitted by least squares."""

from typing import NamedTuple

import numpy as np

from placement.estimate.plan import Numbers
from placement.estimate.row import CONSTANT, FEWEST, LINE, POWER, along

BETTER = 0.9  # of the constant's error, at most, for a shape that follows the input to be taken
STEEPEST = 3.0  # power; a steeper one is of inputs too near to each other
FARTHEST_LOG = 40.0  # ln(bytes): no guess is beyond


class Shape(NamedTuple):
    """f(x): fields as in row.Row."""

    kind: float
    a: float
    b: float
    low_x: float
    high_x: float
    least: float

    def at(self, input_bytes: float | None) -> float:
        """f(x) for one run."""
        return along(*self, input_bytes)

    def over(self, inputs: Numbers) -> Numbers:
        """f(x) for the runs that it was fitted to."""
        if self.kind == CONSTANT:
            return np.full(len(inputs), self.a)
        values = self.a + self.b * inputs if self.kind == LINE else self.a * np.maximum(inputs, 1.0) ** self.b
        return np.maximum(values, self.least)


def fitted(peaks: Numbers, inputs: Numbers, weights: Numbers) -> Shape:
    """The shape whose past predictions, each from the runs before it, were off least; all arrays in order of time.

    `inputs` NaN: not known; then it is the constant.
    """
    seen = (float(inputs.min()), float(inputs.max()), float(peaks.min()) / 2)
    constant = Shape(CONSTANT, float(weights @ peaks / weights.sum()), 0.0, *seen)
    if len(peaks) < FEWEST or not seen[0] < seen[1]:
        return constant
    logs_x, logs = np.log(np.maximum(inputs, 1.0)), np.log(peaks)
    level, slope = _lines(inputs, peaks, weights)
    factor, power = _lines(logs_x, logs, weights)
    mean = np.cumsum(weights * peaks) / np.cumsum(weights)
    raised = np.exp(np.minimum(factor[:-1] + power[:-1] * logs_x[1:], FARTHEST_LOG))
    guesses = np.maximum(np.stack([mean[:-1], level[:-1] + slope[:-1] * inputs[1:], raised]), seen[2])
    off = (np.abs(np.log(guesses) - logs[1:]) * weights[1:])[:, FEWEST - 2 :].sum(axis=1)
    off[0] *= BETTER
    chosen = int(np.argmin(off))
    if chosen == 1 and slope[-1] > 0:
        return Shape(LINE, float(level[-1]), float(slope[-1]), *seen)
    if chosen == 2 and 0 < power[-1] <= STEEPEST:
        return Shape(POWER, float(np.exp(factor[-1])), float(power[-1]), *seen)
    return constant


def _lines(xs: Numbers, ys: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Intercept and slope (0 at least) of the least-squares line through the first 1, 2, ... points."""
    centre_x, centre_y = xs.mean(), ys.mean()
    x, y = xs - centre_x, ys - centre_y  # or squares of bytes would drown the differences
    w, wx, wy = (np.cumsum(weights * each) for each in (np.ones_like(x), x, y))
    wxx, wxy = np.cumsum(weights * x * x), np.cumsum(weights * x * y)
    spread = w * wxx - wx * wx
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.where(spread > 1e-9 * np.maximum(w * wxx, 1e-300), (w * wxy - wx * wy) / spread, 0.0)
    slopes = np.maximum(slopes, 0.0)
    intercepts = (wy - slopes * wx) / w + centre_y - slopes * centre_x
    return intercepts, slopes
