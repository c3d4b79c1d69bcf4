"""What the fair scheduler shows of a queue beside what it is told. Pure.

Source: Hadoop `FairSchedulerQueueInfo`, `FSQueue.getMaxShare`, `ConfigurableResource`, `AllocationConfiguration`.
"""

from collections.abc import Iterator

from placement.queues.amounts import ABSOLUTE, MEMORY_NAME, VCORES, Amount
from placement.queues.tree import ROOT
from placement.schedulers.configuration import Configuration
from placement.schedulers.fair import amounts, texts
from placement.sync import shown_values
from placement.sync.shown_values import Differs
from placement.yarn.shapes import QueueInfo, Resources

UNLIMITED = 2**31 - 1
_SHOWN = {MEMORY_NAME: "memory", VCORES: "vCores"}


def differing(configuration: Configuration, path: str, queue: QueueInfo, root: QueueInfo) -> Iterator[Differs]:
    """`queue` and `root` are the answer's; `path` is in both."""
    own, general = configuration.queues[path], configuration.general
    is_root = path == ROOT
    maximum = own.get("maxRunningApps", None if is_root else general.get("queueMaxAppsDefault", str(UNLIMITED)))
    most = texts.whole(maximum) if maximum is not None else None
    if most is not None:
        yield from shown_values.number("maxRunningApps", most, queue.get("maxApps"))
    policy = texts.policy(own.get("schedulingPolicy", general.get("defaultQueueSchedulingPolicy", "fair")))
    if policy:
        yield from shown_values.word("schedulingPolicy", policy, queue.get("schedulingPolicy"))
    may_be_preempted = texts.flag(own.get("allowPreemptionFrom", "true"))
    if not may_be_preempted or _all_preemptable(configuration, path):
        yield from shown_values.flag("allowPreemptionFrom", may_be_preempted, queue.get("preemptable"))
    yield from _resources(configuration, path, queue, root)


def _resources(configuration: Configuration, path: str, queue: QueueInfo, root: QueueInfo) -> Iterator[Differs]:
    """In MiB and vcores. What is left out of a maximum is not compared: releases do not agree on what it means."""
    own = configuration.queues[path]
    least = _amount(own.get("minResources", "0 mb, 0 vcores"))
    most_text = own.get("maxResources", configuration.general.get("queueMaxResourcesDefault", ""))
    most = _amount(most_text) if path != ROOT or "maxResources" in own else None
    largest = _amount(own.get("maxContainerAllocation", "")) if path != ROOT else None
    for resource, name in _SHOWN.items():
        cluster = _in(root.get("clusterResources"), resource)
        if cluster is None:
            continue
        reserved = (_pieces(least, resource, cluster) or 0.0) if least else None
        if reserved is not None:
            shown = _in(queue.get("minResources"), resource)
            yield from shown_values.number(f"minResources ({name})", reserved, shown, _off(least))
        limit = _pieces(most, resource, cluster)
        if limit is None and not most_text and path != ROOT:
            limit = cluster
        if limit is not None and reserved is not None:
            told, shown = min(max(limit, reserved), cluster), _in(queue.get("maxResources"), resource)
            yield from shown_values.number(f"maxResources ({name})", told, shown, _off(least, most))
        container, whole = _pieces(largest, resource, cluster), _in(root.get("maxContainerAllocation"), resource)
        if container is not None and whole is not None:
            told, shown = min(container, whole), _in(queue.get("maxContainerAllocation"), resource)
            yield from shown_values.number(f"maxContainerAllocation ({name})", told, shown, _off(largest))


def _all_preemptable(configuration: Configuration, path: str) -> bool:
    while path:
        if not texts.flag(configuration.queues.get(path, {}).get("allowPreemptionFrom", "true")):
            return False
        path = path.rpartition(".")[0]
    return True


def _amount(text: str) -> Amount | None:
    try:
        return amounts.read(text) if text else None
    except ValueError:
        return None


def _pieces(amount: Amount | None, resource: str, cluster: float) -> float | None:
    """How much of a resource; None where nothing is said."""
    value = amount.of(resource) if amount else None
    if amount is None or value is None:
        return None
    return value if amount.basis == ABSOLUTE else int(cluster * value / 100)


def _off(*told: Amount | None) -> int:
    """By how much the scheduler's rounding may be another one."""
    return 0 if all(amount is None or amount.basis == ABSOLUTE for amount in told) else 1


def _in(resources: Resources | None, resource: str) -> float | None:
    if resources is None:
        return None
    return resources.get("vCores") if resource == VCORES else resources.get("memory")
