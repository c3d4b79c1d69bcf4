"""The peak of a Spark container, from what Spark measures of its executors and drivers. Pure.

Two bases. *Resident*: the resident memory of the process tree (JVM, Python, others), which is what YARN holds against
the container's limit; measured only with `spark.executor.processTreeMetrics.enabled` (before Spark 3.1
`spark.eventLog.logStageExecutorProcessTreeMetrics.enabled`), and where `pgrep` is on the nodes. *Heap*: what
Spark would ask of YARN for a heap of the size that was used: the heap's peak, off-heap memory, and beside them the
overhead and PySpark memory that this application asks for, as nobody measured those; at least what the JVM itself
counted outside of its heap. Heap alone understates: in the log of application_1553914137147_0018 the resident memory
is 205 to 357 MB above the heap in use, below the 384 MiB (403 MB) that Spark adds at least.

Sources: Spark `ExecutorMetricType`, `ProcfsMetricsGetter`.
"""

from collections.abc import Mapping

from placement.estimate.demand import Asked, Role
from placement.estimate.demand_spark import of_spark
from placement.estimate.outcome import ABSURD_MEMORY
from placement.monitors.spark_shapes import Number, Peaks
from placement.observe.run import DRIVER, HEAP, NOT_MEASURED, RESIDENT, Basis, Part

MIB = 2**20
CLIENT, CLUSTER = "client", "cluster"
OFF_HEAP = "spark.memory.offHeap.size"


class Metrics(Peaks):
    """`ExecutorMetrics`, with what the JVM counts outside of its heap."""

    JVMOffHeapMemory: Number = 0
    DirectPoolMemory: Number = 0
    MappedPoolMemory: Number = 0


class Seen:
    """The highest of what was measured of one role, in bytes; 0: not measured."""

    __slots__ = ("beside", "heap", "off_heap", "resident")

    def __init__(self) -> None:
        self.resident = self.heap = self.off_heap = self.beside = 0.0

    def see(self, metrics: Metrics) -> None:
        """One measurement, each number of it the highest of some time; what is absurd is passed over."""
        tree = metrics.ProcessTreeJVMRSSMemory + metrics.ProcessTreePythonRSSMemory + metrics.ProcessTreeOtherRSSMemory
        beside = metrics.JVMOffHeapMemory + metrics.DirectPoolMemory + metrics.MappedPoolMemory
        if self.resident < tree < ABSURD_MEMORY:
            self.resident = float(tree)
        if self.heap < metrics.JVMHeapMemory < ABSURD_MEMORY:
            self.heap = float(metrics.JVMHeapMemory)
        if self.off_heap < metrics.OffHeapUnifiedMemory < ABSURD_MEMORY:
            self.off_heap = float(metrics.OffHeapUnifiedMemory)
        if self.beside < beside < ABSURD_MEMORY:
            self.beside = float(beside)

    def peak(self, settings: Mapping[str, str], role: str) -> tuple[float | None, Basis]:
        """Bytes of the container, and on which basis; `settings` are the application's."""
        if self.resident:
            return self.resident, RESIDENT
        if not self.heap:
            return None, NOT_MEASURED
        used = {f"spark.{role}.memory": f"{_mib(self.heap)}m", OFF_HEAP: f"{_mib(self.off_heap)}m"}
        asked = role_of(demanded({**settings, **used}, CLUSTER), role)
        least = self.heap + self.off_heap + self.beside
        return max(request(asked) or least, least), HEAP


def demanded(settings: Mapping[str, str], mode: str) -> Asked | None:
    """What an application with these settings asks of YARN; None if one of them cannot be understood.

    Of a running application all options have gone into its settings.
    """
    return of_spark(lambda _option, key, _variable="": settings.get(key), mode)


def role_of(asked: Asked | None, name: str) -> Role | None:
    """The role of that name, where it is known."""
    return asked.role(name) if asked else None


def request(role: Role | None) -> float | None:
    """Bytes of one container of the role."""
    return role.memory_mib * MIB if role else None


def driver(asked: Asked | None, peak: float | None, basis: Basis) -> Part:
    """The driver's part, where it has a container: in cluster mode."""
    role = role_of(asked, DRIVER)
    return Part(DRIVER, request(role), containers=1, vcores=role.vcores if role else None, peak_bytes=peak, basis=basis)


def _mib(size: float) -> int:
    return -(-int(size) // MIB)
