"""The events of Spark's event log that are read here, and of those what is needed. Pure.

A line is one event, its name in front. Source: Spark `JsonProtocol`.
"""

from typing import Any, get_args

import msgspec
from msgspec import Struct, field

from placement.observe.spark_peaks import Metrics

_FRONT = b'{"Event":"'
_OF_SQL = "org.apache.spark.sql.execution.ui."


class EnvironmentUpdate(Struct):
    """The settings in force, secrets among them redacted by Spark."""

    spark: dict[str, Any] = field(name="Spark Properties", default_factory=dict)
    system: dict[str, Any] = field(name="System Properties", default_factory=dict)


class ApplicationStart(Struct):
    """With the id that the ResourceManager gave."""

    id: str = field(name="App ID", default="")


class ApplicationEnd(Struct):
    """The log is whole."""


class ExecutorInfo(Struct):
    """Of ExecutorAdded."""

    cores: float = field(name="Total Cores", default=0)


class ExecutorAdded(Struct):
    """A container with an executor that works."""

    id: str = field(name="Executor ID")
    info: ExecutorInfo = field(name="Executor Info", default_factory=ExecutorInfo)


class ExecutorRemoved(Struct):
    """And why it is gone."""

    id: str = field(name="Executor ID")
    reason: str | None = field(name="Removed Reason", default=None)


class StageExecutorMetrics(Struct):
    """The highest of one executor, or the driver, within one stage."""

    id: str = field(name="Executor ID")
    metrics: Metrics = field(name="Executor Metrics")


class StageMetrics(Struct):
    """Of ExecutorMetricsUpdate."""

    metrics: Metrics = field(name="Executor Metrics")


class ExecutorMetricsUpdate(Struct):
    """As it came by a heartbeat."""

    id: str = field(name="Executor ID")
    stages: list[StageMetrics] = field(name="Executor Metrics Updated", default_factory=list)


class Accumulable(Struct):
    """What tasks have counted together; of SQL's metrics the value is a text."""

    name: str = field(name="Name", default="")
    value: Any = field(name="Value", default=None)


class StageInfo(Struct):
    """Of StageCompleted."""

    counted: list[Accumulable] = field(name="Accumulables", default_factory=list)


class StageCompleted(Struct):
    """Done, or given up."""

    info: StageInfo = field(name="Stage Info", default_factory=StageInfo)


class PlanMetric(Struct):
    """What an operator counts, by the id under which it is told."""

    id: float = field(name="accumulatorId", default=-1)
    name: str = ""


class PlanNode(Struct):
    """An operator, and those that it takes rows from."""

    name: str = field(name="nodeName", default="")
    children: list["PlanNode"] = []
    metrics: list[PlanMetric] = []


class SQLExecutionStart(Struct):
    """A statement, and how it is carried out."""

    plan: PlanNode = field(name="sparkPlanInfo", default_factory=PlanNode)


class SQLAdaptiveExecutionUpdate(Struct):
    """And how from now on."""

    plan: PlanNode = field(name="sparkPlanInfo", default_factory=PlanNode)


class DriverAccumUpdates(Struct):
    """Numbers by the ids of metrics."""

    updates: list[tuple[float, float]] = field(name="accumUpdates", default_factory=list)


class SQLExecutionEnd(Struct):
    """The statement is done, or given up."""


class TaskInfo(Struct):
    """Of TaskEnd."""

    executor: str = field(name="Executor ID", default="")


class TaskReason(Struct):
    """How a task ended, `Success` or else."""

    reason: str = field(name="Reason", default="")
    exception: str | None = field(name="Class Name", default=None)
    loss: str | None = field(name="Loss Reason", default=None)


class ShuffleRead(Struct):
    """Bytes."""

    remote: float = field(name="Remote Bytes Read", default=0)
    local: float = field(name="Local Bytes Read", default=0)


class Input(Struct):
    """Bytes."""

    read: float = field(name="Bytes Read", default=0)


class TaskMetrics(Struct):
    """`gc` in milliseconds; a spill is counted as it is on disk."""

    gc: float = field(name="JVM GC Time", default=0)
    spilled: float = field(name="Disk Bytes Spilled", default=0)
    shuffle_read: ShuffleRead = field(name="Shuffle Read Metrics", default_factory=ShuffleRead)
    input: Input = field(name="Input Metrics", default_factory=Input)


class TaskEnd(Struct):
    """Metrics of a task that failed are there too, or null."""

    info: TaskInfo = field(name="Task Info", default_factory=TaskInfo)
    why: TaskReason = field(name="Task End Reason", default_factory=TaskReason)
    peaks: Metrics | None = field(name="Task Executor Metrics", default=None)
    metrics: TaskMetrics | None = field(name="Task Metrics", default=None)


Event = (
    EnvironmentUpdate
    | ApplicationStart
    | ApplicationEnd
    | ExecutorAdded
    | ExecutorRemoved
    | StageExecutorMetrics
    | ExecutorMetricsUpdate
    | StageCompleted
    | TaskEnd
    | SQLExecutionStart
    | SQLAdaptiveExecutionUpdate
    | DriverAccumUpdates
    | SQLExecutionEnd
)
_SQL = (SQLExecutionStart, SQLAdaptiveExecutionUpdate, DriverAccumUpdates, SQLExecutionEnd)
_DECODERS: dict[bytes, msgspec.json.Decoder[Event]] = {
    f"{_OF_SQL if kind in _SQL else ''}SparkListener{kind.__name__}".encode(): msgspec.json.Decoder(kind)
    for kind in get_args(Event)
}


def event(line: bytes) -> Event | None:
    """The event of a line; None: one that is of no use here, and is not decoded. Raises ValueError: it is none."""
    if not line.startswith(_FRONT):
        raise ValueError("no event")
    end = line.find(b'"', len(_FRONT), len(_FRONT) + 200)
    decoder = _DECODERS.get(line[len(_FRONT) : end])
    if decoder is None:
        return None
    try:
        return decoder.decode(line)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
