"""The queues of the capacity scheduler as admission counts them, on the nodes without a label. Pure.

Sources: Hadoop `AbstractLeafQueue.activateApplications` and `getUserAMResourceLimitPerPartition`,
`UsersManager.computeUserLimit`, `CSMaxRunningAppsEnforcer`.
"""

from collections.abc import Mapping
from math import ceil

from placement.admission.resources import NOTHING, Resources
from placement.admission.snapshot import QueueUse, UserUse
from placement.yarn import moment
from placement.yarn.answers import RUNNING, several
from placement.yarn.live import Live
from placement.yarn.moment import Queues, resources
from placement.yarn.moment_shapes import PartitionNow, QueueNow
from placement.yarn.shapes import Amount
from placement.yarn.totals import totals
from placement.yarn.user_limits import UserLimits, users_of

_NO_USE = UserUse()


def uses(found: Queues, live: Live, minimum: Resources, total: Resources) -> dict[str, QueueUse]:
    """`minimum`: of a container. O(queues and users)."""
    own = {path: _counts(queue) for path, queue in found.queues.items()}
    counts = totals(own, live)
    done = {}
    for path, queue in found.queues.items():
        guaranteed, maximum = _capacity(queue, total)
        is_leaf = path in found.leaves
        limits = UserLimits(queue, guaranteed, maximum, minimum) if is_leaf else None
        done[path] = QueueUse(
            is_leaf=is_leaf,
            maximum=maximum,
            used=resources(queue.resourcesUsed) if queue.resourcesUsed else _used_below(path, found.queues),
            takes_applications=queue.state in (RUNNING, None),
            running=counts[path].running,
            pending=counts[path].pending,
            waiting=counts[path].waiting,
            max_running=moment.limit(queue.maxParallelApps),
            max_applications=moment.limit(queue.maxApplications),
            am_maximum=_optional(queue.AMResourceLimit),
            # Also of those let in without a container yet, as `waiting`: too much while the cluster is full.
            am_used=resources(queue.usedAMResource),
            user_maximum=limits.maximum(None) if limits else None,
            user_am_maximum=limits.am_maximum(None) if limits else None,
            user_max_applications=moment.limit(queue.maxApplicationsPerUser),
            users=_users(queue, live.users.get(path, {}), limits) if limits else {},
            largest=_optional(queue.maximumAllocation),
        )
    return done


def _users(queue: QueueNow, live: Mapping[str, UserUse], limits: UserLimits) -> dict[str, UserUse]:
    """Applications are counted from `live`: those that `max-parallel-apps` keeps back are in no count of a user."""
    there = {user.username: user for user in users_of(queue)}
    users = {}
    for name in live.keys() | there.keys():
        counted, found = live.get(name, _NO_USE), there.get(name)
        users[name] = UserUse(
            used=resources(found.resourcesUsed) if found else counted.used,
            am_used=resources(found.AMResourceUsed) if found else NOTHING,
            running=counted.running,
            pending=counted.pending,
            maximum=limits.maximum(found),
            am_maximum=limits.am_maximum(found),
        )
    return users


def _counts(queue: QueueNow) -> tuple[int, int]:
    """Those that run, and the others: `numApplications`, of a leaf, has those too that `max-parallel-apps` keeps back.

    Of a parent these are of all below it, and its own counts are not there.
    """
    active, pending = queue.numActiveApplications, queue.numPendingApplications
    is_counted = queue.maxApplications is not None
    return active, max(pending, queue.numApplications - active) if is_counted else 0


def _capacity(queue: QueueNow, total: Resources) -> tuple[Resources, Resources]:
    """What is guaranteed, and the most. The root is said to have nothing where no node is."""
    found = several(queue.capacities.queueCapacitiesByPartition) if queue.capacities else []
    of_all = next((each for each in found if not each.partitionName), PartitionNow())
    least, most = of_all.effectiveMinResource, of_all.effectiveMaxResource
    if most is None:  # before Hadoop 3.1
        part = queue.absoluteMaxCapacity / 100
        return NOTHING, Resources(int(total.memory_mib * part), ceil(total.vcores * part))
    return resources(least) if least else NOTHING, resources(most)


def _used_below(path: str, queues: Mapping[str, QueueNow]) -> Resources:
    """Of the root, which does not say it."""
    below = (queue for each, queue in queues.items() if each.rpartition(".")[0] == path)
    return sum((resources(queue.resourcesUsed) for queue in below if queue.resourcesUsed), NOTHING)


def _optional(amount: Amount | None) -> Resources | None:
    return resources(amount) if amount else None
