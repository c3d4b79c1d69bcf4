"""Spark's monitor, against what real drivers of Spark 3.5.9 and 4.3.0 answered, and against servers that misbehave."""

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.errors import PlacementError
from placement.monitors import rest, spark, spark_readings
from placement.monitors.spark_shapes import Executor
from tests.conftest import ROOT
from tests.unit.yarn.stub import answer, free_address, serving

VERSIONS = ["3.5.9", "4.3.0"]
NOTHING = answer({"apps": None})


def recorded(version):
    return json.loads((ROOT / "tests" / "data" / "monitors" / f"spark-{version}.json").read_text())


def monitor(address, **said):
    cluster = {"resource-managers": [address], "user": "yarn"}
    return spark.make({"cluster": cluster, **said})


def numbers(use):
    return {value.name: value.number for value in use.values}


class Cluster:
    """A ResourceManager, its web proxy and a history server, all at one address."""

    def __init__(self, version="3.5.9"):
        self.said = recorded(version)
        self.id = self.said["app"]["app"]["id"]
        self.other = {}  # path: answer
        self.tracking = None
        self.address = ""

    def __call__(self, request):
        path = request.split(" ")[1].partition("?")[0]
        if path in self.other:
            return self.other[path]
        if path == "/ws/v1/cluster/apps":
            url = self.tracking or f"{self.address}/proxy/{self.id}/"
            return answer({"apps": {"app": [{**self.said["app"]["app"], "trackingUrl": url}]}})
        below = f"/proxy/{self.id}/api/v1/applications/{self.id}/"
        if path.startswith(below):
            return answer(self.said[path.removeprefix(below)])
        if path == "/api/v1/applications":
            return answer(self.said["applications"])
        if path.startswith(f"/api/v1/applications/{self.id}/"):
            return answer(self.said[path.rpartition("/")[2]])
        return answer("no such app", "404 Not Found", "text/plain")

    @property
    def executors(self):
        return f"/proxy/{self.id}/api/v1/applications/{self.id}/allexecutors"

    @property
    def stages(self):
        return f"/proxy/{self.id}/api/v1/applications/{self.id}/stages"


@pytest.fixture
def cluster():
    behave = Cluster()
    with serving(behave) as stub:
        behave.address = stub.address
        behave.stub = stub
        yield behave


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_running_driver_uses(cluster, version):
    cluster.said = recorded(version)
    cluster.id = cluster.said["app"]["app"]["id"]
    found = monitor(cluster.address).look()
    (use,) = found.uses
    assert (use.id, use.user, use.queue, use.name) == (cluster.id, "alice", "root.applications.prod", "watched")
    assert (use.state, found.source, found.unread, found.dangers) == ("running", cluster.address, {}, ())
    said = {each["id"]: each for each in cluster.said["allexecutors"]}
    values = numbers(use)
    assert (values["executors"], values["cores"]) == (1, 1)
    assert values["memory-used"] == said["1"]["memoryUsed"] + said["driver"]["memoryUsed"] > 2**20
    assert values["memory-limit"] == said["1"]["maxMemory"] + said["driver"]["maxMemory"]
    assert values["peak-heap"] == max(each["peakMemoryMetrics"]["JVMHeapMemory"] for each in said.values())
    assert values["shuffle-read"] == values["shuffle-write"] == said["1"]["totalShuffleRead"] > 0
    assert values["gc-time"] == said["1"]["totalGCTime"] / 1000  # not the driver's, whose time is no task's
    assert values["tasks-completed"] == said["1"]["completedTasks"] > 0
    assert values["spill-disk"] == values["tasks-failed"] == 0
    assert "peak-resident" not in values  # process trees were not measured


def test_everybody_is_asked_as_the_account_and_the_proxy_without_its_warning(cluster):
    monitor(cluster.address).look()
    asked = [request for request in cluster.stub.asked if "/proxy/" in request]
    assert len(asked) == 2
    for request in asked:
        assert "user.name=yarn" in request.split(" ")[1]
        assert f"Cookie: checked_{cluster.id}=true\r\n" in request


def test_what_is_no_spark_is_left_alone(cluster):
    cluster.said["app"]["app"]["applicationType"] = "MAPREDUCE"
    assert monitor(cluster.address).look().uses == ()


@pytest.mark.parametrize(
    ("tracking", "is_asked"),
    [
        ("{other}/proxy/{id}/", True),  # a proxy of its own (yarn.web-proxy.address)
        ("{other}/proxy/{id}", True),
        ("{other}/", False),
        ("{other}/proxy/application_1_0001/", False),
        ("{other}/x/proxy/{id}/", False),
        ("file:///etc/passwd", False),
        ("http://[", False),
        ("http://a@127.0.0.1/proxy/{id}/", False),
        ("N/A", False),
    ],
)
def test_only_the_web_proxy_is_asked(cluster, tracking, is_asked):
    with serving(cluster) as other:
        cluster.tracking = tracking.format(other=other.address, id=cluster.id)
        found = monitor(cluster.address).look()
        assert bool(other.asked) == is_asked
    assert bool(found.uses) == is_asked
    assert bool(found.unread) != is_asked


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect", "301 Moved Permanently"])
def test_a_redirect_is_not_followed(cluster, status):
    with serving(answer([])) as other:
        cluster.other[cluster.executors] = answer("", status, "text/html", Location=f"{other.address}/")
        found = monitor(cluster.address).look()
        assert not other.asked
    assert found.uses == ()
    assert f"sends us on to {other.address}/" in found.unread[cluster.id]


def test_a_page_that_warns_is_no_answer(cluster):
    cluster.other[cluster.executors] = answer("<html>may not be safe</html>", sort="text/html")
    assert "expected JSON, found text/html" in monitor(cluster.address).look().unread[cluster.id]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "JSON"),
        (b"[", "JSON"),
        (b"{}", "array"),
        (b'[{"id": 1}]', "id"),
        (b'[{"id": "1"}]', "isActive"),
        (b'[{"id": "1", "isActive": true, "memoryUsed": "x"}]', "memoryUsed"),
        (b'[{"id": "1", "isActive": true, "memoryUsed": 1e400}]', "memoryUsed"),
        (b"[" * 100_000, "JSON"),
        (b'["\xff"]', "JSON"),
    ],
)
def test_nonsense_is_told_and_never_raised(cluster, body, words):
    cluster.other[cluster.executors] = answer(body)
    found = monitor(cluster.address).look()
    assert found.uses == ()
    assert words in found.unread[cluster.id]


def test_an_answer_too_large_is_not_taken(cluster, monkeypatch):
    monkeypatch.setattr(rest.Rest.__init__, "__defaults__", (2**20,))

    def without_end():
        yield answer(b"", Content_Length=None)
        while not cluster.stub.ended.is_set():
            yield b" " * 65536

    cluster.other[cluster.executors] = without_end()
    assert "more than 1 MiB" in monitor(cluster.address).look().unread[cluster.id]


def test_a_driver_that_hangs_leaves_the_others_alone(cluster, monkeypatch):
    monkeypatch.setattr(spark, "TIMEOUT_S", 0.5)
    first = cluster.said["app"]["app"]
    second = {**first, "id": "application_1_0002", "trackingUrl": f"{cluster.address}/proxy/application_1_0002/"}
    first = {**first, "trackingUrl": f"{cluster.address}/proxy/{cluster.id}/"}
    cluster.other["/ws/v1/cluster/apps"] = answer({"apps": {"app": [second, first]}})

    def hangs():
        cluster.stub.ended.wait(20)
        yield b""

    cluster.other["/proxy/application_1_0002/api/v1/applications/application_1_0002/allexecutors"] = hangs()
    found = monitor(cluster.address).look()
    assert [use.id for use in found.uses] == [cluster.id]
    assert "no answer in time" in found.unread["application_1_0002"]


def test_without_stages_the_rest_stands(cluster):
    cluster.other[cluster.stages] = answer("busy", "503 Service Unavailable", "text/plain")
    found = monitor(cluster.address).look()
    assert "spill-disk" not in numbers(found.uses[0])
    assert "503" in found.unread[cluster.id]


def test_a_resource_manager_that_is_away_is_an_error():
    with pytest.raises(PlacementError) as caught:
        monitor(free_address()).look()
    assert caught.value.problems[0].code == "rm-unreachable"


@pytest.mark.parametrize("attempt", [None, "2"])
def test_what_ended_is_read_of_the_history_server(cluster, attempt):
    cluster.other["/ws/v1/cluster/apps"] = NOTHING
    if attempt:
        cluster.said["applications"][0]["attempts"][0]["attemptId"] = attempt
    found = monitor(cluster.address, **{"history-server": f"{cluster.address}/", "ended": 3}).look()
    (use,) = found.uses
    assert (use.id, use.user, use.queue, use.state) == (cluster.id, "alice", "", "ended")
    assert numbers(use)["shuffle-read"] > 0
    listing, executors, _ = [line for line in cluster.stub.lines if line.startswith("/api")]
    assert "status=completed&limit=3" in listing
    below = f"{cluster.id}/{attempt}" if attempt else cluster.id
    assert executors.startswith(f"/api/v1/applications/{below}/allexecutors?")


def test_a_history_server_that_is_away_leaves_what_runs(cluster):
    away = free_address()
    found = monitor(cluster.address, **{"history-server": away}).look()
    assert len(found.uses) == 1
    assert "Connection refused" in found.unread[away]


@pytest.mark.parametrize(
    "said",
    [
        {"spill": "much"},
        {"history-server": "http://["},
        {"history-server": "ftp://x"},
        {"history-server": "x"},
        {"ended": "3"},
        {"ended": 0},
        {"what": 1},
    ],
)
def test_settings_at_fault(said):
    with pytest.raises(PlacementError) as caught:
        monitor("http://rm:8088", **said)
    assert caught.value.problems[0].code == "monitor-settings"


def executor(name="1", **more):
    return Executor(id=name, isActive=more.pop("isActive", True), **more)


def dangers(*executors, spilled=0, limit=2**30):
    return {each.what: each for each in spark_readings.dangers("app", executors, spilled, limit)}


def test_lost_executors_are_in_danger_and_those_let_go_are_not():
    let_go = [
        executor("1", isActive=False, removeReason="Executor killed by driver."),
        executor("2", isActive=False, removeReason="Executor decommission: spot instance"),
    ]
    assert not dangers(*let_go)
    lost = executor(
        "3", isActive=False, removeReason="Container killed by YARN", removeTime="2026-11-21T17:45:18.252GMT"
    )
    found = dangers(*let_go, lost, executor("4"))["executors-lost"]
    assert found.why == "1 of 4 executors were lost, 3 last: Container killed by YARN"
    assert found.since_s == pytest.approx(1795283118.252)
    assert dangers(executor(isActive=False))["executors-lost"].since_s is None
    assert dangers(executor(isActive=False, removeTime="soon"))["executors-lost"].since_s is None


def test_spill_garbage_and_memory_near_the_limit():
    assert "spill" not in dangers(spilled=2**30)
    assert dangers(spilled=2**30 + 1)["spill"].why == "1024 MiB spilled to disk, more than 1024 MiB"
    assert "gc" not in dangers(executor(totalDuration=100_000, totalGCTime=10_000))
    assert "gc" in dangers(executor(totalDuration=100_000, totalGCTime=10_001))
    assert "gc" not in dangers(executor(totalDuration=20_000, totalGCTime=20_000))  # too little to say
    assert "gc" not in dangers(executor("driver", totalDuration=100_000, totalGCTime=90_000))
    full = {"maxMemory": 100 * 2**20, "peakMemoryMetrics": {"OnHeapUnifiedMemory": 91 * 2**20}}
    near = rest.msgspec.convert({"id": "7", "isActive": True, **full}, Executor)
    assert dangers(near)["memory-near-limit"].why.startswith("executor 7 had 91 MiB of 100 MiB")
    full = deepcopy(full) | {"peakMemoryMetrics": {"OnHeapUnifiedMemory": 90 * 2**20}}
    assert not dangers(rest.msgspec.convert({"id": "7", "isActive": True, **full}, Executor))


LONG = st.integers(-(2**63), 2**63 - 1)
EXECUTORS = st.builds(
    executor,
    st.sampled_from(["driver", "1", "2"]),
    isActive=st.booleans(),
    memoryUsed=LONG,
    maxMemory=LONG,
    totalDuration=LONG,
    totalGCTime=LONG,
    removeTime=st.none() | st.text(),
    removeReason=st.none() | st.text(),
)


@given(st.lists(EXECUTORS, max_size=5), LONG)
def test_whatever_a_driver_says_is_read(executors, spilled):
    spark_readings.values(executors)
    list(spark_readings.dangers("app", executors, spilled, 0))
