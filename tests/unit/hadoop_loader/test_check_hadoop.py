"""`placement check --hadoop`, as far as it goes without Hadoop; the rest is in tests/cluster."""

import json

import pytest


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "map.txt").write_text("* root.a\n")
    (tmp_path / "queues.yaml").write_text("queues: [{name: a, weight: 2}]\n")
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    for name, body in {"java": "cat answer", "javac": "exit 0", "yarn": "echo /lib"}.items():
        (java.parent / name).write_text(f"#!/bin/sh\n{body}\n")
        (java.parent / name).chmod(0o755)
    return tmp_path


def test_java_is_asked_only_with_the_option(run, folder):
    assert run("check", folder, PATH="/nowhere", JAVA_HOME="")[0] == 0
    status, out, _ = run("check", "--json", "--hadoop", folder, PATH="/nowhere", JAVA_HOME="")
    assert status == 1
    assert [each["code"] for each in json.loads(out)] == ["no-java"]


def test_a_complaint_is_an_error_at_its_place(run, folder):
    answer = {"complaints": ["java.io.IOException: Illegal weight of queue root.a"], "queues": [], "log": []}
    (folder / "bin" / "java").write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    status, out, _ = run("check", "--json", "--hadoop", folder, PATH=f"{folder}/bin:/usr/bin:/bin", JAVA_HOME="")
    [found] = json.loads(out)
    assert (status, found["code"], found["line"]) == (1, "hadoop-refuses", 1)
    assert "Illegal weight" in found["message"]


def test_a_policy_that_cannot_be_read_is_said_once(run, folder):
    (folder / "queues.yaml").write_text("queues: 3\n")
    status, out, _ = run("check", "--json", "--hadoop", folder, PATH="/nowhere", JAVA_HOME="")
    assert status == 1
    assert "no-java" not in out
