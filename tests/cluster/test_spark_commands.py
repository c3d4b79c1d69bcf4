"""Spark's other commands, and Spark that is started from Python, on a real cluster: each lands where it was decided."""

import json
import subprocess

import pytest

from placement.spark_home import make, wrappers_folder
from tests.cluster import parts
from tests.cluster.gateway import Gateway
from tests.conftest import ROOT

JOBS = ROOT / "tests" / "cluster" / "jobs"
PROD, DEV = "root.applications.prod", "root.applications.dev"

# command, what is typed into it, what it prints
SHELLS = {
    "pyspark": (["pyspark"], "print('sum', sc.parallelize(range(100), 2).sum())\n", "sum 4950"),
    "spark-sql": (["spark-sql", "-e", "select 'sum', sum(id) from range(100)"], None, "sum\t4950"),
    "spark-shell": (["spark-shell"], 'println("sum " + sc.parallelize(0 until 100, 2).sum.toInt)\n', "sum 4950"),
}


@pytest.fixture
def fair(fair_yarn, tmp_path):
    gateway = Gateway(fair_yarn, tmp_path)
    (gateway.policy / "site.yaml").write_text(
        f"groups: {{static: groups.yaml}}\naudit: {{file: {tmp_path}/trail.jsonl, arguments: masked}}\n"
    )
    return gateway


@pytest.fixture
def records(tmp_path):
    return lambda: [json.loads(line) for line in (tmp_path / "trail.jsonl").read_text().splitlines()]


def started(gateway, command, typed, environ, folder):
    """The command, ended, and the application that it was."""
    before = {each["id"] for each in gateway.yarn.applications()}
    done = subprocess.run(
        command, input=typed, env=environ, cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )
    new = [each for each in gateway.yarn.applications() if each["id"] not in before]
    assert len(new) == 1, done.stderr
    return done, new[0]


@pytest.mark.parametrize("name", ["pyspark", "spark-sql", pytest.param("spark-shell", marks=pytest.mark.engines)])
def test_a_shell_lands_where_it_was_decided_and_is_decided_once(fair, records, tmp_path, name):
    command, typed, printed = SHELLS[name]
    environ = fair.environment("alice") | {
        "PYSPARK_DRIVER_PYTHON_OPTS": "-i",  # or Python sees that nobody types, and makes no `sc`
        "PYTHONPATH": str(parts.spark_home().parent),
    }
    asked = [command[0], "--queue", DEV, "--conf", "spark.yarn.tags=mine", *command[1:]]
    done, application = started(fair, asked, typed, environ, tmp_path)
    assert printed in done.stdout, done.stderr
    assert done.stderr.count("placement: ") == 1
    (record,) = records()
    assert (record["command"]["family"], record["queue"]) == (name, DEV)
    assert application["queue"] == DEV
    assert set(application["applicationTags"].split(",")) == {"mine", f"placement:{record['id']}"}


@pytest.mark.parametrize(
    ("mode", "scheduler"),
    [
        ("client", "fair"),
        ("cluster", "capacity"),
        pytest.param("client", "capacity", marks=pytest.mark.engines),
        pytest.param("cluster", "fair", marks=pytest.mark.engines),
    ],
)
def test_a_batch_job_lands_where_it_was_decided(request, tmp_path, mode, scheduler):
    gateway = request.getfixturevalue("fair") if scheduler == "fair" else Gateway(
        request.getfixturevalue("capacity_yarn"), tmp_path
    )  # fmt: skip
    command = ["spark-submit", "--deploy-mode", mode, JOBS / "count.py"]
    done, application = started(gateway, command, None, gateway.environment("bob"), tmp_path)
    assert (done.returncode, application["queue"], application["user"]) == (0, DEV, "bob"), done.stderr
    assert application["applicationTags"].startswith("placement:")


PYTHON_JOB = """
from pyspark.sql import SparkSession
session = SparkSession.builder.appName("from-python").master("yarn").getOrCreate()
print("sum", session.sparkContext.parallelize(range(100), 2).sum(), session.conf.get("spark.yarn.queue"))
"""


def test_spark_that_is_started_from_plain_python(fair, records, tmp_path):
    environ = fair.environment("alice")
    real, home = parts.spark_home(), tmp_path / "spark-home"
    assert make(real, home, wrappers_folder() / "spark-submit")
    environ |= {"SPARK_HOME": str(home), "PYTHONPATH": str(real.parent)}
    python = environ.get("PYSPARK_PYTHON", "python3")
    done, application = started(fair, [python, "-c", PYTHON_JOB], None, environ, tmp_path)
    assert f"sum 4950 {PROD}" in done.stdout, done.stderr
    (record,) = records()
    assert (application["queue"], application["applicationTags"]) == (PROD, f"placement:{record['id']}")


OWN_QUEUE = """
from pyspark import SparkConf, SparkContext
context = SparkContext(conf=SparkConf().set("spark.yarn.queue", "root.applications.dev"))
print("sum", context.parallelize(range(100), 2).sum())
"""


def test_a_queue_that_the_program_sets_itself_is_found_out_afterwards(fair, records, tmp_path):
    (tmp_path / "own.py").write_text(OWN_QUEUE)
    done, application = started(fair, ["spark-submit", tmp_path / "own.py"], None, fair.environment("alice"), tmp_path)
    assert (done.returncode, application["queue"]) == (0, DEV), done.stderr
    (record,) = records()
    assert record["queue"] == PROD
    environ = fair.environment("alice")
    told = subprocess.run(
        [ROOT / ".venv" / "bin" / "placement", "why", record["id"]],
        env=environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert told.returncode == 1, told.stderr
    assert application["id"] in told.stdout
    assert PROD in told.stdout
    assert DEV in told.stdout
