"""The places a scheduler is told by, with a ResourceManager that fails in every way."""

import os
import time

import pytest

from placement.errors import PlacementError, Problem
from placement.policy import Site
from placement.schedulers.capacity import file as capacity_file
from placement.schedulers.fair import file as fair_file
from placement.sync.targets import capacity_file as capacity_target
from placement.sync.targets import fair_file as fair_target
from placement.sync.targets import file_of, find, waiting
from placement.sync.targets.capacity_file import CapacityFile, words
from placement.sync.targets.fair_file import FairFile
from placement.sync.targets.scheduler_conf import SchedulerConf
from placement.yarn import answers
from placement.yarn.answers import QueueAccess, Scheduler

PREFIX = "yarn.scheduler.capacity."
A = {"root.queues": "a", "root.a.capacity": "100"}
B = {"root.queues": "a,b", "root.a.capacity": "70", "root.b.capacity": "30"}
ILLEGAL = "Failed to re-init queues : Illegal capacity sum of 1.15 for children of queue root"
SAID = (
    f"2026-11-21 INFO client.RMProxy: Connecting\nrefreshQueues: java.io.IOException: {ILLEGAL}\n\tat a.B(C.java:1)\n"
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(waiting, "PAUSE_S", 0.001)
    for name in ("RELOAD_S", "SETTLE_S", "MARGIN_S"):
        monkeypatch.setattr(fair_target, name, 0.01)


def conf(properties):
    return capacity_file.of({PREFIX + name: text for name, text in properties.items()})


def capacity_content(properties):
    return capacity_file.write(conf(properties))


def fair_content(*queues, **root):
    told = {"root": root, **{f"root.{name}": {} for name in queues}}
    return fair_file.write(fair_target.Configuration("fair", told))


def problem_of(act):
    with pytest.raises(PlacementError) as caught:
        act()
    (problem,) = caught.value.problems
    return problem


class Manager:
    """A ResourceManager: `shown` is a function that gives its queues, `kept` its properties or None."""

    addresses = ("http://rm:8088",)

    def __init__(self, shown=dict, scheduler="fair", kept=None, refusal="", access=lambda *_: None):
        self.shown, self.type, self.kept, self.refusal = shown, f"{scheduler}Scheduler", kept, refusal
        self.changes, self.may, self.fault = [], access, None

    def scheduler(self):
        return Scheduler(self.type, {"root": {}, **self.shown()})

    def scheduler_type(self):
        return self.type

    def queue_states(self):
        return answers.states(self.scheduler())

    def access(self, *asked):
        allowed = self.may(*asked)
        if allowed is None:
            raise PlacementError(Problem("rm-refused", "may not ask"))
        return QueueAccess(allowed, "")

    def scheduler_conf(self):
        return None if self.kept is None else {PREFIX + name: text for name, text in self.kept.items()}

    def validate_scheduler_conf(self, changes):
        self.changes.append(changes)
        return self.refusal

    def update_scheduler_conf(self, changes):
        self.changes.append(changes)
        if self.refusal:
            raise PlacementError(Problem("rm-refuses-change", self.refusal))
        if self.fault != "lost":
            for name, text in changes.items():
                self.kept.pop(name.removeprefix(PREFIX), None)
                if text is not None:
                    self.kept[name.removeprefix(PREFIX)] = text
        if self.fault:
            raise PlacementError(Problem("rm-unclear", "no answer in time"))


def queues(*names, **said):
    return lambda: {f"root.{name}": said for name in names}


# --- fair-scheduler.xml


@pytest.fixture
def fair_path(tmp_path):
    path = tmp_path / "fair-scheduler.xml"
    path.write_bytes(fair_content("a"))
    return path


def test_a_fair_file_is_written_and_waited_for(fair_path):
    looks = []

    def shown():
        looks.append(fair_path.read_bytes())
        return queues("a", "b")() if len(looks) > 5 else queues("a")()

    target = FairFile(str(fair_path), Manager(shown))
    new = fair_content("a", "b")
    assert target.put(target.in_force(), new) == []
    assert fair_path.read_bytes() == new
    assert looks[-1] == new


def test_what_the_resource_manager_does_not_show_is_not_taken_up(fair_path):
    target = FairFile(str(fair_path), Manager(queues("a")), limit_s=0.05)
    problem = problem_of(lambda: target.put(target.in_force(), fair_content("a", "b", "c", "d", "e")))
    assert problem.code == "not-taken-up"
    assert "there is no queue `root.b`; there is no queue `root.c`; " in problem.message
    assert problem.message.endswith(", and 1 more")


def test_a_queue_that_goes_while_it_is_in_use_is_not_waited_for(fair_path):
    fair_path.write_bytes(fair_content("a", "b"))
    manager = Manager(lambda: {"root.a": {}, "root.b": {"numActiveApps": 1}})
    target = FairFile(str(fair_path), manager, limit_s=0.05)
    assert len(target.put(target.in_force(), fair_content("a"))) == 1  # and nothing of it is seen
    manager.shown = queues("a", "b")
    target.put(target.in_force(), fair_content("a", "b"))
    assert (
        "there is still a queue root.b" in problem_of(lambda: target.put(target.in_force(), fair_content("a"))).message
    )


def test_who_may_is_a_sign_of_a_reload_too(fair_path):
    asked = []

    def access(*probe):
        asked.append(probe)
        return len(asked) > 3

    target = FairFile(str(fair_path), Manager(queues("a"), access=access))
    assert target.put(target.in_force(), fair_content("a", aclSubmitApps="ann grp")) == []
    assert set(asked) == {("ann", "root", "SUBMIT_APPLICATIONS")}
    for said in ([True], [None], [False, None]):  # the same before and after, or it is not told, or no more
        answer = lambda *_, said=said: said.pop(0) if len(said) > 1 else said[0]  # noqa: E731
        target = FairFile(str(fair_path), Manager(queues("a"), access=answer))
        (unseen,) = target.put(target.in_force(), fair_content("a", aclSubmitApps=f"bob{len(said)}{said[0]} "))
        assert "nothing of this change can be seen" in unseen


def test_one_that_is_away_for_a_while_is_waited_for(fair_path):
    looks = []

    def shown():
        looks.append(1)
        if 4 < len(looks) < 9:
            raise PlacementError(Problem("rm-standby", "a failover"))
        return queues("a", "b")() if len(looks) > 9 else queues("a")()

    target = FairFile(str(fair_path), Manager(shown))
    assert target.put(target.in_force(), fair_content("a", "b")) == []
    looks[:] = [1] * 3

    def away():
        looks.append(1)
        if len(looks) > 4:
            raise PlacementError(Problem("rm-standby", "a failover"))
        return queues("a")()

    target = FairFile(str(fair_path), Manager(away), limit_s=0.01)
    assert problem_of(lambda: target.put(target.in_force(), fair_content("a", "b", "c"))).code == "rm-standby"


def test_a_change_of_somebody_else_is_left_alone(fair_path):
    target = FairFile(str(fair_path), Manager(queues("a")))
    before = target.in_force()
    theirs = fair_path.read_bytes() + b"\n"
    fair_path.write_bytes(theirs)
    assert problem_of(lambda: target.put(before, fair_content("a", "b"))).code == "changed-meanwhile"
    assert fair_path.read_bytes() == theirs
    assert target.in_force().version != before.version


def test_what_cannot_be_read_is_not_written(fair_path):
    target = FairFile(str(fair_path), Manager(queues("a")))
    before, old = target.in_force(), fair_path.read_bytes()
    assert problem_of(lambda: target.put(before, b"<allocations><queue>")).code == "not-xml"
    assert fair_path.read_bytes() == old
    fair_path.unlink()
    assert problem_of(target.in_force).code == "no-scheduler-file"
    assert problem_of(lambda: target.put(before, fair_content("b"))).code == "no-scheduler-file"
    assert not fair_path.exists()


# --- capacity-scheduler.xml


@pytest.fixture
def capacity(tmp_path):
    """A function that gives a target whose `yarn` is the given shell script."""
    path = tmp_path / "capacity-scheduler.xml"
    path.write_bytes(capacity_content(A))

    def made(script, manager=None, limit_s=0.05):
        yarn = tmp_path / "yarn"
        yarn.write_text(f"#!/bin/sh\n{script}\n")
        yarn.chmod(0o755)
        manager = manager or Manager(lambda: {f"root.{name}": {} for name in "ab"}, "capacity")
        return CapacityFile(
            str(path), manager, str(yarn), {"PATH": os.environ["PATH"], "OUT": str(tmp_path / "out")}, limit_s
        )

    return made


def test_a_capacity_file_is_written_then_refreshed(capacity, tmp_path):
    target = capacity(f'echo "$*" >"$OUT"; cat {tmp_path}/capacity-scheduler.xml >>"$OUT"')
    new = capacity_content(B)
    assert target.put(target.in_force(), new) == []
    assert (tmp_path / "out").read_bytes() == b"rmadmin -refreshQueues\n" + new


def test_a_file_that_includes_others_is_no_target_until_it_is_written_out_as_told(capacity, tmp_path, monkeypatch, run):
    target, path = capacity("exit 0"), tmp_path / "capacity-scheduler.xml"
    (tmp_path / "queues.xml").write_bytes(capacity_content(B))
    path.write_bytes(b'<configuration><include href="queues.xml"/></configuration>')
    problem = problem_of(target.in_force)
    assert (problem.code, problem.place.file) == ("include-refused", str(path))
    assert problem.message == "this file includes `queues.xml`, and an apply would write all into this one"
    told = problem.remedy.partition(": ")[2].split("; ")
    monkeypatch.chdir(told[0].removeprefix("cd "))
    for command in told[1:]:
        assert run(*command.split()[1:])[0] in (0, None)
    assert target.in_force().configuration.queues.keys() == conf(B).queues.keys()


def test_what_is_refused_does_not_stay_in_the_file(capacity, tmp_path):
    (tmp_path / "said").write_text(SAID)
    target = capacity(f"cat {tmp_path}/said >&2; exit 255")
    before = target.in_force()
    problem = problem_of(lambda: target.put(before, capacity_content(B)))
    assert (problem.code, problem.message) == ("not-taken-up", f"the ResourceManager does not take it up: {ILLEGAL}")
    assert target.in_force() == before
    assert sorted(os.listdir(tmp_path)) == ["capacity-scheduler.xml", "said", "yarn"]


def test_a_command_that_hangs_is_ended_with_all_that_it_started(capacity, tmp_path, monkeypatch):
    monkeypatch.setattr(capacity_target, "REFRESH_S", 0.5)
    target = capacity(f"(sleep 1; touch {tmp_path}/late) & wait")
    problem = problem_of(lambda: target.put(target.in_force(), capacity_content(B)))
    assert (problem.code, "has not ended" in problem.message) == ("not-taken-up", True)
    assert target.in_force().content == capacity_content(B)  # it may have been told
    time.sleep(1)
    assert not (tmp_path / "late").exists()


def test_a_command_that_is_not_there(capacity, tmp_path):
    target = capacity("exit 0")
    (tmp_path / "yarn").unlink()
    before = target.in_force()
    problem = problem_of(lambda: target.put(before, capacity_content(B)))
    assert (problem.code, "cannot be run" in problem.message) == ("not-taken-up", True)
    assert target.in_force() == before


def test_a_queue_that_does_not_stop(capacity):
    shown = lambda: {"root.a": {}, "root.b": {"state": "DRAINING", "numActiveApplications": 2}}  # noqa: E731
    target = capacity("exit 0", Manager(shown, "capacity"))
    target.put(target.in_force(), capacity_content(B | {"root.b.state": "STOPPED"}))
    now = target.in_force()
    running = capacity_content(B)
    os.replace(write_beside(target.name, running), target.name)
    problem = problem_of(lambda: target.put(target.in_force(), capacity_content(A)))
    assert problem.code == "not-stopped"
    assert "`root.b` has 2 applications running and 0 waiting" in problem.message
    assert target.in_force().configuration == now.configuration  # stopped, and nothing more


def write_beside(path, content):
    with open(f"{path}.new", "wb") as file:
        file.write(content)
    return file.name


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (SAID, ILLEGAL),
        ("refreshQueues: Call From a/127.0.0.1 to b:8033 failed\n", "Call From a/127.0.0.1 to b:8033 failed"),
        ("log\norg.apache.hadoop.ipc.RemoteException: java.io.IOException: no\n", "no"),
        ("refreshQueues: IOException: \x1b[31m\n", "\\x1b[31m"),
        ("", ""),
    ],
)
def test_what_a_refresh_says(said, heard):
    assert words(said) == heard


# --- what the ResourceManager keeps itself


def test_one_change_with_what_differs_alone():
    manager = Manager(queues("a", "b"), "capacity", dict(A) | {"root.a.user-limit-factor": "2"})
    target = SchedulerConf(manager)
    assert target.put(target.in_force(), capacity_content(B)) == []
    assert manager.changes == [
        {
            f"{PREFIX}root.a.user-limit-factor": None,
            f"{PREFIX}root.queues": "a,b",
            f"{PREFIX}root.a.capacity": "70",
            f"{PREFIX}root.b.capacity": "30",
        }
    ]
    assert target.put(target.in_force(), capacity_content(B)) == []
    assert len(manager.changes) == 1  # there was nothing to change


def test_a_refused_change_and_a_stale_one():
    manager = Manager(queues("a"), "capacity", dict(A), ILLEGAL)
    target = SchedulerConf(manager)
    before = target.in_force()
    problem = problem_of(lambda: target.put(before, capacity_content(B)))
    assert (problem.code, problem.message.endswith(ILLEGAL)) == ("not-taken-up", True)
    (problem,) = target.validate(capacity_content(B))
    assert (problem.code, problem.message.endswith(ILLEGAL)) == ("rm-refuses-change", True)
    manager.refusal = "root.b cannot be deleted, as the queue is not yet in stopped state. Current State : RUNNING"
    assert target.validate(capacity_content(B)) == []
    manager.kept["root.a.state"] = "RUNNING"
    assert problem_of(lambda: target.put(before, capacity_content(B))).code == "changed-meanwhile"
    manager.kept = None
    assert problem_of(target.in_force).code == "not-mutable"


@pytest.mark.parametrize("fault", ["late", "lost"])
def test_an_unclear_change_is_read_back_and_not_sent_again(fault):
    manager = Manager(queues("a", "b"), "capacity", dict(A))
    manager.fault = fault
    target = SchedulerConf(manager, limit_s=0.05)
    if fault == "late":
        assert target.put(target.in_force(), capacity_content(B)) == []
    else:
        assert problem_of(lambda: target.put(target.in_force(), capacity_content(B))).code == "rm-unclear"
    assert len(manager.changes) == 1


# --- which of them


def test_the_target_of_a_site(tmp_path):
    def found(site, manager):
        return find(site, {"HADOOP_CONF_DIR": str(tmp_path), "PATH": ""}, manager)

    assert problem_of(lambda: found(Site(scheduler="fair"), Manager(scheduler="capacity"))).code == ("other-scheduler")
    assert found(Site(scheduler="fair"), Manager()).name == f"{tmp_path}/fair-scheduler.xml"
    assert found(Site(scheduler="fair", scheduler_file="/x/f.xml"), Manager()).name == "/x/f.xml"
    site = Site(scheduler="capacity", commands={"yarn": "/bin/true"})
    assert isinstance(found(site, Manager(scheduler="capacity", kept=A)), SchedulerConf)
    assert found(site, Manager(scheduler="capacity")).name == f"{tmp_path}/capacity-scheduler.xml"
    without = Site(scheduler="capacity")
    assert problem_of(lambda: found(without, Manager(scheduler="capacity"))).code == "no-real-command"


@pytest.mark.parametrize(("said", "path"), [("/etc/fair.xml", "/etc/fair.xml"), ("own.xml", "own.xml"), ("", None)])
def test_the_file_that_yarn_site_names(tmp_path, said, path):
    entry = f"<property><name>yarn.scheduler.fair.allocation.file</name><value>{said}</value></property>"
    (tmp_path / "yarn-site.xml").write_text(f"<configuration>{entry}</configuration>")
    environ = {"HADOOP_CONF_DIR": str(tmp_path / "nowhere"), "YARN_CONF_DIR": str(tmp_path)}
    assert file_of("fair", environ) == os.path.join(tmp_path, path or "fair-scheduler.xml")
    assert file_of("capacity", environ) == f"{tmp_path}/capacity-scheduler.xml"
    (tmp_path / "yarn-site.xml").write_text("<")
    assert problem_of(lambda: file_of("fair", environ)).code == "no-resource-manager"
