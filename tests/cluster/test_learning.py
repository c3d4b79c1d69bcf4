"""A real job that asks for far more than it uses: its estimate goes to the use, and follows when that doubles."""

import getpass
import os
import subprocess
import time

import pytest

from placement.estimate.keys import keys_of
from placement.estimate.predict import Limits, predict
from placement.estimate.row import WIDTH
from placement.estimate.table import Table
from placement.learning.learning import Learning
from placement.observe.backfill import SETTLED_S
from placement.policy_files import PolicyFiles
from placement.sizing.lookup import finder
from placement.yarn.terms import terms
from tests.cluster import parts
from tests.conftest import ROOT

MIB = 2**20
USER = getpass.getuser()  # event logs count for the account alone that owns them
ASKED_MIB = 2048 + 384
FEW, MANY = 100, 600  # MiB that the executor's Python holds, beside a JVM of some 250 MiB
JOB = ROOT / "tests" / "cluster" / "jobs" / "hold.py"
CONF = {
    "spark.eventLog.enabled": "true",
    "spark.eventLog.logStageExecutorMetrics": "true",
    "spark.executor.processTreeMetrics.enabled": "true",
    "spark.executor.metrics.pollingInterval": "100ms",
    "spark.executor.instances": "1",
}


@pytest.fixture
def learning(fair_yarn, tmp_path):
    """`learning()`: one pass, by a clock that lets what has just ended be settled; the Learnt."""
    (tmp_path / "map.txt").write_text("* root.default\n")
    said = f"table: {tmp_path}/table, spark-logs: [{tmp_path}/events]"
    (tmp_path / "site.yaml").write_text(f"resource-managers: ['{fair_yarn.url}']\nestimates: {{{said}}}\n")
    (tmp_path / "events").mkdir()
    site = PolicyFiles(str(tmp_path)).site()
    one = Learning(str(tmp_path / "ledger.db"), "gateway-1", USER, {}, lambda: time.time() + 2 * SETTLED_S)
    told = terms(fair_yarn.environment(USER))
    yield lambda: one.once(site, site.estimates, told)
    one.close()


def ran(cluster, folder, held_mib, times):
    """So many applications, one after another, from one driver: half the time goes into starting that."""
    conf = CONF | {"spark.eventLog.dir": f"file://{folder}/events"}
    options = [word for name, value in conf.items() for word in ("--conf", f"{name}={value}")]
    command = [parts.spark_home() / "bin" / "spark-submit", "--queue", "root.default", *options]
    command += ["--executor-memory", "2g", JOB, "-".join([str(held_mib)] * times)]
    done = subprocess.run(
        command, env=cluster.environment(USER), cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count(f"held {held_mib * MIB}") == times


def predicted(folder):
    """Of the executors of the next such job, as a wrapper reads it."""
    said = {"application": "hold", "script": "hold.py", "arguments": ["100"], "user": USER, "kind": "spark"}
    said |= {"role": "executor", "request_bytes": ASKED_MIB * MIB}
    keys = keys_of(said)
    if not (folder / "table").exists():
        return predict(keys, {}.get, said, Limits())
    with open(folder / "table", "rb") as file:
        table = Table(lambda size, place: os.pread(file.fileno(), size, place), WIDTH)
        return predict(keys, finder(table), said, Limits())


@pytest.mark.engines
def test_the_estimate_goes_from_the_asking_to_the_use_and_follows_it(fair_yarn, learning, tmp_path):
    assert predicted(tmp_path).safe_bytes == ASKED_MIB * MIB
    ran(fair_yarn, tmp_path, FEW, 3)
    found = learning()
    assert (found.learned, found.troubles) == (6, []), found.progress
    now = predicted(tmp_path)
    assert now.runs == 3
    used = largest(tmp_path)
    assert FEW * MIB + 150 * MIB < used < 700 * MIB
    assert used <= now.safe_bytes < min(2 * used, ASKED_MIB * MIB / 2)

    ran(fair_yarn, tmp_path, MANY, 2)
    learning()
    doubled = largest(tmp_path)
    assert doubled > 1.9 * used
    assert doubled * 0.95 <= predicted(tmp_path).safe_bytes < ASKED_MIB * MIB


def largest(folder):
    """The most that the newest run used, as it was observed."""
    from placement.store.engine import open_engine
    from placement.store.runs import Runs

    engine = open_engine(str(folder / "ledger.db"))
    rows = [row for _, row in Runs(engine).since(0) if row.role == "executor"]
    engine.dispose()
    assert {row.basis for row in rows} == {"resident"}
    return rows[-1].peak_bytes
