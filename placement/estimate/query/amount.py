"""An amount that is known more or less well: a value, and how far the truth may lie from it, as a factor."""

from dataclasses import dataclass, replace
from math import exp, inf, isfinite, log, sqrt
from typing import Self

SIDE = 1.645  # standard deviations on either side of the value: nine in ten lie between


def spread(factor: float) -> float:
    """The variance of a logarithm that puts nine in ten between the value / `factor` and the value x `factor`."""
    return (log(factor) / SIDE) ** 2


@dataclass(frozen=True, slots=True)
class Amount:
    """A log-normal number: `value` is its median, `variance` that of its natural logarithm, `most` a bound above.

    The value is infinite where nothing is known, and whatever is made of it then is infinite too, until something
    else bounds it.
    """

    value: float
    variance: float = 0.0
    most: float = inf

    @property
    def is_known(self) -> bool:
        return isfinite(self.value)

    @property
    def low(self) -> float:
        """One in twenty lies below."""
        return min(self.value * exp(-SIDE * sqrt(self.variance)), self.most)

    @property
    def high(self) -> float:
        """One in twenty lies above."""
        return min(self.value * exp(min(SIDE * sqrt(self.variance), 600.0)), self.most) if self.value else 0.0

    def __mul__(self, other: "Amount") -> "Amount":
        """The product of two amounts that do not depend on each other."""
        return Amount(
            _product(self.value, other.value), self.variance + other.variance, _product(self.most, other.most)
        )

    def __add__(self, other: "Amount") -> "Amount":
        """The sum; its spread is that of amounts that err together, which is the wider one."""
        total = self.value + other.value
        if not isfinite(total) or total <= 0:
            return replace(self, value=total, most=self.most + other.most)
        deviation = (self.value * sqrt(self.variance) + other.value * sqrt(other.variance)) / total
        return Amount(total, deviation * deviation, self.most + other.most)

    def share(self, selectivity: Self) -> "Amount":
        """What a filter leaves of it: never more than there was."""
        return replace(self * selectivity, most=self.high)

    def at_most(self, bound: float) -> "Amount":
        """Held below a bound that is certain."""
        if self.value <= bound:
            return replace(self, most=min(self.most, bound))
        return Amount(bound)

    def smaller(self, other: "Amount") -> "Amount":
        """The smaller of two, with the bound of both."""
        least = self if self.value <= other.value else other
        return replace(least, most=min(self.most, other.most))


def _product(one: float, other: float) -> float:
    return 0.0 if 0.0 in (one, other) else one * other  # of nothing there is nothing, however much it might be


UNKNOWN = Amount(inf)
NONE = Amount(0.0)
ONE = Amount(1.0)


def total(amounts: list[Amount]) -> Amount:
    """The sum of all."""
    result = NONE
    for amount in amounts:
        result += amount
    return result
