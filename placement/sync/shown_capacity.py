"""What the capacity scheduler shows of a queue beside what it is told. Pure.

Source: Hadoop `CapacitySchedulerQueueInfo`, `CapacitySchedulerLeafQueueInfo`, `CapacitySchedulerConfiguration`.
"""

from collections.abc import Callable, Iterator, Mapping

from placement.queues.tree import ROOT
from placement.schedulers.capacity import terms, texts
from placement.schedulers.configuration import Configuration
from placement.sync import shown_values
from placement.sync.shown_values import Differs
from placement.yarn.answers import DRAINING
from placement.yarn.shapes import QueueInfo

UNLIMITED = 2**31 - 1
AM_SHARE = 0.1  # where nobody says one
_PERCENT_ERROR = 0.001  # of 100, where shares of shares are counted in float32
_RIGHTS = {terms.SUBMIT_ACL: "SUBMIT_APP", terms.ADMIN_ACL: "ADMINISTER_QUEUE"}
_AS_SAID: Mapping[str, tuple[str, Callable[[str], float]]] = {  # compared only where a queue says it
    terms.MAX_APPLICATIONS: ("maxApplications", texts.whole),
    "user-limit-factor": ("userLimitFactor", texts.number),
    "minimum-user-limit-percent": ("userLimit", texts.number),
}


def differing(configuration: Configuration, path: str, queue: QueueInfo, root: QueueInfo) -> Iterator[Differs]:
    """`queue` is the answer's."""
    del root
    own = configuration.queues[path]
    yield from _state(configuration, path, queue)
    yield from _shares(own, path, queue)
    most = _inherited(configuration, path, terms.MAX_RUNNING) or str(UNLIMITED)
    yield from _read(terms.MAX_RUNNING, texts.whole, most, queue.get("maxParallelApps"))
    share = _inherited(configuration, path, terms.MAX_AM_SHARE) or str(AM_SHARE)
    yield from _read(terms.MAX_AM_SHARE, texts.number, share, queue.get("configuredMaxAMResourceLimit"))
    for name, (key, read) in _AS_SAID.items():
        if name in own:
            yield from _read(name, read, own[name], queue.get(key))
    if own.get(terms.ORDERING) in ("fifo", "fair"):
        yield from shown_values.word(terms.ORDERING, own[terms.ORDERING], queue.get("orderingPolicyInfo"))
    yield from _access(own, path, queue)


def _state(configuration: Configuration, path: str, queue: QueueInfo) -> Iterator[Differs]:
    """A queue below a stopped one is stopped; one that is on its way counts as stopped."""
    told, at = terms.RUNNING, path
    while at:
        if configuration.queues.get(at, {}).get(terms.STATE, "").strip() == terms.STOPPED:
            told = terms.STOPPED
        at = at.rpartition(".")[0]
    shown = queue.get("state")
    yield from shown_values.word(terms.STATE, told, terms.STOPPED if shown == DRAINING else shown)


def _shares(own: Mapping[str, str], path: str, queue: QueueInfo) -> Iterator[Differs]:
    capacity = _share(own.get(terms.CAPACITY, ""))
    if capacity and path != ROOT:
        if capacity.kind == texts.PERCENT:
            yield from shown_values.number(terms.CAPACITY, capacity.number, queue.get("capacity"), _PERCENT_ERROR)
        elif capacity.kind == texts.WEIGHT:
            yield from shown_values.number(terms.CAPACITY, capacity.number, queue.get("weight"), _PERCENT_ERROR)
    is_absolute = capacity is not None and capacity.kind == texts.RESOURCES
    maximum = _share(own.get(terms.MAXIMUM_CAPACITY, "" if is_absolute else "100"))
    if maximum and maximum.kind == texts.PERCENT and 0 <= maximum.number <= 100 and not is_absolute:
        shown = queue.get("maxCapacity")
        yield from shown_values.number(terms.MAXIMUM_CAPACITY, maximum.number, shown, _PERCENT_ERROR)


def _access(own: Mapping[str, str], path: str, queue: QueueInfo) -> Iterator[Differs]:
    """Newer releases show a queue's own lists."""
    listed = queue.get("queueAcls")
    entries = listed.get("queueAcl") if isinstance(listed, dict) else None
    lists = {
        each.get("accessType"): each.get("accessControlList")
        for each in (entries if isinstance(entries, list) else [])
        if isinstance(each, dict)
    }
    for name, right in _RIGHTS.items():
        yield from shown_values.access(name, own.get(name, "*" if path == ROOT else " "), lists.get(right))


def _inherited(configuration: Configuration, path: str, name: str) -> str | None:
    """What the queue says, or else the scheduler as a whole."""
    return configuration.queues[path].get(name) or configuration.general.get(f"{terms.PREFIX}{name}")


def _share(text: str) -> texts.Share | None:
    try:
        return texts.share(text) if text else None
    except ValueError:
        return None


def _read(name: str, read: Callable[[str], float], told: str, shown: object) -> Iterator[Differs]:
    try:
        value = read(told)
    except ValueError:
        return
    yield from shown_values.number(name, value, shown)
