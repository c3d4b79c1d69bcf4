"""One Spark application as its event log tells it, read as a stream: memory does not grow with the log. Pure.

What is kept of executors is who is there, as many as MOST_EXECUTORS.
"""

from collections import Counter
from collections.abc import Iterable

from placement.estimate.outcome import ABSURD_VOLUME
from placement.observe import endings, spark_command
from placement.observe.run import DRIVER, EXECUTOR, MS, Account, Part, text, volume
from placement.observe.spark_events import (
    ApplicationEnd,
    ApplicationStart,
    DriverAccumUpdates,
    EnvironmentUpdate,
    Event,
    ExecutorAdded,
    ExecutorMetricsUpdate,
    ExecutorRemoved,
    SQLAdaptiveExecutionUpdate,
    SQLExecutionEnd,
    SQLExecutionStart,
    StageCompleted,
    StageExecutorMetrics,
    TaskEnd,
    event,
)
from placement.observe.spark_held import Held
from placement.observe.spark_peaks import CLIENT, CLUSTER, Seen, demanded, driver, request, role_of

MOST_EXECUTORS = 100_000
COMMAND = "sun.java.command"


class SparkLog:
    """What was read so far; several attempts' logs, in their order, make one account."""

    def __init__(self) -> None:
        self.id = ""
        self.counted: Counter[str] = Counter()
        self._settings: dict[str, str] = {}
        self._command = ""
        self._seen = {DRIVER: Seen(), EXECUTOR: Seen()}
        self._held = Held()
        self._there: set[str] = set()
        self._most = 0
        self._cores = 0.0
        self._is_out_of_memory = self._is_complete = False
        self._sums = dict.fromkeys(("read", "shuffled", "spilled", "gc_ms"), 0.0)

    def read(self, lines: Iterable[bytes | None]) -> None:
        """One log; a line that is None was too long. What is no event is counted and passed over."""
        self._there.clear()
        self._is_complete = False
        for line in lines:
            if line is None:
                self.counted["line too long"] += 1
                continue
            try:
                found = event(line)
            except ValueError:  # DecodeError is one
                self.counted["no event"] += 1
                continue
            if found is not None:
                self._take(found)
        self._held.end()

    def account(self, missing: str = "") -> Account:
        """All of it; `missing`: why there is no more."""
        mode = self._settings.get("spark.submit.deployMode", CLIENT)
        asked = demanded(self._settings, mode)
        command = spark_command.read(self._command, self._settings.get("spark.app.name", ""))
        return Account(
            parts=tuple(self._parts(mode)),
            script=command.script,
            arguments=command.arguments,
            executors=asked.containers if asked else None,
            is_complete=self._is_complete,
            missing=missing or ("" if self._is_complete else "the event log ends before the application does"),
            counted=self.counted,
        )

    def _parts(self, mode: str) -> Iterable[Part]:
        asked = demanded(self._settings, mode)
        if mode == CLUSTER:  # else the driver is on the gateway, in no container
            yield driver(asked, *self._seen[DRIVER].peak(self._settings, DRIVER))
        role = role_of(asked, EXECUTOR)
        peak, basis = self._seen[EXECUTOR].peak(self._settings, EXECUTOR)
        yield Part(
            EXECUTOR,
            request_bytes=request(role),
            containers=self._most,
            vcores=self._most * (role.vcores if role else self._cores),
            peak_bytes=peak,
            basis=basis,
            ended=endings.OUT_OF_MEMORY if self._is_out_of_memory else None,
            read_bytes=self._sums["read"],
            shuffled_bytes=self._sums["shuffled"],
            spilled_bytes=self._sums["spilled"],
            gc_s=self._sums["gc_ms"] / MS,
            held_bytes=self._held.most_bytes or None,
        )

    def _take(self, found: Event) -> None:
        match found:
            case TaskEnd():
                self._take_task(found)
            case StageCompleted() | SQLExecutionStart() | SQLAdaptiveExecutionUpdate() | DriverAccumUpdates():
                self._take_query(found)
            case SQLExecutionEnd():
                self._held.end()
            case StageExecutorMetrics():
                self._of(found.id).see(found.metrics)
            case ExecutorMetricsUpdate():
                for stage in found.stages:
                    self._of(found.id).see(stage.metrics)
            case ExecutorAdded():
                self._cores = max(self._cores, volume(found.info.cores, self.counted))
                self._come(found.id)
            case ExecutorRemoved():
                self._there.discard(found.id)
                self._is_out_of_memory |= endings.is_out_of_memory(found.reason)
            case EnvironmentUpdate():
                self._settings = {key: value for key, value in found.spark.items() if isinstance(value, str)}
                self._command = text(found.system.get(COMMAND), spark_command.LONGEST)
            case ApplicationStart():
                self.id = text(found.id)
            case ApplicationEnd():
                self._is_complete = True

    def _take_task(self, task: TaskEnd) -> None:
        if task.peaks is not None:
            self._of(task.info.executor).see(task.peaks)
        if (why := task.why.exception or task.why.loss) is not None:
            self._is_out_of_memory |= endings.is_out_of_memory(why)
        if (told := task.metrics) is not None:
            self._add("read", told.input.read)
            self._add("shuffled", told.shuffle_read.remote)
            self._add("shuffled", told.shuffle_read.local)
            self._add("spilled", told.spilled)
            self._add("gc_ms", told.gc)

    def _take_query(
        self, found: StageCompleted | SQLExecutionStart | SQLAdaptiveExecutionUpdate | DriverAccumUpdates
    ) -> None:
        match found:
            case StageCompleted():
                self._held.stage(found.info.counted)
            case DriverAccumUpdates():
                self._held.driver(found.updates)
            case _:
                self._held.plan(found.plan)

    def _add(self, what: str, number: float) -> None:
        if 0 <= number < ABSURD_VOLUME:
            self._sums[what] += number
        else:
            self.counted["not a plausible number"] += 1

    def _come(self, executor: str) -> None:
        if len(self._there) < MOST_EXECUTORS:
            self._there.add(executor)
            self._most = max(self._most, len(self._there))
        else:
            self.counted["too many executors"] += 1

    def _of(self, executor: str) -> Seen:
        return self._seen[DRIVER if executor == DRIVER else EXECUTOR]
