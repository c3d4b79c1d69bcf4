"""What an apply leaves behind where putting, going back or the history fails."""

from dataclasses import replace

import pytest

from placement.errors import PlacementError, Problem
from placement.schedulers.configuration import Configuration
from placement.sync.applying import Applier
from placement.sync.difference import difference
from placement.sync.history import APPLIED, BEFORE, FAILED, RESTORED, History
from placement.sync.plan import Binding, Plan
from placement.sync.standing import NEITHER, NEW, OLD, standing
from placement.sync.target import InForce
from placement.yarn.answers import Scheduler

STATES = {b"old": "2", b"new": "3", b"halfway": "4"}


def configuration(content):
    return Configuration("fair", {"root": {}, "root.a": {"weight": STATES[content]}})


class Target:
    """A file; `puts` are what `put` raises, one after the other, once it has written; None for nothing."""

    scheduler, is_file = "fair", True

    def __init__(self, folder, *puts):
        self.path = folder / "fair-scheduler.xml"
        self.path.write_bytes(b"old")
        self.name = str(self.path)
        self.puts = [*puts]

    def in_force(self):
        content = self.path.read_bytes()
        return InForce(self.read(content), content, content.decode())

    def read(self, content, file=None):
        del file
        return configuration(content)

    def validate(self, content):
        raise NotImplementedError

    def put(self, _, content):
        error, is_written = self.puts.pop(0)
        if is_written:
            self.path.write_bytes(content)
        if error:
            raise error
        return []


class Manager:
    def scheduler(self):
        return Scheduler("fairScheduler", {"root": {}, "root.a": {}})

    def may_submit(self, *_):
        return True


def of(code):
    return PlacementError(Problem(code, "no"))


def plan(target, is_unfinished=False):
    now = target.in_force()
    changes = difference(now.configuration, configuration(b"new"))
    binding = Binding(target.name, "r", now.version, "new")
    return Plan(
        binding,
        "fair",
        changes,
        (),
        (),
        difference(now.configuration, now.configuration),
        (),
        is_unfinished,
        (),
        b"new",
    )


def applied(target, folder):
    history = History(str(folder / "history"))
    applier = Applier(target, Manager(), history, lambda _: None)
    return applier.carry_out(plan(target), standing(target, history), "apply"), history


@pytest.mark.parametrize(
    ("puts", "outcome", "left"),
    [
        ([(None, True)], APPLIED, b"new"),
        ([(of("not-taken-up"), True), (None, True)], RESTORED, b"old"),
        ([(KeyboardInterrupt(), True), (None, True)], RESTORED, b"old"),
        ([(SystemExit(143), False)], RESTORED, b"old"),
        ([(of("changed-meanwhile"), False)], FAILED, b"old"),
        ([(of("not-taken-up"), True), (of("not-taken-up"), False)], FAILED, b"new"),
        ([(of("rm-unreachable"), True), (of("rm-unreachable"), False)], FAILED, b"old"),  # for the one that starts next
    ],
)
def test_what_is_in_force_at_the_end(tmp_path, puts, outcome, left):
    target = Target(tmp_path, *puts)
    entry, history = applied(target, tmp_path)
    assert (entry.outcome, target.path.read_bytes()) == (outcome, left)
    assert [each.outcome for each in history.entries()] == [outcome]


def test_a_fault_of_our_own_is_taken_back_and_not_hidden(tmp_path):
    target = Target(tmp_path, (ZeroDivisionError(), True), (None, True))
    with pytest.raises(ZeroDivisionError):
        applied(target, tmp_path)
    assert target.path.read_bytes() == b"old"


def test_who_interrupts_going_back_is_let_go_and_the_next_call_says_so(tmp_path):
    target = Target(tmp_path, (KeyboardInterrupt(), True), (KeyboardInterrupt(), False))
    with pytest.raises(KeyboardInterrupt):
        applied(target, tmp_path)
    left = standing(target, History(str(tmp_path / "history"))).unfinished
    assert left.which == NEW
    assert "was interrupted: what it was to bring is in force" in left.problem.message


def test_what_is_done_is_done_though_the_history_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.setattr(History, "end", lambda *_: (_ for _ in ()).throw(of("unwritable")))
    entry, history = applied(Target(tmp_path, (None, True)), tmp_path)
    assert entry.outcome == APPLIED
    assert "not in the history" in entry.said
    assert not history.entries()[0].is_ended


@pytest.mark.parametrize(
    ("now", "which", "old"), [(b"old", OLD, b"old"), (b"new", NEW, b"new"), (b"halfway", NEITHER, b"old")]
)
def test_an_apply_that_goes_on_keeps_what_was_there_before_it_all(tmp_path, now, which, old):
    target = Target(tmp_path, (KeyboardInterrupt(), True), (KeyboardInterrupt(), False))
    with pytest.raises(KeyboardInterrupt):
        applied(target, tmp_path)
    history = History(str(tmp_path / "history"))
    target.path.write_bytes(now)
    assert standing(target, history).unfinished.which == which
    target.puts = [(None, True)]
    entry = Applier(target, Manager(), history, lambda _: None).carry_out(
        plan(target, True), standing(target, history), "apply"
    )
    assert entry.outcome == APPLIED
    assert history.content(entry, BEFORE) == old
    assert standing(target, history).unfinished is None


def test_an_interrupted_rollback_says_how_it_goes_on(tmp_path):
    target = Target(tmp_path, (KeyboardInterrupt(), True), (KeyboardInterrupt(), False))
    with pytest.raises(KeyboardInterrupt):
        applied(target, tmp_path)
    left = standing(target, History(str(tmp_path / "history"))).unfinished
    assert left.problem.remedy == "go on by `placement apply`, or go back by `placement rollback`"
    back = replace(left, entry=replace(left.entry, what="rollback to before 1"))
    assert back.problem.remedy == "go on by `placement rollback`, or bring the policy by `placement apply`"
