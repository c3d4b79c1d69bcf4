"""The queues of the fair scheduler as admission counts them. Pure.

Sources: Hadoop `FSQueue.fitsInMaxShare`, `FSLeafQueue.canRunAppAM`, `FSLeafQueue.computeMaxAMResource`,
`ComputeFairShares`, `MaxRunningAppsEnforcer`.
"""

from collections.abc import Mapping
from math import ceil

from placement.admission.resources import NOTHING, Resources
from placement.admission.snapshot import QueueUse
from placement.yarn import moment
from placement.yarn.live import Live
from placement.yarn.moment import Queues, resources
from placement.yarn.moment_shapes import QueueNow
from placement.yarn.terms import NO_AM_LIMIT, Terms
from placement.yarn.totals import totals


def uses(found: Queues, live: Live, terms: Terms, total: Resources, available: Resources) -> dict[str, QueueUse]:
    """`available`: what of `total` no container has, reserved or not. O(queues)."""
    own = {path: (queue.numActiveApps, queue.numPendingApps) for path, queue in found.queues.items()}
    counts = totals(own, live)
    maxima = {
        path: resources(queue.maxResources) if queue.maxResources else total for path, queue in found.queues.items()
    }
    shares = _FairShares(found.queues, maxima)
    done = {}
    for path, queue in found.queues.items():
        is_leaf = path in found.leaves
        share = terms.am_shares.get(path, terms.am_share)
        has_am_limit = is_leaf and share != NO_AM_LIMIT
        done[path] = QueueUse(
            is_leaf=is_leaf,
            maximum=maxima[path],
            used=resources(queue.usedResources) + resources(queue.reservedResources),
            running=counts[path].running,
            pending=counts[path].pending,
            waiting=counts[path].waiting,
            max_running=moment.limit(queue.maxApps),
            am_maximum=_am_maximum(shares.of(path), available, maxima[path], share) if has_am_limit else None,
            am_used=resources(queue.amUsedResources) if is_leaf else NOTHING,
            am_largest=_part(shares.largest(path), share) if has_am_limit else None,
            users=live.users.get(path, {}) if is_leaf else {},
            largest=resources(queue.maxContainerAllocation) if queue.maxContainerAllocation else None,
        )
    return done


def _am_maximum(fair: Resources, available: Resources, maximum: Resources, share: float) -> Resources:
    """As `FSLeafQueue.computeMaxAMResource`: where the fair share is nothing, what is available takes its place.

    That is so of vcores in all queues but those of the policy drf, as the others share out memory alone. What REST
    shows as `amMaxResources` is from when an application master was last looked at, and zero where none ever was.
    """
    there = available.least(maximum).most(NOTHING)
    return _part(Resources(fair.memory_mib or there.memory_mib, fair.vcores or there.vcores), share)


def _part(of: Resources, share: float) -> Resources:
    return Resources(ceil(of.memory_mib * share), ceil(of.vcores * share))


class _FairShares:
    """The instantaneous fair share of each queue: of one where nothing runs, what it would have if it began to run.

    A queue where nothing runs has none, and those that run have it all. Weights are not told, but the steady fair
    shares are, of all queues as if each was running: as the weights say, within the queues' bounds. So of what the
    running ones beside it have, without those that are at their maximum, it gets its part by steady fair share. That is
    never more than what the scheduler will give, but where `minResources` are more than a weight gives.
    """

    def __init__(self, queues: Mapping[str, QueueNow], maxima: Mapping[str, Resources]) -> None:
        self._queues = queues
        self._maxima = maxima
        self._beside = self._of_the_running()
        self._known: dict[str, Resources] = {}
        for path, queue in queues.items():  # INVARIANT parents-first
            self._known[path] = self._at(path, queue)

    def of(self, path: str) -> Resources:
        return self._known[path]

    def largest(self, path: str) -> Resources:
        """The most it can become."""
        least = self._maxima[path]
        while path := path.rpartition(".")[0]:
            least = least.least(self._maxima.get(path, least))
        return least

    def _at(self, path: str, queue: QueueNow) -> Resources:
        parent = path.rpartition(".")[0]
        fair = resources(queue.fairResources)
        if fair.memory_mib or parent not in self._known:
            return fair
        return self._newcomer(path, parent)

    def _newcomer(self, path: str, parent: str) -> Resources:
        at_maximum, steady = self._beside.get(parent, (NOTHING, NOTHING))
        rest = self._known[parent] - at_maximum
        own = resources(self._queues[path].steadyFairResources)
        part = Resources(
            _share(rest.memory_mib, own.memory_mib, steady.memory_mib), _share(rest.vcores, own.vcores, steady.vcores)
        )
        return part.least(self._maxima[path])

    def _of_the_running(self) -> dict[str, tuple[Resources, Resources]]:
        """Of those below each queue: what those at their maximum have, and the steady fair shares of the other ones."""
        found: dict[str, tuple[Resources, Resources]] = {}
        for path, queue in self._queues.items():
            fair = resources(queue.fairResources)
            if fair:
                parent = path.rpartition(".")[0]
                at_maximum, steady = found.get(parent, (NOTHING, NOTHING))
                own, maximum = resources(queue.steadyFairResources), self._maxima[path]
                of_memory, of_vcores = fair.memory_mib >= maximum.memory_mib, fair.vcores >= maximum.vcores
                at_maximum += Resources(fair.memory_mib * of_memory, fair.vcores * of_vcores)
                steady += Resources(own.memory_mib * (not of_memory), own.vcores * (not of_vcores))
                found[parent] = at_maximum, steady
        return found


def _share(rest: int, own: int, others: int) -> int:
    return rest * own // (own + others) if own and rest > 0 else 0
