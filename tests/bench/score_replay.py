"""The waste of a predictor on a trace, replayed online: predicted, tried until it holds, then observed."""

import heapq
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil, exp, log
from typing import Any, Protocol

from tests.bench.score_trace import Task

GIB = 2.0**30
GB_HOUR = 1e9 * 3600
MOST_ATTEMPTS = 40
NOTHING = 1e-6


class Predictor(Protocol):
    """What is scored: one object per workflow, from nothing. `outcome` has fields of estimate.outcome.Outcome."""

    def predict(self, features: Mapping[str, Any]) -> float: ...
    def retry(self, features: Mapping[str, Any], failed_bytes: float, attempt: int) -> float: ...
    def observe(self, features: Mapping[str, Any], outcome: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True)
class Setting:
    """How a trace is replayed.

    `step_bytes`: allocations and requests are whole multiples of it (0: any). `in_flight`: None: each outcome is
    known before the next prediction. Else the share of a run's tasks that are in flight at a time: tasks start in
    order, each when there is a slot free, and are predicted then; a slot is held by all attempts of its task, and an
    outcome is known when its task has ended; the next run starts when all of this one ended. `inputs`: whether
    `input_bytes` are told. `ttf`: how much of its run time an attempt lasts that fails.
    """

    name: str
    step_bytes: float = 0.0
    in_flight: float | None = None
    inputs: bool = True
    ttf: float = 1.0

    def rounded(self, size: float) -> float:
        """As YARN gives it out: at least one step, and whole steps."""
        return max(1, ceil(size / self.step_bytes)) * self.step_bytes if self.step_bytes else size


@dataclass
class Score:
    """What one replay came to. Waste in byte-seconds over all attempts; `request_waste` that of the asking."""

    tasks: int = 0
    failed_tasks: int = 0
    failed_attempts: int = 0
    waste: float = 0.0
    used: float = 0.0
    request_waste: float = 0.0
    predict_s: float = 0.0
    observe_s: float = 0.0

    @property
    def ratio(self) -> float:
        """Waste by that of the asking."""
        return self.waste / self.request_waste

    @property
    def failing(self) -> float:
        """Share of the tasks with a failed attempt."""
        return self.failed_tasks / self.tasks

    @property
    def maq(self) -> float:
        """Memory allocation quality: what was used of all that was given."""
        return self.used / (self.used + self.waste)


def replay(tasks: list[Task], predictor: Predictor, setting: Setting) -> Score:
    """The score of a predictor that has learned nothing yet, on the tasks of one workflow."""
    score = Score()
    if setting.in_flight is None:
        for task in tasks:
            _attempts(task, predictor, setting, score)
            _observe(task, predictor, setting, score)
        return score
    for run in _runs(tasks):
        _burst(run, predictor, setting, score, max(1, ceil(len(run) * setting.in_flight)))
    return score


def geometric_mean(ratios: list[float]) -> float:
    """Across workflows, as a sum would show the biggest alone; what is less, an oracle's, counts as NOTHING."""
    return exp(sum(log(max(ratio, NOTHING)) for ratio in ratios) / len(ratios))


def features_of(task: Task, setting: Setting) -> dict[str, Any]:
    """What a predictor is told of a task before it runs."""
    known = task.input_bytes if setting.inputs else None
    request = setting.rounded(task.request_bytes)
    return {"application": task.application, "request_bytes": request, "input_bytes": known}


def _burst(run: list[Task], predictor: Predictor, setting: Setting, score: Score, slots: int) -> None:
    now, running = 0.0, []
    for number, task in enumerate(run):
        while running and (len(running) >= slots or running[0][0] <= now):
            now, _, ended = heapq.heappop(running)
            _observe(ended, predictor, setting, score)
        lasted = _attempts(task, predictor, setting, score)
        heapq.heappush(running, (now + lasted, number, task))
    for _, _, ended in sorted(running):
        _observe(ended, predictor, setting, score)


def _attempts(task: Task, predictor: Predictor, setting: Setting, score: Score) -> float:
    """Tries the task until it holds; how long all attempts took."""
    features = features_of(task, setting)
    began = time.perf_counter()
    size = setting.rounded(predictor.predict(features))
    score.predict_s += time.perf_counter() - began
    lasted, failed = 0.0, 0
    while size < task.peak_bytes:
        score.waste += size * task.runtime_s * setting.ttf
        lasted += task.runtime_s * setting.ttf
        failed += 1
        next_size = predictor.retry(features, size, failed) if failed < MOST_ATTEMPTS else task.peak_bytes
        if next_size <= size:
            raise ValueError(f"attempt {failed + 1} got {next_size:.0f} bytes after one of {size:.0f} failed")
        size = setting.rounded(next_size)
    score.tasks += 1
    score.failed_tasks += failed > 0
    score.failed_attempts += failed
    score.waste += (size - task.peak_bytes) * task.runtime_s
    score.used += task.peak_bytes * task.runtime_s
    score.request_waste += (setting.rounded(task.request_bytes) - task.peak_bytes) * task.runtime_s
    return lasted + task.runtime_s


def _observe(task: Task, predictor: Predictor, setting: Setting, score: Score) -> None:
    outcome = {"peak_bytes": task.peak_bytes, "runtime_s": task.runtime_s, "ended": "succeeded"}
    began = time.perf_counter()
    predictor.observe(features_of(task, setting), outcome)
    score.observe_s += time.perf_counter() - began


def _runs(tasks: list[Task]) -> Iterator[list[Task]]:
    runs: dict[str, list[Task]] = {}
    for task in tasks:
        runs.setdefault(task.run, []).append(task)
    yield from runs.values()
