"""The cluster of one moment: several answers of the ResourceManager made one value. Adapter.

Sources: Hadoop `RMWebServices`, `ClusterMetricsInfo`, `ResourceManager.startActiveServices`.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from placement.admission.resources import Resources
from placement.admission.snapshot import Snapshot
from placement.errors import PlacementError, Problem, quoted
from placement.queues.names import CAPACITY, FAIR
from placement.yarn import capacity_use, fair_use, moment
from placement.yarn.answers import Overview
from placement.yarn.client import ResourceManager
from placement.yarn.live import live, some_wait
from placement.yarn.moment import Queues, resources
from placement.yarn.moment_shapes import LiveApp, Metrics
from placement.yarn.terms import Terms

WITHIN_S = 30.0

_SCHEDULERS = {"fairScheduler": FAIR, "capacityScheduler": CAPACITY}

Found = TypeVar("Found")


class Watcher:
    """Takes snapshots of the cluster of `manager`; for one thread.

    `clock` gives seconds since the epoch. `manager` should ask as an administrator of the cluster: of applications that
    it may not see, the ResourceManager tells neither what they have nor when they began.
    """

    def __init__(
        self, manager: ResourceManager, clock: Callable[[], float], terms: Terms, within_s: float = WITHIN_S
    ) -> None:
        self._manager = manager
        self._clock = clock
        self._terms = terms
        self._within_s = within_s
        self._overview: tuple[int, Overview] | None = None  # and of which term of a ResourceManager

    def snapshot(self) -> Snapshot:
        """The cluster now. An error tells nothing of the cluster: the snapshot before it is as good as it was.

        Applications are asked for before queues and free room. What begins in between is then seen as used, and still
        as promised too, which leaves too little room for a moment; the other way round it would be seen as neither.
        Raises PlacementError as ResourceManager does, `rm-changed` if another one became active meanwhile, `rm-slow` if
        it took longer than `within_s`, after which no further question is asked, and `no-queues` for a scheduler that
        is neither of the two.
        """
        taken_s = self._clock()
        ask = _Deadline(self._within_s)
        term = ask(self._manager.info).started_ms
        if self._overview is None or self._overview[0] != term:
            self._overview = term, ask(self._manager.overview)
        apps = ask(self._manager.live_applications)
        asking = ask(self._manager.waiting_applications) if some_wait(apps) else []
        queues = ask(self._manager.queues_now)
        metrics = ask(self._manager.metrics)
        if ask(self._manager.info).started_ms != term:
            message = "another ResourceManager became active, or it began anew, while it was asked"
            raise PlacementError(Problem("rm-changed", message, remedy="nothing: it is asked again"))
        return _snapshot(taken_s, term, self._overview[1], apps, asking, queues, metrics, self._terms)


class _Deadline:
    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._end = time.monotonic() + within_s

    def __call__(self, ask: Callable[[], Found]) -> Found:
        if time.monotonic() > self._end:
            message = f"the ResourceManager needs more than {self._within_s:g} s to tell how the cluster is"
            raise PlacementError(Problem("rm-slow", message, remedy="see what keeps it busy"))
        return ask()


def _snapshot(
    taken_s: float,
    term: int,
    overview: Overview,
    apps: list[LiveApp],
    asking: list[LiveApp],
    found: Queues,
    metrics: Metrics,
    terms: Terms,
) -> Snapshot:
    scheduler = _SCHEDULERS.get(found.type)
    if scheduler is None:
        message = f"the cluster's scheduler is {quoted(found.type)}: only the fair and the capacity scheduler are known"
        raise PlacementError(Problem("no-queues", message, remedy="leave `admission` off for this cluster"))
    minimum = resources(overview.minimum) if overview.minimum else terms.minimum
    asked = {app.id: request for app in asking if (request := moment.asked(app)) is not None}
    running = live(apps, found.queues, asked, minimum)
    total = Resources(metrics.totalMB, metrics.totalVirtualCores)
    free = Resources(metrics.availableMB, metrics.availableVirtualCores)
    is_fair = scheduler == FAIR
    if is_fair:
        queues = fair_use.uses(found, running, terms, total, free)
        free -= Resources(metrics.reservedMB, metrics.reservedVirtualCores)  # the capacity scheduler has done so
    else:
        queues = capacity_use.uses(found, running, minimum, total)
    root = queues[next(iter(queues))]
    return Snapshot(
        taken_s=taken_s,
        scheduler=scheduler,
        queues=queues,
        total=total,
        free=free,
        minimum=minimum,
        step=terms.increment if is_fair else minimum,
        largest=resources(overview.largest) if overview.largest else root.largest,
        counts_vcores=is_fair or terms.counts_vcores,
        user_running=running.running,
        applications=running.seen,
        nodes=metrics.activeNodes,
        term=term,
    )
