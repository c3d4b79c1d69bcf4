"""The runner: a monitor that fails, hangs or talks nonsense costs nobody else anything."""

import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.errors import PlacementError, Problem
from placement.monitors.base import Capacity, Danger, Readings, Use, Value, checked
from placement.monitors.runner import Runner


class Fake:
    """Looks as `behave` says, which is called with how often it was asked before."""

    name = "fake"

    def __init__(self, behave):
        self.behave = behave
        self.asked = 0

    def look(self):
        self.asked += 1
        return self.behave(self.asked - 1)


def readings(taken_s=100.0, **more):
    return Readings("here", taken_s, **more)


def good():
    return Fake(lambda _: readings())


def fails(error):
    def behave(_):
        raise error

    return behave


def runner(within_s=5.0, clock=lambda: 107.0, **monitors):
    return Runner({name: lambda each=each: each for name, each in monitors.items()}, within_s, clock)


def by_name(found):
    return {each.name: each for each in found}


@pytest.mark.parametrize(
    ("behave", "code", "words"),
    [
        (fails(PlacementError(Problem("rm-standby", "nobody is active"))), "rm-standby", "nobody is active"),
        (fails(ZeroDivisionError("x")), "monitor-failed", "fails: ZeroDivisionError: x"),
        (fails(SystemExit(3)), "monitor-failed", "ends without readings"),
        (lambda _: None, "monitor-failed", "it gives no Readings"),
        (lambda _: readings(capacities=("memory",)), "monitor-failed", "its Readings are none"),
        (lambda _: readings(capacities=(Capacity("m", "gallons", 1),)), "monitor-failed", "gallons"),
        (lambda _: readings(uses=(Use("a", values=(Value("v", "count", math.nan),)),)), "monitor-failed", "number"),
        (lambda _: readings(math.inf), "monitor-failed", "taken_s"),
        (lambda _: readings(uses=(object(),)), "monitor-failed", "its Readings are none"),
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_one_that_fails_is_told_and_the_others_look(behave, code, words):
    found = by_name(runner(bad=Fake(behave), other=good()).look())
    assert found["bad"].readings is None
    assert found["bad"].age_s is None
    assert found["bad"].trouble.code == code
    assert words in found["bad"].trouble.message
    assert (found["other"].readings, found["other"].age_s, found["other"].trouble) == (readings(), 7.0, None)


def test_one_that_hangs_costs_no_more_than_the_deadline_and_is_not_asked_twice():
    ended = threading.Event()
    hanging = Fake(lambda _: ended.wait(30) and readings(105.0))
    looking = runner(0.2, bad=hanging, other=good())
    try:
        for _ in range(3):
            found = by_name(looking.look())
            assert found["bad"].trouble.code == "monitor-slow"
            assert found["other"].trouble is None
        assert hanging.asked == 1
        threads = [each for each in threading.enumerate() if each.name == "monitor bad"]
        assert len(threads) == 1
        assert threads[0].daemon  # so that it does not keep the process from ending
    finally:
        ended.set()
    threads[0].join(5)
    found = by_name(looking.look())
    assert (found["bad"].trouble, found["bad"].readings) == (None, readings(105.0))
    assert hanging.asked == 2


def test_the_last_good_reading_is_kept_with_its_age_and_the_trouble():
    now = [100.0]

    def behave(before):
        if before == 1:
            raise PlacementError(Problem("rm-unreachable", "gone"))
        return readings(now[0])

    looking = runner(bad=Fake(behave), clock=lambda: now[0])
    assert looking.look()[0].age_s == 0
    now[0] = 130.0
    (seen,) = looking.look()
    assert (seen.readings, seen.age_s, seen.trouble.code) == (readings(100.0), 30.0, "rm-unreachable")
    data = seen.as_data()
    assert (data["readings"]["taken_s"], data["trouble"]["code"]) == (100.0, "rm-unreachable")
    (seen,) = looking.look()
    assert (seen.readings, seen.age_s, seen.trouble) == (readings(130.0), 0.0, None)


def test_what_cannot_be_made_is_made_at_a_later_look():
    tried = []

    def make():
        tried.append(1)
        if len(tried) == 1:
            raise ImportError("no module named x")
        return good()

    looking = Runner({"late": make}, 5.0, lambda: 100.0)
    assert "no module named x" in looking.look()[0].trouble.message
    assert [looking.look()[0].trouble for _ in range(2)] == [None, None]
    assert len(tried) == 2


def test_a_danger_is_told_since_it_was_first_seen_without_a_break():
    times = iter((100.0, 110.0, 120.0, 130.0))

    def behave(before):
        dangers = () if before == 2 else (Danger("q", "full", f"{before}"), Danger("q", "lost", "x", 7.0))
        return readings(next(times), dangers=dangers)

    looking = runner(one=Fake(behave))
    since = [[each.since_s for each in looking.look()[0].readings.dangers] for _ in range(4)]
    assert since == [[100.0, 7.0], [100.0, 7.0], [], [130.0, 7.0]]


def test_all_look_at_once():
    both = threading.Barrier(2)

    def behave(_):
        both.wait(10)  # for the other to have begun
        return readings()

    assert [each.trouble for each in runner(a=Fake(behave), b=Fake(behave)).look()] == [None, None]


FINITE = st.floats(allow_nan=False, allow_infinity=False)
UNITS = st.sampled_from(["bytes", "seconds", "cores", "count", "share"])
VALUES = st.lists(st.builds(Value, st.text(), UNITS, FINITE), max_size=3).map(tuple)
READINGS = st.builds(
    Readings,
    st.text(),
    FINITE,
    st.lists(st.builds(Capacity, st.text(), UNITS, FINITE, st.none() | FINITE, st.none() | FINITE), max_size=3).map(
        tuple
    ),
    st.lists(
        st.builds(Use, st.text(), st.text(), st.text(), st.text(), st.sampled_from(["running", "ended"]), VALUES),
        max_size=3,
    ).map(tuple),
    st.lists(st.builds(Danger, st.text(), st.text(), st.text(), st.none() | FINITE), max_size=3).map(tuple),
    st.dictionaries(st.text(), st.text(), max_size=3),
)


@given(READINGS)
def test_readings_that_have_the_shape_are_taken_as_they_are(found):
    assert checked(found) == found
