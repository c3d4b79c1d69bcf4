"""The estimator from the outside: what it says first, how it learns, what no history may do to it."""

import json
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.estimate import Estimator, Prediction
from placement.estimate.keys import is_own, keys_of
from placement.estimate.learn import Learned, learn, merge
from placement.estimate.outcome import ENDS, Outcome

GIB = 2.0**30
MIB = 2.0**20
DAY = 86400.0


def run(application="sales", user="etl", request=8 * GIB, **more):
    return {"application": application, "user": user, "role": "executor", "request_bytes": request, **more}


def used(peak, runtime_s=60.0, **more):
    return Outcome(peak_bytes=peak, runtime_s=runtime_s, **more)


def after(*peaks, features=None, **settings_of_it):
    estimator = Estimator(**settings_of_it)
    for peak in peaks:
        estimator.observe(features or run(), used(peak))
    return estimator


def safe(estimator, **features):
    return estimator.predict(run(**features)).safe_bytes


def test_the_first_run_of_a_user_gets_what_it_asks_for():
    prediction = Estimator().predict(run())
    assert (prediction.safe_bytes, prediction.low_bytes, prediction.high_bytes) == (8 * GIB, 0.0, 8 * GIB)
    assert prediction.basis == "nothing yet: what is asked for"
    assert isinstance(prediction, Prediction)


def test_the_asking_is_left_after_one_run():
    assert GIB <= safe(after(GIB)) < 4 * GIB


def test_the_same_again_and_again_brings_the_safe_value_near():
    assert GIB <= safe(after(*[GIB] * 30)) < 1.1 * GIB


def test_the_basis_says_what_it_rests_on():
    estimator = Estimator(clock=lambda: 11.5 * DAY)
    for number in range(11):
        estimator.observe(run(f"nightly_sales_2026-11-{number + 1:02}"), used(GIB, finished_s=number * DAY))
    assert (
        estimator.predict(run("nightly_sales_2026-11-20")).basis
        == "11 runs of nightly_sales_# by etl, the last yesterday"
    )
    assert estimator.predict(run("another")).basis == "no run of it yet, 1 other job by etl"


def test_time_vcores_and_volumes_come_with_intervals():
    estimator = Estimator()
    for number in range(1, 22):
        estimator.observe(run(), used(GIB, runtime_s=number * 10, vcores=4, read_bytes=number * MIB))
    prediction = estimator.predict(run())
    assert prediction.duration_s.as_data() == {"low": 30.0, "middle": 110.0, "high": 190.0}
    assert prediction.vcores.middle == 4
    assert prediction.read_bytes.middle == 11 * MIB
    assert prediction.shuffled_bytes is None


@pytest.mark.parametrize("known", [1, 5, 30, 200])
@pytest.mark.parametrize("price", ["thrifty", "balanced", "safe"])
def test_a_job_that_doubles_its_use_is_followed_within_two_runs(known, price):
    drawn = np.random.default_rng(known)
    estimator = after(*(GIB * drawn.uniform(0.95, 1.0, known)), price=price)
    for _ in range(2):
        estimator.observe(run(), used(2 * GIB))
    assert 2 * GIB <= safe(estimator) < 4 * GIB


def test_one_run_that_used_much_more_does_not_move_the_rest():
    assert safe(after(*[GIB] * 60, 7 * GIB, *[GIB] * 20)) < 1.2 * GIB


def test_memory_that_follows_the_input_is_followed():
    drawn = np.random.default_rng(3)
    estimator = Estimator()
    for gib in drawn.uniform(1, 50, 60):
        estimator.observe(run(input_bytes=gib * GIB), used((0.5 + 0.1 * gib) * GIB * drawn.uniform(0.97, 1.0)))
    for gib in (1, 10, 40):
        assert 0.95 < safe(estimator, input_bytes=gib * GIB) / ((0.5 + 0.1 * gib) * GIB) < 1.15


def test_memory_that_ignores_the_input_keeps_the_constant():
    drawn = np.random.default_rng(3)
    estimator = Estimator()
    for gib in drawn.uniform(1, 50, 60):
        estimator.observe(run(input_bytes=gib * GIB), used(drawn.uniform(0.9, 1.0) * GIB))
    assert safe(estimator, input_bytes=GIB) == safe(estimator, input_bytes=40 * GIB)


@pytest.mark.parametrize("price", ["thrifty", "balanced", "safe"])
def test_the_posterior_tends_to_the_truth(price):
    """Of log-normal peaks, the interval's share of runs is that of its quantiles, and few are above the safe value."""
    drawn = np.random.default_rng(11)
    estimator = after(*(GIB * np.exp(drawn.normal(0, 0.3, 400))), price=price)
    prediction, later = estimator.predict(run()), GIB * np.exp(drawn.normal(0, 0.3, 4000))
    within = np.mean((later >= prediction.low_bytes) & (later <= prediction.high_bytes))
    assert 0.65 < within < 0.92
    assert np.mean(later > prediction.safe_bytes) < {"thrifty": 0.25, "balanced": 0.08, "safe": 0.03}[price]


def test_out_of_memory_lifts_the_job_at_once_and_a_run_that_holds_ends_that():
    estimator = after(*[GIB] * 30)
    said = safe(estimator)
    estimator.observe(run(), Outcome(ended="out-of-memory", allocated_bytes=said))
    assert safe(estimator) >= 2 * said
    estimator.observe(run(), used(GIB))
    assert safe(estimator) < 1.1 * GIB


def test_out_of_memory_beyond_the_asking_is_believed_of_a_job_never_seen_to_end():
    estimator = Estimator()
    estimator.observe(run(), Outcome(ended="out-of-memory", allocated_bytes=8 * GIB))
    assert safe(estimator) == 16 * GIB


@pytest.mark.parametrize("ended", ["failed", "killed"])
def test_a_run_that_did_not_end_well_teaches_a_lower_bound_only(ended):
    estimator = after(*[GIB] * 30)
    before = safe(estimator)
    estimator.observe(run(), used(10 * MIB, ended=ended))
    assert safe(estimator) == before
    estimator.observe(run(), used(3 * GIB, ended=ended))
    assert safe(estimator) == 3 * GIB


def test_a_new_job_is_judged_by_the_users_other_jobs_but_never_above_its_asking():
    estimator = Estimator()
    for number in range(20):
        estimator.observe(run(f"job-{chr(97 + number)}"), used(GIB))
    assert GIB <= safe(estimator, application="new") < 4 * GIB
    assert safe(estimator, application="new", request=0.5 * GIB) == 0.5 * GIB


def test_where_a_users_jobs_use_a_share_of_what_they_ask_for_so_will_a_new_one():
    estimator = Estimator()
    for number in range(1, 13):
        estimator.observe(run(f"job-{chr(97 + number)}", request=2.0**number * GIB), used(2.0**number * GIB / 4))
    assert 0.25 < safe(estimator, application="new", request=64 * GIB) / (64 * GIB) < 0.6


@given(st.lists(st.tuples(st.floats(1, 2**49), st.floats(0, 1e9), st.sampled_from(sorted(ENDS))), max_size=12))
@settings(max_examples=60)
def test_what_other_users_do_moves_no_safe_value(nonsense):
    estimators = [after(GIB, 2 * GIB, 1.5 * GIB), after(GIB, 2 * GIB, 1.5 * GIB)]
    for peak, runtime, ended in nonsense:
        for application in ("sales", "another"):
            estimators[0].observe(run(application, user="mallory"), used(peak, runtime, ended=ended))
    for application in ("sales", "another"):
        for features in (run(application), run(application, user="new here")):
            predictions = [estimator.predict(features).safe_bytes for estimator in estimators]
            assert predictions[0] == predictions[1]


PEAKS = st.lists(st.floats(1 * MIB, 64 * GIB), min_size=1, max_size=14)


@given(
    PEAKS,
    st.floats(1.0, 4.0),
    st.sampled_from(["thrifty", "balanced", "safe"]),
    st.none() | st.just(5.0),
    st.none() | st.floats(MIB, 256 * GIB),
)
@settings(max_examples=200)
def test_more_memory_seen_never_lowers_the_safe_value(peaks, more, price, input_bytes, request):
    features = run(request=request, input_bytes=input_bytes)
    estimator = after(*peaks, features=features, price=price)
    before = estimator.predict(features).safe_bytes
    for _ in range(3):
        estimator.observe(features, used(max(peaks) * (1 + 1e-6) * more))
        more *= 1.01
        said = estimator.predict(features).safe_bytes
        assert said >= before
        before = said


@given(
    st.lists(st.tuples(st.floats(MIB, 64 * GIB), st.floats(1, 1 + 1e-6) | st.floats(0, 1e18)), max_size=12),
    st.floats(0, 1e18),
)
@settings(max_examples=200)
def test_inputs_near_to_each_other_or_far_away_give_a_size_all_the_same(runs, input_bytes):
    estimator = Estimator()
    for peak, input_of_it in runs:
        estimator.observe(run(input_bytes=input_of_it * 1e9 if input_of_it < 2 else input_of_it), used(peak))
    most = max((peak for peak, _ in runs), default=0)
    assert 1 <= safe(estimator, input_bytes=input_bytes) <= max(8 * GIB, 4 * most + 1)


def test_a_power_too_steep_to_be_true_is_not_followed():
    estimator = Estimator()
    for number in range(9):
        estimator.observe(run(request=None, input_bytes=1e9 + number), used(MIB * 2.0**number))
    assert safe(estimator, request=None, input_bytes=2e9) < 2 * GIB


def test_an_input_far_beyond_all_seen_is_nearly_a_new_job():
    estimator = Estimator()
    for _ in range(2):
        estimator.observe(run(input_bytes=GIB), used(GIB))
    assert safe(estimator, input_bytes=100 * GIB) > 2 * safe(estimator, input_bytes=GIB)


RUNS = st.lists(
    st.tuples(
        st.sampled_from(["sales", "load", "index"]),
        st.sampled_from(["etl", "bi"]),
        st.sampled_from([None, "daily.py", "hourly.py"]),
        st.floats(MIB, 64 * GIB),
        st.floats(0, 1e5),
        st.none() | st.floats(0, 1e12),
        st.sampled_from(["succeeded"] * 3 + sorted(ENDS)),
    ),
    max_size=40,
)  # fmt: skip


def observed(runs):
    for application, user, script, peak, runtime, input_bytes, ended in runs:
        features = run(application, user=user, script=script, input_bytes=input_bytes, kind="spark")
        yield features, Outcome.of(used(peak, runtime, ended=ended, allocated_bytes=peak))


def rows_of(learned):
    estimator = Estimator()
    estimator.learned = learned
    return {key: np.nan_to_num(row.numbers(), nan=-1.0).tolist() for key, row in estimator.rows()}


@given(RUNS, st.lists(st.integers(0, 40), max_size=4), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_any_split_into_batches_and_keys_learns_the_same(runs, cuts, chance):
    estimator = Estimator()
    by_key = {}
    for features, outcome in observed(runs):
        estimator.observe(features, outcome)
        for key in filter(is_own, keys_of(features)):
            by_key.setdefault(key, []).append((features, outcome))
    parts = []
    for key, observations in by_key.items():
        learned, ends = None, sorted({0, *cuts, len(observations)})
        for start, end in pairwise(ends):
            learned = learn(key, observations[start:end], learned)
            learned = Learned.of_data(json.loads(json.dumps(learned.as_data())))  # as a store keeps it between batches
        parts.append(learned)
    chance.shuffle(parts)
    merged = Learned()
    for part in parts:
        merged = merge(merged, part)
    assert rows_of(merged) == rows_of(estimator.learned)


ANYTHING = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9) | st.lists(st.integers())
FEATURES = st.dictionaries(
    st.sampled_from(["application", "user", "kind", "script", "arguments", "role", "request_bytes", "input_bytes"]),
    ANYTHING,
)
OUTCOMES = st.dictionaries(st.sampled_from(Outcome.__slots__), ANYTHING | st.sampled_from(sorted(ENDS))) | ANYTHING


@given(st.lists(st.tuples(FEATURES, OUTCOMES), max_size=8), FEATURES | ANYTHING, ANYTHING)
@settings(max_examples=300)
def test_no_history_makes_it_raise_or_leave_its_bounds(history, features, failed):
    estimator = Estimator(maximum_bytes=64 * GIB, minimum_bytes=GIB, increment_bytes=GIB)
    for observation in history:
        estimator.observe(*observation)
    prediction = estimator.predict(features)
    for size in (prediction.safe_bytes, prediction.high_bytes, estimator.retry(features, failed, 1)):
        assert GIB <= size <= 64 * GIB
        assert size % GIB == 0
    assert 0 <= prediction.low_bytes <= prediction.high_bytes
    assert isinstance(prediction.basis, str)


def test_nonsense_among_good_runs_is_counted_and_poisons_nothing():
    estimator = after(*[GIB] * 30)
    before = safe(estimator)
    for peak in (0, -5, float("nan"), float("inf"), 10**18, None, "many"):
        estimator.observe(run(), {"peak_bytes": peak, "runtime_s": 1e99})
    assert safe(estimator) == before
    assert estimator.refused["peak_bytes: not a plausible number"] == 5
    assert estimator.refused["runtime_s: not a plausible number"] == 7
    estimator.observe({"user": "etl"}, used(GIB))
    estimator.observe(run(), 17)
    assert estimator.refused["features: neither application nor script"] == 1
    assert estimator.refused["outcome: not a mapping"] == 1


@given(PEAKS, st.integers(1, 5), st.floats(1, 2**40))
@settings(max_examples=60)
def test_a_next_attempt_is_larger_until_the_clusters_maximum(peaks, attempt, failed):
    estimator = after(*peaks, maximum_bytes=128 * GIB)
    size = estimator.retry(run(), failed, attempt)
    assert size > failed or size == 128 * GIB


def test_the_second_attempt_knows_how_far_such_jobs_went():
    estimator = after(*[GIB] * 40, *[6 * GIB, GIB, GIB] * 3)
    first = safe(estimator)
    assert first < 2 * GIB
    assert 6 * GIB <= estimator.retry(run(), first, 1) < 8 * GIB
    assert estimator.retry(run(), 20 * GIB, 2) == 40 * GIB


def test_a_dearer_failure_never_gives_less():
    drawn = np.random.default_rng(5)
    peaks = GIB * np.exp(drawn.normal(0, 0.5, 100))
    sizes = [safe(after(*peaks, price=price)) for price in (0, "thrifty", "balanced", "safe")]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("price", ["cheap", -1, float("nan")])
def test_another_price_is_refused(price):
    with pytest.raises(ValueError, match="a price is"):
        Estimator(price=price)


def test_a_state_stays_small():
    estimator = after(*[GIB] * 3000)
    assert all(len(json.dumps(state.as_data())) < 50_000 for state in estimator.learned.states.values())


def test_reading_a_row_needs_no_numbers_library():
    code = "import sys, placement.estimate.predict; print([name for name in sys.modules if 'numpy' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
