"""Traces of tasks to score predictors on: from a CSV file, or made up. Requests are simulated where there are none.

Columns of the file (plain or .gz; rows in order of time; others are ignored; empty: not known):
  workflow, run, task_type      whose it is; predictors learn anew in each workflow
  runtime_s, peak_memory_bytes  what it took and used
  input_bytes                   what it was to read, known before it began
  request_bytes                 what its user asked for; optional
"""

import csv
import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol


class Task(NamedTuple):
    """One task of a trace. Bytes, seconds; `input_bytes` None: not known before."""

    workflow: str
    run: str
    application: str
    runtime_s: float
    peak_bytes: float
    input_bytes: float | None
    request_bytes: float


class Trace(Protocol):
    """Tasks by workflow, in order of submission; `note` says where the requests come from."""

    note: str
    workflows: dict[str, list[Task]]


@dataclass(frozen=True)
class Tasks:
    """A trace held in memory."""

    note: str
    workflows: dict[str, list[Task]]


LEAST_FACTOR, LARGEST_FACTOR = 2.0, 8.0
BY_TASK_TYPE, BY_WORKFLOW = "task type", "workflow"


def read(file: Path, seed: int = 1, per: str = BY_TASK_TYPE) -> Tasks:
    """The trace of a file. Rows without a peak or a run time are left out, as are peaks of 0: not measured.

    Where the file tells no requests: the workflow's largest peak times a factor from 2 to 8, drawn with a fixed seed
    for each task type of a workflow, or one for the workflow.
    """
    workflows: dict[str, list[Task]] = {}
    for row in _rows(file):
        peak, runtime = _number(row.get("peak_memory_bytes")), _number(row.get("runtime_s"))
        if peak and runtime is not None:
            told = (_number(row.get("input_bytes")), _number(row.get("request_bytes")) or 0.0)
            task = Task(row["workflow"], row.get("run") or "", row["task_type"], runtime, peak, *told)
            workflows.setdefault(task.workflow, []).append(task)
    if all(task.request_bytes for tasks in workflows.values() for task in tasks):
        return Tasks("requests as in the trace", workflows)
    note = f"requests simulated: 2 to 8 times the workflow's largest peak, drawn per {per}, seed {seed}"
    return Tasks(note, {name: asking(tasks, seed, per) for name, tasks in workflows.items()})


def asking(tasks: list[Task], seed: int = 1, per: str = BY_TASK_TYPE) -> list[Task]:
    """The tasks of one workflow with simulated requests."""
    largest = max(task.peak_bytes for task in tasks)

    def factor(task: Task) -> float:
        whose = (seed, task.workflow, task.application if per == BY_TASK_TYPE else "")
        return random.Random(repr(whose)).uniform(LEAST_FACTOR, LARGEST_FACTOR)

    return [replace_request(task, factor(task) * largest) for task in tasks]


def replace_request(task: Task, request_bytes: float) -> Task:
    """The task with another request."""
    return task._replace(request_bytes=request_bytes)


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _number(text: str | None) -> float | None:
    return float(text) if text else None
