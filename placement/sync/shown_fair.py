"""What the fair scheduler shows of a queue beside what it is told. Pure.

Source: Hadoop `FairSchedulerQueueInfo`, `FSQueue.getMaxShare`, `ConfigurableResource`, `AllocationConfiguration`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from placement.queues.amounts import ABSOLUTE, MEMORY_NAME, VCORES, Amount
from placement.schedulers.configuration import Configuration
from placement.schedulers.fair import amounts, texts
from placement.sync import shown_values
from placement.sync.shown_values import Compared

UNLIMITED = 2**31 - 1
_SHOWN = {MEMORY_NAME: "memory", VCORES: "vCores"}


def compared(
    configuration: Configuration, path: str, queue: Mapping[str, Any], root: Mapping[str, Any]
) -> Iterator[Compared]:
    """`queue` and `root` are the answer's; `path` is in both."""
    own, general = configuration.queues[path], configuration.general
    is_root = path == "root"
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


def _resources(
    configuration: Configuration, path: str, queue: Mapping[str, Any], root: Mapping[str, Any]
) -> Iterator[Compared]:
    """In MiB and vcores. What is left out of a maximum is not compared: releases do not agree on what it means."""
    own = configuration.queues[path]
    least = _amount(own.get("minResources", "0 mb, 0 vcores"))
    most_text = own.get("maxResources", configuration.general.get("queueMaxResourcesDefault", ""))
    most = _amount(most_text) if path != "root" or "maxResources" in own else None
    largest = _amount(own.get("maxContainerAllocation", "")) if path != "root" else None
    for resource, name in _SHOWN.items():
        cluster = _of(root, "clusterResources", name)
        if cluster is None:
            continue
        reserved = (_pieces(least, resource, cluster) or 0.0) if least else None
        if reserved is not None:
            yield from shown_values.number(
                f"minResources ({name})", reserved, _of(queue, "minResources", name), _off(least)
            )
        limit = _pieces(most, resource, cluster)
        if limit is None and not most_text and path != "root":
            limit = cluster
        if limit is not None and reserved is not None:
            told = min(max(limit, reserved), cluster)
            yield from shown_values.number(
                f"maxResources ({name})", told, _of(queue, "maxResources", name), _off(least, most)
            )
        container, whole = _pieces(largest, resource, cluster), _of(root, "maxContainerAllocation", name)
        if container is not None and whole is not None:
            told = min(container, whole)
            shown = _of(queue, "maxContainerAllocation", name)
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


def _of(queue: Mapping[str, Any], key: str, name: str) -> float | None:
    found = queue.get(key)
    value = found.get(name) if isinstance(found, dict) else None
    return value if isinstance(value, int | float) else None
