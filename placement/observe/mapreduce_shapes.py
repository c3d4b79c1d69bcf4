"""The shapes of what MapReduce's job history server says, as far as it is read here. Pure.

Names are Hadoop's; times are milliseconds. Hadoop 3.5.0 writes a list of one element as that element alone, what has
nothing inside as an empty text, and a text that looks like a number as one. Sources: Hadoop `JobInfo`,
`JobCounterInfo`, `ConfInfo`, `TaskInfo`.
"""

# ruff: noqa: N815 # the names are Hadoop's

from typing import Any

from msgspec import Struct


class Job(Struct):
    """`uberized`: all tasks ran in the application master."""

    state: str = ""
    uberized: bool = False
    startTime: Any = None
    finishTime: Any = None
    mapsTotal: Any = None
    reducesTotal: Any = None
    failedMapAttempts: Any = None
    failedReduceAttempts: Any = None
    diagnostics: Any = None


class JobAnswer(Struct):
    """Of `jobs/ID`."""

    job: Job


class CountedBy(Struct):
    """One counter."""

    name: Any
    mapCounterValue: Any = 0
    reduceCounterValue: Any = 0
    totalCounterValue: Any = 0


class CounterGroup(Struct):
    """Counters of one class."""

    counterGroupName: str = ""
    counter: list[CountedBy] | CountedBy | None = None


class CounterGroups(Struct):
    """What `CountersAnswer` has inside."""

    counterGroup: list[CounterGroup] | CounterGroup | None = None


class CountersAnswer(Struct):
    """Of `jobs/ID/counters`."""

    jobCounters: CounterGroups | str | None = None


class Property(Struct):
    """A setting of the job."""

    name: Any = None
    value: Any = None


class Properties(Struct):
    """What `ConfAnswer` has inside."""

    property: list[Property] | Property | None = None


class ConfAnswer(Struct):
    """Of `jobs/ID/conf`."""

    conf: Properties


class Task(Struct):
    """A task, or an attempt at one."""

    id: str = ""
    type: str = ""
    state: str = ""
    diagnostics: Any = None


class Tasks(Struct):
    """What `TasksAnswer` has inside."""

    task: list[Task] | Task | None = None


class TasksAnswer(Struct):
    """Of `jobs/ID/tasks`."""

    tasks: Tasks | str | None = None


class Attempts(Struct):
    """What `AttemptsAnswer` has inside."""

    taskAttempt: list[Task] | Task | None = None


class AttemptsAnswer(Struct):
    """Of `jobs/ID/tasks/ID/attempts`."""

    taskAttempts: Attempts | str | None = None
