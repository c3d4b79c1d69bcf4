"""Whatever the portions, whoever is killed in between, the table is the one of learning it in one go."""

import os
import random
import signal
import sqlite3
import time
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement.estimate.estimator import Estimator
from placement.learning.learner import Learner
from placement.learning.observation import features, observation
from placement.store.engine import open_engine
from placement.store.runs import Runs
from placement.store.states import States
from tests.unit import killed
from tests.unit.learning.learned_rows import DAY_S, GIB, NOW_S, row, rows


def learner(engine, troubles=None):
    return Learner(Runs(engine), States(engine), Estimator, (troubles if troubles is not None else []).append)


def told(learner):
    return {key: repr(found.numbers()) for key, found in learner.rows()}


def undisturbed(found):
    estimator = Estimator()
    for each in found:
        estimator.observe(*observation(each))
    return {key: repr(found.numbers()) for key, found in estimator.rows()}


def test_what_is_learned_is_what_the_estimator_learns(opened):
    found = rows(300)
    Runs(opened()).add(found)
    one = learner(opened())
    assert [one.learn(200) for _ in range(3)] == [200, 100, 0]
    assert told(one) == undisturbed(found)
    assert one.keys == len(told(one)) > 30
    assert States(opened()).mark() == 300


@given(st.lists(st.integers(1, 60), max_size=8), st.integers(0, 1000))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_portions_by_anybody_make_the_same_table(tmp_path_factory, portions, seed):
    engine = open_engine(str(tmp_path_factory.mktemp("portions") / "ledger.db"))
    found = rows(150, seed)
    Runs(engine).add(found)
    two = [learner(engine), learner(engine)]
    for number, most in enumerate(portions):
        two[number % 2].learn(most)
    while two[0].learn():
        pass
    two[1].follow()
    assert told(two[0]) == told(two[1]) == undisturbed(found)
    engine.dispose()


def test_rows_that_come_late_are_learned_once(opened):
    found = rows(100)
    runs, one = Runs(opened()), learner(opened())
    runs.add(found[50:])
    assert one.learn() == 50
    late = found[:50]
    assert runs.add([*late, *found]) == 50
    assert (one.learn(), one.learn()) == (50, 0)
    assert told(one) == undisturbed([*found[50:], *late])


def test_who_learned_what_another_has_learned_meanwhile_writes_nothing(opened):
    found = rows(40)
    Runs(opened()).add(found)
    one, other = learner(opened()), learner(opened())
    one.follow()
    other.follow()
    real = one._states.save

    def late(*arguments):
        other.learn()
        return real(*arguments)

    one._states.save = late
    assert one.learn() == 0
    assert told(one) == undisturbed(found)


def test_it_is_all_the_same_where_it_is_killed(tmp_path):
    """At every statement and commit of learning two portions."""
    found = rows(40)
    expected, number, is_done = undisturbed(found), 0, False
    while not is_done:
        number += 1
        path = str(tmp_path / f"{number}.db")
        engine = open_engine(path)
        Runs(engine).add(found)
        engine.dispose()
        child = os.fork()
        if not child:
            killed.at_call_of_database(number, partial(open_engine, path), _learned_in_steps)
        is_done = not os.WIFSIGNALED(os.waitpid(child, 0)[1])
        engine = open_engine(path)
        one = learner(engine)
        while one.learn():
            pass
        assert told(one) == expected, number
        engine.dispose()
    assert number > 10


def _learned_in_steps(engine):
    one = learner(engine)
    while one.learn(20):
        pass


def test_it_is_all_the_same_when_it_is_killed(tmp_path):
    """Again and again, at any instant, while others bring rows."""
    path, chance, found = str(tmp_path / "ledger.db"), random.Random(7), rows(600)
    engine = open_engine(path)
    Runs(engine).add(found[:300])
    for part in range(6):
        engine.dispose()
        child = os.fork()
        if not child:
            _learning(path)
        time.sleep(chance.uniform(0.05, 0.4))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        engine = open_engine(path)
        Runs(engine).add(found[300 + 50 * part : 350 + 50 * part])
    one = learner(engine)
    while one.learn():
        pass
    assert told(one) == undisturbed(found)
    engine.dispose()


def _learning(path):
    try:
        one = learner(open_engine(path))
        while True:
            one.learn(7)
    finally:
        os._exit(2)


@pytest.mark.parametrize("damage", [b"", b"\0\0\0\0x", None])
def test_damaged_states_are_named_and_learned_anew(opened, tmp_path, damage):
    found = rows(80)
    Runs(opened()).add(found)
    learner(opened()).learn()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        (content,) = connection.execute("SELECT content FROM states WHERE key LIKE 'x:%' LIMIT 1").fetchone()
        worse = damage if damage is not None else content[:10] + bytes([content[10] ^ 1]) + content[11:]
        connection.execute("UPDATE states SET content = ? WHERE content = ?", (worse, content))
    connection.close()
    troubles = []
    one = learner(opened(), troubles)
    assert one.learn() == 80
    assert [problem.code for problem in troubles] == ["states-damaged"]
    assert "`x:" in troubles[0].message
    assert told(one) == undisturbed(found)
    again = learner(opened(), troubles)
    again.follow()
    assert (told(again), len(troubles)) == (undisturbed(found), 1)


def test_who_follows_sees_that_all_is_learned_anew(opened):
    found = rows(80)
    Runs(opened()).add(found)
    one, other = learner(opened()), learner(opened())
    one.learn()
    other.follow()
    States(opened()).clear()
    other.follow()
    assert told(other) == {}
    one.follow()
    one.learn()
    other.follow()
    assert told(other) == told(one) == undisturbed(found)


def test_a_key_of_which_nothing_is_heard_is_forgotten(opened):
    old = replace(row(1, name="old"), finished_s=NOW_S - 100 * DAY_S)
    Runs(opened()).add([old, row(2, name="new"), row(3, name="new")])
    one = learner(opened())
    one.learn()
    assert any("old" in key for key in told(one))
    assert one.forget(NOW_S - 90 * DAY_S) > 0
    one.renew()
    assert not any("old" in key for key in told(one))
    assert any("new" in key for key in told(one))
    assert one.learn() == 0


def test_the_estimate_goes_from_what_is_asked_to_what_is_used(opened):
    runs, one = Runs(opened()), learner(opened())
    runs.add([row(number) for number in range(6)])
    one.learn()
    estimator = Estimator()
    estimator.learned = one._known().learned
    found = estimator.predict(features(row(99)))
    assert 2 * GIB <= found.safe_bytes < 4 * GIB
    assert found.runs == 6
