"""What the ResourceManager shows by REST that is not what it is told, for waiting and for reading back. Pure.

Told and not shown, and thus not compared: weights, preemption timeouts and thresholds, application-master shares and
access lists of the fair scheduler, quotas of users, placement rules; what a release leaves out; what a value means
that nobody here can read. Queues that come on demand are no difference. Sources: Hadoop `FairSchedulerQueueInfo`,
`CapacitySchedulerQueueInfo`, `CapacitySchedulerLeafQueueInfo`; held against 3.5.0 by
tests/cluster/test_sync_targets.py.
"""

from collections.abc import Iterator, Mapping

from placement.errors import quoted, visible
from placement.queues.names import FAIR
from placement.queues.tree import ROOT
from placement.schedulers.configuration import Configuration
from placement.sync import shown_capacity, shown_fair
from placement.yarn.answers import Scheduler
from placement.yarn.shapes import QueueInfo

_TYPES = {"fair": "fairScheduler", "capacity": "capacityScheduler"}


def differences(configuration: Configuration, answer: Scheduler) -> list[str]:
    """One line for each; none if everything that can be seen is as told."""
    if answer.type != _TYPES[configuration.scheduler]:
        return [f"the scheduler is {quoted(answer.type)}, not {quoted(configuration.scheduler)}"]
    return list(_differences(configuration, answer.queues))


def _differences(configuration: Configuration, queues: Mapping[str, QueueInfo]) -> Iterator[str]:
    differing = shown_fair.differing if configuration.scheduler == FAIR else shown_capacity.differing
    root = queues.get(ROOT, {})
    for path in configuration.queues:
        if path not in queues:
            yield f"there is no queue {quoted(path)}"
            continue
        for each in differing(configuration, path, queues[path], root):
            yield f"{visible(each.name)} of {quoted(path)} is {visible(each.shown)}, not {visible(each.told)}"
    for path, queue in queues.items():
        if path not in configuration.queues and queue.get("creationMethod") == "static":
            yield f"there is a queue {quoted(path)}"
