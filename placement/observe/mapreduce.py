"""A finished MapReduce job as its job history server tells it: counters, settings, how it went. Adapter.

The largest physical memory of a map, and of a reduce, is counted from Hadoop 3.0 on, of tasks that succeeded. Sources:
Hadoop `HsWebServices`, `TaskCounter`, `Task.updateResourceCounters`; tried by tests/cluster/test_observe.py.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import ceil
from urllib.parse import quote

from requests.auth import AuthBase

from placement.errors import PlacementError
from placement.estimate.demand_hadoop import of_mapreduce
from placement.estimate.outcome import Ended
from placement.monitors.rest import Rest
from placement.observe import endings
from placement.observe.mapreduce_shapes import (
    Attempts,
    AttemptsAnswer,
    ConfAnswer,
    CounterGroups,
    CountersAnswer,
    Job,
    JobAnswer,
    Properties,
    Tasks,
    TasksAnswer,
)
from placement.observe.run import (
    MAP,
    MASTER,
    MS,
    NOT_MEASURED,
    REDUCE,
    RESIDENT,
    Account,
    Part,
    Run,
    text,
    volume,
)
from placement.yarn.answers import several

TIMEOUT_S = 60.0
MIB = 2**20
MOST_TASKS = 5  # that failed and are asked why
LONGEST_SETTING = 100_000  # characters
MAPPERS = ("mapreduce.job.map.class", "mapred.mapper.class")
_OF_JOB = "application_", "job_"


class JobHistory:
    """The job history server at `address`, for one thread. Which jobs there are is not asked here."""

    def __init__(self, address: str, auth: AuthBase | None = None) -> None:
        self._at = f"{address.rstrip('/')}/ws/v1/history/mapreduce/jobs"
        self._rest = Rest(TIMEOUT_S, auth)

    def account(self, run: Run) -> Account:
        """What it tells of the run's job; whatever it cannot tell is `missing`."""
        at = f"{self._at}/{quote(run.id.replace(*_OF_JOB, 1), safe='')}"
        try:
            job = self._rest.ask(at, JobAnswer).job
            counters = self._rest.ask(f"{at}/counters", CountersAnswer).jobCounters
            conf = self._rest.ask(f"{at}/conf", ConfAnswer).conf
            found = account(job, counters if isinstance(counters, CounterGroups) else CounterGroups(), conf)
            return replace(found, parts=tuple(self._why(at, job, found.parts)))
        except PlacementError as error:
            return Account(missing=error.problems[0].message)

    def _why(self, at: str, job: Job, parts: tuple[Part, ...]) -> Iterator[Part]:
        """The parts, with those whose tasks wanted more memory than they had. Of a job that failed, and there alone."""
        killed: set[str] = set()
        if job.state == "FAILED" and (job.failedMapAttempts or job.failedReduceAttempts):
            tasks = self._rest.ask(f"{at}/tasks", TasksAnswer).tasks
            listed = several(tasks.task) if isinstance(tasks, Tasks) else []
            for task in [each for each in listed if each.state == "FAILED"][:MOST_TASKS]:
                found = self._rest.ask(f"{at}/tasks/{quote(task.id, safe='')}/attempts", AttemptsAnswer).taskAttempts
                tried = several(found.taskAttempt) if isinstance(found, Attempts) else []
                if any(endings.is_out_of_memory(text(each.diagnostics, endings.LOOKED_AT)) for each in tried):
                    killed.add(task.type.lower())
        for part in parts:
            is_killed = part.role in killed or (part.role == MASTER and bool(killed))
            yield replace(part, ended=endings.OUT_OF_MEMORY) if is_killed else part


def account(job: Job, counters: CounterGroups, conf: Properties) -> Account:
    """What these answers tell. Of a job that ran whole in its application master that is the one part."""
    told = Told(job, counters, conf)
    roles = [MASTER] if job.uberized else [MAP, *([REDUCE] if volume(job.reducesTotal) else [])]
    return Account(
        parts=tuple(map(told.part, roles)),
        script=text(next((told.settings[key] for key in MAPPERS if key in told.settings), "")).rpartition("/")[2],
        is_complete=True,
        counted=told.counted,
    )


class Told:
    """The answers about one job, by the names of what they tell."""

    def __init__(self, job: Job, counters: CounterGroups, conf: Properties) -> None:
        self.counted: Counter[str] = Counter()
        said = [each for each in several(conf.property) if each.value is not None]
        self.settings: Mapping[str, str] = {text(each.name): text(each.value, LONGEST_SETTING) for each in said}
        self._asked = of_mapreduce(self.settings.get)
        self._job = job
        groups = several(counters.counterGroup)
        self._counters = {text(each.name): each for group in groups for each in several(group.counter)}

    def part(self, role: str) -> Part:
        """All tasks of `role`, or all of them together in MASTER."""
        peaks = [self._number(f"{each}_PHYSICAL_MEMORY_BYTES_MAX".upper()) for each in self._kinds(role)]
        peak = max(peaks) or None
        asked = self._asked.role(role) if self._asked else None
        containers = self._at_a_time(role)
        return Part(
            role,
            request_bytes=asked.memory_mib * MIB if asked else None,
            containers=containers,
            vcores=containers * asked.vcores if asked and containers else None,
            peak_bytes=peak,
            basis=RESIDENT if peak else NOT_MEASURED,
            ended=self._ended(),
            read_bytes=self._read(role),
            shuffled_bytes=self._number("REDUCE_SHUFFLE_BYTES") if role != MAP else 0.0,
            gc_s=self._of(role, "GC_TIME_MILLIS") / MS,
        )

    def _kinds(self, role: str) -> tuple[str, ...]:
        return (MAP, REDUCE) if role == MASTER else (role,)

    def _at_a_time(self, role: str) -> float | None:
        """Containers held, on average over the run: their time together by its own; at most one for each task."""
        if role == MASTER:
            return 1
        took_ms = volume(self._job.finishTime) - volume(self._job.startTime)
        tasks = volume(self._job.mapsTotal if role == MAP else self._job.reducesTotal)
        held_ms = self._number(f"MILLIS_{role.upper()}S")
        return float(min(ceil(held_ms / took_ms), tasks)) or None if took_ms > 0 else None

    def _read(self, role: str) -> float:
        """Bytes that the input formats counted; where they count none, those of all file systems but the local one."""
        by_format = self._of(role, "BYTES_READ")
        systems = [name for name in self._counters if name.endswith("_BYTES_READ") and name != "FILE_BYTES_READ"]
        return by_format or sum(self._of(role, name) for name in systems)

    def _ended(self) -> Ended | None:
        return None if self._job.state != "KILLED" else endings.KILLED

    def _of(self, role: str, name: str) -> float:
        """The counter as far as it is of the role."""
        if (found := self._counters.get(name)) is None:
            return 0.0
        said = {MAP: found.mapCounterValue, REDUCE: found.reduceCounterValue, MASTER: found.totalCounterValue}
        return volume(said[role], self.counted)

    def _number(self, name: str) -> float:
        found = self._counters.get(name)
        return volume(found.totalCounterValue, self.counted) if found else 0.0
