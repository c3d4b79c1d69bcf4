"""Outcomes: whatever is told is read, and doubted."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.estimate.outcome import ENDS, Outcome

ANYTHING = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.lists(st.integers())


@given(st.dictionaries(st.sampled_from(Outcome.__slots__), ANYTHING) | ANYTHING)
def test_nothing_makes_it_raise_and_what_is_left_is_plausible(said):
    refused = Counter()
    outcome = Outcome.of(said, refused)
    if outcome is None:
        assert refused
        return
    assert outcome.ended in ENDS
    for name in set(Outcome.__slots__) - {"ended"}:
        number = getattr(outcome, name)
        assert number is None or 0 <= number < 2**60


@pytest.mark.parametrize("peak", [-1, float("nan"), float("inf"), 10**18, "8g", True, 10**400])
def test_a_peak_that_cannot_be_is_as_good_as_not_measured_and_counted(peak):
    refused = Counter()
    assert Outcome.of({"peak_bytes": peak, "runtime_s": 5}, refused) == Outcome(runtime_s=5.0)
    assert refused == {"peak_bytes: not a plausible number": 1}


def test_a_clock_that_ran_backwards_costs_the_time_alone():
    assert Outcome.of({"peak_bytes": 5, "runtime_s": -3.0}) == Outcome(peak_bytes=5.0)


def test_a_peak_of_0_was_not_measured():
    refused = Counter()
    assert Outcome.of({"peak_bytes": 0}, refused) == Outcome()
    assert not refused


def test_an_end_that_is_not_known_is_refused():
    refused = Counter()
    assert Outcome.of({"ended": "who knows"}, refused) is None
    assert refused == {"outcome: unknown end": 1}
