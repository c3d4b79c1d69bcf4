"""`capacity` and `maximum-capacity` of every queue, of one kind among siblings, as the scheduler accepts them.

With absolute shares it looks at absolute maximums only, with any other at percentages only.
Source: Hadoop `AbstractCSQueue.updateEffectiveResources`.
"""

from collections.abc import Mapping

from placement.queues.amounts import ABSOLUTE, MEMORY_NAME, MOST_VCORES, OF_PARENT, VCORES, Amount
from placement.queues.queue import Hierarchy, LabelShare, Queue
from placement.queues.tree import ROOT
from placement.schedulers.capacity import terms
from placement.schedulers.capacity.families import (
    ANY,
    NO_LABEL,
    Standing,
    extra,
    is_absolute,
    kind_of,
    labels_of,
    of_parent,
    own_share,
    prefix_of,
    uniform,
)
from placement.schedulers.capacity.shortfalls import Keys, Losses, in_words
from placement.schedulers.capacity.texts import (
    DIGITS,
    MOST_WEIGHT,
    PERCENT,
    RESOURCES,
    WEIGHT,
    decimal,
    flag,
    resources_text,
)

NOTHING = f"[{MEMORY_NAME}=0,{VCORES}=0]"
_MIXED = "the queues beside it say their shares otherwise, or not 100% together; all of them have weights"
_IN_ONE = "this scheduler has no percentages of single resources, but one of them all"


class Shares:
    """Goes down the tree with the renderer: a queue is asked for before those below it."""

    def __init__(self, hierarchy: Hierarchy, general: Mapping[str, str], losses: Losses) -> None:
        self._losses = losses
        self._legacy = flag(general.get(terms.LEGACY_MODE, "")) is not False
        labels = {label: None for _, queue in hierarchy.queues() for label in labels_of(queue)}
        whole = dict.fromkeys([NO_LABEL, *labels], 100.0)
        self._all_labels = list(labels)
        self._standing = {"": Standing(PERCENT, whole, whole, whole, {})}
        self._kinds = {"": PERCENT}
        self._scales: dict[tuple[str, str], float] = {}

    def of(self, path: str, queue: Queue) -> dict[str, str]:
        """The properties of one queue that say its shares, of the nodes of every label."""
        above, _, _ = path.rpartition(".")
        kind, parent = self._kinds[above], self._standing[above]
        texts: dict[str, str] = {}
        own: dict[str, LabelShare] = {}
        for label in (NO_LABEL, *labels_of(queue)):
            own[label] = said = own_share(queue, label)
            prefix, keys = prefix_of(label), ("node-labels", "shares", label) if label else ()
            if path == ROOT:
                self._whole(path, keys, said)
            elif extra(queue, f"{prefix}{terms.CAPACITY}") is None:
                text = self._capacity(path, keys, said, kind, parent, label, bool(queue.children))
                texts |= {f"{prefix}{terms.CAPACITY}": text} if text else {}
            if said.maximum is not None and extra(queue, f"{prefix}{terms.MAXIMUM_CAPACITY}") is None:
                absolute = kind == RESOURCES and texts.get(f"{prefix}{terms.CAPACITY}", "[").startswith("[")
                text = self._maximum(path, keys, said.maximum, ANY if kind == ANY else absolute, parent, label)
                texts |= {f"{prefix}{terms.MAXIMUM_CAPACITY}": text} if text else {}
        if queue.children:
            self._stand(path, queue, kind, parent, own)
        return texts

    def _stand(self, path: str, queue: Queue, kind: str, parent: Standing, own: Mapping[str, LabelShare]) -> None:
        """Notes what those below the queue have to go by."""
        if path == ROOT:
            kind, labels = PERCENT, self._all_labels
            percent: dict[str, float] = dict(parent.percent)
        else:
            labels = labels_of(queue)
            found = {label: of_parent(said.reserved, parent.of_cluster.get(label)) for label, said in own.items()}
            percent = {label: share or 0.0 for label, share in found.items()} if kind in (PERCENT, ANY) else {}
            if kind == RESOURCES and not is_absolute(own[NO_LABEL].reserved):
                kind = PERCENT
        of_cluster = {label: _part(share, parent.of_cluster.get(label)) for label, share in percent.items()}
        most_of_cluster = dict(parent.most_of_cluster)
        most = dict(parent.most)
        for label, said in own.items():
            limit = of_parent(said.maximum, parent.most_of_cluster.get(label))
            if limit is not None:
                most_of_cluster[label] = _part(limit, parent.most_of_cluster.get(label))
            if kind == RESOURCES and said.maximum is not None:
                most[label] = _within(said.maximum, most.get(label)) or most.get(label)
        standing = Standing(kind, percent, of_cluster, most_of_cluster, most)
        self._standing[path] = standing
        zero_sum = flag(extra(queue, terms.ZERO_SUM) or "") is True
        self._kinds[path] = kind = kind_of(queue, standing, labels, self._legacy, zero_sum)
        if kind == WEIGHT:
            for label in (NO_LABEL, *(label for child in queue.children for label in labels_of(child))):
                most_weight = max(own_share(child, label).weight or 0 for child in queue.children)
                self._scales[path, label] = min(1.0, MOST_WEIGHT / most_weight) if most_weight else 1.0

    def _whole(self, path: str, keys: Keys, said: LabelShare) -> None:
        if said.weight is not None:
            self._losses.lost(path, (*keys, "weight"), f"{said.weight:g}", "`root` has no siblings")
        if said.reserved is not None and uniform(said.reserved) != 100:
            self._losses.lost(path, (*keys, "reserved"), in_words(said.reserved), "`root` always has all of it")

    def _capacity(
        self, path: str, keys: Keys, said: LabelShare, kind: str, parent: Standing, label: str, has_children: bool
    ) -> str | None:
        if kind == ANY:
            kind, text = self._any(said, parent, label)
        elif kind == PERCENT:
            text = decimal(of_parent(said.reserved, parent.of_cluster.get(label)) or 0.0)
        elif kind == RESOURCES:
            text = resources_text(said.reserved) if said.reserved and is_absolute(said.reserved) else None
            if text is None and said.maximum is not None and said.maximum.basis == ABSOLUTE and not has_children:
                text = NOTHING
        else:
            scale = self._scales.get((path.rpartition(".")[0], label), 1.0)
            text = f"{decimal(max((said.weight or 1.0) * scale, 10.0**-DIGITS))}w"
        if kind == WEIGHT and said.reserved is not None and _is_something(said.reserved):
            self._losses.lost(path, (*keys, "reserved"), in_words(said.reserved), _MIXED)
        if kind != WEIGHT and said.weight is not None:
            why = "it has what is reserved for it, and what is left goes by that too"
            self._losses.lost(path, (*keys, "weight"), f"{said.weight:g}", why)
        return text

    def _any(self, said: LabelShare, parent: Standing, label: str) -> tuple[str, str | None]:
        percent = of_parent(said.reserved, parent.of_cluster.get(label))
        if percent is not None:
            return PERCENT, decimal(percent)
        if said.reserved is not None and (is_absolute(said.reserved) or said.reserved.basis == OF_PARENT):
            return RESOURCES, resources_text(said.reserved)
        return WEIGHT, f"{decimal(min(said.weight or 1.0, MOST_WEIGHT))}w"

    def _maximum(
        self, path: str, keys: Keys, said: Amount, absolute: bool | str, parent: Standing, label: str
    ) -> str | None:
        why = "with shares in percent, or weights, the scheduler takes maximums in percent only"
        limit = of_parent(said, parent.most_of_cluster.get(label))
        if absolute is True or (absolute == ANY and path != ROOT and is_absolute(said)):
            within = _within(said, parent.most.get(label))
            if within:
                return resources_text(within)
            why = "with absolute shares the scheduler takes absolute maximums, with memory, only"
            if limit == 100:
                return None
        elif limit is not None:
            return decimal(min(limit, 100.0))
        elif absolute == ANY and said.basis == OF_PARENT and path != ROOT:
            return resources_text(said)
        elif said.basis != ABSOLUTE:
            why = _IN_ONE
        self._losses.lost(path, (*keys, "maximum"), in_words(said), why)
        return None


def _part(percent: float, whole: float | None) -> float | None:
    return None if whole is None else percent * whole / 100


def _is_something(amount: Amount) -> bool:
    return bool(amount.every or any(amount.values.values()))


def _within(said: Amount, most: Amount | None) -> Amount | None:
    """An absolute maximum that is not above the one around it, which the scheduler refuses; None if it is not known.

    A resource that is not said would have a maximum of 0.
    """
    if said.basis == OF_PARENT and most is not None:
        share = uniform(said)
        if share is None:
            return None
        return Amount(ABSOLUTE, {name: int(value * share / 100) for name, value in most.values.items()})
    if not is_absolute(said):
        return None
    values = {VCORES: float(MOST_VCORES), **said.values}
    limits = most.values if most else {}
    return Amount(ABSOLUTE, {name: min(value, limits.get(name, value)) for name, value in values.items()})
