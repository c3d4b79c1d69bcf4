"""Keys: what counts as the same job, bounded and unambiguous whatever the names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.estimate.keys import LONGEST, general, is_own, keys_of, of_user

NAMES = st.text(max_size=30)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("nightly_sales_2026-11-20_0007", "nightly_sales_2026-11-21_0008"),
        ("load 03:00:01", "load 14:59:59"),
        ("etl-20261120T0300Z", "etl-20261121T0300Z"),
        ("job 3f2b8c1e-1a2b-4c2d-8e3f-abcdefabcdef", "job 00000000-aaaa-4bbb-8ccc-0123456789ab"),
        ("application_1628109047826_1317105", "application_1628109047826_1317106"),
        ("build deadbeef99", "build 0badc0ffee"),
    ],
)
def test_a_date_a_time_a_run_number_or_a_hash_makes_no_other_job(one, other):
    assert general(one) == general(other)


@pytest.mark.parametrize(("one", "other"), [("bowtie2", "bowtie3"), ("sales-v2", "sales-v3"), ("q1_load", "q2_load")])
def test_a_number_within_a_word_is_part_of_the_name(one, other):
    assert general(one) != general(other)


def test_keys_go_from_exact_to_general():
    features = {"application": "nightly", "user": "etl", "script": "job.py", "arguments": ["--date=2026-11-20", "full"]}
    keys = keys_of({**features, "kind": "spark", "role": "executor"})
    assert keys == (
        "x:etl/nightly/job.py/--date=# full/executor",
        "a:etl/nightly/executor",
        "s:etl/job.py/executor",
        "k:etl/spark/executor",
        "u:etl/executor",
        "*:executor",
    )
    assert [is_own(key) for key in keys] == [True, True, True, False, False, False]
    assert {of_user(key) for key in keys[:4]} == {"u:etl/executor"}


def test_what_is_not_told_makes_no_level():
    assert keys_of({"application": "nightly"}) == ("a:/nightly/", "u:/", "*:")
    assert keys_of({}) == ("u:/", "*:")


def test_paths_and_dates_in_arguments_make_no_other_job():
    one, other = (
        keys_of({"application": "a", "arguments": ["-i", f"/data/{day}/sales.csv", f"--day={day}"]})
        for day in ("2026-11-20", "2026-11-21")
    )
    assert one == other
    assert one != keys_of({"application": "a", "arguments": ["-i", "/data/other.csv", "--day=1"]})


@given(st.tuples(NAMES, NAMES, NAMES), st.tuples(NAMES, NAMES, NAMES))
def test_other_names_make_other_keys(one, other):
    first, second = (keys_of(dict(zip(("user", "application", "role"), names, strict=True))) for names in (one, other))
    same = (one[0], general(one[1]), one[2]) == (other[0], general(other[1]), other[2])
    assert (first == second) == same


@given(NAMES, NAMES, NAMES, NAMES)
def test_no_name_reaches_the_keys_of_another_user(user, other, application, role):
    mine = keys_of({"user": user, "application": application, "role": role})
    theirs = keys_of({"user": other, "application": application, "role": role})
    assert user == other or not set(mine[:-1]) & set(theirs[:-1])


@given(st.dictionaries(st.sampled_from(["application", "user", "script", "arguments", "kind", "role"]), st.recursive(
    st.none() | st.floats() | st.text() | st.binary() | st.integers(), st.lists
)))  # fmt: skip
def test_no_features_make_it_raise(features):
    assert all(isinstance(key, str) for key in keys_of(features))


def test_a_megabyte_of_a_name_makes_a_short_key():
    keys = keys_of(dict.fromkeys(("application", "user", "script", "role"), "%/\n7a" * 200000))
    assert all(len(key) < 5 * 4 * LONGEST for key in keys)
