"""Memory and vcores as one value, as the schedulers count them. Pure."""

import msgspec


class Resources(msgspec.Struct, frozen=True, gc=False):
    """MiB and vcores; below zero where more is used than there is room for.

    This and what is made of it are structs: a decision makes hundreds, and they are made and written quickly.
    """

    memory_mib: int = 0
    vcores: int = 0

    def __add__(self, other: "Resources") -> "Resources":
        return Resources(self.memory_mib + other.memory_mib, self.vcores + other.vcores)

    def __sub__(self, other: "Resources") -> "Resources":
        return Resources(self.memory_mib - other.memory_mib, self.vcores - other.vcores)

    def __mul__(self, times: int) -> "Resources":
        return Resources(self.memory_mib * times, self.vcores * times)

    def __bool__(self) -> bool:
        return bool(self.memory_mib or self.vcores)

    def least(self, other: "Resources") -> "Resources":
        """The smaller of each."""
        return Resources(min(self.memory_mib, other.memory_mib), min(self.vcores, other.vcores))

    def most(self, other: "Resources") -> "Resources":
        """The larger of each."""
        return Resources(max(self.memory_mib, other.memory_mib), max(self.vcores, other.vcores))

    def rounded(self, minimum: "Resources", step: "Resources") -> "Resources":
        """What a container of this size is given: at least `minimum`, and whole multiples of `step` (0: any).

        Source: Hadoop `ResourceCalculator.normalize`, `SchedulerUtils.normalizeRequest`.
        """
        least = self.most(minimum)
        return Resources(_up(least.memory_mib, step.memory_mib), _up(least.vcores, step.vcores))


def _up(number: int, step: int) -> int:
    return -(-number // step) * step if step > 0 else number


NOTHING = Resources()
ONE = Resources(1, 1)
