"""What is advised is safe, by what the command itself would then ask for; and the estimate of the whole."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.commands import spark
from placement.commands.base import Surroundings
from placement.estimate.keys import keys_of
from placement.estimate.needed import RoleNeed
from placement.estimate.prediction import Prediction
from placement.estimate.row import FIELDS, WIDTH, Row
from placement.estimate.table import Table, content
from placement.sizing.advice import LEAST_MIB, STEP_MIB, advice_for, may_shrink
from placement.sizing.lookup import estimate
from placement.units import MIB
from tests.unit.commands import test_hadoop
from tests.unit.estimate.tables import features, learned, table


def reading_of(*options, application=("/x/job.py",)):
    words = ["--master", "yarn", "--name", "nightly", *options, *application]
    return spark.read("spark-submit", words, Surroundings({}, None, lambda _: None))


def known(reading, estimator, user="alice"):
    return estimate(table(estimator), reading, reading.asked, user, 0)


def advised(reading, estimator):
    return [each.text for each in advice_for(reading, known(reading, estimator))]


def test_less_is_advised_by_the_option_that_sets_it():
    reading = reading_of("--executor-memory", "16g", "--num-executors", "4")
    (advice,) = advice_for(reading, known(reading, learned()))
    assert advice.text == "used 2.1 of 17.6 GiB per executor in the last 12 runs: ask for 2g (--executor-memory 2g)"
    assert may_shrink(advice)


def test_more_is_advised_where_it_was_not_enough():
    reading = reading_of("--executor-memory", "4g")
    (text,) = advised(reading, learned([9.1, 9.0, 9.1, 8.9]))
    assert text.startswith("runs of this job needed up to 9.1 GiB per executor, 4.4 GiB are asked for: ask for ")
    out_of_memory = learned([3.9, 3.8, None], request_bytes=4505 * MIB)
    out_of_memory = learned([None], ended="out-of-memory", request_bytes=4505 * MIB, estimator=out_of_memory)
    (text,) = advised(reading, out_of_memory)
    assert text.startswith("this job has run out of memory, 4.4 GiB per executor may be too little: ask for ")


NOTHING = {
    "two runs": ([2.1, 2.0], "16g", "alice", []),
    "another user": ([2.1] * 9, "16g", "bob", []),
    "as much as is safe": ([2.1] * 9, "2g", "alice", []),
    "no job of that name": ([2.1] * 9, "16g", "alice", ["--name", "other"]),
}


@pytest.mark.parametrize("case", NOTHING)
def test_nothing_is_advised(case):
    peaks, heap, user, more = NOTHING[case]
    reading = reading_of("--executor-memory", heap, *more, application=("other.py",) if more else ("job.py",))
    assert advice_for(reading, known(reading, learned(peaks), user)) == []


def test_no_option_is_advised_that_decides_nothing():
    line = "hadoop jar tool.jar -Dmapreduce.job.name=nightly -Dmapreduce.map.memory.mb=16384{} in"
    estimator = learned(kind="mapreduce", role="map", script="a.Tool", request_bytes=16384 * MIB)
    plain = test_hadoop.read(line.format(""))
    (advice,) = advice_for(plain, known(plain, estimator))
    assert advice.words == ["-D", f"mapreduce.map.memory.mb={advice.value_mib}"]
    stronger = test_hadoop.read(line.format(" -Dmapreduce.map.resource.memory-mb=16384"))
    assert advice_for(stronger, known(stronger, estimator)) == []


def test_a_job_that_ran_out_of_memory_last_is_not_made_smaller():
    estimator = learned([None], ended="out-of-memory", request_bytes=3072 * MIB, estimator=learned())
    reading = reading_of("--executor-memory", "16g")
    assert not any(map(may_shrink, advice_for(reading, known(reading, estimator))))
    again = learned([2.1], estimator=estimator)
    assert any(map(may_shrink, advice_for(reading, known(reading, again))))


def row_of(**numbers):
    return Row(numbers.get(name, float("nan")) for name in FIELDS)


OPTIONS = st.sampled_from([
    ["--conf", "spark.executor.memoryOverhead=3g"],
    ["--conf", "spark.executor.memoryOverheadFactor=0.4"],
    ["--conf", "spark.executor.pyspark.memory=700m"],
    ["--conf", "spark.memory.offHeap.enabled=true", "--conf", "spark.memory.offHeap.size=900m"],
    ["--conf", "spark.executor.memory=30g"],
    ["--num-executors", "7"],
])  # fmt: skip


@given(st.integers(1, 40 * 1024), st.integers(1, 60), st.lists(OPTIONS, max_size=4))
def test_what_is_advised_is_safe_and_no_step_less_is(safe_mib, heap_gib, options):
    reading = reading_of("--executor-memory", f"{heap_gib}g", *(word for each in options for word in each))
    role = reading.asked.role("executor")
    need = RoleNeed(role, Prediction(safe_mib * MIB, 0, safe_mib * MIB, "9 runs", row_of(count=9, peak=safe_mib * MIB)))
    whole = known(reading, learned([]))
    whole.roles = [need]
    for advice in advice_for(reading, whole):
        placed = reading_of(
            "--executor-memory", f"{heap_gib}g", *(word for each in options for word in each), *advice.words
        )
        assert placed.asked.role("executor").memory_mib == advice.container_mib >= safe_mib
        assert advice.value_mib % STEP_MIB == 0
        if advice.value_mib > LEAST_MIB:
            less = reading.asked_with({advice.key: f"{advice.value_mib - STEP_MIB}m"})
            assert less.role("executor").memory_mib < safe_mib


# --- the whole --------------------------------------------------------------------------------------------------------


def test_the_facts_of_a_job_that_is_known():
    reading = reading_of("--executor-memory", "16g", "--num-executors", "4")
    found = known(reading, learned())
    safe = found.roles[1].safe_mib
    assert found.facts() == {"duration": 600, "input": 1e9 / MIB, "memory": 896 + 4 * safe}
    assert found.basis.startswith("12 runs of nightly by alice")


def test_the_facts_of_a_job_that_is_not_known():
    reading = reading_of(application=("other.py",))
    found = known(reading, learned(), user="bob")
    assert (found.facts(), found.basis) == ({}, "as asked for")


DYNAMIC = ["--conf", "spark.dynamicAllocation.enabled=true", "--executor-memory", "2g"]
MOST = ["--conf", "spark.dynamicAllocation.maxExecutors=6"]


@pytest.mark.parametrize(("options", "number"), [(DYNAMIC, 9), ([*DYNAMIC, *MOST], 6), (["--num-executors", "3"], 3)])
def test_executors_that_come_and_go_are_as_many_as_earlier_runs_had(options, number):
    reading = reading_of(*options)
    found = known(reading, learned(executors=9, request_bytes=reading.asked.role("executor").memory_mib * MIB))
    assert found.roles[1].number == number
    begun = found.begun(reading.asked)
    assert begun["containers"] == number
    assert begun["container"]["memory_mib"] == reading.asked.role("executor").memory_mib
    assert found.facts().get("executors") == (None if len(options) == 2 else number)


def test_maps_and_reduces_count_where_earlier_runs_say_how_many():
    estimator = learned(kind="mapreduce", role="map", script="a.Tool", request_bytes=1024 * MIB, executors=5)
    line = "hadoop jar tool.jar -Dmapreduce.job.name=nightly{} in"
    for said, number in (("", 0), (" -Dmapreduce.job.reduces=2", 2)):
        reading = test_hadoop.read(line.format(said))
        assert [need.number for need in known(reading, estimator).roles] == [1, 5, number]
    reading = test_hadoop.read(line.format(""))
    found = known(reading, estimator)
    assert found.facts()["executors"] == 5
    assert found.begun(reading.asked) == reading.asked.as_data()


def test_a_duration_is_known_without_any_peak():
    estimator = learned([None] * 3, role="application")
    reading = reading_of()
    assert known(reading, estimator).facts() == {"duration": 600}


NUMBERS = st.one_of(st.floats(), st.sampled_from([0.0, 1.0, 5.0, 2.0**31, -1.0]))
OPTIONS_OF_ALL = [*DYNAMIC, "--conf", "spark.submit.deployMode=cluster"]


@given(st.lists(NUMBERS, min_size=WIDTH, max_size=WIDTH))
def test_whatever_a_row_says_it_is_an_estimate_or_refused(numbers):
    reading = reading_of(*OPTIONS_OF_ALL)
    keys = keys_of(features(role="executor")) + keys_of(features(role="driver"))
    data = content([(key, numbers) for key in keys], WIDTH, 0)
    there = Table(lambda size, place: data[place : place + size], WIDTH)
    try:
        found = estimate(there, reading, reading.asked, "alice", 1e9)
    except (ValueError, ArithmeticError):
        return
    json.dumps([found.as_data(), found.facts(), found.begun(reading.asked)])
    assert all(need.safe_mib > 0 for need in found.roles)
    for advice in advice_for(reading, found):
        assert advice.container_mib >= advice.need.safe_mib
        json.dumps(advice.as_data())
    for fact in ("duration", "input", "memory"):
        assert 0 <= found.facts().get(fact, 0) < float("inf")


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_prediction_that_is_no_number_is_refused(number):
    role = reading_of().asked.role("executor")
    with pytest.raises((ValueError, OverflowError)):
        RoleNeed(role, Prediction(number, 0, 0, "", row_of(count=1)))


def test_an_interval_is_of_all_containers():
    role = reading_of(*DYNAMIC, "--executor-cores", "4").asked.role("executor")
    row = row_of(count=3, vcores_low=4, vcores=8, vcores_high=18)
    assert RoleNeed(role, Prediction(MIB, 0, MIB, "", row)).number == 5
