"""How the queues below one queue say their shares: the capacity scheduler wants one kind for all of them.

Source: Hadoop `AbstractParentQueue.setChildQueues`, `getCapacityConfigurationTypeForQueues` (queue modes of old, which
are the default; without them every queue may be of a kind of its own).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from placement.queues.amounts import ABSOLUTE, MEMORY_NAME, OF_PARENT, VCORES, Amount
from placement.queues.queue import AutoCreate, LabelShare, Queue
from placement.schedulers.capacity import terms
from placement.schedulers.capacity.texts import PERCENT, RESOURCES, WEIGHT, Share, flag, share

ANY = "each its own"  # without the queue modes of old
PRECISION = 0.05  # percent
NO_LABEL = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a queue when those below it are looked at, each by label (NO_LABEL: nodes without one).

    `kind`: how its own share is said. `percent`: of its parent, and `of_cluster` and `most_of_cluster`: percent of the
    cluster that are its own, and that it can have at most; None where that is not known. `most`: its absolute maximum.
    """

    kind: str
    percent: Mapping[str, float]
    of_cluster: Mapping[str, float | None]
    most_of_cluster: Mapping[str, float | None]
    most: Mapping[str, Amount | None]


def text_of(value: object) -> str | None:
    """The text of a setting that is passed through; None if it is none, but a list or settings."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def extra(queue: Queue, name: str) -> str | None:
    """The text that a queue says itself, in the scheduler's words."""
    return text_of(queue.extras.get("capacity", {}).get(name))


def creates(queue: Queue) -> AutoCreate | None:
    """How children are created on demand; None if none are, or as the scheduler did it before."""
    return None if flag(extra(queue, terms.CREATES_OLD) or "") else queue.auto_create


def labels_of(queue: Queue) -> list[str]:
    """The labels of whose nodes a queue has shares."""
    return list(queue.node_labels.shares) if queue.node_labels else []


def prefix_of(label: str) -> str:
    """What stands before the properties of a label's nodes."""
    return f"{terms.LABELS}.{label}." if label else ""


def own_share(queue: Queue, label: str) -> LabelShare:
    """A queue's share of the nodes of a label; what it says in the scheduler's words wins."""
    said: Queue | LabelShare = queue
    if label:
        said = (queue.node_labels.shares if queue.node_labels else {}).get(label, LabelShare())
    text = extra(queue, f"{prefix_of(label)}{terms.CAPACITY}")
    if text is None:
        return LabelShare(said.weight, said.reserved, said.maximum, said.max_am_share)
    try:
        found = share(text)
    except ValueError:
        found = Share(PERCENT)
    weight = found.number if found.kind == WEIGHT and found.number >= 0 else None
    reserved = Amount(OF_PARENT, every=found.number if found.kind == PERCENT else 0.0)
    if found.kind == RESOURCES:
        reserved = Amount(ABSOLUTE, dict(found.resources))
    return LabelShare(weight, None if weight is not None else reserved, said.maximum, said.max_am_share)


def uniform(amount: Amount | None) -> float | None:
    """The one percentage of all resources; None if there is none."""
    if amount is None or amount.basis == ABSOLUTE or amount.every is not None:
        return amount.every if amount else None
    shares = set(amount.values.values())
    return shares.pop() if len(shares) == 1 and {MEMORY_NAME, VCORES} <= set(amount.values) else None


def of_parent(amount: Amount | None, parents: float | None) -> float | None:
    """The percentage of the parent, which has `parents` percent of the cluster; None if it is not known."""
    found = uniform(amount)
    if amount is None or found is None or amount.basis == OF_PARENT:
        return found
    if found == 0:
        return 0.0
    return 100 * found / parents if parents else None


def is_absolute(amount: Amount | None) -> bool:
    """Whether the scheduler takes it as an absolute amount: without memory it takes it for nothing."""
    return amount is not None and amount.basis == ABSOLUTE and bool(amount.values.get(MEMORY_NAME))


def kind_of(queue: Queue, standing: Standing, labels: Iterable[str], legacy: bool, zero_sum: bool) -> str:
    """How the queues below `queue` say their shares: WEIGHT, PERCENT, RESOURCES or ANY; O(children x labels).

    `labels`: those that count for `queue`. `zero_sum`: it lets them have nothing though it has something itself.
    """
    if not legacy:
        return ANY
    every = dict.fromkeys([NO_LABEL, *labels, *(label for child in queue.children for label in labels_of(child))])
    if not creates(queue) and all(_adds_up(queue, standing, label, zero_sum) for label in every):
        return PERCENT
    is_below_resources = queue.name == "root" or standing.kind == RESOURCES
    return RESOURCES if is_below_resources and can_be_absolute(queue) else WEIGHT


def can_be_absolute(queue: Queue) -> bool:
    """Whether the queues below `queue` have absolute shares, and all below them too, and none more than its parent."""
    if creates(queue) or not queue.children:
        return False
    labels = [NO_LABEL, *(label for child in queue.children for label in labels_of(child))]
    for child in queue.children:
        shares = [own_share(child, label) for label in labels]
        if any(not _is_nothing(own) and not is_absolute(own.reserved) for own in shares):
            return False
        if is_absolute(shares[0].reserved) and (creates(child) or (child.children and not can_be_absolute(child))):
            return False
    if not any(is_absolute(own_share(child, NO_LABEL).reserved) for child in queue.children):
        return False
    return queue.name == "root" or all(_fits(queue, label) for label in labels)


def _fits(queue: Queue, label: str) -> bool:
    own = own_share(queue, label).reserved
    shares = [below for child in queue.children if (below := own_share(child, label).reserved)]
    return own is None or all(
        sum(below.of(name) or 0 for below in shares) <= (own.of(name) or 0)
        for name in {name for below in shares for name in below.values}
    )


def _is_nothing(own: LabelShare) -> bool:
    said = own.reserved
    return own.weight is None and (said is None or (said.basis == ABSOLUTE and not any(said.values.values())))


def _adds_up(queue: Queue, standing: Standing, label: str, zero_sum: bool) -> bool:
    """Whether all have percent of `queue`, 100 together, or nothing where it has nothing itself."""
    total = 0.0
    for child in queue.children:
        own = own_share(child, label)
        percent = of_parent(own.reserved, standing.of_cluster.get(label))
        if percent is None and (label == NO_LABEL or own.weight is not None or own.reserved is not None):
            return False
        total += percent or 0.0
    has_something = zero_sum or standing.kind == WEIGHT
    if abs(total - 100) < PRECISION:
        return has_something or standing.percent.get(label, 0.0) > 0
    return total < PRECISION and (has_something or standing.percent.get(label, 0.0) < PRECISION)
