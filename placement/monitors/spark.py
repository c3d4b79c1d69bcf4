"""Spark: the drivers that run, asked through YARN's web proxy, and what ended, of a history server. Adapter.

A driver's answers are the work of whoever submitted it: they are bounded and shaped, and lead nowhere. Sources: Hadoop
`WebAppProxyServlet`, Spark `ApiRootResource`; both tried by tests/cluster/test_monitors.py.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import SplitResult, quote, urlsplit

import msgspec
from requests.auth import AuthBase

from placement.errors import PlacementError, Problem
from placement.monitors import spark_readings
from placement.monitors.base import ENDED, RUNNING, Cluster, Danger, Readings, Use, settings
from placement.monitors.rest import Rest
from placement.monitors.spark_shapes import Application, Executor, Stage
from placement.units import MEMORY, quantity
from placement.yarn.client import ResourceManager, simple, spnego
from placement.yarn.moment_shapes import RunningApp

NAME = "spark"
TYPE = "SPARK"  # the `applicationType` that Spark's client gives
TIMEOUT_S = 5.0
WITHIN_S = 15.0  # no further question after that
AT_A_TIME = 4  # drivers
MIB = 2**20


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """`history_server`: its address. `ended`: how many of those that ended last are read there.

    `spill`: on disk, in danger above it.
    """

    cluster: Cluster
    history_server: str | None = None
    ended: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 20
    spill: str = "1g"


@dataclass(slots=True)
class _Found:
    uses: list[Use] = field(default_factory=list)
    dangers: list[Danger] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)


def make(said: Mapping[str, Any]) -> "Spark":
    """The monitor of these settings. Raises PlacementError `monitor-settings` or `no-gssapi`."""
    return Spark(settings(said, Settings, NAME))


class Spark:
    """The monitor; `clock` gives seconds since the epoch."""

    name = NAME

    def __init__(self, said: Settings, clock: Callable[[], float] = time.time) -> None:
        self._cluster = said.cluster
        self._history = _address(said.history_server) if said.history_server else None
        self._ended = said.ended
        self._spill_limit = int(_size(said.spill) * MIB)
        self._clock = clock
        self._manager = ResourceManager(said.cluster.resource_managers, TIMEOUT_S, self._auth())

    def look(self) -> Readings:
        """Raises PlacementError as ResourceManager does; a driver that does not answer is only `unread`."""
        taken_s, end = self._clock(), time.monotonic() + WITHIN_S
        running = [app for app in self._manager.running_applications() if app.applicationType == TYPE]
        parts = [running[start::AT_A_TIME] for start in range(AT_A_TIME)]
        with ThreadPoolExecutor(AT_A_TIME + 1) as pool:
            ended = pool.submit(self._of_history, end)
            found = [*pool.map(lambda part: self._of_drivers(part, end), parts), ended.result()]
        return Readings(
            source=self._manager.addresses[0],
            taken_s=taken_s,
            uses=tuple(use for each in found for use in each.uses),
            dangers=tuple(danger for each in found for danger in each.dangers),
            unread={name: why for each in found for name, why in each.unread.items()},
        )

    def _of_drivers(self, apps: Iterable[RunningApp], end: float) -> _Found:
        found, rest = _Found(), Rest(TIMEOUT_S, self._auth())
        for app in apps:
            use = Use(app.id, app.user, app.queue, app.name, RUNNING)
            try:
                _within(end)
                url = f"{proxy(app)}/api/v1/applications/{quote(app.id, safe='')}"
                # A secured proxy asks whether somebody else's page may be shown, and takes this for the answer.
                _read(rest, url, use, found, self._spill_limit, {"Cookie": f"checked_{app.id}=true"})
            except PlacementError as error:
                found.unread[app.id] = error.problems[0].message
        return found

    def _of_history(self, end: float) -> _Found:
        found = _Found()
        if self._history is None:
            return found
        rest = Rest(TIMEOUT_S, self._auth())
        at = f"{self._history}/api/v1/applications"
        try:
            listed = rest.ask(at, list[Application], {"status": "completed", "limit": str(self._ended)})
        except PlacementError as error:
            found.unread[self._history] = error.problems[0].message
            return found
        for app in listed[: self._ended]:
            attempt = app.attempts[0] if app.attempts else None
            use = Use(app.id, attempt.sparkUser if attempt else "", "", app.name, ENDED)
            names = [app.id, *([attempt.attemptId] if attempt and attempt.attemptId else [])]
            try:
                _within(end)
                _read(rest, "/".join([at, *(quote(name, safe="") for name in names)]), use, found, None, {})
            except PlacementError as error:
                found.unread[app.id] = error.problems[0].message
        return found

    def _auth(self) -> AuthBase:
        return spnego() if self._cluster.is_kerberos else simple(self._cluster.user)


def proxy(app: RunningApp) -> str:
    """Where its driver is asked: below YARN's web proxy, wherever the ResourceManager says that is.

    Raises PlacementError `monitor-answer` for any other address: that would be one of the application's own choice.
    """
    said = _web(app.trackingUrl or "")
    if said is None or not f"{said.path}/".startswith(f"/proxy/{app.id}/"):
        message = "the ResourceManager names no address of its web proxy for it"
        raise PlacementError(Problem("monitor-answer", message, remedy="wait until its driver has begun"))
    return f"{said.scheme}://{said.netloc}/proxy/{quote(app.id, safe='')}"


def _read(rest: Rest, url: str, use: Use, found: _Found, spill_limit: int | None, headers: Mapping[str, str]) -> None:
    """Adds what the application at `url` says; `spill_limit` None: it has ended, and nothing is in danger."""
    executors = rest.ask(f"{url}/allexecutors", list[Executor], headers=headers)
    spilled: tuple[Any, ...] = ()
    try:
        spilled = spark_readings.spill(rest.ask(f"{url}/stages", list[Stage], headers=headers))
    except PlacementError as error:  # they may be very many; the rest stands
        found.unread[use.id] = error.problems[0].message
    found.uses.append(
        Use(use.id, use.user, use.queue, use.name, use.state, (*spark_readings.values(executors), *spilled))
    )
    if spill_limit is not None:
        on_disk = int(spilled[-1].number) if spilled else 0
        found.dangers.extend(spark_readings.dangers(use.id, executors, on_disk, spill_limit))


def _within(end: float) -> None:
    if time.monotonic() > end:
        message = f"there was no time left: the others took {WITHIN_S:g} s"
        raise PlacementError(Problem("monitor-unreachable", message, remedy="see which of them are slow"))


def _address(said: str) -> str:
    parts = _web(said)
    if parts is None or parts.query or parts.fragment:
        raise _settings("`history-server` is no address: write `http://HOST:PORT`")
    return said.rstrip("/")


def _web(url: str) -> SplitResult | None:
    """The parts of an address without a password; None for anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.netloc and "@" not in parts.netloc else None


def _size(said: str) -> float:
    found = quantity(said, MEMORY)
    if found is None:
        raise _settings("`spill` is no size with its unit: write `1g`")
    return found


def _settings(why: str) -> PlacementError:
    remedy = "docs/monitors.md says what monitors.yaml may hold"
    return PlacementError(Problem("monitor-settings", f"the settings of the monitor `spark`: {why}", remedy=remedy))
