"""What finished, on both databases."""

from dataclasses import replace

import pytest

from placement.errors import PlacementError
from placement.store.engine import open_engine
from placement.store.runs import Row, Runs

ROW = Row("application_1_0001", "executor", "ann", "root.a", "spark", 1000.0, "succeeded", "n", "job.py", ("a", "b"))


@pytest.fixture
def runs(where):
    engine = open_engine(where)
    yield Runs(engine)
    engine.dispose()


def test_a_role_of_an_application_is_kept_once(runs):
    driver = replace(ROW, role="driver", peak_bytes=2.0**40, vcores=1.5, basis="heap", is_complete=True, decision="d1")
    assert runs.add([ROW, driver, ROW]) == 2
    assert runs.add([replace(ROW, queue="root.other"), driver]) == 0
    assert runs.of_application(ROW.application) == [ROW, driver]
    assert runs.of_application("application_1_0002") == []


def test_rows_are_read_on_in_the_order_in_which_they_came(runs):
    rows = [replace(ROW, application=f"application_1_{each}", finished_s=1000.0 - each) for each in range(7)]
    runs.add(rows)
    first = runs.since(0, most=3)
    assert [row for _, row in first] == rows[:3]
    assert [row for _, row in runs.since(first[-1][0])] == rows[3:]
    assert runs.since(runs.since(0)[-1][0]) == []


def test_what_is_known_is_what_its_history_told_of(runs):
    runs.add([ROW, replace(ROW, application="application_1_0002", is_complete=True)])
    assert runs.known([ROW.application, "application_1_0002", "x", "\0", "\ud800"]) == {"application_1_0002"}
    assert runs.known([]) == set()


def marked(runs, mark_s, rows):
    with runs.batch():
        runs.set_mark("rm", mark_s)
        runs.add(rows)


def test_rows_and_mark_are_one_transaction(runs):
    assert runs.mark("rm") is None
    runs.set_mark("rm", 7.5)
    with pytest.raises(PlacementError):
        marked(runs, 9.0, [ROW, replace(ROW, role="driver", ended="nonsense")])
    assert (runs.mark("rm"), runs.since(0)) == (7.5, [])
    marked(runs, 3.0, [ROW])
    assert (runs.mark("rm"), len(runs.since(0))) == (3.0, 1)
    assert runs.mark("other") is None


def test_what_is_old_is_pruned_in_portions(runs):
    runs.add([replace(ROW, application=str(each), finished_s=float(each)) for each in range(10)])
    assert [runs.prune(7.0, most=4) for _ in range(3)] == [4, 3, 0]
    assert [row.application for _, row in runs.since(0)] == ["7", "8", "9"]


def test_hostile_words_are_kept_as_what_they_are_or_escaped(runs):
    hostile = "x'; DROP TABLE runs; -- %s {0} \n"
    row = replace(ROW, name=hostile + "\0\ud800", arguments=(hostile, "\udcff"), script="é" * 1000)
    assert runs.add([row]) == 1
    (found,) = runs.of_application(ROW.application)
    assert found.name == hostile + "\\x00\\ud800"
    assert found.arguments == (hostile, "\\udcff")
    assert found.script == row.script


@pytest.mark.parametrize("poison", [{"ended": "x"}, {"peak_bytes": 0.0}, {"peak_bytes": -1.0}])
def test_the_database_takes_no_poisoned_row(runs, poison):
    with pytest.raises(PlacementError) as raised:
        runs.add([ROW, replace(ROW, role="driver", **poison)])
    assert raised.value.problems[0].code == "ledger-failed"
    assert runs.since(0) == []
