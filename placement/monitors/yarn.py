"""YARN: what the cluster has, what its queues and applications use, and which queues are near a limit. Adapter."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from placement.admission.resources import Resources
from placement.admission.snapshot import QueueUse, Snapshot
from placement.monitors.base import (
    BYTES,
    CORES,
    COUNT,
    Capacity,
    Cluster,
    Danger,
    Readings,
    Use,
    Value,
    settings,
)
from placement.yarn import moment
from placement.yarn.client import ResourceManager, simple, spnego
from placement.yarn.moment_shapes import RunningApp
from placement.yarn.snapshot import Watcher
from placement.yarn.terms import Terms

NAME = "yarn"
TIMEOUT_S = 5.0
WITHIN_S = 15.0
NEAR = 0.9  # of a limit
MIB = 2**20


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing beyond what every monitor is given."""

    cluster: Cluster


def make(said: Mapping[str, Any]) -> "Yarn":
    """The monitor of these settings. Raises PlacementError `monitor-settings` or `no-gssapi`."""
    return Yarn(settings(said, Settings, NAME).cluster)


class Yarn:
    """The monitor; `clock` gives seconds since the epoch."""

    name = NAME

    def __init__(self, cluster: Cluster, clock: Callable[[], float] = time.time) -> None:
        auth = spnego() if cluster.is_kerberos else simple(cluster.user)
        self._manager = ResourceManager(cluster.resource_managers, TIMEOUT_S, auth)
        told = Terms(counts_vcores=cluster.counts_vcores, am_shares=cluster.am_shares, am_share=cluster.am_share)
        self._watcher = Watcher(self._manager, clock, told, WITHIN_S)

    def look(self) -> Readings:
        """Raises PlacementError as Watcher does."""
        snapshot = self._watcher.snapshot()
        return readings(self._manager.addresses[0], snapshot, self._manager.running_applications())


def readings(source: str, snapshot: Snapshot, running: list[RunningApp]) -> Readings:
    """What they say together; of queues, those that are in use."""
    return Readings(
        source=source,
        taken_s=snapshot.taken_s,
        capacities=(
            Capacity("nodes", COUNT, snapshot.nodes),
            *_capacities(snapshot.total - snapshot.free, snapshot.total, ""),
            *(
                each
                for path, queue in snapshot.queues.items()
                if queue.used
                for each in _capacities(queue.used, queue.maximum, path)
            ),
        ),
        uses=tuple(map(_use, running)),
        dangers=tuple(danger for path, queue in snapshot.queues.items() for danger in _dangers(snapshot, path, queue)),
    )


def _capacities(used: Resources, total: Resources, of: str) -> Iterator[Capacity]:
    free = total - used
    yield Capacity("memory", BYTES, used.memory_mib * MIB, total.memory_mib * MIB, free.memory_mib * MIB, of)
    yield Capacity("vcores", CORES, used.vcores, total.vcores, free.vcores, of)


def _use(app: RunningApp) -> Use:
    has = moment.allocated(app)
    values = (
        Value("memory-allocated", BYTES, has.memory_mib * MIB),
        Value("vcores-allocated", CORES, has.vcores),
        Value("containers", COUNT, max(app.runningContainers, 0)),
    )
    return Use(app.id, app.user, app.queue, app.name, values=values)


def _dangers(snapshot: Snapshot, path: str, queue: QueueUse) -> Iterator[Danger]:
    # A queue without a limit of its own has the cluster's, which is told of the root.
    if queue.maximum != snapshot.total or path == next(iter(snapshot.queues)):
        yield from _near(snapshot, path, "near-maximum", "its maximum", queue.used, queue.maximum)
    if queue.am_maximum is not None:
        words = "what its application masters may have"
        yield from _near(snapshot, path, "near-am-share", words, queue.am_used, queue.am_maximum)


def _near(snapshot: Snapshot, path: str, what: str, words: str, used: Resources, limit: Resources) -> Iterator[Danger]:
    if used.memory_mib > 0 and used.memory_mib >= NEAR * limit.memory_mib:
        yield Danger(path, what, f"{used.memory_mib} of {limit.memory_mib} MiB of {words} are used")
    elif snapshot.counts_vcores and used.vcores > 0 and used.vcores >= NEAR * limit.vcores:
        yield Danger(path, what, f"{used.vcores} of {limit.vcores} vcores of {words} are used")
