"""What the executors and stages of a Spark application say of what it uses, and of what is in danger. Pure.

Sources: Spark `AppStatusListener`, `ExecutorLossReason`; facts of tests/cluster/test_monitors.py.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from placement.errors import visible
from placement.monitors.base import BYTES, CORES, COUNT, SECONDS, Danger, Value
from placement.monitors.spark_shapes import Executor, Peaks, Stage

DRIVER = "driver"
# Those whom the driver itself let go; every other reason is a loss.
LET_GO = ("Executor killed by driver", "Executor decommission")
GC_SHARE = 0.1  # of the time of tasks: what Spark's own page shows in red
GC_LEAST_S = 30.0  # of tasks, before their share says anything
NEAR = 0.9  # of a limit
SHOWN = 240  # characters of Spark's reason: the exit status of a container comes late in it
_TIME = "%Y-%m-%dT%H:%M:%S.%fGMT%z"


def values(executors: Sequence[Executor]) -> tuple[Value, ...]:
    """What they use now, and what all that there were did together; the driver's memory counts, its time does not."""
    active = [each for each in executors if each.isActive]
    workers = [each for each in executors if each.id != DRIVER]
    busy = [each for each in active if each.id != DRIVER]
    return (
        Value("executors", COUNT, len(busy)),
        Value("cores", CORES, sum(each.totalCores for each in busy)),
        Value("memory-used", BYTES, sum(each.memoryUsed for each in active)),
        Value("memory-limit", BYTES, sum(each.maxMemory for each in active)),
        *_peaks([each.peakMemoryMetrics for each in executors if each.peakMemoryMetrics]),
        Value("shuffle-read", BYTES, sum(each.totalShuffleRead for each in workers)),
        Value("shuffle-write", BYTES, sum(each.totalShuffleWrite for each in workers)),
        Value("input", BYTES, sum(each.totalInputBytes for each in workers)),
        Value("task-time", SECONDS, _task_s(workers)),
        Value("gc-time", SECONDS, _gc_s(workers)),
        Value("tasks-active", COUNT, sum(each.activeTasks for each in busy)),
        Value("tasks-completed", COUNT, sum(each.completedTasks for each in workers)),
        Value("tasks-failed", COUNT, sum(each.failedTasks for each in workers)),
    )


def spill(stages: Sequence[Stage]) -> tuple[Value, ...]:
    """What the stages that the driver remembers had to write out: as it was in memory, and as it is on disk."""
    return (
        Value("spill-memory", BYTES, sum(each.memoryBytesSpilled for each in stages)),
        Value("spill-disk", BYTES, sum(each.diskBytesSpilled for each in stages)),
    )


def dangers(application: str, executors: Sequence[Executor], spilled: int, spill_limit: int) -> Iterator[Danger]:
    """`spilled` and `spill_limit` are bytes on disk."""
    workers = [each for each in executors if each.id != DRIVER]
    lost = [each for each in workers if not each.isActive and not (each.removeReason or "").startswith(LET_GO)]
    if lost:
        last = max(lost, key=lambda each: _seconds(each.removeTime) or 0)
        why = visible(last.removeReason[:SHOWN]) if last.removeReason else "no reason is told"
        since = [when for each in lost if (when := _seconds(each.removeTime)) is not None]
        message = f"{len(lost)} of {len(workers)} executors were lost, {last.id} last: {why}"
        yield Danger(application, "executors-lost", message, min(since, default=None))
    if spilled > spill_limit:
        yield Danger(application, "spill", f"{_mib(spilled)} spilled to disk, more than {_mib(spill_limit)}")
    task_s, gc_s = _task_s(workers), _gc_s(workers)
    if task_s >= GC_LEAST_S and gc_s > GC_SHARE * task_s:
        yield Danger(application, "gc", f"{gc_s:.0f} s of {task_s:.0f} s of tasks went into garbage collection")
    full = [each for each in workers if each.isActive and each.maxMemory > 0 and _unified(each) > NEAR * each.maxMemory]
    if full:
        most = max(full, key=lambda each: _unified(each) / each.maxMemory)
        message = f"executor {most.id} had {_mib(_unified(most))} of {_mib(most.maxMemory)} for execution and storage"
        yield Danger(application, "memory-near-limit", f"{message}, {len(full)} of {len(workers)} are near their limit")


def _peaks(found: list[Peaks]) -> Iterator[Value]:
    """The largest of one process; and, where process trees are measured, of a container."""
    heap = max((each.JVMHeapMemory for each in found), default=0)
    resident = max((_resident(each) for each in found), default=0)
    if heap > 0:
        yield Value("peak-heap", BYTES, heap)
    if resident > 0:
        yield Value("peak-resident", BYTES, resident)


def _resident(peaks: Peaks) -> int:
    return peaks.ProcessTreeJVMRSSMemory + peaks.ProcessTreePythonRSSMemory + peaks.ProcessTreeOtherRSSMemory


def _unified(executor: Executor) -> int:
    peaks = executor.peakMemoryMetrics
    return peaks.OnHeapUnifiedMemory + peaks.OffHeapUnifiedMemory if peaks else 0


def _task_s(workers: Sequence[Executor]) -> float:
    return sum(each.totalDuration for each in workers) / 1000


def _gc_s(workers: Sequence[Executor]) -> float:
    return sum(each.totalGCTime for each in workers) / 1000


def _seconds(said: str | None) -> float | None:
    """Of `2026-11-21T17:45:18.252GMT`, since the epoch; None if it is no such time."""
    try:
        return datetime.strptime(f"{said}+0000", _TIME).timestamp()
    except (ValueError, OverflowError):
        return None


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
