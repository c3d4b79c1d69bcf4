"""What an application of Spark asks for, from its settings. Part of the hot path: standard library only.

Sources: Spark 3.3 to 4.3 `Client`, `YarnAllocator`, `ResourceProfile.getResourcesForClusterManager`, `SparkSubmit`,
`SchedulerBackendUtils.getInitialTargetExecutorNumber`, `JavaUtils.byteStringAs`, `SparkConf` (older keys that still
count); held against what the ResourceManager gives by tests/cluster/test_asked.py. The larger overhead of programs that
are not for the JVM (`spark.kubernetes.memoryOverheadFactor`) is Kubernetes' alone. Resource profiles that a program
makes for its stages are not on its command line: such executors are of other sizes.
"""

from placement.estimate.demand import DRIVER, EXECUTOR, MASTER, Asked, Role, mebibytes, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Setting(Protocol):
        """The value in force of an option, its key in the configuration or its variable in the environment, or None."""

        def __call__(self, option: str, key: str, variable: str = "") -> str | None: ...


LEAST_OVERHEAD = "384m"
OVERHEAD_SHARE = "0.1"  # of the heap
UNITS = {unit + end: 1024**power for power, unit in enumerate("bkmgtp") for end in ("", "b")}
IS_PYTHON = "spark.yarn.isPython"  # that `SparkSubmit` sets, for the application master to know it
DYNAMIC = "spark.dynamicAllocation"


def of_spark(setting: "Setting", deploy_mode: str, is_python: bool = False) -> Asked | None:
    """What an application asks for; None if a setting cannot be understood, or Spark refuses it.

    In client mode the driver is not in YARN. `is_python`: its primary resource is a script of Python, or Python's
    shell; only then PySpark's memory counts. With dynamic allocation executors follow the tasks that wait, and how many
    there will be is expected only where least and most are the same.
    """
    try:
        return Asked(_master(setting, deploy_mode), _executors(setting, is_python))
    except (ValueError, OverflowError):
        return None


def _master(setting: "Setting", deploy_mode: str) -> Role:
    """The application master, which in cluster mode is the driver."""
    if deploy_mode == "cluster":
        heap = _mib(setting("--driver-memory", "spark.driver.memory", "SPARK_DRIVER_MEMORY"), "1g")
        cores = _whole(setting("--driver-cores", "spark.driver.cores"), 1)
        return Role(DRIVER, heap + _overhead(setting, "driver", heap), cores, 1, 1, 1)
    heap = _mib(setting("", "spark.yarn.am.memory"), "512m")
    least = max(_mib(None, LEAST_OVERHEAD), int(heap * float(OVERHEAD_SHARE)))
    overhead = _mib(setting("", "spark.yarn.am.memoryOverhead"), f"{least}m")
    number = 0 if _is_true(setting("", "spark.yarn.unmanagedAM.enabled")) else 1  # 0: it runs in the driver
    return Role(MASTER, heap + overhead, _whole(setting("", "spark.yarn.am.cores"), 1), number, number, number)


def _executors(setting: "Setting", is_python: bool) -> Role:
    heap = _mib(setting("--executor-memory", "spark.executor.memory", "SPARK_EXECUTOR_MEMORY"), "1g")
    memory = heap + _overhead(setting, "executor", heap) + _off_heap(setting)
    if is_python or _is_true(setting("", IS_PYTHON)):
        memory += _mib(setting("", "spark.executor.pyspark.memory"), "0")
    cores = _whole(setting("--executor-cores", "spark.executor.cores", "SPARK_EXECUTOR_CORES"), 1)
    return Role(EXECUTOR, memory, cores, *_numbers(setting))


def _numbers(setting: "Setting") -> tuple[int, int | None, int | None]:
    """How many executors it begins with, is expected to have, and may have. Raises ValueError where Spark refuses."""
    instances = setting("--num-executors", "spark.executor.instances")
    if not _is_true(setting("", f"{DYNAMIC}.enabled")):
        number = _whole(instances, 2)
        if not number:
            raise ValueError("no executors")  # SparkSubmitArguments
        return number, number, number
    least = _whole(setting("", f"{DYNAMIC}.minExecutors"), 0)
    first = max(least, _whole(setting("", f"{DYNAMIC}.initialExecutors"), least), _whole(instances, 0))
    said = setting("", f"{DYNAMIC}.maxExecutors")
    if said is None:
        return first, None, None
    most = whole(said)
    if first > most:
        raise ValueError("it begins with more executors than it may have")
    return first, most if most == least else None, most


def _overhead(setting: "Setting", role: str, heap: int) -> int:
    """MiB beside the heap of an `executor` or, in cluster mode, the `driver`.

    The factor is new in Spark 3.3, `minMemoryOverhead` in 4.
    """
    said = setting("", f"spark.{role}.memoryOverhead")
    if said is None:
        said = setting("", f"spark.yarn.{role}.memoryOverhead")
    if said is not None:
        return _mib(said, "")
    factor = setting("", f"spark.{role}.memoryOverheadFactor")
    share = float(OVERHEAD_SHARE if factor is None else factor)
    if share <= 0:
        raise ValueError(f"{factor} is no factor")
    return max(_mib(setting("", f"spark.{role}.minMemoryOverhead"), LEAST_OVERHEAD), int(heap * share))


def _off_heap(setting: "Setting") -> int:
    """MiB of the executor's off-heap memory, whose size is in bytes where no unit is said."""
    if not _is_true(setting("", "spark.memory.offHeap.enabled")):
        return 0
    size = setting("", "spark.memory.offHeap.size")
    return mebibytes("0" if size is None else size, UNITS, "b")


def _is_true(said: str | None) -> bool:
    return said is not None and said.strip().lower() == "true"


def _whole(said: str | None, default: int) -> int:
    return default if said is None else whole(said)


def _mib(said: str | None, default: str) -> int:
    return mebibytes(default if said is None else said, UNITS, "m")
