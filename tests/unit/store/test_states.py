"""What was learned, and what was wasted, on both databases."""

import pytest

from placement.store import states as module
from placement.store.engine import open_engine
from placement.store.runs import Runs
from placement.store.states import Kept, States
from placement.store.waste import waste
from tests.unit.learning.learned_rows import DAY_S, GIB, NOW_S, row


@pytest.fixture
def engine(where):
    engine = open_engine(where)
    yield engine
    engine.dispose()


def test_states_and_mark_change_together_or_not_at_all(engine):
    states = States(engine)
    assert states.mark() == 0
    assert not states.save({"s:a": Kept(1.0, b"1")}, 3, 5)
    assert states.save({"s:a": Kept(1.0, b"1")}, 0, 5)
    assert not states.save({"s:a": Kept(1.0, b"2")}, 0, 6)
    assert not states.save({"s:a": Kept(1.0, b"2")}, 4, 6)
    assert (states.mark(), states.of(["s:a", "s:b"])) == (5, {"s:a": b"1"})
    assert states.save({"s:a": Kept(1.0, b"2"), "s:b": Kept(9.0, b"\0\xff")}, 5, 7)
    assert dict(states.since(5)) == {"s:a": b"2", "s:b": b"\0\xff"}
    assert dict(states.since(7)) == {}
    assert states.save({}, 7, 8)
    assert states.forget(5.0) == 1
    assert (dict(states.since(0)), states.mark()) == ({"s:b": b"\0\xff"}, 8)
    states.clear()
    assert (dict(states.since(0)), states.mark()) == ({}, 0)


def test_many_states_are_read_in_portions_and_forgotten_in_portions(engine, monkeypatch):
    monkeypatch.setattr(module, "MOST", 7)
    states = States(engine)
    keys = [f"{level}:{'Aé~/%'[number % 5]}{number}" for number in range(20) for level in "xask*"]
    assert states.save({key: Kept(float(place), key.encode()) for place, key in enumerate(keys)}, 0, 1)
    found = list(states.since(0))
    assert sorted(found) == sorted((key, key.encode()) for key in keys)
    assert [states.forget(50.0, most=30) for _ in range(3)] == [30, 20, 0]


def test_waste_is_what_was_given_and_not_used_and_all_that_was_lost(engine):
    Runs(engine).add(
        [
            row(1),
            row(2, finished_s=NOW_S),
            row(3, peak=20.0 * GIB),  # more than was given: nothing was wasted
            row(4, peak=None),
            row(5, peak=None, ended="out-of-memory", name="b", user="bob"),
            row(6, runtime_s=None),
            row(7, request=None),
            row(8, finished_s=NOW_S - 50 * DAY_S),
        ]
    )
    one, other = waste(engine, NOW_S - 20 * DAY_S)
    assert (one.name, one.runs, one.failures, one.last) == ("nightly_sales", 4, 0, 4)
    assert one.given_gib_h == pytest.approx(4 * 16 * 4 / 6)
    assert one.gib_h == pytest.approx(2 * 14 * 4 / 6)
    assert (one.allocated_bytes, one.peak_bytes) == (16 * GIB, 20 * GIB)
    assert (other.user, other.failures, other.peak_bytes) == ("bob", 1, None)
    assert other.lost_gib_h == pytest.approx(16 * 4 / 6)
    assert waste(engine, NOW_S - 20 * DAY_S, user="bob") == [other]
    assert waste(engine, NOW_S - 20 * DAY_S, queue="root.x' OR 1=1 --\0\ud800") == []
    assert [each.runs for each in waste(engine, NOW_S - 1)] == [1]
