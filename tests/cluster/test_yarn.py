"""The cluster itself: placement and access are real, users are its own, and it leaves nothing behind."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.cluster import parts
from tests.cluster.yarn import Refused, Yarn, YarnError

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["fair", "capacity"])
def yarn(request: pytest.FixtureRequest) -> Yarn:
    return request.getfixturevalue(f"{request.param}_yarn")


def run_as(yarn: Yarn, user: str, *command: str | Path) -> str:
    """What the command writes, to either stream."""
    ended = subprocess.run(
        command,
        env=yarn.environment(user),
        cwd=yarn.directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def processes_of(directory: str) -> list[str]:
    """The names of all that have this run directory in their command line or environment, a container's as well.

    Names and not the processes: one may have ended by the time that it is asked for anything more.
    """
    found = []
    for process in psutil.process_iter():
        try:
            if directory in " ".join([*process.cmdline(), *process.environ().values()]):
                found.append(process.name())
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            pass
    return found


def test_submission_lands_in_the_requested_queue(yarn: Yarn) -> None:
    application = yarn.submit("alice", "root.applications.prod", "true")
    assert yarn.wait(application)["queue"] == "root.applications.prod"
    assert [a["id"] for a in yarn.applications(user="alice", queue="root.applications.prod")].count(application) == 1


def test_access_list_refuses_in_the_resource_managers_words(yarn: Yarn) -> None:
    words = r"AccessControlException: User bob does not have permission to submit .* queue root.applications.prod"
    with pytest.raises(Refused, match=words):
        yarn.submit("bob", "root.applications.prod")


def test_groups_come_from_the_static_mapping(yarn: Yarn) -> None:
    """bob is no account of this machine, yet his group lets him in; carol's does not."""
    yarn.submit("bob", "root.applications.dev", "true")
    with pytest.raises(Refused, match="User carol does not have permission"):
        yarn.submit("carol", "root.applications.dev", "true")


def test_restart_takes_up_an_edited_file(fair_yarn: Yarn) -> None:
    text = fair_yarn.scheduler_file.read_text()
    new_queue = '<queue name="new"><aclSubmitApps>carol</aclSubmitApps></queue>'
    fair_yarn.scheduler_file.write_text(text.replace('<queue name="prod">', f'{new_queue}<queue name="prod">'))
    fair_yarn.restart_resource_manager()
    assert "root.applications.new" in str(fair_yarn.get("scheduler"))
    fair_yarn.submit("carol", "root.applications.new", "true")


def test_the_next_test_finds_the_file_as_it_was(fair_yarn: Yarn) -> None:
    assert "root.applications.new" not in str(fair_yarn.get("scheduler"))


def test_mapreduce_jobs_of_one_user_end_well_in_their_queue(fair_yarn: Yarn) -> None:
    """Two, as the second is the one that meets the staging folder of the first."""
    (examples,) = parts.hadoop_lib().glob("hadoop-mapreduce-examples-*.jar")
    pi = ("hadoop", "jar", examples, "pi", "-Dmapreduce.job.queuename=root.applications.prod", "1", "1")
    for _ in range(2):
        assert "Estimated value of Pi" in run_as(fair_yarn, "alice", *pi)
    ended = fair_yarn.applications(applicationTypes="MAPREDUCE")
    assert [(a["queue"], a["finalStatus"]) for a in ended] == [("root.applications.prod", "SUCCEEDED")] * 2


def test_spark_needs_no_more_than_a_queue(fair_yarn: Yarn, tmp_path: Path) -> None:
    job = tmp_path / "job.py"
    job.write_text(
        "from pyspark import SparkContext\nprint('sum', SparkContext(appName='tiny').parallelize(range(10), 1).sum())\n"
    )
    assert "sum 45" in run_as(fair_yarn, "bob", "spark-submit", "--queue", "root.applications.dev", job)
    (ended,) = fair_yarn.applications(user="bob", applicationTypes="SPARK")
    assert (ended["queue"], ended["finalStatus"]) == ("root.applications.dev", "SUCCEEDED")


def test_yarn_command_reads_a_queue(fair_yarn: Yarn) -> None:
    assert "Queue Name : root.applications.prod" in run_as(
        fair_yarn, "alice", "yarn", "queue", "-status", "root.applications.prod"
    )


OWNER = """
import time
from tests.cluster.yarn import Yarn
with Yarn("fair") as yarn:
    yarn.wait(yarn.submit("alice", command="(setsid sleep 600 &); sleep 600"), states=("ACCEPTED",))
    print(yarn.directory, flush=True)
    time.sleep(600)
"""


def test_a_killed_owner_leaves_no_process_and_all_logs() -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as owner:
        try:
            directory = owner.stdout.readline().strip()
            within(20, lambda: processes_of(directory).count("sleep") == 2)
            assert len(processes_of(directory)) > 4  # two keepers, two daemons, the containers' own
        finally:
            owner.send_signal(signal.SIGKILL)
    within(10, lambda: not processes_of(directory))
    assert Path(directory, "logs", "nodemanager.log").stat().st_size > 0
    shutil.rmtree(directory)


def within(seconds: float, is_reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not is_reached():
        assert time.monotonic() < deadline, f"not reached within {seconds} s"
        time.sleep(0.2)


def test_a_bad_file_is_told_with_the_reason_and_the_logs(tmp_path: Path) -> None:
    bad = "<allocations><queue name='a.b'/></allocations>"
    words = r"(?s)resourcemanager ended with status .*; logs are in .*Bad fair scheduler"
    with pytest.raises(YarnError, match=words):
        Yarn("fair", bad, directory=tmp_path).start()
    assert (tmp_path / "logs" / "resourcemanager.log").is_file()
    assert not processes_of(str(tmp_path))


def test_the_directory_is_deleted_after_success_and_kept_after_failure() -> None:
    """Without starting a daemon: what counts is how the block was left."""
    good, bad = Yarn("fair"), Yarn("fair")
    good.__exit__(None, None, None)
    assert not good.directory.exists()
    error = AssertionError("of a test")
    bad.__exit__(AssertionError, error, None)
    assert bad.logs.is_dir()
    assert str(bad.logs) in error.__notes__[0]
    shutil.rmtree(bad.directory)
