"""Estimates scored: a trace replayed online in several settings, ours at three prices beside published ways.

`python -m tests.bench.bench_estimates [TRACE.csv.gz]`, or the trace in the variable PLACEMENT_TRACES; see score_trace.
"""

import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from placement.estimate import Estimator
from placement.estimate.outcome import Outcome
from placement.estimate.rows import PRICES
from tests.bench.baselines import BASELINES
from tests.bench.score_replay import GIB, Predictor, Score, Setting, geometric_mean, replay
from tests.bench.score_synthetic import made_up
from tests.bench.score_trace import Task, Trace, read

SETTINGS = [
    Setting("each outcome known before the next"),
    Setting("a failed attempt lasts half its run time", ttf=0.5),
    Setting("rounded up to 1 GiB", step_bytes=GIB),
    Setting("a burst, a quarter of a run in flight", in_flight=0.25),
    Setting("a burst, half of a run in flight", in_flight=0.5),
    Setting("input sizes not known", inputs=False),
]
NO_TRACE = (
    "no trace: scored on a made-up one. Name a CSV file as tests/bench/score_trace.py describes it, or set "
    "PLACEMENT_TRACES; task traces can be had from https://github.com/wfcommons/WfInstances"
)


class Ours:
    """The estimator, as the scorer asks it."""

    def __init__(self, price: str, setting: Setting) -> None:
        self._estimator = Estimator(price, increment_bytes=setting.step_bytes)
        self.observe, self.retry = self._estimator.observe, self._estimator.retry

    def predict(self, features: Mapping[str, Any]) -> float:
        """The safe value."""
        return self._estimator.predict(features).safe_bytes


class Oracle:
    """Knows every peak but the first: no way of learning from what was does better."""

    def __init__(self, tasks: list[Task]) -> None:
        self._peaks = iter(task.peak_bytes for task in tasks)
        self._knows = False

    def predict(self, features: Mapping[str, Any]) -> float:
        """The peak itself."""
        peak, knew, self._knows = next(self._peaks), self._knows, True
        return peak if knew else features["request_bytes"]

    def retry(self, features: Mapping[str, Any], failed_bytes: float, attempt: int) -> float:  # noqa: ARG002
        """Never asked."""
        return 2 * failed_bytes

    def observe(self, features: Mapping[str, Any], outcome: Mapping[str, Any]) -> None:
        """Nothing new."""


def predictors(setting: Setting) -> dict[str, Callable[[list[Task]], Predictor]]:
    """By name, each made anew for the tasks of one workflow."""
    ours = {f"ours, {price}": lambda _, price=price: Ours(price, setting) for price in PRICES}
    published = {name: lambda _, make=make: make() for name, make in BASELINES.items()}
    return {**ours, **published, "oracle": Oracle}


def scored(trace: Trace, setting: Setting) -> dict[str, dict[str, Score]]:
    """Scores by predictor and workflow, printed as they come."""
    print(f"\n{setting.name}")
    print(f"  {'':24}{'waste':>8}{'failing':>9}{'mean':>8}{'attempts':>9}{'MAQ':>7}{'predict':>11}{'learn':>11}")
    found = {}
    for name, make in predictors(setting).items():
        scores = {workflow: replay(tasks, make(tasks), setting) for workflow, tasks in trace.workflows.items()}
        found[name] = scores
        print(f"  {name:24}{_summary(list(scores.values()))}", flush=True)
    return found


def _summary(scores: list[Score]) -> str:
    tasks, used = sum(score.tasks for score in scores), sum(score.used for score in scores)
    failed = sum(score.failed_tasks for score in scores) / tasks
    attempts = sum(score.failed_attempts for score in scores)
    maq = used / (used + sum(score.waste for score in scores))
    each = [1e6 * sum(getattr(score, name) for score in scores) / tasks for name in ("predict_s", "observe_s")]
    waste, mean = geometric_mean([score.ratio for score in scores]), fmean(score.failing for score in scores)
    return f"{waste:8.4f}{failed:9.1%}{mean:8.1%}{attempts:9}{maq:7.2f}{each[0]:8.0f} us{each[1]:8.0f} us"


def _by_workflow(trace: Trace, found: dict[str, dict[str, Score]]) -> None:
    print(f"\nby workflow, {SETTINGS[0].name}: waste by that of the request; share of tasks failing, ours")
    print(f"  {'':16}{'tasks':>7}" + "".join(f"{name.removeprefix('ours, ')[:11]:>12}" for name in found))
    for workflow, tasks in trace.workflows.items():
        ratios = "".join(f"{scores[workflow].ratio:12.4f}" for scores in found.values())
        ours = " ".join(f"{found[f'ours, {price}'][workflow].failing:.1%}" for price in PRICES)
        print(f"  {workflow[:16]:16}{len(tasks):7}{ratios}   {ours}")


def learning(runs: int, runs_of_a_key: int = 50) -> None:
    """How long it takes to learn many runs, and one run of a key of which 10,000 are known."""
    estimator, began = Estimator(), time.perf_counter()
    for number in range(runs):
        job = number % max(1, runs // runs_of_a_key)
        features = {"application": f"job-{job}", "user": f"user-{job % 97}", "input_bytes": 1e9 + number}
        estimator.observe(features, Outcome(peak_bytes=1e9 + 1e6 * (number % 31), runtime_s=60.0 + number % 7))
    took, peak_mb = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{runs} runs of {max(1, runs // runs_of_a_key)} jobs learned in {took:.0f} s, {peak_mb:.0f} MiB in all")
    features = {"application": "one", "input_bytes": 1e9}
    for number in range(10_000):
        estimator.observe(features, Outcome(peak_bytes=1e9 + number % 31, runtime_s=60.0))
    learned, predicted = 0.0, 0.0
    for number in range(200):
        began = time.process_time()
        estimator.observe(features, Outcome(peak_bytes=1e9 + number % 31, runtime_s=60.0))
        learned += (time.process_time() - began) / 200
        began = time.process_time()
        estimator.predict(features)
        predicted += (time.process_time() - began) / 200
    print(
        f"10000 runs known: one more learned in {learned * 1e3:.2f} ms, its row made anew in {predicted * 1e3:.2f} ms"
    )


def main() -> None:
    """Prints all tables."""
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PLACEMENT_TRACES", "")
    is_there = bool(named) and Path(named).is_file()
    if not is_there:
        print(f"`{named}` is not there: " * bool(named) + NO_TRACE)
    trace: Trace = read(Path(named)) if is_there else made_up()
    tasks = sum(map(len, trace.workflows.values()))
    print(f"{tasks} tasks of {len(trace.workflows)} workflows; {trace.note}")
    print(
        "waste: by that of the requests, geometric mean over workflows. failing: share of tasks with a failed attempt;"
    )
    print("mean: that of the workflows on average. oracle: the first of a workflow as asked for, then each exactly.")
    found = [scored(trace, setting) for setting in SETTINGS]
    _by_workflow(trace, found[0])
    learning(1_000_000 if "--million" in sys.argv else 50_000)


if __name__ == "__main__":
    main()
