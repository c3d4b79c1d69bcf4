"""Hadoop's own schedulers, in a JVM of ours: what they say of bad files, and of whole policies."""

import json
import os
import shutil

import pytest

from placement.hadoop_loader import jvm, policy
from placement.policy_files import PolicyFiles
from tests.cluster import parts
from tests.conftest import ROOT
from tests.hadoop_cases import FOLDER, cases

STANDIN = ROOT / "tests" / "cluster" / "bin" / "yarn"


def environment(**more):
    lib, home = str(parts.hadoop_lib()), str(parts.java_home())
    return {"PATH": os.defpath, "JAVA_HOME": home, "HADOOP_LIB": lib, "HADOOP_CONF_DIR": "/nowhere"} | more


@pytest.fixture(scope="module")
def hadoop():
    return jvm.find({"yarn": str(STANDIN)}, environment())


@pytest.mark.parametrize("scheduler", ["fair", "capacity"])
def test_complaints_are_those_that_we_know_how_to_read(hadoop, expect, scheduler):
    files = cases(scheduler)
    answers = jvm.answers(hadoop, scheduler, [case.content for case in files])
    said = {
        case.name: {
            "complaints": [each.split("\n")[0] for each in answer.complaints],
            "log": list(dict.fromkeys(answer.log)),
            "queues": list(answer.queues),
        }
        for case, answer in zip(files, answers, strict=True)
    }
    expect(f"{FOLDER}/{scheduler}.json", json.dumps(said, indent=1) + "\n")


@pytest.mark.parametrize("scheduler", ["fair", "capacity"])
def test_a_good_file_is_taken_with_all_its_queues(hadoop, scheduler):
    [answer] = jvm.answers(hadoop, scheduler, [(ROOT / "templates" / f"{scheduler}-scheduler.xml").read_bytes()])
    assert not answer.complaints
    assert not answer.log
    assert {"root", "root.default", "root.applications.prod", "root.applications.dev"} <= set(answer.queues)


def test_resources_of_the_site_count(hadoop, tmp_path):
    content = (
        b"<allocations><queue name='a'><maxResources>memory-mb=1024, yarn.io/gpu=4</maxResources></queue></allocations>"
    )
    [answer] = jvm.answers(hadoop, "fair", [content])
    assert answer.complaints
    types = "<property><name>yarn.resource-types</name><value>yarn.io/gpu</value></property>"
    (tmp_path / "yarn-site.xml").write_text(f"<configuration>{types}</configuration>")
    (tmp_path / "resource-types.xml").write_text(f"<configuration>{types}</configuration>")
    with_site = jvm.find({"yarn": str(STANDIN)}, environment(HADOOP_CONF_DIR=str(tmp_path)))
    [answer] = jvm.answers(with_site, "fair", [content])
    assert not answer.complaints


def test_the_source_is_one_for_java_8(hadoop, tmp_path):
    options = ("-nowarn", "--release", "8", "-proc:none", "-cp", hadoop.classpath, "-d", str(tmp_path))
    parts.run(hadoop.javac, *options, jvm.source())


@pytest.mark.parametrize("name", ["pnda", "pnda-capacity", "multi-tenant"])
def test_ready_made_policies_are_taken(name, tmp_path):
    ready = shutil.copytree(ROOT / "policies" / name, tmp_path / name)
    environ = environment(PATH=f"{STANDIN.parent}:{os.defpath}")
    assert [str(each) for each in policy.problems_of(PolicyFiles(str(ready)), environ)] == []


def test_a_complaint_stands_where_the_policy_says_it(tmp_path):
    """What is passed through to the scheduler, only the scheduler can find wrong."""
    (tmp_path / "map.txt").write_text("* root.a\n")
    (tmp_path / "site.yaml").write_text("scheduler: capacity\n")
    (tmp_path / "queues.yaml").write_text(
        "queues:\n  - name: a\n    weight: 1\n    capacity: {user-limit-factor: many}\n"
    )
    environ = environment(PATH=f"{STANDIN.parent}:{os.defpath}")
    [problem] = policy.problems_of(PolicyFiles(str(tmp_path)), environ)
    assert problem.code == "hadoop-refuses"
    assert (problem.place.line, problem.place.column) == (4, 35)
