"""How the runs of many jobs spread: whole numbers in buckets, so that merging is exact in any order.

Kept for each user, kind and for all: the first run of each job (how much, how long), and how far later runs were from
what was expected of them, by how many runs of the job were known then, its age.
"""

from collections.abc import Iterable, Sequence
from math import asinh, exp, log, sinh
from typing import Self

AGES = (1, 2, 3, 4, 6, 9, 14, 21)  # the last age of each group
OLDEST = AGES[-1]  # beyond, a job's own runs say enough
PER_E = 10  # buckets of sizes to a factor of e
SHORTEST_S = 1.0  # a run counts for as long at least: a container costs its start
FINEST, STEPS = 0.01, 8  # errors: buckets of FINEST / STEPS of ln(use / expected) near 0, of 1 / STEPS far from it


def age_group(age: int) -> int:
    """The group of an age from 1 to OLDEST."""
    return next(group for group, last in enumerate(AGES) if age <= last)


def size_bucket(size: float) -> int:
    """The bucket of a size above 0."""
    return round(log(size) * PER_E)


def error_bucket(ratio: float) -> int:
    """The bucket of used by expected, above 0."""
    return round(asinh(log(ratio) / FINEST) * STEPS)


def size_of(bucket: int) -> float:
    """The upper end of a bucket of sizes."""
    return exp((bucket + 0.5) / PER_E)


def error_of(bucket: int) -> float:
    """The upper end of a bucket of errors."""
    return exp(FINEST * sinh((bucket + 0.5) / STEPS))


FIRST, SHARE = -1, -2  # rather than a group of ages: first runs by size, first runs by share of the request
MS = 100  # less than FIRST or SHARE: the time in ms that those first runs took together


class Spread:
    """Whole numbers by group and bucket."""

    __slots__ = ("cells", "changes")

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], int] = {}
        self.changes = 0  # how often it was added to, for whoever keeps what follows from it

    def add_first(self, peak: float, runtime_s: float, request: float | None) -> None:
        """A job's first run."""
        sizes = [(FIRST, size_bucket(peak))]
        if request:
            sizes.append((SHARE, size_bucket(peak / request)))
        for group, bucket in sizes:
            self._count((group, bucket), 1)
            self._count((group - MS, bucket), round(max(runtime_s, SHORTEST_S) * 1000))

    def add_error(self, age: int, ratio: float) -> None:
        """How much of the expected a run used, when `age` runs of its job were known."""
        self._count((age_group(age), error_bucket(ratio)), 1)

    def add(self, other: "Spread") -> None:
        """All of another; in any order and grouping the same."""
        for cell, number in other.cells.items():
            self._count(cell, number)

    def of(self, group: int, without: "Spread | None" = None) -> tuple[list[int], list[int]]:
        """Buckets of a group in order, and their numbers, less those of a part of it."""
        less = {} if without is None else without.cells
        found = sorted((cell[1], number - less.get(cell, 0)) for cell, number in self.cells.items() if cell[0] == group)
        kept = [(bucket, number) for bucket, number in found if number > 0]
        return [bucket for bucket, _ in kept], [number for _, number in kept]

    def as_data(self) -> list[list[int]]:
        """Group, bucket and number of each cell, as plain data."""
        return sorted([group, bucket, number] for (group, bucket), number in self.cells.items())

    @classmethod
    def of_data(cls, data: Iterable[Sequence[int]]) -> Self:
        """What `as_data` gave."""
        spread = cls()
        for group, bucket, number in data:
            spread._count((group, bucket), number)
        return spread

    def _count(self, cell: tuple[int, int], number: int) -> None:
        self.cells[cell] = self.cells.get(cell, 0) + number
        self.changes += 1
