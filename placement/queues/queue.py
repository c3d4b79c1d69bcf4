"""The queue tree with all that queues.yaml says of it, as plain values; what they mean: docs/queues.md.

`tree.py` has the mere names, for the hot path.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from placement.queues.amounts import Amount
from placement.queues.tree import ROOT

FIFO, FAIR, DRF, FURION = "fifo", "fair", "drf", "furion"
POLICIES = (FIFO, FAIR, DRF, FURION)
NO_LIMIT = -1.0  # of max-am-share, as the fair scheduler says it
SCHEDULERS = ("fair", "capacity", "spark", "impala")  # that have settings of their own, passed through

_NOT_IN_NAMES = set(' .:,"@#%*')  # `,`: the capacity scheduler lists names with it

Extras = Mapping[str, Mapping[str, Any]]  # by scheduler: text, numbers, yes or no, lists and settings of these


def can_be_named(name: str) -> bool:
    """Whether this can be the name of one queue, the last part of its path."""
    return bool(name) and name.isprintable() and not _NOT_IN_NAMES.intersection(name)


def can_be_somebody(name: str) -> bool:
    """Whether this can be the name of a user or a group; `*` is everybody."""
    return name != "*" and bool(name.strip()) and name.isprintable()


@dataclass(frozen=True, slots=True)
class Access:
    """Whom a right is given to: `everybody`, or users, members of groups, holders of roles. Nothing given: nobody."""

    everybody: bool = False
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preemption:
    """What is taken from a queue and for it; None: not said.

    `allowed`: whether others may take containers from this queue. `fair_share_timeout_s`, `min_share_timeout_s`:
    seconds below its fair share, or below what is reserved, after which the queue may take containers from others.
    `threshold`, 0 to 1: the part of the fair share below which the first of these clocks runs.
    Source: Hadoop `FSQueue`, `FSAppAttempt`; the capacity scheduler knows `allowed` alone (`disable_preemption`).
    """

    allowed: bool | None = None
    fair_share_timeout_s: int | None = None
    min_share_timeout_s: int | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What one user, or one connection, may have at a time in a queue and all below it; None: no limit of its own."""

    max_running: int | None = None
    max_queued: int | None = None
    maximum: Amount | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """Limits for each user, or each connection: `default`, and `exceptions` by name, which replace it key by key."""

    default: Limits = Limits()
    exceptions: Mapping[str, Limits] = field(default_factory=dict)

    def of(self, name: str) -> Limits:
        """The limits of one user or connection."""
        own = self.exceptions.get(name, self.default)
        return Limits(
            self.default.max_running if own.max_running is None else own.max_running,
            self.default.max_queued if own.max_queued is None else own.max_queued,
            self.default.maximum if own.maximum is None else own.maximum,
        )


@dataclass(frozen=True, slots=True)
class LabelShare:
    """A queue's share of the nodes with one label, as on those without: percent are of the label's nodes."""

    weight: float | None = None
    reserved: Amount | None = None
    maximum: Amount | None = None
    max_am_share: float | None = None


@dataclass(frozen=True, slots=True)
class NodeLabels:
    """`access`: the labels whose nodes the queue may use, `("*",)` for all, None for those of its parent.

    `default`: the label of whoever asks for none. `shares` by label.
    """

    access: tuple[str, ...] | None = None
    default: str | None = None
    shares: Mapping[str, LabelShare] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be said of a queue, or of queues yet to be created; None: nothing is said.

    `reserved` is guaranteed, `maximum` never exceeded. `max_running`, `max_queued`: applications. `max_am_share`: the
    part of the queue, 0 to 1, that application masters may take together, or NO_LIMIT.
    """

    weight: float | None = None
    reserved: Amount | None = None
    maximum: Amount | None = None
    policy: str | None = None
    max_running: int | None = None
    max_queued: int | None = None
    max_am_share: float | None = None
    preemption: Preemption | None = None
    submit: Access | None = None
    admin: Access | None = None
    per_user: Quota | None = None
    per_connection: Quota | None = None
    node_labels: NodeLabels | None = None
    extras: Extras = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AutoCreate:
    """Children made on demand: at most `max_queues` of them, `max_depth` levels deep; None: the scheduler's default.

    `template` is for each of them; what `leaf` and `parent` say comes before it, for those that run applications and
    those that have children.
    Source: Hadoop `AutoCreatedQueueTemplate`.
    """

    max_queues: int | None = None
    max_depth: int | None = None
    template: Settings = Settings()
    leaf: Settings = Settings()
    parent: Settings = Settings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Settings):
    """One queue: its `name` is the last part of its path."""

    name: str
    auto_create: AutoCreate | None = None
    children: "tuple[Queue, ...]" = ()

    @property
    def is_leaf(self) -> bool:
        """Whether applications run in it: nothing is below it, and nothing will be."""
        return not self.children and self.auto_create is None


@dataclass(frozen=True)
class Hierarchy:
    """All of queues.yaml: the `root` with all below it, the `defaults` of queues that say nothing, the `roles`.

    A role is whoever is one of its users, or in one of its groups. Of `defaults`, `extras` are settings of a scheduler
    as a whole; weight, what is reserved, access and node labels are never in them.
    """

    root: Queue = Queue(name=ROOT)
    defaults: Settings = Settings()
    roles: Mapping[str, Access] = field(default_factory=dict)

    def queues(self) -> Iterator[tuple[str, Queue]]:
        """Every queue with its full path, `root` first, each parent before its children, in the order of the file."""
        return iter(self._by_path.items())

    def find(self, path: str) -> Queue | None:
        """The queue of that full path; O(1) but for the first time."""
        return self._by_path.get(path)

    def chain(self, path: str) -> list[tuple[str, Settings]]:
        """What is said of the queue and of each of its ancestors, by full path, the queue first and `root` last.

        A queue that would be created on demand has the settings of its template. Empty if there is no such queue, and
        none would be created.
        """
        found: list[tuple[str, Settings]] = []
        here = path
        while here not in self._by_path:
            here = here.rpartition(".")[0]
            if not here:
                return []
        creating = self._by_path[here].auto_create
        if here != path:
            below = path[len(here) + 1 :].split(".")
            if creating is None or not all(below) or len(below) > (creating.max_depth or DEEPEST):
                return []
            found += [(path, creating.leaf), (path, creating.template)]
            for count in range(len(below) - 1, 0, -1):
                between = ".".join([here, *below[:count]])
                found += [(between, creating.parent), (between, creating.template)]
        while here:
            found.append((here, self._by_path[here]))
            here = here.rpartition(".")[0]
        return found

    @cached_property
    def _by_path(self) -> dict[str, Queue]:
        found = {}
        rest = [(self.root.name, self.root)]
        while rest:
            path, queue = rest.pop()
            found[path] = queue
            rest += [(f"{path}.{child.name}", child) for child in reversed(queue.children)]
        return found


DEEPEST = 2  # levels of queues created on demand; source: Hadoop `CapacitySchedulerConfiguration`, maximum-queue-depth
