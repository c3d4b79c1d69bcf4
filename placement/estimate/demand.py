"""What a command asks for, from its settings. Part of the hot path: standard library only.

Before YARN rounds it up. Source, for Spark: `Client`, `YarnSparkHadoopUtil`, `ResourceProfile`,
`Utils.getDynamicAllocationInitialExecutors`, `JavaUtils.byteStringAs` (a bare number is MiB), `SparkConf` (older keys
that still count).
"""

from placement.units import MEMORY, quantity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Setting(Protocol):
        """The value in force of an option, its key in the configuration or its variable in the environment, or None."""

        def __call__(self, option: str, key: str, variable: str = "") -> str | None: ...


LEAST_OVERHEAD = "384m"
OVERHEAD_SHARE = 0.1  # of the heap
MAPREDUCE_MASTER = "yarn.app.mapreduce.am.resource"


class Asked:
    """The container of the application master, and `containers` others, all alike.

    `is_whole`: that is all that the application begins with; else the others are not known.
    """

    __slots__ = ("container_mib", "container_vcores", "containers", "is_whole", "master_mib", "master_vcores")

    def __init__(
        self,
        master_mib: float,
        master_vcores: int,
        containers: int = 0,
        container_mib: float = 0.0,
        container_vcores: int = 0,
        is_whole: bool = False,
    ) -> None:
        self.master_mib = master_mib
        self.master_vcores = master_vcores
        self.containers = containers
        self.container_mib = container_mib
        self.container_vcores = container_vcores
        self.is_whole = is_whole

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asked) and all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def of_all(self) -> tuple[float, float]:
        """MiB and vcores of all containers together."""
        return (
            self.containers * self.container_mib + self.master_mib,
            float(self.containers * self.container_vcores + self.master_vcores),
        )

    def as_data(self) -> dict[str, object]:
        """As plain data; `placement.admission.demand.Demand.of` reads it."""
        return {
            "master": {"memory_mib": int(self.master_mib), "vcores": self.master_vcores},
            "containers": self.containers,
            "container": {"memory_mib": int(self.container_mib), "vcores": self.container_vcores},
        }


def of_spark(setting: "Setting", deploy_mode: str) -> Asked | None:
    """What an application of Spark asks for; None if a setting cannot be understood.

    With dynamic allocation the executors are those it begins with. In client mode the driver is not in YARN.
    """
    try:
        executors = _executors(setting)
        heap = _mib(setting("--executor-memory", "spark.executor.memory", "SPARK_EXECUTOR_MEMORY") or "1g")
        executor = heap + _overhead(setting, "executor", heap)
        executor += _mib(setting("", "spark.executor.pyspark.memory") or "0")
        if _is_true(setting("", "spark.memory.offHeap.enabled")):
            executor += _mib(setting("", "spark.memory.offHeap.size") or "0")
        cores = int(setting("--executor-cores", "spark.executor.cores", "SPARK_EXECUTOR_CORES") or 1)
        master_mib, master_cores = _application_master(setting, deploy_mode)
        return _sane(Asked(master_mib, master_cores, executors, executor, cores, is_whole=True))
    except (ValueError, OverflowError):
        return None


def of_mapreduce(get: "Callable[[str], str | None]") -> Asked | None:
    """What a job of MapReduce asks for first: its application master alone, as its tasks come of its input.

    None if a setting cannot be understood. `get` gives the value of a key, None if it is not set. Source: Hadoop
    `YARNRunner.generateResourceRequests`, `ResourceUtils.getRequestedResourcesFromConfig`.
    """
    try:
        said = [each for key in ("memory", "memory-mb") if (each := get(f"{MAPREDUCE_MASTER}.{key}"))]
        if len(said) > 1:
            return None  # and MapReduce refuses it
        memory = _binary_mib(said[0]) if said else float(int(get(f"{MAPREDUCE_MASTER}.mb") or 1536))
        vcores = get(f"{MAPREDUCE_MASTER}.vcores") or get(f"{MAPREDUCE_MASTER}.cpu-vcores")
        return _sane(Asked(memory, int(vcores or 1)))
    except (ValueError, OverflowError):
        return None


def of_flink(memory: str | None, vcores: str | None) -> Asked | None:
    """What a cluster of Flink asks for first: its JobManager alone, as TaskManagers come of the job's parallelism.

    `memory` is its `jobmanager.memory.process.size`, a bare number in bytes; None: not known, and then neither is the
    answer. Source: Flink `JobManagerProcessUtils`, `MemorySize`, `YarnClusterDescriptor`.
    """
    try:
        if memory is None:
            return None
        text = memory.strip()
        mib = int(text) / 2**20 if text.isdecimal() else quantity(text, MEMORY)
        return None if mib is None else _sane(Asked(mib, int(vcores or 1)))
    except (ValueError, OverflowError):
        return None


def _sane(asked: Asked) -> Asked:
    """Raises ValueError or OverflowError if a number is negative, or beyond all measure."""
    parts = (asked.master_mib, asked.master_vcores, asked.containers, asked.container_mib, asked.container_vcores)
    if min(parts) < 0 or not all(map(_is_finite, asked.of_all())):
        raise ValueError(parts)
    return asked


def _is_finite(number: float) -> bool:
    return number - number == 0


def _binary_mib(text: str) -> float:
    """MiB of a resource as YARN writes it: `2048`, `2Gi`. Raises ValueError for other units."""
    digits = text.rstrip("GMi")
    units = {"": 1.0, "Mi": 1.0, "Gi": 1024.0}
    if text[len(digits) :] not in units:
        raise ValueError(text)
    return int(digits) * units[text[len(digits) :]]


def _executors(setting: "Setting") -> int:
    instances = setting("--num-executors", "spark.executor.instances")
    if _is_true(setting("", "spark.dynamicAllocation.enabled")):
        keys = ("spark.dynamicAllocation.minExecutors", "spark.dynamicAllocation.initialExecutors")
        return max(int(instances or 0), *(int(setting("", key) or 0) for key in keys))
    return int(instances or 2)


def _application_master(setting: "Setting", deploy_mode: str) -> tuple[float, int]:
    """MiB and vcores of the ApplicationMaster's container, which in cluster mode is the driver's."""
    if deploy_mode == "cluster":
        heap = _mib(setting("--driver-memory", "spark.driver.memory", "SPARK_DRIVER_MEMORY") or "1g")
        return heap + _overhead(setting, "driver", heap), int(setting("--driver-cores", "spark.driver.cores") or 1)
    heap = _mib(setting("", "spark.yarn.am.memory") or "512m")
    said = setting("", "spark.yarn.am.memoryOverhead")
    overhead = _mib(said) if said else max(_mib(LEAST_OVERHEAD), int(heap * OVERHEAD_SHARE))
    return heap + overhead, int(setting("", "spark.yarn.am.cores") or 1)


def _overhead(setting: "Setting", role: str, heap: float) -> float:
    """MiB beside the heap of an `executor` or, in cluster mode, the `driver`; `minMemoryOverhead` is new in Spark 4."""
    said = setting("", f"spark.{role}.memoryOverhead") or setting("", f"spark.yarn.{role}.memoryOverhead")
    if said:
        return _mib(said)
    share = float(setting("", f"spark.{role}.memoryOverheadFactor") or OVERHEAD_SHARE)
    return max(_mib(setting("", f"spark.{role}.minMemoryOverhead") or LEAST_OVERHEAD), int(heap * share))


def _is_true(said: str | None) -> bool:
    return said is not None and said.strip().lower() == "true"


def _mib(text: str) -> float:
    """MiB of `512m`, `1g`, `1024`. Raises ValueError for anything else."""
    text = text.strip()
    mib = quantity(text if text[-1:].isalpha() else f"{text}m", MEMORY)
    if mib is None:
        raise ValueError(text)
    return mib
