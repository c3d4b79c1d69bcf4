"""What finished on a real cluster is found, with what it used, and linked to its decision."""

import re
import shutil
import subprocess
import time
from contextlib import contextmanager

import pytest

from placement.observe.backfill import SETTLED_S, Backfill
from placement.observe.mapreduce import JobHistory
from placement.observe.spark_folder import SparkFolder
from placement.observe.spark_history import SparkHistory
from placement.observe.yarn import FinishedApplications
from placement.store.engine import open_engine
from placement.store.runs import Runs
from placement.yarn.client import simple
from tests.cluster import configuration, parts
from tests.cluster.gateway import Gateway
from tests.cluster.test_monitors import history_server, until
from tests.cluster.yarn import _free_ports
from tests.conftest import ROOT

MIB = 2**20
COUNT = ROOT / "tests" / "cluster" / "jobs" / "count.py"
OUR_TAG = "placement:0123456789abcdef"


@pytest.fixture
def fair(fair_yarn, tmp_path):
    return Gateway(fair_yarn, tmp_path)


@pytest.fixture
def runs(tmp_path):
    engine = open_engine(str(tmp_path / "ledger.db"))
    yield Runs(engine)
    engine.dispose()


def observed(cluster, runs, histories, kind):
    """The rows of the newest application of the kind, by role."""
    manager = FinishedApplications([cluster.url], auth=simple(configuration.ADMIN))
    done = Backfill("rm", manager, {kind: histories}, runs).read(1, time.time() + 2 * SETTLED_S)
    assert done.share == 1
    rows = [row for _, row in runs.since(0) if row.kind == kind]
    newest = max(rows, key=lambda row: row.finished_s).application
    return {row.role: row for row in rows if row.application == newest}, done


def events_conf(folder, **more):
    folder.mkdir()
    conf = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file://{folder}",
        "spark.eventLog.logStageExecutorMetrics": "true",
        "spark.executor.metrics.pollingInterval": "50ms",
        **more,
    }
    return [word for name, value in conf.items() for word in ("--conf", f"{name}={value}")]


def test_a_pyspark_job_is_observed_with_what_its_processes_used(fair, runs, tmp_path):
    conf = events_conf(tmp_path / "events", **{"spark.executor.processTreeMetrics.enabled": "true"})
    done = fair.run("alice", "spark-submit", *conf, COUNT, "0")
    assert done.returncode == 0, done.stderr
    rows, _ = observed(fair.yarn, runs, [SparkFolder(str(tmp_path / "events"), is_of_owner=False)], "spark")
    assert set(rows) == {"application", "executor"}
    row = rows["executor"]
    assert (row.user, row.queue, row.ended) == ("alice", "root.applications.prod", "succeeded")
    assert (row.script, row.arguments, row.executors, row.containers) == ("count.py", ("0",), 1, 1)
    assert row.request_bytes == (512 + 384) * MIB
    assert row.basis == "resident"
    assert 100 * MIB < row.peak_bytes < 896 * MIB
    assert row.runtime_s > 1
    assert re.fullmatch("[0-9a-f]{16}", row.decision)
    tags = fair.yarn.get(f"apps/{row.application}")["app"]["applicationTags"]
    assert f"placement:{row.decision}" in tags
    assert row.memory_mib_s > 0


@pytest.mark.engines
def test_the_newest_spark_rolls_and_compresses_its_log_and_its_history_server_tells_the_same(fair_yarn, runs, tmp_path):
    """In cluster mode, where the driver has a container too; of the heap alone."""
    home = parts.spark_home(parts.NEWEST_SPARK)
    environ = fair_yarn.environment("alice") | {
        "SPARK_HOME": str(home),
        "PYSPARK_ARCHIVES_PATH": f"local:{home.parent}",
    }
    said = {"spark.yarn.jars": f"local:{home}/jars/*", "spark.yarn.tags": OUR_TAG}
    conf = events_conf(tmp_path / "events", **said)
    asked = ["--queue", "root.applications.prod", "--deploy-mode", "cluster", *conf, COUNT, "0"]
    done = subprocess.run(
        [home / "bin" / "spark-submit", *asked], env=environ, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    (log,) = (tmp_path / "events").iterdir()
    assert log.name.startswith("eventlog_v2_")
    assert [each.suffix for each in log.iterdir() if each.name.startswith("events_")] == [".zstd"]

    folder = SparkFolder(str(tmp_path / "events"), is_of_owner=False)
    rows, _ = observed(fair_yarn, runs, [folder], "spark")
    assert set(rows) == {"application", "driver", "executor"}
    assert {row.decision for row in rows.values()} == {OUR_TAG.removeprefix("placement:")}
    for role in ("driver", "executor"):
        assert (rows[role].request_bytes, rows[role].basis) == (896 * MIB, "heap")
        assert 384 * MIB < rows[role].peak_bytes <= 896 * MIB
    assert (rows["driver"].script, rows["driver"].arguments) == ("count.py", ("0",))

    run = next(
        each
        for each in FinishedApplications([fair_yarn.url]).finished(0, time.time() + 60)
        if each.id == rows["driver"].application
    )
    with history_server(fair_yarn, parts.NEWEST_SPARK, tmp_path / "events") as address:
        history = SparkHistory(address)
        told = until(lambda: history.account(run), lambda found: found.is_complete)
    of_log = folder.account(run)
    assert (told.script, told.arguments, told.executors) == (of_log.script, of_log.arguments, of_log.executors)
    for mine, theirs in zip(of_log.parts, told.parts, strict=True):
        assert (theirs.role, theirs.request_bytes, theirs.containers, theirs.basis) == (
            mine.role,
            mine.request_bytes,
            mine.containers,
            mine.basis,
        )
        assert theirs.peak_bytes == pytest.approx(mine.peak_bytes, rel=0.2)  # it counts heartbeats, and logs do not


@contextmanager
def job_history(cluster, folder):
    """The address of MapReduce's job history server, and the option that lets jobs write where it reads."""
    port = _free_ports(("history",))["history"]
    written = {"mapreduce.jobhistory.intermediate-done-dir": f"file://{folder}/intermediate"}
    said = written | {
        "mapreduce.jobhistory.done-dir": f"file://{folder}/done",
        "mapreduce.jobhistory.address": "127.0.0.1:0",
        "mapreduce.jobhistory.admin.address": "127.0.0.1:0",
        "mapreduce.jobhistory.webapp.address": f"127.0.0.1:{port}",
    }
    conf = folder / "conf"
    shutil.copytree(cluster.conf_dir, conf)
    site = configuration.mapred_site(cluster.directory) | said
    (conf / "mapred-site.xml").write_text(configuration.xml(site))
    main = "org.apache.hadoop.mapreduce.v2.hs.JobHistoryServer"
    flags = ["-Xmx200m", *configuration.QUICK_START.split(), configuration.OPENED]
    jars = f"{conf}:{parts.hadoop_lib()}/*"
    with (
        (cluster.logs / "historyserver.log").open("ab") as log,
        subprocess.Popen(
            [parts.java_home() / "bin" / "java", *flags, "-cp", jars, main],
            env=cluster.environment(configuration.ADMIN),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        ) as server,
    ):
        try:
            yield f"http://127.0.0.1:{port}", [f"-D{name}={value}" for name, value in written.items()]
        finally:
            server.terminate()


def test_mapreduce_jobs_are_observed_with_their_counters(fair, runs, tmp_path):
    """One that succeeds, and one whose maps have too small a heap."""
    jar = next(parts.hadoop_lib().glob("hadoop-mapreduce-examples-*.jar"))
    with job_history(fair.yarn, tmp_path) as (address, options):
        history = JobHistory(address)
        options += ["-Dmapreduce.job.ubertask.enable=false", "-Dmapreduce.map.maxattempts=1"]
        done = fair.run("alice", "yarn", "jar", jar, "pi", *options, "-Dmapreduce.map.memory.mb=640", "2", "10")
        assert done.returncode == 0, done.stderr

        def look():
            return observed(fair.yarn, runs, [history], "mapreduce")

        rows, _ = until(look, lambda found: "map" in found[0])
        assert set(rows) == {"application", "map", "reduce"}
        assert (rows["map"].request_bytes, rows["reduce"].request_bytes) == (640 * MIB, 512 * MIB)
        for role in ("map", "reduce"):
            assert (rows[role].basis, rows[role].user, rows[role].ended) == ("resident", "alice", "succeeded")
            assert 50 * MIB < rows[role].peak_bytes < 512 * MIB
            assert rows[role].containers >= 1
        assert rows["map"].read_bytes > 0
        assert rows["reduce"].shuffled_bytes > 0
        assert rows["map"].script.endswith("QmcMapper")
        assert f"placement:{rows['map'].decision}" in fair.yarn.get(f"apps/{rows['map'].application}")["app"][
            "applicationTags"
        ].split(",")

        options += ["-Dmapreduce.map.java.opts=-Xmx40m", "-Dmapreduce.task.io.sort.mb=60"]
        done = fair.run("alice", "yarn", "jar", jar, "pi", *options, "1", "10")
        assert done.returncode != 0
        first = rows["map"].application
        rows, _ = until(look, lambda found: "map" in found[0] and found[0]["map"].application != first)
        assert (rows["map"].ended, rows["map"].peak_bytes) == ("out-of-memory", None)
        assert rows["application"].ended in ("failed", "out-of-memory")


@pytest.mark.engines
def test_what_fails_is_found_by_whatever_name_it_has(fair_yarn):
    begin_s = time.time() - 1
    hostile = ["20261120", "true", "1e5", "null", 'it\'s; %s {0} "x" <b>', "é\n\t\\", "x" * 5000]
    names = [*(f"exit 7 # {name}" for name in hostile), *hostile[:4]]
    ids = {fair_yarn.submit("alice", "root.applications.prod", name): name for name in names}
    for each in ids:
        fair_yarn.wait(each)
    manager = FinishedApplications([fair_yarn.url], auth=simple(configuration.ADMIN))
    found = {run.id: run for run in manager.finished(begin_s, time.time() + 60)}
    assert {each: found[each].ended for each in ids} == dict.fromkeys(ids, "failed")
    assert {each: found[each].name for each in ids} == {each: name[:1000] for each, name in ids.items()}
