"""How much of a leaf queue of the capacity scheduler one user can come to. Pure.

The ResourceManager shows a user's limit as of the last time it gave that user something, and none for one who has
nothing yet; and its limit rises with what is used. So it is computed here, and for the point where it rises no more.
"""

from collections.abc import Callable
from math import ceil, inf
from operator import attrgetter

from placement.admission.resources import Resources
from placement.yarn.answers import several
from placement.yarn.moment import resources
from placement.yarn.moment_shapes import QueueNow, UserNow, UsersNow

_NEWCOMER = UserNow("")
_NO_FACTOR = -1.0
_MEMORY: Callable[[Resources], int] = attrgetter("memory_mib")
_VCORES: Callable[[Resources], int] = attrgetter("vcores")


def users_of(queue: QueueNow) -> list[UserNow]:
    return several(queue.users.user if isinstance(queue.users, UsersNow) else None)


class UserLimits:
    """Of one leaf: `guaranteed` and `maximum` are the queue's, `minimum` is of a container; all but O(1) once made.

    A user counts as active who waits for containers. A newcomer will, so it counts as one of them.
    """

    def __init__(self, queue: QueueNow, guaranteed: Resources, maximum: Resources, minimum: Resources) -> None:
        users = users_of(queue)
        self._queue = queue
        self._guaranteed = guaranteed
        self._maximum = maximum
        self._minimum = minimum
        self._used = sum((resources(each.resourcesUsed) for each in users), Resources())
        active = [each for each in users if each.isActive]
        self._active_used = sum((resources(each.resourcesUsed) for each in active), Resources())
        self._active_weight = sum(each.userWeight for each in active)
        self._active = len(active)

    def maximum(self, user: UserNow | None) -> Resources:
        """What the `user` can have at most while the others keep what they have; None: somebody who has nothing."""
        own = user or _NEWCOMER
        return Resources(self._most(own, _MEMORY), self._most(own, _VCORES))

    def am_maximum(self, user: UserNow | None) -> Resources | None:
        """What its application masters can have; of None as above. None: the queue does not say."""
        queue, own = self._queue, user or _NEWCOMER
        if queue.AMResourceLimit is None:
            return None
        active = self._active + (not own.isActive)
        part = min(max(queue.userLimit / 100, 1 / active) * own.userWeight, 1.0) * queue.userLimitFactor
        part = queue.configuredMaxAMResourceLimit * (1.0 if queue.userLimitFactor == _NO_FACTOR else part)
        least = self._guaranteed
        of_user = Resources(ceil(least.memory_mib * part), ceil(least.vcores * part))
        return of_user.rounded(Resources(), self._minimum).least(resources(queue.AMResourceLimit))

    def _most(self, own: UserNow, part: Callable[[Resources], int]) -> int:
        """Where the limit of `UsersManager.computeUserLimit` rises no more, of memory or of vcores by themselves.

        That is the larger of two, for a user who has `u`: what the active users have, and one container more, divided
        among them; and the user-limit-percent of the queue's capacity, or of all that is used and one container more
        where that is more. Both rise with `u`; solved for `u` they are these. Neither ever passes the capacity times
        user-limit-factor.
        """
        used, minimum = part(resources(own.resourcesUsed)), part(self._minimum)
        others, others_weight = part(self._active_used), self._active_weight
        if own.isActive:
            others, others_weight = others - used, others_weight - own.userWeight
        all_others = part(self._used) - used
        capacity, percent = max(part(self._guaranteed), minimum), self._queue.userLimit / 100 * own.userWeight
        by_division = own.userWeight * (others + minimum) / others_weight if others_weight > 0 else inf
        beyond = percent * (all_others + minimum) / (1 - percent) if percent < 1 else inf
        by_percent = max(percent * capacity, beyond if all_others + beyond >= capacity else 0)
        factor = self._queue.userLimitFactor
        is_unbound = factor == _NO_FACTOR or not self._guaranteed
        most = part(self._maximum) if is_unbound else own.userWeight * int(capacity * factor)
        limit = ceil(min(max(by_division, by_percent), most))
        return -(-limit // minimum) * minimum if minimum else limit
