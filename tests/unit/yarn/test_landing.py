"""Where an application is, beside where it was decided."""

import json

import pytest

from placement.queues.tree import Tree
from placement.yarn import answers
from placement.yarn.landing import landing
from tests.unit.yarn.stub import app

PROGRAM = 'SparkConf.set("spark.yarn.queue", ...)'


def record(queue="root.a", user="alice", family="spark-submit", mode="client"):
    return {"queue": queue, "identity": {"user": user}, "command": {"family": family, "deploy_mode": mode}}


def application(**said):
    return answers.application(json.dumps({"app": app(**said)}).encode())


@pytest.mark.parametrize(
    ("decided", "found", "scheduler", "tree", "is_same"),
    [
        ("root.a.b", "root.a.b", "fair", None, True),
        ("a.b", "root.a.b", "fair", None, True),
        ("root.a.b", "b", "fair", None, False),
        ("root.a.b", "b", "capacity", None, True),
        ("b", "root.a.b", "capacity", None, True),
        ("b", "root.a.b", "capacity", Tree(["root.c.b"]), False),
        ("root.a.b", "root.a.B", "capacity", None, False),
    ],
)
def test_which_queues_are_the_same(decided, found, scheduler, tree, is_same):
    seen = landing(record(decided), application(queue=found), scheduler, tree)
    assert seen.is_as_decided is is_same


def reasons(said, queues=None, **seen):
    return landing(said, application(**({"queue": "root.z"} | seen)), "fair", None, queues).reasons


def test_in_client_mode_the_program_is_the_likeliest_reason():
    assert PROGRAM in reasons(record())[0]
    assert len(reasons(record())) == 3
    assert not any(PROGRAM in reason for reason in reasons(record(mode="cluster")))
    assert "mapreduce.job.queuename" in reasons(record(family="hadoop", mode=None))[0]


def test_a_queue_that_the_resource_manager_does_not_have():
    assert reasons(record(), ["root", "root.z"]) == (
        "the ResourceManager has no queue `root.a`, so its own rules placed it",
    )
    assert len(reasons(record(), ["root", "root.a", "root.z"])) == 3


def test_an_application_of_another_user_and_one_that_was_refused():
    (words,) = reasons(record(), queue="root.a", user="mallory")
    assert words.startswith("decided for `alice`")
    assert reasons(record(None)) == ("no queue was decided: the tag was copied from another job",)
    assert reasons({"queue": 7, "identity": "x", "command": []})  # a record that somebody made up
