import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.errors import PlacementError
from placement.estimate.query.coefficients import Coefficients

KEY = ("spark", "sort", "sales")
FORETOLD = 1e9  # bytes of fields
DAY = 20_000


def learned(ratios, key=KEY, days=1, coefficients=None):
    coefficients = coefficients or Coefficients()
    for number, ratio in enumerate(ratios):
        assert coefficients.observe({key: FORETOLD}, FORETOLD * ratio, DAY + number * days)
    return coefficients


def weight(coefficients, key=KEY):
    return coefficients.of(*key).value


@given(st.floats(0.05, 500), st.floats(0, 0.5), st.integers(0, 1000))
def test_the_posterior_tends_to_the_truth(truth, noise, seed):
    dice = random.Random(seed)
    found = learned([truth * dice.lognormvariate(0, noise) for _ in range(300)]).of(*KEY)
    assert abs(math.log(found.value / truth)) < 0.08 + 0.7 * noise  # recent days count more
    assert found.low < truth * 1.05
    assert found.high > truth / 1.05


def test_one_run_already_moves_it_and_the_interval_narrows():
    prior, once, often = (learned([20.0] * runs).of(*KEY) for runs in (0, 1, 30))
    assert prior.value < once.value < often.value < 20.5
    assert prior.variance > once.variance > often.variance


def test_one_absurd_run_carries_nothing_away():
    sound = [3.0] * 20
    for absurd in (1e-9, 1e7):
        assert weight(learned([*sound, absurd])) == pytest.approx(3.0, rel=0.25)
        assert weight(learned([absurd, *sound])) == pytest.approx(3.0, rel=0.25)
    assert weight(learned([1e17 / FORETOLD])) < 1000 * 2 / 5  # nor is it believed alone


def test_what_has_changed_is_followed():
    assert weight(learned([2.0] * 40 + [8.0] * 20)) == pytest.approx(8.0, rel=0.35)
    assert weight(learned([2.0] * 40 + [8.0] * 40)) == pytest.approx(8.0, rel=0.1)


def test_a_table_without_runs_takes_its_engines():
    coefficients = learned([10.0] * 30)
    assert weight(coefficients, ("spark", "sort", "other")) == pytest.approx(10.0, rel=0.1)
    assert coefficients.of("spark", "sort", "other").variance > coefficients.of(*KEY).variance
    assert weight(coefficients, ("hive", "sort", "sales")) == weight(Coefficients(), ("hive", "sort", "sales"))
    assert coefficients.runs(*KEY) == coefficients.runs("spark", "sort", "other") == 30


def test_a_failed_run_is_a_bound_from_below():
    coefficients = learned([4.0] * 10)
    before = weight(coefficients)
    assert coefficients.observe({KEY: FORETOLD}, FORETOLD * 0.01, DAY + 20, is_bound=True)
    assert weight(coefficients) == before
    for day in range(5):
        coefficients.observe({KEY: FORETOLD}, FORETOLD * 40, DAY + 21 + day, is_bound=True)
    assert weight(coefficients) > before * 1.2


def test_operations_share_what_is_learned_by_their_need():
    coefficients = Coefficients()
    small = ("spark", "limit", "sales")
    for day in range(20):
        coefficients.observe({KEY: FORETOLD, small: FORETOLD / 1e6}, FORETOLD * 20, DAY + day)
    assert weight(coefficients) == pytest.approx(20, rel=0.1)
    assert weight(coefficients, small) == weight(Coefficients(), small)


NOTHING = {
    "no use": (0.0, DAY),
    "negative": (-1.0, DAY),
    "not a number": (math.nan, DAY),
    "without end": (math.inf, DAY),
    "absurd": (1e19, DAY),
    "clock before 1970": (1e9, -1),
    "clock far ahead": (1e9, 10**12),
}


@pytest.mark.parametrize("case", NOTHING)
def test_learns_nothing_from(case):
    coefficients = Coefficients()
    assert not coefficients.observe({KEY: FORETOLD}, *NOTHING[case])
    assert coefficients.as_data() == []


def test_learns_nothing_where_nothing_was_foretold():
    coefficients = Coefficients()
    assert not coefficients.observe({}, 1e9, DAY)
    assert not coefficients.observe({KEY: math.inf}, 1e9, DAY)
    assert not coefficients.observe({KEY: math.nan}, 1e9, DAY)


RUNS = st.lists(
    st.tuples(
        st.sampled_from([KEY, ("spark", "sort", "b"), ("hive", "group", "sales")]),
        st.floats(1e-3, 1e18),
        st.integers(DAY, DAY + 200),
        st.booleans(),
    ),
    max_size=150,
)


def of(runs):
    coefficients = Coefficients()
    for key, used, day, is_bound in runs:
        coefficients.observe({key: FORETOLD}, used, day, is_bound)
    return coefficients


@given(RUNS, st.integers(0, 150), st.integers(0, 150), st.randoms(use_true_random=False))
def test_in_whatever_split_and_order_they_learn_the_same(runs, first, second, dice):
    whole = of(runs)
    low, high = sorted((first, second))
    a, b, c = of(runs[:low]), of(runs[low:high]), of(runs[high:])
    shuffled = dice.sample(runs, len(runs))
    assert (
        a.merged(b).merged(c).as_data() == c.merged(a.merged(b)).as_data() == whole.as_data() == of(shuffled).as_data()
    )
    assert weight(b.merged(c).merged(a)) == weight(whole)


@given(RUNS)
def test_as_data_and_back(runs):
    data = of(runs).as_data()
    again = Coefficients.of_data(json.loads(json.dumps(data)))
    assert again.as_data() == data
    assert weight(again) == weight(of(runs))


@given(RUNS, st.floats(1e-3, 1e17), st.integers(1, 10))
def test_more_memory_seen_never_lowers(runs, used, factor):
    runs = [run for run in runs if not run[3]][:20]
    less, more = of([*runs, (KEY, used, DAY + 201, False)]), of([*runs, (KEY, used * factor, DAY + 201, False)])
    assert weight(more) >= weight(less) * 0.999


def test_keeps_a_bounded_number_of_days():
    assert len(learned([3.0] * 1000, days=1).as_data()) <= 2 * 64


@pytest.mark.parametrize(
    "data", [None, {}, "x", [1], [["spark"]], [["spark", "sort", "t", 1, 10**9, 5, False]], [[None] * 7]]
)
def test_what_is_no_stored_coefficients_is_refused(data):
    with pytest.raises(PlacementError) as error:
        Coefficients.of_data(data)
    assert error.value.problems[0].code == "bad-coefficients"
