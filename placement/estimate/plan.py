"""Which size to try first, and which second, so that waste and failures cost least."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

CANDIDATES = 48  # sizes that are looked at, at most
ALIKE = 1 + 1e-9


class Cases(NamedTuple):
    """What may come: `ratios` of the expected memory that a run uses, how likely each is (`weights`), and what one unit
    of such a run costs (`costs`: its expected memory times its run time, in byte-seconds).
    """

    ratios: Numbers
    weights: Numbers
    costs: Numbers

    def and_also(self, other: "Cases") -> "Cases":
        """Both together."""
        return Cases(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


def best(cases: Cases, price: float) -> tuple[float, float]:
    """Multiples of the expected memory for a first and a second attempt; after those, sizes double.

    Least is the sum over the cases, by their weights, of the waste of all attempts and `price` for each that fails. The
    price is in average jobs: what a case uses, memory times run time, on average.
    """
    order = np.argsort(cases.ratios)
    ratios, weights = cases.ratios[order], cases.weights[order]
    costs = cases.costs[order] * weights
    fails = weights * (price * (costs @ ratios) / weights.sum())  # the price of one failure of each case
    sizes = _candidates(ratios, weights)
    held = np.searchsorted(ratios, sizes * ALIKE, side="right")  # so many cases does each size hold
    spent, used, failed = (_from_zero(each) for each in (costs, costs * ratios, fails))
    # First attempt: what it leaves unused where it holds, all of it where it fails.
    first = sizes * spent[-1] - used[held] + (failed[-1] - failed[held])
    # Second attempt, among the cases that the first does not hold: row first, column second.
    second = sizes * (spent[held] - spent[held][:, None]) - (used[held] - used[held][:, None])
    total = first[:, None] + second + _doubled(sizes, ratios, spent, used, failed)
    total[sizes[:, None] > sizes] = np.inf
    at = divmod(int(np.argmin(total)), len(sizes))
    return float(sizes[at[0]]), float(sizes[at[1]])


def quantile(values: Numbers, weights: Numbers, share: float) -> float:
    """The least value that at least `share` of the weight does not exceed."""
    order = np.argsort(values)
    covered = np.cumsum(weights[order])
    return float(values[order][min(np.searchsorted(covered, share * covered[-1]), len(values) - 1)])


def _candidates(ratios: Numbers, weights: Numbers) -> Numbers:
    """Sizes to choose from: `ratios`, which are in order, evenly by weight where there are many, and the largest."""
    sizes = _each_once(ratios)
    if len(sizes) > CANDIDATES:
        covered = np.cumsum(weights)
        wanted = np.searchsorted(covered, np.linspace(0, covered[-1], CANDIDATES))
        sizes = _each_once(ratios[np.minimum(wanted, len(ratios) - 1)])
    return sizes


def _each_once(numbers: Numbers) -> Numbers:
    """Of numbers in order; `np.unique` would sort them again, which takes longer than all else here."""
    found: Numbers = numbers[np.concatenate([[True], numbers[1:] != numbers[:-1]])]
    return found


def _doubled(sizes: Numbers, ratios: Numbers, spent: Numbers, used: Numbers, failed: Numbers) -> Numbers:
    """For each size as the second: waste and price of the cases beyond it, that size and its doubles included.

    A case that fails k times from there is given the size 1 + 2 + ... + 2**k times. The sums run over cases in order.
    """
    beyond = np.searchsorted(ratios, sizes * ALIKE, side="right")
    result: Numbers = sizes * (spent[-1] - spent[beyond]) - (used[-1] - used[beyond])
    doubles = sizes
    while beyond.min() < len(ratios):  # those that `doubles` does not hold fail once more, and get it twice
        result += 2 * doubles * (spent[-1] - spent[beyond]) + failed[-1] - failed[beyond]
        doubles = 2 * doubles
        beyond = np.searchsorted(ratios, doubles * ALIKE, side="right")
    return result


def _from_zero(numbers: Numbers) -> Numbers:
    return np.concatenate([[0.0], np.cumsum(numbers)])
