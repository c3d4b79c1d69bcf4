"""Published ways to size a task's memory, written anew from their papers, to score ours beside. Each learns per key.

- Witt et al., "Feedback-Based Resource Allocation for Batch Scheduling of Scientific Workflows" (HPCS 2019):
  `WittPercentile`, `WittLine`.
- Witt, Wagner, Leser, "Learning Low-Wastage Memory Allocations for Scientific Workflows at IceCube" (HPCS 2019):
  `LowWastageLine`.
- Tovar et al., "A Job Sizing Strategy for High-Throughput Scientific Workflows" (IEEE TPDS 2018): `FirstAllocation`.
- Lehmann et al., "Ponder: Online Prediction of Task Memory Requirements for Scientific Workflows" (eScience 2024).
- Bader et al., "Sizey: Memory-Efficient Execution of Scientific Workflow Tasks" (CLUSTER 2024): `SizeyLike`; with a
  line, nearest neighbours and the mean, without its forest and its net.
- Rzadca et al., "Autopilot: workload autoscaling at Google" (EuroSys 2020): `AutopilotLike`, its moving window.

Where a paper leaves the first run of a key open, it gets its request.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
MIB = 2.0**20


class Key:
    """What is known of one key: peaks (bytes), run times (s), inputs (bytes, NaN: not known), in order."""

    def __init__(self) -> None:
        self._count, self._held = 0, np.empty((3, 16))

    @property
    def columns(self) -> Numbers:
        """Three rows: peaks, run times, inputs."""
        return self._held[:, : self._count]

    def add(self, *run: float) -> None:
        """One run more."""
        if self._count == self._held.shape[1]:
            self._held = np.concatenate([self._held, np.empty_like(self._held)], axis=1)
        self._held[:, self._count] = run
        self._count += 1


class PerKey:
    """A predictor that knows each key by itself; `sized` and `second` are what the methods differ in."""

    def __init__(self) -> None:
        self.keys: dict[str, Key] = {}

    def predict(self, features: Mapping[str, Any]) -> float:
        """The size of a first attempt."""
        key = self.keys.get(features["application"])
        return max(1.0, self.sized(key, _input(features), features["request_bytes"])) if key else self.unknown(features)

    def unknown(self, features: Mapping[str, Any]) -> float:
        """The size where nothing is known of the key."""
        return float(features["request_bytes"])

    def sized(self, key: Key, input_bytes: float, request: float) -> float:
        """The size where something is known."""
        raise NotImplementedError

    def retry(self, features: Mapping[str, Any], failed_bytes: float, attempt: int) -> float:
        """The size after a failure; doubled, if not said otherwise."""
        key = self.keys.get(features["application"])
        return max(self.second(key) if key and attempt == 1 else 0.0, 2 * failed_bytes)

    def second(self, key: Key) -> float:  # noqa: ARG002
        """The least size of a second attempt."""
        return 0.0

    def observe(self, features: Mapping[str, Any], outcome: Mapping[str, Any]) -> None:
        """Learns one run."""
        key = self.keys.setdefault(features["application"], Key())
        key.add(outcome["peak_bytes"], outcome["runtime_s"], _input(features))


class Request(PerKey):
    """What the user asks for."""

    def sized(self, key: Key, input_bytes: float, request: float) -> float:  # noqa: ARG002
        return request


class MaxSeen(PerKey):
    """The largest peak seen."""

    def sized(self, key: Key, input_bytes: float, request: float) -> float:  # noqa: ARG002
        return float(key.columns[0].max())


class WittPercentile(PerKey):
    """The 95th percentile of the peaks."""

    def sized(self, key: Key, input_bytes: float, request: float) -> float:  # noqa: ARG002
        return float(np.percentile(key.columns[0], 95))


def standard_deviation(errors: Numbers) -> float:
    """An offset of the line: as much as errors spread."""
    return float(errors.std())


def largest_under_prediction(errors: Numbers) -> float:
    """An offset of the line: the largest by which it was too low."""
    return float(max(errors.max(), 0.0))


class WittLine(PerKey):
    """A least-squares line over the input, and an offset of its errors so far."""

    def __init__(self, offset: Callable[[Numbers], float]) -> None:
        super().__init__()
        self.offset = offset

    def sized(self, key: Key, input_bytes: float, request: float) -> float:  # noqa: ARG002
        peaks, _, inputs = key.columns
        slope, intercept = line(inputs, peaks, input_bytes)
        x, xs = (input_bytes, inputs) if slope else (0.0, np.zeros_like(peaks))
        return intercept + slope * x + self.offset(peaks - intercept - slope * xs)


class FirstAllocation(PerKey):
    """The seen peak `a` with the least a E[t] + p_max E[t; p > a]; then the largest seen, then doubled."""

    def sized(self, key: Key, input_bytes: float, request: float) -> float:  # noqa: ARG002
        peaks, times, _ = key.columns
        order = np.argsort(peaks)
        peaks, times = peaks[order], times[order]
        beyond = times.sum() - np.cumsum(times)
        return float(peaks[np.argmin(peaks * times.sum() + peaks[-1] * beyond)])

    def second(self, key: Key) -> float:
        return float(key.columns[0].max())


class LowWastageLine(PerKey):
    """The line whose replayed waste is the least, failures doubled; of slopes between quantiles of the points seen."""

    def sized(self, key: Key, input_bytes: float, request: float) -> float:  # noqa: ARG002
        peaks, times, inputs = key.columns[:, -200:]
        fitted, _ = line(inputs, peaks, input_bytes)
        x, xs = (input_bytes, inputs) if fitted else (0.0, np.zeros_like(peaks))
        best, found = np.inf, float(peaks.max())
        for slope in {0.0, *(max(fitted, 0.0) * np.array([0.5, 0.75, 1.0, 1.25, 1.5]))}:
            offsets = np.quantile(peaks - slope * xs, [0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0])
            sizes = np.maximum(offsets[:, None] + slope * xs, MIB)
            wastes = (_doubling_waste(sizes, peaks) * times).sum(axis=1)
            if wastes.min() < best:
                best, found = wastes.min(), float(offsets[np.argmin(wastes)] + slope * x)
        return found


class Ponder(PerKey):
    """A line where it explains the peaks (r > 0.3), held within what was seen, plus a margin; at most the request."""

    def sized(self, key: Key, input_bytes: float, request: float) -> float:
        peaks, _, inputs = key.columns
        if len(peaks) < 5:
            larger = bool((inputs > input_bytes).any())
            return min(float(peaks.max()) + 128 * MIB, request) if larger else request
        slope, intercept = line(inputs, peaks, input_bytes)
        if not slope or np.corrcoef(inputs, peaks)[0, 1] <= 0.3:
            return min(float(peaks.max()) + 128 * MIB, request)
        nearness = 1 / (1 + np.abs(inputs - input_bytes) / max(np.std(inputs), 1.0))
        errors = peaks - intercept - slope * inputs
        margin = 2 * np.sqrt(np.average(errors**2, weights=nearness))
        held = np.clip(intercept + slope * input_bytes, peaks.min(), peaks.max())
        return min(float(held) + max(128 * MIB, margin), request)

    def retry(self, features: Mapping[str, Any], failed_bytes: float, attempt: int) -> float:  # noqa: ARG002
        """The request, then doubled."""
        request = float(features["request_bytes"])
        return request if request > failed_bytes else 2 * failed_bytes


class SizeyLike(PerKey):
    """Line, nearest neighbours and mean, mixed by accuracy; with the relative offset that would have wasted least."""

    def sized(self, key: Key, input_bytes: float, request: float) -> float:  # noqa: ARG002
        peaks, times, inputs = key.columns[:, -100:]
        if len(peaks) < 2:
            return float(peaks.max())
        models = _modelled(inputs, peaks, input_bytes)
        accuracy = 1 - np.minimum(np.abs(models[:, :-1] - peaks) / np.maximum(models[:, :-1], peaks), 1.0)
        shares = accuracy.mean(axis=1) ** 4
        mixed = np.maximum(shares @ models / max(shares.sum(), 1e-9), MIB)
        offsets = np.maximum(np.quantile(peaks / mixed[:-1], [0.5, 0.75, 0.9, 0.95, 1.0]), 1.0)
        wastes = (_doubling_waste(offsets[:, None] * mixed[:-1], peaks) * times).sum(axis=1)
        return float(offsets[np.argmin(wastes)] * mixed[-1])

    def second(self, key: Key) -> float:
        return float(key.columns[0].max())


class AutopilotLike(PerKey):
    """The 98th percentile of a histogram that halves every 48 runs, and 15 % more; buckets of 5 %."""

    def sized(self, key: Key, input_bytes: float, request: float) -> float:  # noqa: ARG002
        peaks = key.columns[0]
        ends = 1.05 ** np.ceil(np.log(peaks) / np.log(1.05))
        weights = 0.5 ** (np.arange(len(peaks))[::-1] / 48)
        order = np.argsort(ends)
        covered = np.cumsum(weights[order]) / weights.sum()
        return float(ends[order][np.searchsorted(covered, 0.98)]) * 1.15


def line(inputs: Numbers, peaks: Numbers, input_bytes: float) -> tuple[float, float]:
    """Slope and intercept by least squares; slope 0 and the mean where inputs are not known or all alike."""
    if np.isnan(input_bytes) or np.isnan(inputs).any() or np.ptp(inputs) == 0:
        return 0.0, float(peaks.mean())
    centred = inputs - inputs.mean()
    slope = float(centred @ peaks / (centred @ centred))
    return slope, float(peaks.mean() - slope * inputs.mean())


def _modelled(inputs: Numbers, peaks: Numbers, input_bytes: float) -> Numbers:
    """What line, three nearest neighbours and mean say of the runs seen and of one more; a row each."""
    xs = np.append(inputs, input_bytes)
    slope, intercept = line(inputs, peaks, input_bytes)
    mean = np.full(len(xs), peaks.mean())
    if not slope:
        return np.stack([mean, mean, mean])
    near = np.argsort(np.abs(xs[:, None] - inputs), axis=1)[:, :3]
    return np.stack([intercept + slope * xs, peaks[near].mean(axis=1), mean])


def _doubling_waste(sizes: Numbers, peaks: Numbers) -> Numbers:
    """Bytes wasted per second of run time where each size is doubled until it holds the peak."""
    failures = np.maximum(np.ceil(np.log2(peaks / sizes)), 0.0)
    return sizes * (2**failures - 1) + sizes * 2**failures - peaks


def _input(features: Mapping[str, Any]) -> float:
    known = features.get("input_bytes")
    return float("nan") if known is None else float(known)


BASELINES: dict[str, Callable[[], PerKey]] = {
    "request": Request,
    "max seen": MaxSeen,
    "Witt percentile 95": WittPercentile,
    "Witt line + std": lambda: WittLine(standard_deviation),
    "Witt line + max": lambda: WittLine(largest_under_prediction),
    "Tovar first allocation": FirstAllocation,
    "Witt low wastage": LowWastageLine,
    "Ponder": Ponder,
    "Sizey-like": SizeyLike,
    "Autopilot-like": AutopilotLike,
}
