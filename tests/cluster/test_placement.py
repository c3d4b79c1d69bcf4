"""The main job: a wrapped spark-submit on a real cluster lands where the policy decides."""

import os
import signal
import subprocess

import pytest

from tests.cluster.gateway import Gateway
from tests.cluster.yarn import USERS, Refused
from tests.conftest import ROOT

JOBS = ROOT / "tests" / "cluster" / "jobs"
JOB = JOBS / "count.py"
QUEUES = ("root.default", "root.applications.prod", "root.applications.dev")


@pytest.fixture
def fair(fair_yarn, tmp_path):
    return Gateway(fair_yarn, tmp_path)


@pytest.fixture
def capacity(capacity_yarn, tmp_path):
    return Gateway(capacity_yarn, tmp_path)


def test_a_job_lands_where_the_map_says_and_its_streams_and_status_are_its_own(fair):
    done = fair.run("alice", "spark-submit", "--name", "exits-3", JOB, "3")
    assert (done.returncode, done.stdout) == (3, "sum 4950\n"), done.stderr
    application = fair.application("exits-3")
    assert (application["queue"], application["user"]) == ("root.applications.prod", "alice")
    ours = [line for line in done.stderr.splitlines() if line.startswith("placement:")]
    words = f"placement: `root.applications.prod` by {fair.policy}/map.txt:10 (`:prod   root.applications.prod`)"
    assert ours == [words]


def test_cluster_mode_and_a_request_in_conf(fair):
    arguments = ["--deploy-mode", "cluster", "--conf", "spark.yarn.queue=applications.dev", JOB]
    done = fair.run("alice", "spark-submit", *arguments)
    assert done.returncode == 0, done.stderr
    application = fair.application("count.py")  # in cluster mode the name is the script's
    assert (application["queue"], application["finalStatus"]) == ("root.applications.dev", "SUCCEEDED")


def test_the_proxy_user_is_who_is_placed(fair):
    done = fair.run("yarn", "spark-submit", "--proxy-user", "bob", "--name", "for-bob", JOB)
    assert done.returncode == 0, done.stderr
    application = fair.application("for-bob")
    assert (application["queue"], application["user"]) == ("root.applications.dev", "bob")


def test_a_denied_request_never_reaches_the_resource_manager(fair):
    before = len(fair.yarn.applications())
    done = fair.run("bob", "spark-submit", "--queue", "root.applications.prod", JOB)
    assert (done.returncode, done.stdout) == (77, "")
    assert len(fair.yarn.applications()) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_running_job_as_it_does_without_us(fair, number):
    def status(command, name):
        environ = fair.environment("alice")
        process = subprocess.Popen(
            [command, "--queue", "root.applications.prod", "--name", name, JOBS / "wait.py"],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            assert process.stdout.readline() == b"running\n"
            # Ctrl-C comes from the terminal to the whole group, SIGTERM to the process that was started.
            os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
            return process.wait(60)
        finally:
            process.stdout.close()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)

    real = f"{fair.yarn.environment('alice')['SPARK_HOME']}/bin/spark-submit"
    assert status("spark-submit", f"wrapped-{number}") == status(real, f"plain-{number}")
    ended = [fair.yarn.wait(fair.application(f"{how}-{number}")["id"]) for how in ("wrapped", "plain")]
    assert ended[0]["finalStatus"] == ended[1]["finalStatus"]


@pytest.mark.parametrize("scheduler", ["fair", "capacity"])
def test_what_the_policy_allows_is_what_the_resource_manager_accepts(request, scheduler):
    """Every user and every queue, through the policy and straight to the ResourceManager."""
    gateway = request.getfixturevalue(scheduler)

    def accepted(user, queue):
        try:
            return bool(gateway.yarn.submit(user, queue, "true"))
        except Refused:
            return False

    for user in USERS:
        decided = {queue for queue in QUEUES if gateway.run(user, "policy", queue).returncode == 0}
        assert decided == {queue for queue in QUEUES if accepted(user, queue)}
        unasked = gateway.run(user, "policy")
        report = gateway.yarn.wait(gateway.yarn.submit(user, unasked.stdout.strip(), "true"))
        assert report["queue"] in decided


def test_a_leaf_name_under_the_capacity_scheduler(capacity):
    done = capacity.run("alice", "spark-submit", "--name", "leaf", "--queue", "root.applications.dev", JOB)
    assert done.returncode == 0, done.stderr
    assert capacity.application("leaf")["queue"] == "root.applications.dev"


def test_with_the_resource_manager_down_the_map_still_places(fair):
    fair.yarn.stop_resource_manager()
    try:
        decided = fair.run("bob", "policy")
        assert (decided.returncode, decided.stdout, decided.stderr) == (0, "root.applications.dev\n", "")
    finally:
        fair.yarn.start_resource_manager()
