"""What the ResourceManager's REST interface answers: text in, small plain values out; and what it is sent. Pure.

Sources: Hadoop `ClusterInfo`, `AppInfo`, `FairSchedulerInfo`, `CapacitySchedulerInfo`, `RemoteExceptionData`,
`RMQueueAclInfo`, `ConfInfo` and `SchedConfUpdateInfo`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import msgspec
from lxml import etree

from placement.errors import PlacementError, quoted
from placement.schedulers import xml
from placement.yarn.shapes import (
    Amount,
    App,
    AppAnswer,
    Apps,
    AppsAnswer,
    ClusterAnswer,
    ConfAnswer,
    ErrorPage,
    OverviewAnswer,
    QueueInfo,
    QueueInfos,
    RefusalAnswer,
    SchedulerAnswer,
)

_SCHEDULER = " Scheduler"

Shape = TypeVar("Shape")
Element = TypeVar("Element")

STANDBY = "STANDBY"
FIFO = "fifoScheduler"  # which has no queues
RUNNING, DRAINING, STOPPED = "RUNNING", "DRAINING", "STOPPED"  # Hadoop `QueueState`


class BadAnswerError(ValueError):
    """Text that is no such answer; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Info:
    """`version` is that of Hadoop, `started_ms` counts from the epoch.

    `ha_state` is `ACTIVE`, without high availability too, STANDBY, or `INITIALIZING`: one that has just been started
    says so for some seconds although it works.
    """

    ha_state: str
    version: str
    started_ms: int


@dataclass(frozen=True, slots=True)
class Application:
    """`state` is YARN's (`RMAppState`), `final_status` what the program said of itself; `queue` is as YARN has it."""

    id: str
    user: str
    queue: str
    state: str
    final_status: str
    name: str
    tags: tuple[str, ...]
    diagnostics: str

    def as_data(self) -> dict[str, Any]:
        return asdict(self) | {"tags": list(self.tags)}


@dataclass(frozen=True, slots=True)
class Scheduler:
    """`type` is `fairScheduler`, `capacityScheduler`, ...; `queues` {full path: what the answer says of that queue}."""

    type: str
    queues: Mapping[str, QueueInfo]


@dataclass(frozen=True, slots=True)
class QueueState:
    """Applications that run and that wait, in the queue and below it.

    `state` is RUNNING, DRAINING (it takes no more, and some are left) or STOPPED; the fair scheduler has no other than
    the first.
    """

    running: int
    pending: int
    state: str = RUNNING


@dataclass(frozen=True, slots=True)
class QueueAccess:
    """Whether it is allowed, and if not why, in the ResourceManager's words."""

    allowed: bool
    diagnostics: str


@dataclass(frozen=True, slots=True)
class Overview:
    """`scheduler` is its type, as Scheduler has it; then what a container has at least and at most. None: not said."""

    scheduler: str | None = None
    minimum: Amount | None = None
    largest: Amount | None = None


def info(text: bytes) -> Info:
    """Raises BadAnswerError, as all of these do."""
    found = shaped(text, ClusterAnswer).clusterInfo
    return Info(found.haState, found.hadoopVersion, found.startedOn)


def application(text: bytes) -> Application:
    return _application(shaped(text, AppAnswer).app)


def applications(text: bytes) -> list[Application]:
    """In the order of the answer."""
    apps = shaped(text, AppsAnswer).apps
    return [_application(each) for each in several(apps.app if isinstance(apps, Apps) else None)]


def overview(text: bytes) -> Overview:
    found = shaped(text, OverviewAnswer).scheduler
    said = found.schedulerType
    type_ = f"{said.removesuffix(_SCHEDULER).lower()}Scheduler" if said.endswith(_SCHEDULER) else said
    return Overview(type_, found.minimumAllocation, found.maximumAllocation)


def scheduler(text: bytes) -> Scheduler:
    found = shaped(text, SchedulerAnswer).scheduler.schedulerInfo
    root = found.get("rootQueue", found)
    return Scheduler(found["type"], {} if found["type"] == FIFO else dict(_queues(root, "")))


def states(found: Scheduler) -> dict[str, QueueState]:
    """What runs and waits in each queue, by its full path."""
    running, pending = dict.fromkeys(found.queues, 0), dict.fromkeys(found.queues, 0)
    for path, queue in found.queues.items():
        runs = _number(queue.get("numActiveApps")) + _number(queue.get("numActiveApplications"))
        waits = _number(queue.get("numPendingApps")) + _number(queue.get("numPendingApplications"))
        at = path if runs or waits else ""
        while at:
            running[at] += runs
            pending[at] += waits
            at = at.rpartition(".")[0]
    return {
        path: QueueState(running[path], pending[path], str(queue.get("state") or RUNNING))
        for path, queue in found.queues.items()
    }


def access(text: bytes) -> QueueAccess:
    """Of XML."""
    said = {str(element.tag): element.text or "" for element in _xml(text, "rmQueueAclInfo")}
    if said.get("allowed") not in ("true", "false"):
        raise BadAnswerError("expected `allowed` to be true or false")
    return QueueAccess(said["allowed"] == "true", said.get("diagnostics", ""))


def properties(text: bytes) -> dict[str, str]:
    """{name: value} of a scheduler's configuration."""
    return {each.name: each.value for each in several(shaped(text, ConfAnswer).property)}


def update(changes: Mapping[str, str | None]) -> bytes:
    """The XML that sets properties by their full names, and unsets those with None."""
    root = etree.Element("sched-conf")
    everywhere = etree.SubElement(root, "global-updates")
    for name, value in changes.items():
        entry = etree.SubElement(everywhere, "entry")
        etree.SubElement(entry, "key").text = name
        if value is not None:
            etree.SubElement(entry, "value").text = value
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def refusal(text: bytes) -> str | None:
    """The ResourceManager's own words of an answer that is an error, JSON or XML; None if it is no such answer."""
    try:
        if text.lstrip().startswith(b"<"):
            message = _xml(text, "RemoteException").findtext("message")
        else:
            message = shaped(text, RefusalAnswer).RemoteException.message
    except BadAnswerError:
        return None
    return message or ""


def page(text: bytes) -> str | None:
    """What the page of an error says that the server in front of the ResourceManager writes as JSON; None: it is none.

    Source: Jetty `ErrorHandler`.
    """
    try:
        return shaped(text, ErrorPage).message
    except BadAnswerError:
        return None


def shaped(text: bytes, shape: type[Shape]) -> Shape:
    """The JSON as this shape; what the shape does not have is passed over. Raises BadAnswerError."""
    try:
        return msgspec.json.decode(text, type=shape)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadAnswerError(f"expected JSON as of a ResourceManager: {error}") from error


def several(value: list[Element] | Element | None) -> list[Element]:
    """A list; of one element older versions write that element alone, of none nothing."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _queues(queue: QueueInfo, parent: str) -> Iterator[tuple[str, QueueInfo]]:
    """The queue and all below it. The fair scheduler names queues by their path, the capacity scheduler by the leaf."""
    name = queue.get("queueName")
    if name is None:
        raise BadAnswerError(f"a queue below {quoted(parent)} has no name" if parent else "the root queue has no name")
    path = name if not parent or name.startswith(f"{parent}.") else f"{parent}.{name}"
    yield path, queue
    for each in _below(queue.get("childQueues") or queue.get("queues")):
        yield from _queues(each, path)


def _below(found: QueueInfos | list[QueueInfo] | str | None) -> list[QueueInfo]:
    if isinstance(found, dict):
        return several(found.get("queue"))
    return found if isinstance(found, list) else []


def _application(app: App) -> Application:
    return Application(
        id=app.id,
        user=app.user,
        queue=app.queue,
        state=app.state,
        final_status=app.finalStatus or "",
        name=app.name or "",
        tags=tuple(sorted(app.applicationTags.split(","))) if app.applicationTags else (),
        diagnostics=app.diagnostics or "",
    )


def _xml(text: bytes, tag: str) -> etree._Element:
    try:
        root = xml.root_of(text, "the answer")
    except PlacementError as error:
        raise BadAnswerError(f"expected XML: {error.problems[0].message}") from error
    if root.tag != tag:
        raise BadAnswerError(f"expected {quoted(tag)}, found {quoted(str(root.tag))}")
    return root


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
