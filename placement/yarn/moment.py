"""What the ResourceManager answers of one moment: text in, shapes out. Pure.

Sources: as of `moment_shapes`.
"""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

from placement.admission.resources import Resources
from placement.errors import quoted
from placement.yarn.answers import FIFO, BadAnswerError, several, shaped
from placement.yarn.moment_shapes import (
    LiveApp,
    LiveApps,
    LiveAppsAnswer,
    Metrics,
    MetricsAnswer,
    QueueNow,
    QueuesNow,
    RunningApp,
    RunningApps,
    RunningAppsAnswer,
    SchedulerNowAnswer,
)
from placement.yarn.shapes import Amount

STATES = ("NEW", "NEW_SAVING", "SUBMITTED", "ACCEPTED", "RUNNING")  # Hadoop `YarnApplicationState`: not ended
WAITING = "ACCEPTED"  # until the application master has registered
RUNNING = "RUNNING"
ANYWHERE = "*"  # Hadoop `ResourceRequest.ANY`

_DECISION = re.compile(r"placement:([0-9a-f]{16})")
_LEAF = "Leaf"  # in the type of a leaf, `fairSchedulerLeafQueueInfo`, where types are said
_NO_LIMIT = 2**31 - 1  # what Java has where there is none


@dataclass(frozen=True, slots=True)
class Queues:
    """`type` of the scheduler as of `answers.Scheduler`; `queues` by their paths, each before those below it.

    `leaves` take applications: a parent may have no queue below it.
    """

    type: str
    queues: dict[str, QueueNow]
    leaves: Set[str]


def queues(text: bytes) -> Queues:
    """Raises BadAnswerError, as all of these do."""
    found = shaped(text, SchedulerNowAnswer).scheduler.schedulerInfo
    if found.type == FIFO:
        return Queues(FIFO, {}, set())
    by_path = dict(_queues(found.rootQueue or found, ""))
    leaves = {path for path, queue in by_path.items() if _LEAF in str(queue.type)}
    return Queues(found.type, by_path, leaves or by_path.keys() - {path.rpartition(".")[0] for path in by_path})


def applications(text: bytes) -> list[LiveApp]:
    """In the order of the answer."""
    apps = shaped(text, LiveAppsAnswer).apps
    return several(apps.app if isinstance(apps, LiveApps) else None)


def running_applications(text: bytes) -> list[RunningApp]:
    """In the order of the answer."""
    apps = shaped(text, RunningAppsAnswer).apps
    return several(apps.app if isinstance(apps, RunningApps) else None)


def metrics(text: bytes) -> Metrics:
    return shaped(text, MetricsAnswer).clusterMetrics


def resources(amount: Amount) -> Resources:
    return Resources(amount.memory, amount.vCores)


def allocated(app: LiveApp) -> Resources:
    """What it has, with what is reserved for it: both count as used in its queue."""
    memory = max(app.allocatedMB, 0) + max(app.reservedMB, 0)
    return Resources(memory, max(app.allocatedVCores, 0) + max(app.reservedVCores, 0))


def has_begun(app: LiveApp) -> bool:
    """Whether its application master has a container: before it registers, the state is as without one."""
    return app.state == RUNNING or app.allocatedMB > 0


def asked(app: LiveApp) -> Resources | None:
    """What its application master asks for, as the scheduler rounded it; None if that is not said."""
    requests = app.resourceRequests
    found = [] if isinstance(requests, str) else several(requests)
    return next((resources(each.capability) for each in found if each.resourceName == ANYWHERE), None)


def decision(app: LiveApp) -> str | None:
    """The id of the decision that placed it, of its tag."""
    for tag in (app.applicationTags or "").split(","):
        if found := _DECISION.fullmatch(tag):
            return found[1]
    return None


def limit(number: int | None) -> int | None:
    """A limit of applications; None is none."""
    return None if number is None or number >= _NO_LIMIT or number < 0 else number


def _queues(queue: QueueNow, parent: str) -> Iterator[tuple[str, QueueNow]]:
    """As `answers.scheduler` has them; without recursion, as there may be very many."""
    waiting = [(parent, queue)]
    while waiting:
        parent, queue = waiting.pop()
        name = queue.queueName
        if not name:
            raise BadAnswerError(f"a queue below {quoted(parent)} has no name" if parent else "the root has no name")
        path = name if not parent or name.startswith(f"{parent}.") else f"{parent}.{name}"
        yield path, queue
        below = queue.childQueues or queue.queues
        found = several(below.queue) if isinstance(below, QueuesNow) else below if isinstance(below, list) else []
        waiting.extend((path, each) for each in reversed(found))
