"""One submission in the ledger, and the limit that keeps it waiting. Pure."""

from typing import Any

import msgspec

from placement.admission.demand import Demand
from placement.admission.resources import Resources

WAITING, RESERVED, RUNNING = "waiting", "reserved", "running"
FINISHED, WITHDRAWN, REFUSED = "finished", "withdrawn", "refused"
ENDED = (FINISHED, WITHDRAWN, REFUSED)
CLUSTER = "cluster"  # where a limit is that is of no queue


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A submission that asked for admission. Times are seconds since the epoch.

    `id` is the decision's. `user` is whom the ResourceManager will see, `account` who asked, as the kernel says.
    `candidates`: the queues it may run in, full paths, the first best. `priority`: higher first. `demand` is rounded.
    `state` is one of the words above; `queue` is where its turn is, once it has one (RESERVED and later);
    `since_s` when that state began. `application`: the id that YARN gave it, once it was seen. `reason`: why it ended.
    `moved_s`: by how many seconds those that overtook it have put off its expected start.
    """

    id: str
    user: str
    account: str
    candidates: tuple[str, ...]
    demand: Demand
    arrived_s: float
    priority: int = 0
    command: str = ""
    state: str = WAITING
    since_s: float = 0.0
    queue: str | None = None
    application: str | None = None
    reason: str = ""
    moved_s: float = 0.0

    def hold(self, queue: str) -> "Hold":
        """The room that its turn in `queue` promises to it."""
        return Hold(self.id, self.user, queue, self.demand.total, self.demand.master)


MIB, VCORES, APPLICATIONS = "MiB", "vcores", "applications"  # what a limit counts


class Limit(msgspec.Struct, frozen=True, gc=False):
    """What keeps a submission from starting in `queue`: `code` at `at` (the queue, an ancestor, or CLUSTER).

    `needed` and `have` in `unit`: `MiB`, `vcores` or `applications`; what is needed is more than what is there.
    `cause`: of the code `behind`, the code of what the one ahead waits for; then the numbers are those of that one.
    """

    code: str
    queue: str
    at: str
    needed: int
    have: int
    unit: str
    cause: str = ""

    def as_data(self) -> dict[str, Any]:
        """The limit as plain data."""
        return msgspec.structs.asdict(self)


class Hold(msgspec.Struct, frozen=True, gc=False):
    """Room that is promised and not yet seen in use: of an entry that has its turn.

    `amount` is what of its demand is not allocated yet; `master` what of it is the application master's, zero once
    that runs. `is_seen`: the ResourceManager counts the application already.
    """

    id: str
    user: str
    queue: str
    amount: Resources
    master: Resources
    is_seen: bool = False
