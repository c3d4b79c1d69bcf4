"""The plan against replaying each pair of sizes, one case after the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.estimate.plan import Cases, best, quantile

CASE = st.tuples(st.floats(0.01, 100), st.floats(0.1, 5), st.floats(0.1, 1000))


def cost(case, first, second, failure):
    """What a case costs: waste of all attempts, and the price of each that fails."""
    ratio, _, unit = case
    spent, size = 0.0, first
    while size * (1 + 1e-9) < ratio:
        spent += size * unit + failure
        size = second if size == first and second > first else 2 * size
    return spent + (size - ratio) * unit


def total(cases, first, second, price):
    average = sum(weight * unit * ratio for ratio, weight, unit in cases) / sum(weight for _, weight, _ in cases)
    return sum(case[1] * cost(case, first, second, price * average) for case in cases)


@given(st.lists(CASE, min_size=1, max_size=12), st.sampled_from([0.0, 1.0, 30.0]))
def test_no_other_pair_of_seen_sizes_costs_less(cases, price):
    first, second = best(Cases(*(np.array(column) for column in zip(*cases, strict=True))), price)
    sizes = sorted({ratio for ratio, _, _ in cases})
    least = min(total(cases, one, other, price) for one in sizes for other in sizes if one <= other)
    assert total(cases, first, second, price) <= least * (1 + 1e-6) + 1e-9


def test_a_dearer_failure_makes_the_first_size_no_smaller():
    drawn = np.random.default_rng(1)
    ratios = np.exp(drawn.normal(0, 1, 200))
    cases = Cases(ratios, np.ones(200), drawn.uniform(1, 9, 200))
    firsts = [best(cases, price)[0] for price in (0, 0.1, 1, 10, 100, 1000)]
    assert firsts == sorted(firsts)
    assert firsts[0] < firsts[-1] == pytest.approx(ratios.max())


def test_a_quantile_counts_weights():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 8.0, 1.0])
    assert [quantile(values, weights, share) for share in (0.1, 0.8, 0.9, 1.0)] == [1.0, 1.0, 2.0, 3.0]
