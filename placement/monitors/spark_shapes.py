"""The shapes of what Spark's monitoring interface says, as far as it is read here; of Spark 3.5 and 4 alike. Pure.

Names are Spark's; times are milliseconds, sizes bytes. Source: Spark `org.apache.spark.status.api.v1`.
"""

# ruff: noqa: N815 # the names are Spark's

from typing import Annotated

from msgspec import Meta, Struct

Number = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # Java's long
Text = Annotated[str, Meta(max_length=4096)]


class Attempt(Struct):
    """An attempt of an application; `attemptId` is there in cluster mode."""

    attemptId: Text | None = None
    sparkUser: Text = ""
    completed: bool = False
    lastUpdatedEpoch: Number = 0


class Application(Struct):
    """Of `applications`, the newest attempt first."""

    id: Text
    name: Text = ""
    attempts: list[Attempt] = []


class Peaks(Struct):
    """`ExecutorMetrics`. What is 0 was not measured; process trees are only where that is switched on."""

    JVMHeapMemory: Number = 0
    OnHeapUnifiedMemory: Number = 0
    OffHeapUnifiedMemory: Number = 0
    ProcessTreeJVMRSSMemory: Number = 0
    ProcessTreePythonRSSMemory: Number = 0
    ProcessTreeOtherRSSMemory: Number = 0


class Executor(Struct):
    """Of `allexecutors`; the driver is one of them. `maxMemory` is for execution and storage together."""

    id: Text
    isActive: bool
    memoryUsed: Number = 0
    totalCores: Number = 0
    activeTasks: Number = 0
    failedTasks: Number = 0
    completedTasks: Number = 0
    totalDuration: Number = 0
    totalGCTime: Number = 0
    totalInputBytes: Number = 0
    totalShuffleRead: Number = 0
    totalShuffleWrite: Number = 0
    maxMemory: Number = 0
    removeTime: Text | None = None
    removeReason: str | None = None
    peakMemoryMetrics: Peaks | None = None


class Stage(Struct):
    """Of `stages`."""

    memoryBytesSpilled: Number = 0
    diskBytesSpilled: Number = 0
