"""Wrapped `hadoop`, `yarn` and `mapred` on a real cluster: a MapReduce job lands where the policy decides."""

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


def test_what_submits_nothing_passes_without_a_word(fair):
    done = fair.run("alice", "mapred", "job", "-list")
    assert done.returncode == 0, done.stderr
    assert "placement:" not in done.stderr
