"""A finished Spark application as Spark's history server tells it. Adapter.

It reads logs of every codec and from every file system. What spilled it tells by stage only, which is not asked for.
Source: Spark `org.apache.spark.status.api.v1`.
"""

# ruff: noqa: N815 # the names are Spark's

from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from msgspec import Struct
from requests.auth import AuthBase

from placement.errors import PlacementError
from placement.monitors import spark_shapes
from placement.monitors.rest import Rest
from placement.observe import endings, spark_command
from placement.observe.run import DRIVER, EXECUTOR, MS, Account, Part, Run, text, volume
from placement.observe.spark_log import COMMAND
from placement.observe.spark_peaks import CLIENT, CLUSTER, Metrics, Seen, demanded, driver, request, role_of

TIMEOUT_S = 120.0  # it reads a log when it is asked, and a large one takes its time


class Executor(spark_shapes.Executor):
    """With all that is measured, and since when it was there."""

    addTime: str = ""
    peakMemoryMetrics: Metrics | None = None


class Environment(Struct):
    """Of `environment`."""

    sparkProperties: list[tuple[str, Any]] = []
    systemProperties: list[tuple[str, Any]] = []


class SparkHistory:
    """The history server at `address`, for one thread. Which applications there are is not asked here."""

    def __init__(self, address: str, auth: AuthBase | None = None) -> None:
        self._at = f"{address.rstrip('/')}/api/v1/applications"
        self._rest = Rest(TIMEOUT_S, auth)

    def account(self, run: Run) -> Account:
        """What it tells of the run's last attempt; whatever it cannot tell is `missing`."""
        at = f"{self._at}/{quote(run.id, safe='')}"
        try:
            told = self._rest.ask(at, spark_shapes.Application)
            attempt = told.attempts[0] if told.attempts else spark_shapes.Attempt()
            if attempt.attemptId:
                at = f"{at}/{quote(attempt.attemptId, safe='')}"
            environment = self._rest.ask(f"{at}/environment", Environment)
            executors = self._rest.ask(f"{at}/allexecutors", list[Executor])
        except PlacementError as error:
            return Account(missing=error.problems[0].message)
        return account(environment, executors, attempt.completed)


def account(environment: Environment, executors: list[Executor], is_complete: bool) -> Account:
    """What these answers tell."""
    settings = {key: value for key, value in environment.sparkProperties if isinstance(value, str)}
    mode = settings.get("spark.submit.deployMode", CLIENT)
    asked = demanded(settings, mode)
    java = text(dict(environment.systemProperties).get(COMMAND), spark_command.LONGEST)
    command = spark_command.read(java, settings.get("spark.app.name", ""))
    counted: Counter[str] = Counter()
    drivers = [each for each in executors if each.id == DRIVER]
    workers = [each for each in executors if each.id != DRIVER]
    parts = []
    if mode == CLUSTER:
        parts.append(driver(asked, *_seen(drivers).peak(settings, DRIVER)))
    role = role_of(asked, EXECUTOR)
    peak, basis = _seen(workers).peak(settings, EXECUTOR)
    most = most_at_a_time(workers)
    parts.append(
        Part(
            EXECUTOR,
            request_bytes=request(role),
            containers=most,
            vcores=most * role.vcores if role else None,
            peak_bytes=peak,
            basis=basis,
            ended=endings.OUT_OF_MEMORY
            if any(endings.is_out_of_memory(each.removeReason) for each in workers)
            else None,
            read_bytes=sum(volume(each.totalInputBytes, counted) for each in workers),
            shuffled_bytes=sum(volume(each.totalShuffleRead, counted) for each in workers),
            gc_s=sum(volume(each.totalGCTime, counted) for each in workers) / MS,
        )
    )
    executors_asked = asked.containers if asked else None
    return Account(tuple(parts), *command, executors_asked, is_complete, counted=counted)


def most_at_a_time(workers: Iterable[Executor]) -> int:
    """How many were there together at most. The order of the times' texts is that of the times."""
    moves = sorted(
        [(each.addTime, 1) for each in workers] + [(each.removeTime, -1) for each in workers if each.removeTime]
    )  # who goes at the moment at which another comes has gone
    there = most = 0
    for _, step in moves:
        there += step
        most = max(most, there)
    return most


def _seen(executors: Iterable[Executor]) -> Seen:
    seen = Seen()
    for each in executors:
        if each.peakMemoryMetrics is not None:
            seen.see(each.peakMemoryMetrics)
    return seen
