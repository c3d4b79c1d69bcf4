"""What a snapshot of a real ResourceManager says will start, starts; what it says will not, waits."""

import random
import time
from collections import Counter
from dataclasses import dataclass

import pytest

from placement.admission.demand import Demand
from placement.admission.resources import Resources
from placement.admission.room import Room
from placement.admission.snapshot import Seen, Snapshot
from placement.errors import PlacementError
from placement.queues.names import CAPACITY, FAIR
from placement.yarn.client import ResourceManager, simple
from placement.yarn.snapshot import Watcher
from placement.yarn.terms import NO_AM_LIMIT, terms
from tests.cluster.configuration import ADMIN
from tests.cluster.yarn import ENDED, Yarn

USERS = {"alice": ["staff"], "bob": ["staff"], "carol": ["staff"]}
FAIR_FILE = """\
<allocations><queue name="root">
  <queue name="default"/>
  <queue name="tight"><maxResources>1536 mb, 8 vcores</maxResources><maxAMShare>-1</maxAMShare></queue>
  <queue name="few"><maxRunningApps>2</maxRunningApps></queue>
  <queue name="masters"><maxResources>2048 mb, 8 vcores</maxResources><maxAMShare>0.25</maxAMShare></queue>
  <queue name="apps" type="parent"><maxRunningApps>3</maxRunningApps>
    <queue name="large"><weight>3</weight></queue><queue name="little"/></queue>
</queue></allocations>
"""
CAPACITY_QUEUES = {
    "root.queues": "default,tight,few,users,apps",
    "root.default.capacity": 20,
    "root.default.maximum-capacity": 50,
    "root.tight.capacity": 10,
    "root.tight.maximum-capacity": 15,
    "root.tight.user-limit-factor": 5,
    "root.tight.maximum-am-resource-percent": 1,
    "root.few.capacity": 10,
    "root.few.user-limit-factor": 9,
    "root.few.max-parallel-apps": 2,
    "root.few.maximum-am-resource-percent": 1,
    "root.users.capacity": 20,
    "root.users.maximum-capacity": 90,
    "root.users.user-limit-factor": 2,
    "root.users.minimum-user-limit-percent": 50,
    "root.users.maximum-am-resource-percent": 1,
    "root.apps.capacity": 40,
    "root.apps.queues": "large,little",
    "root.apps.large.capacity": 75,
    "root.apps.little.capacity": 25,
    "maximum-am-resource-percent": 0.3,
}
CAPACITY_FILE = "".join(
    f"<property><name>yarn.scheduler.capacity.{name}</name><value>{value}</value></property>"
    for name, value in CAPACITY_QUEUES.items()
)
AM_SHARES = {"root.tight": NO_AM_LIMIT, "root.masters": 0.25}
SITES = {
    FAIR: {
        "yarn.scheduler.minimum-allocation-mb": "200",
        "yarn.resource-types.memory-mb.increment-allocation": "150",
    },
    CAPACITY: {"yarn.scheduler.minimum-allocation-mb": "256"},
}
FILES = {FAIR: FAIR_FILE, CAPACITY: f"<configuration>{CAPACITY_FILE}</configuration>"}
EXPECTED = {
    FAIR: {"am-share", "max-running", "queue-maximum"},
    CAPACITY: {"am-share", "user-am-share", "max-running"},
}
SUBMISSIONS = 40
SETTLED_S = 1.2  # the fair scheduler shares out anew each half second
PATIENCE_S = 3.0
BUSY_S = 20.0  # in which what fits starts on a busy machine too


@dataclass(frozen=True)
class Submitted:
    """`limit` is the code of what a snapshot said keeps it from starting, None: nothing; `has` what it then got."""

    user: str
    queue: str
    asked: Resources
    limit: str | None
    has: Resources | None
    before: Snapshot


@pytest.fixture(scope="module", params=[FAIR, CAPACITY])
def cluster(request):
    with Yarn(request.param, FILES[request.param], USERS, yarn_site=SITES[request.param]) as yarn:
        yield yarn


@pytest.mark.engines  # two minutes each
def test_what_fits_starts_and_nothing_else(cluster: Yarn) -> None:
    """Too careful it may be, where the ResourceManager lets a user, or a share that moves, go a little beyond."""
    chance = random.Random(20)
    watcher = watching(cluster)
    leaves = [path for path, use in watcher.snapshot().queues.items() if use.is_leaf]
    done: list[Submitted] = []
    for number in range(SUBMISSIONS):
        if number % 20 == 19:
            clear(cluster)
        queue = chance.choice(leaves) if number > 2 else "root.few"
        asked = Resources(chance.choice([1, 201, 256, 300, 301, 512, 700, 1100]) if number > 2 else 1, 1)
        done.append(submitted(cluster, watcher, chance.choice(list(USERS)), queue, asked, f"{number:016x}"))
    clear(cluster)
    count = Counter((each.limit, each.has is not None) for each in done)
    print(f"{cluster.scheduler}: {dict(count)}")
    for each in done:
        assert each.limit or each.has, each  # what was said to fit has started
        if each.has:
            assert each.has == each.asked.rounded(each.before.minimum, each.before.step)
    assert {each.limit for each in done} >= EXPECTED[cluster.scheduler] | {None}
    careful = [each for each in done if each.limit and each.has]
    print("\n".join(f"too careful: {each.user} {each.queue} {each.asked} {each.limit}" for each in careful))
    assert len(careful) <= SUBMISSIONS / 10


def test_waiting_applications_are_counted_with_what_they_ask_for(cluster: Yarn) -> None:
    watcher = watching(cluster)
    for number in range(4):
        submit(cluster, "alice", "root.few", 300, f"{number + 100:016x}")
    time.sleep(PATIENCE_S)
    found = watcher.snapshot()
    few, root = found.queues["root.few"], found.queues["root"]
    size = Resources(300, 1).rounded(found.minimum, found.step)
    assert (few.running, few.pending) == (2, 2)
    assert few.used == root.used == size * 2
    assert few.waiting == root.waiting == size * 2
    assert (few.users["alice"].running, few.users["alice"].pending, found.user_running["alice"]) == (2, 2, 2)
    assert sorted(each.decision for each in found.applications) == [f"{number + 100:016x}" for number in range(4)]
    assert found.free == found.total - few.used
    clear(cluster)
    assert not watcher.snapshot().queues["root"].used


def test_no_node_and_another_term_of_the_resource_manager(cluster: Yarn) -> None:
    """At first there is no node: that is answered with plain zeroes, nowhere with NaN."""
    before = watching(cluster).snapshot()
    cluster._stop("resourcemanager", "nodemanager")
    cluster._start("resourcemanager")
    watcher = watching(cluster)
    seen = [answered(watcher)]
    cluster._start("nodemanager")
    deadline = time.monotonic() + 60
    while not seen[-1].total and time.monotonic() < deadline:  # a node is counted a moment before what it has
        seen.append(answered(watcher))
    assert seen[-1].nodes == 1
    assert not seen[0].nodes
    assert (seen[0].total, seen[0].free, seen[0].queues["root"].maximum) == (Resources(),) * 3
    assert seen[-1].term != before.term  # and that of the first, which is from before its services had started
    assert seen[-1].total == before.total


def answered(watcher: Watcher) -> Snapshot:
    """The next one. The ResourceManager may not be up, or start its services just now, which is a term of its own."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return watcher.snapshot()
        except PlacementError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def watching(cluster: Yarn) -> Watcher:
    manager = ResourceManager([cluster.url], auth=simple(ADMIN))
    return Watcher(manager, time.time, terms({"HADOOP_CONF_DIR": str(cluster.conf_dir)}, am_shares=AM_SHARES))


def submitted(cluster: Yarn, watcher: Watcher, user: str, queue: str, asked: Resources, id_: str) -> Submitted:
    """Leaves it running; one that does not start is taken back."""
    before = watcher.snapshot()
    demand = Demand(asked).rounded(before.minimum, before.step)
    limit = Room(before).first_limit(user, queue, demand)
    application = submit(cluster, user, queue, asked.memory_mib, id_)
    deadline = time.monotonic() + (PATIENCE_S if limit else BUSY_S)
    while not (seen := seen_of(watcher, id_)).allocated and time.monotonic() < deadline:
        time.sleep(0.2)
    if not seen.allocated:
        cluster.kill(application)
        cluster.wait(application)
    time.sleep(SETTLED_S)
    return Submitted(user, queue, asked, limit and limit.code, seen.allocated or None, before)


def seen_of(watcher: Watcher, id_: str) -> Seen:
    found = (each for each in watcher.snapshot().applications if each.decision == id_)
    return next(found, Seen(id_, "", "", "", ""))


def submit(cluster: Yarn, user: str, queue: str, memory_mib: int, id_: str) -> str:
    """The id of an application whose application master has this size and never registers."""
    application = cluster._ask("POST", "apps/new-application", user)["application-id"]
    asked = {
        "application-id": application,
        "application-name": "sleep",
        "application-type": "TEST",
        "application-tags": {"tag": [f"placement:{id_}"]},
        "queue": queue,
        "am-container-spec": {"commands": {"command": "sleep 600"}},
        "resource": {"memory": memory_mib, "vCores": 1},
        "max-app-attempts": 1,
    }
    cluster._ask("POST", "apps", user, json=asked)
    return application


def clear(cluster: Yarn) -> None:
    left = [each["id"] for each in cluster.applications() if each["state"] not in ENDED]
    for application in left:
        cluster.kill(application)
    for application in left:
        cluster.wait(application)
    time.sleep(SETTLED_S)
