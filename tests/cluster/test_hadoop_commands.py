"""Wrapped `hadoop`, `yarn` and `mapred` on a real cluster: a MapReduce job lands where the policy decides."""

import getpass

import pytest

from tests.cluster import parts
from tests.cluster.gateway import Gateway


@pytest.fixture
def fair(fair_yarn, tmp_path):
    return Gateway(fair_yarn, tmp_path)


@pytest.fixture
def examples():
    return next(parts.hadoop_lib().glob("hadoop-mapreduce-examples-*.jar"))


def test_a_job_of_a_jar_lands_in_the_decided_queue_with_the_tag_of_the_decision(fair, examples):
    options = ["-D", "mapreduce.job.tags=x", "-D", "mapreduce.map.memory.mb=400"]
    done = fair.run("alice", "yarn", "jar", examples, "pi", *options, "1", "1")
    application = fair.application("QuasiMonteCarlo")
    assert application is not None, done.stderr
    assert (application["queue"], application["user"]) == ("root.applications.prod", "alice")
    tags = set(application["applicationTags"].split(","))
    assert "x" in tags
    assert any(tag.startswith("placement:") for tag in tags)


def test_a_request_by_the_old_name_and_a_denied_one(fair, examples):
    pi = ["hadoop", "jar", examples, "pi"]
    asked = fair.run("alice", *pi, "-Dmapred.job.queue.name=root.applications.dev", "1", "1")
    assert asked.returncode == 0, asked.stderr
    assert fair.application("QuasiMonteCarlo")["queue"] == "root.applications.dev"
    before = len(fair.yarn.applications())
    denied = fair.run("bob", *pi, "-Dmapreduce.job.queuename=root.applications.prod", "1", "1")
    assert (denied.returncode, denied.stdout) == (77, "")
    assert len(fair.yarn.applications()) == before


def landed(gateway, done, name):
    """The application of that name; it has the decision's tag."""
    application = gateway.application(name)
    assert application is not None, done.stderr
    assert "placement:" in application["applicationTags"]
    return application


@pytest.mark.parametrize("command", [("mapred", "streaming"), ("hadoop", "jar")])
def test_streaming(fair, tmp_path, command):
    words = tmp_path / "words"
    words.write_text("one two\n")
    jar = next(parts.hadoop_lib().glob("hadoop-streaming-*.jar"))
    name = f"streaming by {command[0]}"
    generic = ["-D", f"mapreduce.job.name={name}", "-D", "mapreduce.job.reduces=0"]
    own = ["-input", words, "-output", tmp_path / "out", "-mapper", "/bin/cat"]
    done = fair.run("bob", *command, *([jar] if command[1] == "jar" else []), *generic, *own)
    assert (done.returncode, landed(fair, done, name)["queue"]) == (0, "root.applications.dev"), done.stderr
    assert "".join(part.read_text() for part in (tmp_path / "out").glob("part-*")).strip() == "one two"


def test_a_request_by_jobconf_of_streaming_gets_the_decided_queue(fair, tmp_path):
    (tmp_path / "words").write_text("one\n")
    jobconf = ["-jobconf", "mapreduce.job.queuename=applications.dev", "-jobconf", "mapreduce.job.name=by-jobconf"]
    own = ["-input", tmp_path / "words", "-output", tmp_path / "out", "-mapper", "/bin/cat", "-numReduceTasks", "0"]
    done = fair.run("alice", "mapred", "streaming", *own, *jobconf)
    assert landed(fair, done, "by-jobconf")["queue"] == "root.applications.dev"


def test_distcp(fair, tmp_path):
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "file").write_text("copied\n")
    account = getpass.getuser()  # it looks twice who owns the staging folder, and users of the cluster own none here
    done = fair.run(account, "hadoop", "distcp", f"file://{tmp_path}/from", f"file://{tmp_path}/to")
    assert landed(fair, done, "distcp")["queue"] == "root.default"
    assert (tmp_path / "to" / "file").read_text() == "copied\n"


def test_what_submits_nothing_passes_without_a_word(fair):
    done = fair.run("alice", "mapred", "job", "-list")
    assert done.returncode == 0, done.stderr
    assert "placement:" not in done.stderr
