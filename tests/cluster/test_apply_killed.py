"""`placement apply` and `placement rollback`, ended at any instant: old or new is in force, and the next call says so.

At every instant at which the world is another one than at the one before; tests/engines/test_killed_anywhere.py takes
really all. Between: the capacity scheduler's queue that goes has to be stopped first.
"""

import os
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from placement.sync.history import APPLIED, BEGUN, RESTORED
from tests.cluster.administrator import PLACEMENT
from tests.cluster.conftest import _Holder
from tests.cluster.walking import Walker, instants
from tests.cluster.yarn import Yarn

pytestmark = pytest.mark.engines  # it takes minutes

MUTABLE = {"yarn.scheduler.configuration.store.class": "memory"}
GONE, HELD = "root.gone", "root.held"


def capacity(**shares: str) -> str:
    """A file of the capacity scheduler; `held` was stopped by the administrator."""
    said = {
        "root.queues": ",".join(shares),
        "root.acl_submit_applications": "yarn",
        "root.acl_administer_queue": "yarn",
    }
    said |= {f"root.{name}.capacity": share for name, share in shares.items()} | {"root.held.state": "STOPPED"}
    lines = (
        f"<property><name>yarn.scheduler.capacity.{name}</name><value>{value}</value></property>"
        for name, value in said.items()
    )
    return f"<configuration>{''.join(lines)}</configuration>"


OLD = capacity(default="20", keep="20", gone="40", held="20")
NEW = capacity(default="20", keep="60", held="20")
FAIR_OLD, FAIR_NEW = (
    f"""<allocations><queue name="root"><aclSubmitApps>yarn</aclSubmitApps><aclAdministerApps>yarn</aclAdministerApps>
    <queue name="one"><maxRunningApps>{most}</maxRunningApps></queue><queue name="default"/></queue>
    <queuePlacementPolicy><rule name="specified"/><rule name="reject"/></queuePlacementPolicy></allocations>"""
    for most in (3, 5)
)


class Clusters:
    """The one cluster that is up, a new one for each kind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kind = ""
        self.stack = ExitStack()

    def walk(self, kind: str) -> "Walk":
        """On a cluster where the old is in force."""
        if kind != self.kind:
            self.stack.close()
            self.kind = ""
            folder = Path(tempfile.mkdtemp(prefix=kind, dir=self.folder))
            old, new = (FAIR_OLD, FAIR_NEW) if kind == "fair" else (OLD, NEW)
            yarn = Yarn("fair" if kind == "fair" else "capacity", old, yarn_site=MUTABLE if kind == "mutable" else None)
            walker = Walker(self.stack.enter_context(yarn), folder, new)
            self.made = Walk(self.stack.enter_context(walker))
            self.kind = kind
        self.made.reaches("rollback", "old")
        return self.made


@pytest.fixture(scope="module")
def clusters(_holder: _Holder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clusters]:
    _holder.stop()
    found = Clusters(tmp_path_factory.mktemp("killed"))
    with found.stack:
        yield found


@pytest.fixture
def mutable(clusters: Clusters) -> "Walk":
    return clusters.walk("mutable")


@pytest.fixture
def file(clusters: Clusters) -> "Walk":
    return clusters.walk("file")


@pytest.fixture
def fair(clusters: Clusters) -> "Walk":
    return clusters.walk("fair")


class Walk:
    """Where the two ways lead: what is told and shown before and after `placement apply`."""

    def __init__(self, walker: Walker) -> None:
        self.walker = walker
        self.states: dict[str, tuple[Any, dict[str, str]]] = {"old": (walker.told(), walker.shown())}
        self.journals = {"apply": self.goes("apply")}
        self.states["new"] = (walker.told(), walker.shown())
        self.journals["rollback"] = self.goes("rollback")
        assert self.states["old"] == (walker.told(), walker.shown())
        self.matrix: Counter[tuple[str, ...]] = Counter()

    def goes(self, command: str) -> list[str]:
        """What it did, all of it."""
        done = self.walker.does(command, "--yes")
        assert done.status == 0, done.out + done.err
        assert "applied: entry" in done.out
        return done.journal

    def told(self) -> str:
        """By name what the scheduler is told; anything but these is a failure."""
        told = self.walker.told()
        named = {"old": self.states["old"][0], "new": self.states["new"][0], **stages_of(self)}
        return next(name for name, each in named.items() if each == told)

    def shown(self) -> str:
        """By name what the ResourceManager works by, the states of queues apart; `held` never runs."""
        shown = self.walker.shown()
        if HELD in shown:
            assert shown[HELD].endswith("STOPPED")
        old, new = (self.states[name][1] for name in ("old", "new"))
        stopped = {**old, GONE: old.get(GONE, "").replace("RUNNING", "STOPPED")}
        return next(name for name, each in (("old", old), ("new", new), ("stopped", stopped)) if each == shown)

    def take(self, command: str, chosen: list[tuple[int, str]]) -> None:
        """Ends `command` at each of these instants, and goes on or back by turns."""
        other = {"apply": "rollback", "rollback": "apply"}
        goal = {"apply": "new", "rollback": "old"}
        for turn, (number, how) in enumerate(chosen):
            done = self.walker.does(command, "--yes", number=number, how=how)
            assert done.status < 0, done.err
            found, entry = (self.told(), self.shown()), self.walker.last()
            plan = self.walker.does("plan")
            assert plan.status == (0 if found == ("new", "new") and entry.outcome != BEGUN else 2), plan.out + plan.err
            assert ("apply-interrupted" in plan.err) == (entry is not None and entry.outcome == BEGUN)
            if entry is None or entry.outcome != BEGUN:
                assert found[0] in ("old", "new")
            way = other[command] if turn % 2 else command
            if way == "rollback" and found == ("old", "old") and (entry is None or entry.outcome != BEGUN):
                way = "apply"  # there is nothing to go back from
            last = done.journal[-1].split(" ")[0] if done.journal else ""
            self.matrix[(command, f"{how} after {last}", *found, said(plan.err), way)] += 1
            self.reaches(way, goal[way])
            self.reaches(other[command], goal[other[command]])

    def reaches(self, command: str, goal: str) -> None:
        """Nothing is left to be done, or to be said."""
        if (self.told(), self.shown()) != (goal, goal) or not self.walker.last().is_ended:
            self.goes(command)
        assert (self.told(), self.shown()) == (goal, goal)
        assert self.walker.last().is_ended

    def table(self) -> str:
        """The matrix, a line for each kind of instant."""
        return "\n".join(" | ".join((*kind, f"{times}x")) for kind, times in sorted(self.matrix.items()))


def stages_of(walk: Walk) -> dict[str, Any]:
    """By name what is told on the way: the queue that goes is stopped, or told to run again."""
    old, new = (walk.states[name][0] for name in ("old", "new"))
    state = f"yarn.scheduler.capacity.{GONE}.state"
    if isinstance(old, dict):
        return {"stage": {**old, state: "STOPPED"}, "waking": {**old, state: "RUNNING"}}
    if walk.walker.yarn.scheduler == "fair":
        return {}
    from placement.schedulers.capacity import file as capacity_file

    assert new
    told, _ = capacity_file.read(walk.walker.told(), "")
    for name, word in (("stage", "STOPPED"), ("waking", "RUNNING")):
        if told.queues.get(GONE, {}).get("state") == word:
            queues = {**told.queues, GONE: {k: v for k, v in told.queues[GONE].items() if k != "state"}}
            assert queues == capacity_file.read(old, "")[0].queues
            return {name: walk.walker.told()}
    return {}


def said(err: str) -> str:
    return err.partition(": ")[2].split("\n")[0].partition("interrupted: ")[2] or "nothing"


def refreshes(journal: list[str]) -> list[tuple[int, str]]:
    """The instants before, in and after each `yarn rmadmin -refreshQueues`."""
    at = [number for number, line in enumerate(journal, 1) if line.startswith("subprocess.Popen")]
    at = [number for number in at if journal[number - 2].startswith("os.rename")]
    return [instant for number in at for instant in ((number, "kill"), (number, "soon"), (number + 1, "kill"))]


def renaming(journal: list[str]) -> int:
    """The number of the instant before the scheduler's file gets its place."""
    return next(n for n, line in enumerate(journal, 1) if line.startswith("os.rename") and "-scheduler.xml" in line)


def put_numbers(journal: list[str]) -> list[int]:
    """The numbers of the instants before the ResourceManager is told."""
    return [number for number, line in enumerate(journal, 1) if line.endswith("PUT ")]


def test_the_configuration_that_the_resource_manager_keeps(mutable: Walk) -> None:
    mutable.take("apply", instants(mutable.journals["apply"]))
    mutable.goes("apply")
    mutable.take("rollback", instants(mutable.journals["rollback"]))
    print(mutable.table())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_is_interrupted_goes_back(mutable: Walk, number: int) -> None:
    puts = put_numbers(mutable.journals["apply"])
    for instant in (puts[0], puts[-1] - 1, puts[-1] + 2):
        done = mutable.walker.does("apply", "--yes", number=instant, how=number)
        assert done.status == 1, done.err
        assert "what was in force is in force again: it was interrupted" in done.err
        assert (mutable.told(), mutable.shown()) == ("old", "old")
        assert mutable.walker.last().outcome == RESTORED


def test_a_plan_beside_an_apply_calls_nobody_interrupted(mutable: Walk) -> None:
    walker = mutable.walker
    with walker.held("apply", "--yes", number=put_numbers(mutable.journals["apply"])[-1]):
        for command in ("plan", "apply"):
            done = walker.run(command)
            assert "apply-running" in done.stderr
            assert "apply-interrupted" not in done.stderr
            assert done.returncode == (2 if command == "plan" else 78)
    assert walker.end().status == 0
    assert (mutable.told(), mutable.shown()) == ("new", "new")


def test_nobody_who_listens_is_no_reason_to_stop_halfway(mutable: Walk) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [*PLACEMENT, "apply", "--yes"]
    subprocess.run(
        command, env=mutable.walker.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=write,
        timeout=60, check=False,
    )  # fmt: skip
    os.close(write)
    assert (mutable.told(), mutable.shown()) == ("new", "new")
    assert mutable.walker.last().outcome == APPLIED


def test_the_capacity_schedulers_file(file: Walk) -> None:
    file.take("apply", refreshes(file.journals["apply"]))
    file.goes("apply")
    file.take("rollback", refreshes(file.journals["rollback"]))
    print(file.table())


def test_a_rollback_that_is_killed_on_its_way_from_halfway(file: Walk) -> None:
    """There the queue that was stopped has to be told to run again."""
    (halfway, _) = refreshes(file.journals["apply"])[2]

    def goes_halfway() -> None:
        file.walker.does("apply", "--yes", number=halfway)
        assert (file.told(), file.shown()) == ("stage", "stopped")

    goes_halfway()
    journal = file.goes("rollback")
    assert (file.told(), file.shown()) == ("old", "old")
    found = []
    for turn, (number, how) in enumerate([each for each in refreshes(journal) if each[1] == "kill"][:3]):
        goes_halfway()
        assert file.walker.does("rollback", "--yes", number=number, how=how).status < 0
        assert "apply-interrupted" in file.walker.does("plan").err
        found.append((file.told(), file.shown()))
        if not turn:
            file.reaches("apply", "new")
        file.reaches("rollback", "old")
    assert found == [("waking", "stopped"), ("waking", "old"), ("old", "old")]


def test_the_fair_schedulers_file(fair: Walk) -> None:
    """The ResourceManager reads it after 10 s."""
    fair.take("apply", [(renaming(fair.journals["apply"]) + 1, "kill")])
    fair.goes("apply")
    fair.take("rollback", [(renaming(fair.journals["rollback"]), "kill")])
    print(fair.table())
