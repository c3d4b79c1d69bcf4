"""Any tree of queues, rendered, applied to a real ResourceManager, read back and imported, is the same tree.

And there is nothing more to do, for the policy as well as for what was imported.
"""

import random
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from placement.policy_files import PolicyFiles
from placement.queues.queue import Access, Hierarchy, Queue
from placement.queues.queue import Preemption as Taken
from placement.schedulers.granted import granted
from placement.sync.applying import Applier
from placement.sync.difference import difference
from placement.sync.history import APPLIED, History
from placement.sync.importing import imported
from placement.sync.plan import Plan
from placement.sync.planning import Planner, proposal, rendered
from placement.sync.standing import Standing
from placement.sync.targets import find
from placement.yarn.client import ResourceManager, simple
from tests.cluster.administrator import Administrator
from tests.cluster.conftest import _Holder
from tests.cluster.yarn import Yarn

pytestmark = pytest.mark.engines  # it takes minutes

SEED = 6
SIZES = (1, 8, 25, 60, 150, 300)  # queues
DEEPEST, WIDEST = 5, 40
NAMES = ("a", "b", "prod", "x-1", "under_score", "queues", "state", "é", "2026", "weight")
PEOPLE = ("ann", "bob", "etl", "CORP_x", "svc-1")


class Trees:
    """Trees of queues as queues.yaml says them, with what `scheduler` has words for; always the same ones."""

    def __init__(self, scheduler: str) -> None:
        self.scheduler = scheduler
        self.dice = random.Random(f"{SEED} {scheduler}")

    def tree(self, size: int) -> dict[str, Any]:
        """queues.yaml with so many queues below root, at most DEEPEST levels deep."""
        root: dict[str, Any] = {"admin": {"users": ["yarn"]}, "queues": []}
        places = [(root, 1)]
        for number in range(size):
            parent, depth = self.dice.choice(places)
            taken = {each["name"] for each in parent["queues"]}
            free = [name for name in NAMES if name not in taken]
            queue = {"name": self.dice.choice(free) if free else f"q{number}", "queues": []}
            parent["queues"].append(queue)
            if depth < DEEPEST:
                places.append((queue, depth + 1))
            places = [each for each in places if len(each[0]["queues"]) < WIDEST]
        self._share(root["queues"])
        return {"root": {"admin": root["admin"]}, "queues": root["queues"]}

    def _share(self, family: list[dict[str, Any]]) -> None:
        if self.scheduler == "capacity" and self.dice.random() < 0.4:
            for queue, percent in zip(family, self._parts(len(family)), strict=True):
                queue["reserved"] = f"{percent}%"
                if self._sometimes():
                    queue["maximum"] = f"{self.dice.randint(percent, 100)}%"
        else:
            for queue in family:
                queue["weight"] = self.dice.choice([1, 2, 0.5, 3.25, 100])
        for queue in family:
            self._say(queue)
            self._share(queue["queues"])
            if not queue["queues"]:
                del queue["queues"]
            elif self.scheduler == "fair":
                # Of a parent that is to be a leaf and has queues that go, Hadoop's `QueueManager.setQueuesToDynamic`
                # dies amid a reload (3.5.0), and whatever goes with them stays.
                queue["name"] += "-parent"

    def _say(self, queue: dict[str, Any]) -> None:
        if self._sometimes():
            queue["max-running"] = self.dice.choice([0, 1, 7, 5000])
        for right in ("submit", "admin"):
            if self._sometimes():
                queue[right] = self._access()
        if self._sometimes():
            queue["preemption"] = {"allowed": False}
        if not queue["queues"]:
            if self._sometimes():
                queue["max-am-share"] = self.dice.choice([0.1, 0.25, 1])
            if self._sometimes():
                queue["policy"] = self.dice.choice(["fifo", "fair"])
        if self.scheduler == "fair":
            if self._sometimes():
                queue["reserved"] = {"memory": f"{self.dice.randint(1, 512)}m", "vcores": self.dice.randint(0, 2)}
            if self._sometimes():
                amount = {"memory": f"{self.dice.randint(1, 9)}g", "vcores": self.dice.randint(3, 90)}
                queue["maximum"] = self.dice.choice([amount, f"{self.dice.randint(10, 100)}% of cluster"])
            if self._sometimes():
                said = {"fair-share-timeout": "90s", "min-share-timeout": "2m", "threshold": 0.75}
                queue.setdefault("preemption", {}).update(said)

    def _access(self) -> Any:
        if self.dice.random() < 0.2:
            return "*"
        kinds = self.dice.choice([("users",), ("groups",), ("users", "groups")])
        return {kind: sorted(self.dice.sample(PEOPLE, self.dice.randint(1, 3))) for kind in kinds}

    def _sometimes(self) -> bool:
        return self.dice.random() < 0.3

    def _parts(self, count: int) -> list[int]:
        """Whole numbers above 0 that are 100 together."""
        cuts = sorted(self.dice.sample(range(1, 100), count - 1)) if count else []
        return [end - start for start, end in zip([0, *cuts], [*cuts, 100], strict=True)] if count else []


@contextmanager
def refreshed(yarn: Yarn) -> Iterator[None]:
    """The fair scheduler is told to read its file as soon as that changes, and not within fifteen seconds."""
    ended = threading.Event()

    def watch() -> None:
        seen = yarn.scheduler_file.read_bytes()
        while not ended.wait(0.05):
            now = yarn.scheduler_file.read_bytes()
            if now != seen:
                seen = now
                refresh = ["yarn", "rmadmin", "-refreshQueues"]
                subprocess.run(
                    refresh, env=yarn.environment("yarn"), cwd=yarn.directory, capture_output=True, check=True
                )

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def as_data(hierarchy: Hierarchy) -> dict[str, Any]:
    """What is said of each queue, by full path, but for what an import cannot know: who was let in by which name."""
    return {path: _as_data(queue) for path, queue in hierarchy.queues()}


def _as_data(queue: Queue) -> dict[str, Any]:
    said = {
        "weight": queue.weight,
        "reserved": queue.reserved,
        "maximum": queue.maximum,
        "policy": queue.policy,
        "max_running": queue.max_running,
        "max_am_share": queue.max_am_share,
        "preemption": None if queue.preemption in (None, Taken(), Taken(allowed=True)) else queue.preemption,
        "submit": _people(queue.submit),
        "admin": _people(queue.admin),
    }
    return {key: value for key, value in said.items() if value is not None}


def _people(access: Access | None) -> Any:
    if access is None or access == Access():
        return None
    return "*" if access.everybody else (sorted(access.users), sorted(access.groups))


class RoundTrip:
    """One site, tree after tree."""

    def __init__(self, yarn: Yarn, folder: Path) -> None:
        self.administrator = Administrator(yarn, folder)
        self.yarn, self.policy = yarn, self.administrator.policy
        self.policy.mkdir()
        self.manager = ResourceManager([yarn.url], auth=simple("yarn"))
        (self.policy / "site.yaml").write_text(
            f"scheduler: {yarn.scheduler}\nsync: {{history: {self.administrator.history}}}\n"
        )

    def planner(self, files: PolicyFiles) -> Planner:
        target = find(files.site(), self.yarn.environment("yarn"), self.manager)
        return Planner(target, self.manager, History(str(self.administrator.history)))

    def plan(self) -> tuple[Planner, Standing, Plan]:
        files = PolicyFiles(str(self.policy))
        planner = self.planner(files)
        found = planner.standing()
        return planner, found, planner.of_policy(proposal(files), found)

    def of(self, tree: dict[str, Any], other: Path) -> None:
        (self.policy / "queues.yaml").write_text(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True))
        leaf = next(path for path, queue in self.hierarchy(self.policy)[0].queues() if queue.is_leaf)
        (self.policy / "map.txt").write_text(f"zoe: {leaf}\n:etl {leaf}\n")
        planner, found, plan = self.plan()
        assert plan
        entry = Applier(planner.target, self.manager, planner.history, lambda _: None).carry_out(plan, found, "apply")
        assert entry.outcome == APPLIED, entry.said
        assert entry.said == ""

        _, standing, again = self.plan()
        now = standing.now
        assert (bool(again), again.drift.as_data()["changes"]) == (False, [])

        found = imported(now.content, planner.target.name, self.yarn.scheduler, _nothing)
        other.mkdir()
        for name, text in {"queues.yaml": found.queues, "map.txt": found.map, "site.yaml": found.site}.items():
            (other / name).write_text(text)
        assert not [each for each in found.problems if each.severity == "error"]
        hierarchy, files = self.hierarchy(self.policy)
        wanted = granted(hierarchy, files.placing_rules())[0]
        assert as_data(self.hierarchy(other)[0]) == as_data(wanted)
        told = rendered(PolicyFiles(str(other)), self.yarn.scheduler).configuration
        assert not difference(now.configuration, told)

    @staticmethod
    def hierarchy(folder: Path) -> tuple[Hierarchy, PolicyFiles]:
        files = PolicyFiles(str(folder))
        document = files.queue_tree()
        assert document
        return document.hierarchy, files


def _nothing(name: str) -> bytes:
    raise FileNotFoundError(name)


def run(yarn: Yarn, folder: Path, sizes: tuple[int, ...]) -> None:
    trip, trees = RoundTrip(yarn, folder), Trees(yarn.scheduler)
    for number, size in enumerate(sizes):
        begun = time.monotonic()
        trip.of(trees.tree(size), folder / f"imported-{number}")
        print(f"{size} queues: {time.monotonic() - begun:.1f} s")
    done = trip.administrator.run("plan")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "nothing to do"), done.stdout + done.stderr


def test_the_fair_scheduler(fair_yarn: Yarn, tmp_path: Path) -> None:
    with refreshed(fair_yarn):
        run(fair_yarn, tmp_path, SIZES)


def test_the_file_of_the_capacity_scheduler(capacity_yarn: Yarn, tmp_path: Path) -> None:
    run(capacity_yarn, tmp_path, SIZES)


@pytest.fixture
def mutable_yarn(_holder: _Holder) -> Iterator[Yarn]:
    """A ResourceManager that keeps the capacity scheduler's configuration itself; alone, for a small machine."""
    _holder.stop()
    with Yarn("capacity", yarn_site={"yarn.scheduler.configuration.store.class": "memory"}) as yarn:
        yield yarn


def test_the_configuration_that_the_resource_manager_keeps(mutable_yarn: Yarn, tmp_path: Path) -> None:
    run(mutable_yarn, tmp_path, SIZES)
