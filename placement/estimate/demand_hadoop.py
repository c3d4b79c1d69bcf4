"""What a job of MapReduce, and a session of Tez, asks for, from its configuration. Part of the hot path: standard
library only.

How many maps there will be comes of the input's splits, and `mapreduce.job.maps` is a hint that few input formats take;
how many reduces, the program may say itself, and then nobody else. A small job may run whole in its application master
(`mapreduce.job.ubertask.enable`): also that only its splits decide.

Sources: Hadoop 3 `YARNRunner.generateResourceRequests`, `TaskAttemptImpl.populateResourceCapability`,
`JobConf.getMemoryRequired`, `ResourceUtils.getRequestedResourcesFromConfig`; Tez `TezConfiguration`, Hive
`DagUtils.getContainerResource`; held against what the ResourceManager gives by tests/cluster/test_asked.py.
"""

from placement.estimate.demand import MAP, MASTER, REDUCE, TASK, Asked, Role, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Get = Callable[[str], str | None]  # the value of a key, None if it is not set; raises ValueError if nobody can tell

AM = "yarn.app.mapreduce.am.resource"
AM_MIB, TASK_MIB = 1536, 1024
HEAP_RATIO = "mapreduce.job.heap.memory-mb.ratio"
DEFAULT_RATIO = 0.8
HEAP_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}
RESOURCE_UNITS = {"": 1, "Mi": 1, "Gi": 1024}  # in MiB
TEZ_AM, TEZ_CONTAINER = "tez.am.resource.memory.mb", "hive.tez.container.size"


def of_mapreduce(get: "Get") -> Asked | None:
    """What a job asks for: it begins with its application master alone. None if nobody can tell how large that is."""
    try:
        memory, vcores = _said(get, AM)
        if memory is None:
            memory = _whole(get(f"{AM}.mb"), AM_MIB)
        if vcores is None:
            vcores = _whole(get(f"{AM}.cpu-vcores"), 1)
        return Asked(Role(MASTER, memory, vcores, 1, 1, 1), *_tasks(get))
    except (ValueError, ArithmeticError):
        return None


def of_tez(get: "Get") -> Asked | None:
    """What a session of Hive over Tez asks for, as far as `get` knows; None unless it knows the application master."""
    try:
        said = get(TEZ_AM)
        if said is None:
            return None
        master = Role(MASTER, whole(said), _whole(get("tez.am.resource.cpu.vcores"), 1), 1, 1, 1)
        memory, vcores = get(TEZ_CONTAINER), get("hive.tez.cpu.vcores")
        if memory is None or memory.strip() == "-1":
            memory = get("mapreduce.map.memory.mb")
        if vcores is None or vcores.strip() == "-1":
            vcores = get("mapreduce.map.cpu.vcores")
        return Asked(master, *([] if memory is None else [Role(TASK, whole(memory), _whole(vcores, 1))]))
    except (ValueError, ArithmeticError):
        return None


def _tasks(get: "Get") -> list[Role]:
    """Maps and reduces, those whose size can be told."""
    roles = []
    for name in (MAP, REDUCE):
        try:
            memory, vcores = _task(get, name)
            most = _whole(get(f"mapreduce.job.running.{name}.limit"), 0) or None  # 0: no limit
            expected = get("mapreduce.job.reduces") if name == REDUCE else None
            number = None if expected is None else min(whole(expected), most or whole(expected))
            roles.append(Role(name, memory, vcores, None, number, most if number is None else number))
        except (ValueError, ArithmeticError):
            continue
    return roles


def _task(get: "Get", kind: str) -> tuple[int, int]:
    """MiB and vcores of a map or a reduce."""
    memory, vcores = _said(get, f"mapreduce.{kind}.resource")
    if memory is None:
        said = get(f"mapreduce.{kind}.memory.mb")
        memory = _of_heap(get, kind) if said is None or int(said) <= 0 else whole(said)
    if vcores is None:
        vcores = _whole(get(f"mapreduce.{kind}.cpu.vcores"), 1)
    return memory, vcores


def _of_heap(get: "Get", kind: str) -> int:
    """MiB of a task of which no size is said: what its heap needs, by Java's options. As `float` of Java has it."""
    own = get(f"mapreduce.{kind}.java.opts")
    own = get("mapred.child.java.opts") if own is None else own
    heap = _heap_mib(f"{get(f'mapreduce.admin.{kind}.child.java.opts') or ''} {own or ''}")
    if heap <= 0:
        return TASK_MIB
    said = get(HEAP_RATIO)
    ratio = DEFAULT_RATIO if said is None else float(said)
    ratio = DEFAULT_RATIO if ratio > 1 or ratio < 0 else ratio
    from struct import pack, unpack  # rarely needed

    (ratio,) = unpack("f", pack("f", ratio))
    (container,) = unpack("f", pack("f", heap / ratio))
    return int(-(-container // 1))


def _heap_mib(options: str) -> int:
    """MiB of the last `-Xmx`, 0 if there is none."""
    for option in reversed(options.split()):
        size = option.removeprefix("-Xmx")
        digits = size.rstrip("kKmMgG")
        unit = size[len(digits) :].lower()
        if size != option and digits.isdecimal() and unit in HEAP_UNITS:
            return int(digits) * HEAP_UNITS[unit] // 2**20
    return 0


def _said(get: "Get", prefix: str) -> tuple[int | None, int | None]:
    """MiB and vcores as YARN's own words for resources say them, which win. Raises ValueError where Hadoop refuses."""
    memories = [said for name in ("memory", "memory-mb") if (said := get(f"{prefix}.{name}"))]
    if len(memories) > 1:
        raise ValueError("memory is said twice")
    vcores = get(f"{prefix}.vcores")
    return _resource_mib(memories[0]) if memories else None, whole(vcores) if vcores else None


def _resource_mib(text: str) -> int:
    """MiB of a resource as YARN writes it: `2048`, `2Gi`. Raises ValueError for other units."""
    digits = text.rstrip("GMi")
    unit = text[len(digits) :]
    if unit not in RESOURCE_UNITS:
        raise ValueError(text)
    return whole(digits) * RESOURCE_UNITS[unit]


def _whole(said: str | None, default: int) -> int:
    return default if said is None else whole(said)
