"""Backfills that are read in one go, in pieces, or killed, end in the same rows."""

import os
import signal
from collections import Counter
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from placement.errors import PlacementError, Problem
from placement.observe import backfill
from placement.observe.asked import with_command
from placement.observe.backfill import Backfill, row
from placement.observe.run import Account, Part, Run
from placement.store.engine import open_engine
from placement.store.runs import Runs

NOW_S = 1_800_000_000.0
DAY_S = 86400.0
MIB = 2**20


class Listed:
    """A ResourceManager that remembers these runs."""

    def __init__(self, runs):
        self.runs = runs
        self.counted = Counter()
        self.asked = []

    def finished(self, begin_s, end_s):
        self.asked.append((begin_s, end_s))
        return [each for each in self.runs if begin_s <= each.finished_s <= end_s]


class Histories:
    """One that tells of all but `silent`, of executors of 1 GiB with 600 MiB at their peak."""

    def __init__(self, silent=()):
        self.silent = silent
        self.asked = []

    def account(self, run):
        self.asked.append(run.id)
        if run.id in self.silent:
            return Account(missing="there is no event log of it")
        part = Part("executor", 1000.0 * MIB, containers=2, vcores=2, peak_bytes=600.0 * MIB, basis="resident")
        return Account((part,), "job.py", ("1",), 2, is_complete=True)


def finished(number, ago_s, **more):
    said = {"started_s": NOW_S - ago_s - 60, "finished_s": NOW_S - ago_s, "tags": (f"placement:{number:016x}",)}
    own = {"id": f"application_1_{number:04}", "user": "ann", "queue": "root.a", "kind": "spark", "name": "n"}
    return Run(**(own | said | more))


RUNS = [finished(each, 5 * DAY_S - each * 3600) for each in range(100)]


@pytest.fixture
def opened(tmp_path):
    engines = []

    def call(name="ledger.db"):
        engines.append(open_engine(str(tmp_path / name)))
        return Runs(engines[-1])

    yield call
    for engine in engines:
        engine.dispose()


def ids(runs):
    return [(found.application, found.role) for _, found in runs.since(0)]


def expected(listed):
    return [(each.id, role) for each in listed for role in ("application", "executor")]


def test_what_finished_is_read_oldest_first_and_once(opened):
    runs, told = opened(), []
    listed, histories = Listed(RUNS), Histories()
    work = Backfill("rm", listed, {"spark": [histories]}, runs, tell=lambda at: told.append((at.share, at.rows)))
    done = work.read(30, NOW_S)
    assert ids(runs) == expected(RUNS)
    assert (done.applications, done.rows, done.known, done.unread) == (100, 200, 0, {})
    assert told == sorted(told)
    assert told[-1] == (1.0, 200)
    assert len(histories.asked) == 100
    again = work.read(30, NOW_S + 10)
    assert (again.rows, len(histories.asked)) == (0, 100)
    assert listed.asked[-1][0] >= NOW_S - backfill.SETTLED_S - backfill.AGAIN_S


def test_a_row_has_what_was_given_and_what_was_used(opened):
    runs = opened()
    Backfill("rm", Listed(RUNS[:1]), {"spark": [Histories()]}, runs, given=lambda _: 1024.0 * MIB).read(30, NOW_S)
    whole, executor = runs.of_application(RUNS[0].id)
    assert (whole.role, whole.runtime_s, whole.peak_bytes) == ("application", 60, None)
    assert (executor.request_bytes, executor.allocated_bytes) == (1000 * MIB, 1024 * MIB)
    assert (executor.peak_bytes, executor.basis, executor.ended) == (600 * MIB, "resident", "succeeded")
    assert (executor.decision, executor.script, executor.arguments) == ("0" * 16, "job.py", ("1",))
    assert executor.is_complete


def test_the_record_of_the_decision_says_what_was_typed(opened):
    runs = opened()
    typed = ["--conf", "a=b", "/x/nightly.py", "2026-11-20"]
    record = {"command": {"application": "/x/nightly.py", "family": "spark-submit"}, "arguments": typed}
    asked = {"0" * 16: record}.get
    Backfill("rm", Listed(RUNS[:2]), {"spark": [Histories()]}, runs, asked=asked).read(30, NOW_S)
    assert {found.script for found in runs.of_application(RUNS[0].id)} == {"nightly.py"}
    assert {found.arguments for found in runs.of_application(RUNS[0].id)} == {("2026-11-20",)}
    assert {found.script for found in runs.of_application(RUNS[1].id)} == {"job.py"}


@pytest.mark.parametrize("record", [{}, {"command": None}, {"command": {"application": 7}}, {"command": "x"}])
def test_a_record_that_says_nothing_changes_nothing(record):
    assert with_command(Account(script="job.py"), record) == Account(script="job.py")


def test_what_ended_just_now_is_read_where_its_history_is_complete_and_left_for_later_elsewhere(opened):
    runs = opened()
    young = [finished(1, 5), finished(2, 4)]
    Backfill("rm", Listed(young), {"spark": [Histories([young[0].id])]}, runs).read(1, NOW_S)
    assert {application for application, *_ in ids(runs)} == {young[1].id}
    later = Backfill("rm", Listed(young), {"spark": [Histories([young[0].id])]}, runs).read(
        1, NOW_S + backfill.SETTLED_S
    )
    assert (later.known, later.unread) == (1, {young[0].id: "there is no event log of it"})
    assert {application for application, *_ in ids(runs)} == {each.id for each in young}


def test_a_missing_history_is_said_and_looked_for_again(opened):
    runs = opened()
    late = [finished(1, backfill.SETTLED_S + 5), finished(2, backfill.SETTLED_S + 4)]
    first = Backfill("rm", Listed(late), {"spark": [Histories([late[0].id])]}, runs).read(1, NOW_S)
    assert first.unread == {late[0].id: "there is no event log of it"}
    assert first.counted["history missing or incomplete"] == 1
    assert ids(runs) == expected(late)[:1] + expected(late)[2:]
    second = Backfill("rm", Listed(late), {"spark": [Histories()]}, runs).read(1, NOW_S + 60)
    assert (second.rows, second.known) == (1, 1)
    assert sorted(ids(runs)) == expected(late)


def test_the_next_history_is_asked_where_one_does_not_tell(opened):
    runs = opened()
    silent, telling = Histories([RUNS[0].id]), Histories()
    Backfill("rm", Listed(RUNS[:2]), {"spark": [silent, telling]}, runs).read(30, NOW_S)
    assert ids(runs) == expected(RUNS[:2])
    assert telling.asked == [RUNS[0].id]


def test_what_fails_in_the_middle_leaves_what_was_committed(opened):
    runs = opened()
    listed = Listed(RUNS)

    class Down(Listed):
        def finished(self, begin_s, end_s):
            if len(self.asked) == 3 + 4 * 25:
                raise PlacementError(Problem("rm-unreachable", "gone"))
            return super().finished(begin_s, end_s)

    with pytest.raises(PlacementError):
        Backfill("rm", Down(RUNS), {"spark": [Histories()]}, runs).read(30, NOW_S)
    there = ids(runs)
    assert 0 < len(there) < 200
    Backfill("rm", listed, {"spark": [Histories()]}, runs).read(30, NOW_S)
    assert ids(runs) == expected(RUNS)


def test_a_mark_of_a_wrong_clock_is_not_believed(opened):
    runs = opened()
    runs.set_mark("rm", NOW_S * 2)
    Backfill("rm", Listed(RUNS), {"spark": [Histories()]}, runs).read(30, NOW_S)
    assert ids(runs) == expected(RUNS)
    assert runs.mark("rm") == NOW_S


def test_a_run_without_user_or_end_is_counted(opened):
    runs = opened()
    listed = [finished(1, 1000, user=""), finished(2, 900, started_s=NOW_S), finished(3, 800)]
    done = Backfill("rm", Listed(listed), {"spark": [Histories()]}, runs).read(30, NOW_S)
    assert done.counted["no id, user or end"] == 1
    assert done.counted["ended before it began"] == 1
    assert ids(runs) == expected(listed[1:])
    assert runs.of_application(listed[1].id)[0].runtime_s is None


def test_killed_at_every_statement_it_goes_on_where_it_was(opened, tmp_path, monkeypatch):
    """Before each statement and each commit; then taken up, until it ends by itself."""
    monkeypatch.setattr(backfill, "PORTION", 3)
    monkeypatch.setattr(backfill, "WINDOW_S", 3 * DAY_S)
    few = RUNS[:14:2]
    killed = 0
    for number in count(1):
        where = str(tmp_path / "killed.db")
        open_engine(where).dispose()
        child = os.fork()
        if not child:
            _killed(where, few, number)
        status = os.waitpid(child, 0)[1]
        runs = opened("killed.db")
        assert ids(runs) == expected(few)[: len(ids(runs))]
        Backfill("rm", Listed(few), {"spark": [Histories()]}, runs).read(6, NOW_S)
        assert ids(runs) == expected(few)
        for left in tmp_path.glob("killed.db*"):
            left.unlink()
        if not os.WIFSIGNALED(status):
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
        killed += 1
    assert os.waitstatus_to_exitcode(status) == 0
    assert killed > 15


def _killed(where, runs, number):
    left = number
    try:
        engine = open_engine(where)

        def count_down(*_):
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(engine, "before_cursor_execute", count_down)
        event.listen(engine, "commit", count_down)
        Backfill("rm", Listed(runs), {"spark": [Histories()]}, Runs(engine)).read(6, NOW_S)
        os._exit(0)
    finally:
        os._exit(2)


ANY = st.one_of(
    st.none(),
    st.floats(),
    st.integers(),
    st.sampled_from([0, -1, 10**18, 10**400, float("nan"), float("inf"), 1e-9, True, "x"]),
)
NUMBERS = [name for name in Part.__slots__ if name not in ("role", "basis", "ended")]


@given(st.fixed_dictionaries(dict.fromkeys(NUMBERS, ANY)), ANY, ANY)
def test_no_row_is_poisoned(said, started_s, executors):
    run = replace(RUNS[0], started_s=started_s if isinstance(started_s, float) else None)
    part = Part("executor", **said)
    found = row(run.told(Account((part,), executors=executors), lambda size: size), part, Counter())
    for name in ("request_bytes", "allocated_bytes", "containers", "vcores", "peak_bytes", "runtime_s", "gc_s"):
        number = getattr(found, name)
        assert number is None or 0 <= number < 2**63, name
    for name in ("peak_bytes", "runtime_s", "containers"):
        assert getattr(found, name) != 0
    assert found.executors is None or 0 <= found.executors < 2**63
