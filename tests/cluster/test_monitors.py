"""What the monitors see of a real cluster: drivers that run, found through the ResourceManager, and what has ended."""

import subprocess
import time
from contextlib import contextmanager

import pytest

from placement.monitors import spark, yarn
from tests.cluster import parts
from tests.cluster.configuration import ADMIN, QUICK_START
from tests.cluster.yarn import _free_ports
from tests.conftest import ROOT

JOB = ROOT / "tests" / "cluster" / "jobs" / "cached.py"
LIMIT_S = 240
CLIENT, CLUSTER = "client", "cluster"


def settings(cluster, **said):
    return {"cluster": {"resource-managers": [cluster.url], "user": ADMIN}, **said}


def values(use):
    return {value.name: value.number for value in use.values}


def until(look, is_reached):
    """What `look` gives once it is as wanted."""
    deadline = time.monotonic() + LIMIT_S
    while not is_reached(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    return found


@contextmanager
def running(cluster, version, mode, folder, events):
    """A driver that has done its work and waits, its signs in `folder`; it ends with the block, its log in `events`."""
    home = parts.spark_home(version)
    environ = cluster.environment("alice") | {"SPARK_HOME": str(home), "PYSPARK_ARCHIVES_PATH": f"local:{home.parent}"}
    conf = {
        "spark.yarn.jars": f"local:{home}/jars/*",
        "spark.ui.enabled": "true",
        "spark.ui.port": "0",
        "spark.executor.heartbeatInterval": "1s",  # with which the peaks come
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file://{events}",
    }
    options = [word for name, value in conf.items() for word in ("--conf", f"{name}={value}")]
    queue = ["--queue", "root.applications.prod", "--deploy-mode", mode]
    with subprocess.Popen(
        [home / "bin" / "spark-submit", *queue, *options, JOB, folder],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as driver:
        try:
            until((folder / "done").exists, bool)
            yield
            (folder / "stop").touch()
            assert driver.wait(LIMIT_S) == 0
        finally:
            if driver.poll() is None:
                driver.terminate()


@contextmanager
def history_server(cluster, version, events):
    """The address of one that reads the logs in `events`."""
    port = _free_ports(("history",))["history"]
    said = {"spark.history.fs.logDirectory": f"file://{events}", "spark.history.ui.port": port}
    options = [f"-D{name}={value}" for name, value in said.items()]
    jars = f"{cluster.directory}/spark-conf:{parts.spark_home(version)}/jars/*"
    main = "org.apache.spark.deploy.history.HistoryServer"
    with subprocess.Popen(
        [parts.java_home() / "bin" / "java", "-Xmx300m", *QUICK_START.split(), *options, "-cp", jars, main],
        env=cluster.environment("alice"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        (parts.SPARK_VERSION, CLIENT),
        pytest.param(parts.NEWEST_SPARK, CLUSTER, marks=pytest.mark.engines),
    ],
)
def test_a_driver_is_read_while_it_runs_and_after_it_has_ended(fair_yarn, tmp_path, version, mode):
    events = tmp_path / "events"
    events.mkdir()
    looking = spark.make(settings(fair_yarn))

    def is_told(found):  # by heartbeats and by the bus of events, a moment later; a busy machine may answer too late
        said = values(found.uses[0]) if found.uses and not found.unread else {"tasks-active": 1}
        return said["tasks-active"] == 0 < said["shuffle-read"] and "peak-heap" in said

    with running(fair_yarn, version, mode, tmp_path, events):
        found = until(looking.look, is_told)
        (use,) = found.uses
        said = values(use)
        assert (use.user, use.queue, use.state) == ("alice", "root.applications.prod", "running")
        assert (said["executors"], said["cores"]) == (1, 1)
        assert said["memory-used"] > 1_000_000  # two columns of 200,000 numbers
        assert said["shuffle-write"] >= said["shuffle-read"] > 0
        assert said["peak-heap"] > 2**20
        assert (said["tasks-failed"], said["spill-disk"], found.unread) == (0, 0, {})

        cluster = yarn.make(settings(fair_yarn)).look()
        (own,) = [each for each in cluster.uses if each.id == use.id]
        assert values(own)["containers"] == 2
        used = {(each.of, each.name): each for each in cluster.capacities}
        assert used["root.applications.prod", "memory"].used == values(own)["memory-allocated"] > 0
        assert used["", "memory"].total == 8 * 2**30
        assert used["", "memory"].used + used["", "memory"].free == 8 * 2**30

    fair_yarn.wait(use.id)
    with history_server(fair_yarn, version, events) as address:
        ended = spark.make(settings(fair_yarn, **{"history-server": address}))
        found = until(ended.look, lambda found: any(each.id == use.id for each in found.uses))
    (after,) = found.uses
    assert (after.id, after.user, after.state) == (use.id, "alice", "ended")
    assert values(after)["shuffle-read"] == said["shuffle-read"]
