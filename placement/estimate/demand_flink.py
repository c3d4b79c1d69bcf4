"""What a cluster of Flink asks for, from its settings. Part of the hot path: standard library only.

Sources: Flink 1.17 to 2.3 `YarnClusterDescriptor`, `JobManagerProcessUtils`, `TaskExecutorProcessUtils`,
`YarnWorkerResourceSpecFactory`, `TaskExecutorProcessSpecContainerResourcePriorityAdapter`, `MemorySize`.
"""

from placement.estimate.demand import MASTER, TASK_MANAGER, Asked, Role, mebibytes, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MASTER_MEMORY, MASTER_VCORES = "jobmanager.memory.process.size", "yarn.appmaster.vcores"
MEMORY, VCORES, CPUS = "taskmanager.memory.process.size", "yarn.containers.vcores", "taskmanager.cpu.cores"
SLOTS, PARALLELISM = "taskmanager.numberOfTaskSlots", "parallelism.default"
KEYS = (MASTER_MEMORY, MASTER_VCORES, MEMORY, VCORES, CPUS, SLOTS, PARALLELISM)
_NAMES = {"b": "bytes", "k": "kibibytes", "m": "mebibytes", "g": "gibibytes", "t": "tebibytes"}
UNITS = {
    name: 1024**power
    for power, (unit, word) in enumerate(_NAMES.items())
    for name in {unit, f"{unit}b" if power else unit, word}
}


def of_flink(get: "Callable[[str], str | None]", has_job: bool) -> Asked | None:
    """What a cluster asks for: it begins with its JobManager alone. None if nobody says how large that is.

    `get` gives the value of one of KEYS, None if it is not set. `has_job`: the cluster is one job's, and expected to
    have the TaskManagers that the job's parallelism needs, if that is said; those of a session come of its jobs.
    """
    try:
        memory = get(MASTER_MEMORY)
        if memory is None:
            return None
        master = Role(MASTER, mebibytes(memory, UNITS, "b"), whole(get(MASTER_VCORES) or "1"), 1, 1, 1)
    except (ValueError, OverflowError):
        return None
    try:
        return Asked(master, *_task_managers(get, has_job))
    except (ValueError, OverflowError):
        return Asked(master)


def _task_managers(get: "Callable[[str], str | None]", has_job: bool) -> list[Role]:
    memory, slots, parallelism = get(MEMORY), whole(get(SLOTS) or "1"), get(PARALLELISM)
    if memory is None or not slots:
        return []
    expected = -(-whole(parallelism) // slots) if has_job and parallelism else None
    return [Role(TASK_MANAGER, mebibytes(memory, UNITS, "b"), _vcores(get, slots), None, expected)]


def _vcores(get: "Callable[[str], str | None]", slots: int) -> int:
    """Of a TaskManager; the adapter cuts what is behind the point off."""
    if cpus := get(CPUS):
        return int(float(cpus))
    said = get(VCORES)
    return whole(said) if said and said.strip() != "-1" else slots
