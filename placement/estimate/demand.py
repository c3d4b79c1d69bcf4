"""What a command asks for, from its settings. Part of the hot path: standard library only.

Before YARN rounds it up. Source: Spark `Client`, `YarnSparkHadoopUtil`, `ResourceProfile`, `Utils.getDynamicAllocation
InitialExecutors`, `JavaUtils.byteStringAs` (a bare number is MiB), `SparkConf` (older keys that still count).
"""

from placement.units import MEMORY, quantity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Setting(Protocol):
        """The value in force of an option, its key in the configuration or its variable in the environment, or None."""

        def __call__(self, option: str, key: str, variable: str = "") -> str | None: ...


LEAST_OVERHEAD = "384m"
OVERHEAD_SHARE = 0.1  # of the heap


def of_spark(setting: "Setting", deploy_mode: str) -> "dict[str, float]":
    """`executors`, and `memory` (MiB) and `vcores` of all containers; empty if a setting cannot be understood.

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
        return {
            "executors": float(executors),
            "memory": executors * executor + master_mib,
            "vcores": float(executors * cores + master_cores),
        }
    except (ValueError, OverflowError):
        return {}


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
