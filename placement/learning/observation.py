"""A row of `store.runs` as the estimator is told of it. Pure."""

from typing import Any

from placement.estimate.outcome import Ended, Outcome
from placement.store.runs import Row


def observation(row: Row) -> tuple[dict[str, Any], Outcome]:
    """The features, those of `observe.run.Run.features`, and the outcome of one role of a run."""
    return features(row), outcome(row)


def features(row: Row) -> dict[str, Any]:
    """What was known before the run. Its input is none of that: only the run told."""
    return {
        "application": row.name,
        "user": row.user,
        "kind": row.kind,
        "script": row.script,
        "arguments": list(row.arguments),
        "role": row.role,
        "request_bytes": row.request_bytes,
        "input_bytes": None,
        "executors": row.executors,
        "queue": row.queue,
    }


def outcome(row: Row) -> Outcome:
    """How it ended, and what it used."""
    ended: Ended = row.ended  # type: ignore[assignment] # the database knows no other
    return Outcome(
        peak_bytes=row.peak_bytes,
        runtime_s=row.runtime_s,
        ended=ended,
        allocated_bytes=row.allocated_bytes,
        containers=None if row.containers is None else int(row.containers),
        vcores=row.vcores,
        read_bytes=row.read_bytes,
        shuffled_bytes=row.shuffled_bytes,
        finished_s=row.finished_s,
    )
