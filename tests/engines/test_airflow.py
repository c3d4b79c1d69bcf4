"""The real Airflow's operator for Spark, with a wrapper as its spark-submit: placed, its application still found."""

import shutil
import subprocess
import sys

import pytest

from tests.cluster.gateway import Gateway
from tests.conftest import ROOT
from tests.engines.parts import airflow

DEV = "root.applications.dev"
TASK = """
import sys
sys.path.insert(0, sys.argv[1])  # not by PYTHONPATH, which Spark hands on to its application
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

queue = {"yarn_queue": sys.argv[3]} if len(sys.argv) > 3 else {}
task = SparkSubmitOperator(
    task_id="count", application=sys.argv[2], conn_id="yarn", spark_binary="spark-submit", durable=False, **queue
)
task.execute({})
print("found", task._hook._yarn_application_id)
"""
# As Spark logs where nobody has quietened it: its client tells the application's id, and the operator reads it there.
TOLD = "logger.client.name = org.apache.spark.deploy.yarn.Client\nlogger.client.level = info\n"
CONNECTION = '{"conn_type": "spark", "host": "yarn", "extra": {"deploy-mode": "cluster"}}'


@pytest.fixture
def gateway(fair_yarn, tmp_path):
    return Gateway(fair_yarn, tmp_path)


def ran(gateway, folder, *arguments):
    environ = gateway.environment("bob")
    conf = folder / "spark-conf"
    shutil.copytree(environ["SPARK_CONF_DIR"], conf, dirs_exist_ok=True)
    with (conf / "log4j2.properties").open("a") as log:
        log.write(TOLD)
    environ |= {
        "SPARK_CONF_DIR": str(conf),
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW_CONN_YARN": CONNECTION,
    }
    command = [sys.executable, "-c", TASK, airflow(), ROOT / "tests" / "cluster" / "jobs" / "count.py", *arguments]
    return subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def test_a_task_runs_in_the_decided_queue_and_knows_its_application(gateway, tmp_path):
    before = {each["id"] for each in gateway.yarn.applications()}
    done = ran(gateway, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (application,) = (each for each in gateway.yarn.applications() if each["id"] not in before)
    assert f"found {application['id']}" in done.stdout
    assert (application["queue"], application["user"], application["finalStatus"]) == (DEV, "bob", "SUCCEEDED")
    assert application["applicationTags"].startswith("placement:")


def test_a_queue_that_is_denied_fails_the_task_with_the_sentence_in_its_log(gateway, tmp_path):
    before = len(gateway.yarn.applications())
    done = ran(gateway, tmp_path, "root.secret")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "`bob` may not use `root.secret` (--queue) by " in said
    assert "77" in said
    assert len(gateway.yarn.applications()) == before
