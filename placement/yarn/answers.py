"""What the ResourceManager's REST interface answers: text in, small plain values out; and what it is sent. Pure.

Sources: Hadoop `ClusterInfo`, `AppInfo`, `FairSchedulerInfo`, `CapacitySchedulerInfo`, `RemoteExceptionData`,
`RMQueueAclInfo`, `ConfInfo` and `SchedConfUpdateInfo`.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lxml import etree

from placement import collector
from placement.errors import PlacementError, quoted
from placement.schedulers import xml

STANDBY = "STANDBY"
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
    queues: dict[str, dict[str, Any]]


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


def info(text: bytes) -> Info:
    """Raises BadAnswerError, as all of these do."""
    found = _object(_object(_json(text), "clusterInfo"))
    started = found.get("startedOn")
    return Info(_text(found, "haState"), _text(found, "hadoopVersion"), started if isinstance(started, int) else 0)


def application(text: bytes) -> Application:
    return _application(_object(_json(text), "app"))


def applications(text: bytes) -> list[Application]:
    """In the order of the answer; where there is none, YARN writes `{"apps": null}` or `{"apps": {}}`."""
    apps = _object(_json(text)).get("apps")
    return [_application(each) for each in _list(_object(apps or {}).get("app"))]


def scheduler(text: bytes) -> Scheduler:
    found = _object(_object(_object(_json(text), "scheduler"), "schedulerInfo"))
    root = found.get("rootQueue", found)
    return Scheduler(_text(found, "type"), dict(_queues(_object(root), "")))


def states(found: Scheduler) -> dict[str, QueueState]:
    """What runs and waits in each queue, by its full path."""
    running, pending = Counter[str](), Counter[str]()
    for path, queue in found.queues.items():
        at = path
        while at:
            running[at] += _number(queue, "numActiveApps", "numActiveApplications")
            pending[at] += _number(queue, "numPendingApps", "numPendingApplications")
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
    found = [_object(each) for each in _list(_object(_json(text)).get("property"))]
    return {_text(each, "name"): _text(each, "value") for each in found}


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
            found = {str(element.tag): element.text for element in _xml(text, "RemoteException")}
        else:
            found = _object(_object(_json(text), "RemoteException"))
    except BadAnswerError:
        return None
    message = found.get("message")
    return message if isinstance(message, str) else ""


def _queues(queue: dict[str, Any], parent: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The queue and all below it. The fair scheduler names queues by their path, the capacity scheduler by the leaf."""
    name = _text(queue, "queueName")
    path = name if not parent or name.startswith(f"{parent}.") else f"{parent}.{name}"
    yield path, queue
    below = queue.get("childQueues") or queue.get("queues") or {}
    for each in _list(below.get("queue") if isinstance(below, dict) else below):
        yield from _queues(_object(each), path)


def _application(value: object) -> Application:
    app = _object(value)
    tags = app.get("applicationTags")
    return Application(
        id=_text(app, "id"),
        user=_text(app, "user"),
        queue=_text(app, "queue"),
        state=_text(app, "state"),
        final_status=str(app.get("finalStatus") or ""),
        name=str(app.get("name") or ""),
        tags=tuple(sorted(tags.split(","))) if isinstance(tags, str) and tags else (),
        diagnostics=str(app.get("diagnostics") or ""),
    )


def _json(text: bytes) -> object:
    try:
        with collector.paused():
            value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadAnswerError(f"expected JSON: {error}") from error
    return value


def _xml(text: bytes, tag: str) -> etree._Element:
    try:
        root = xml.root_of(text, "the answer")
    except PlacementError as error:
        raise BadAnswerError(f"expected XML: {error.problems[0].message}") from error
    if root.tag != tag:
        raise BadAnswerError(f"expected {quoted(tag)}, found {quoted(str(root.tag))}")
    return root


def _number(queue: dict[str, Any], *names: str) -> int:
    return sum(value for value in map(queue.get, names) if isinstance(value, int))


def _object(value: object, key: str | None = None) -> dict[str, Any]:
    """`value` as an object, or the object that it has by `key`."""
    found = value.get(key) if key and isinstance(value, dict) else value if not key else None
    if not isinstance(found, dict):
        raise BadAnswerError(f"expected {quoted(key)} to be an object" if key else "expected an object")
    return found


def _list(value: object) -> list[Any]:
    """A list; of one element older versions write that element alone, of none nothing."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(found: dict[str, Any], key: str) -> str:
    value = found.get(key)
    if not isinstance(value, str):
        raise BadAnswerError(f"expected {quoted(key)} to be a text")
    return value
