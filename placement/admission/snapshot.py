"""What the cluster was seen to have, use and allow at one moment: one value, of either scheduler. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from placement.admission.resources import NOTHING, ONE, Resources


class UserUse(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one user has in one leaf queue. `maximum`, `am_maximum`: None, no limit is known."""

    used: Resources = NOTHING
    am_used: Resources = NOTHING
    running: int = 0
    pending: int = 0
    maximum: Resources | None = None
    am_maximum: Resources | None = None


class QueueUse(msgspec.Struct, frozen=True, omit_defaults=True):
    """One queue, as the ResourceManager shows it; of limits None is none.

    `maximum` is what it may use at most, in absolute numbers. `used`, `running` and `pending` (applications that have
    not begun) include the queues below. `waiting` is the memory and vcores that the application masters of `pending`
    ask for. `max_applications` limits those that run and wait together. Of a leaf, `am_maximum` and `am_used` are of
    all application masters together, `user_maximum`, `user_am_maximum` and `user_max_applications` of a user who has
    nothing in it yet, and `users` are the others. `am_largest` is the most that `am_maximum` can become, as the fair
    scheduler takes it of a share that moves with what others run; None: not known. `largest`: a container of this
    queue has at most this much; None: what Snapshot says of all.
    """

    is_leaf: bool
    maximum: Resources
    used: Resources = NOTHING
    takes_applications: bool = True
    running: int = 0
    pending: int = 0
    waiting: Resources = NOTHING
    max_running: int | None = None
    max_applications: int | None = None
    am_maximum: Resources | None = None
    am_used: Resources = NOTHING
    user_maximum: Resources | None = None
    user_am_maximum: Resources | None = None
    user_max_applications: int | None = None
    users: Mapping[str, UserUse] = msgspec.field(default_factory=dict)
    am_largest: Resources | None = None
    largest: Resources | None = None


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """An application that was placed by a decision and has not ended. `decision` is the decision's id, of its tag.

    `state` is YARN's (Hadoop `YarnApplicationState`), `allocated` what it has now, `queue` the full path.
    """

    decision: str
    application: str
    user: str
    queue: str
    state: str
    allocated: Resources = NOTHING
    started_ms: int = 0

    @property
    def has_begun(self) -> bool:
        """Whether its application master has a container: before it registers, the state is as without one."""
        return self.state == "RUNNING" or bool(self.allocated)


class Snapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """The cluster at `taken_s`, seconds since the epoch by the clock of this machine, when it was asked.

    `queues` by full path, `root` first, each parent before its children. `total` is of all nodes that work, `free` of
    it nobody has. A container has at least `minimum`, at most `largest`, and is rounded up to `step`.
    `counts_vcores`: whether the scheduler minds vcores at all. `user_running`: how many applications each user runs,
    over the whole cluster. `applications` are those with a tag of a decision. `nodes`: how many work. `term` tells one
    term of an active ResourceManager from the next: a new one sees its nodes, and what runs there, only bit by bit.
    """

    taken_s: float
    scheduler: str
    queues: Mapping[str, QueueUse]
    total: Resources
    free: Resources
    minimum: Resources = ONE
    step: Resources = ONE
    largest: Resources | None = None
    counts_vcores: bool = True
    user_running: Mapping[str, int] = msgspec.field(default_factory=dict)
    applications: tuple[Seen, ...] = ()
    nodes: int = 0
    term: int = 0

    def as_data(self) -> dict[str, Any]:
        """The snapshot as plain data, without what is as by default; O(queues)."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data
