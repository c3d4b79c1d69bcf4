"""Finding Java and Hadoop, and what keeps them from answering; the real ones are in tests/cluster."""

import json

import pytest

from placement.errors import PlacementError
from placement.hadoop_loader import jvm


def script(folder, name, body):
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def bin_folder(tmp_path):
    """A Java that answers for two files, and a Hadoop."""
    answer = json.dumps({"complaints": ["a.B: c"], "queues": ["root"], "log": ["SLF4J: x", "placement: w"]})
    script(tmp_path / "bin", "java", f"echo '{answer}'; env > {tmp_path}/environment; echo \"$@\" > {tmp_path}/asked")
    script(tmp_path / "bin", "javac", "exit 0")
    script(tmp_path / "bin", "yarn", "echo warning >&2; echo /conf:/lib/*")
    return tmp_path / "bin"


def code(call, *arguments):
    with pytest.raises(PlacementError) as raised:
        call(*arguments)
    [problem] = raised.value.problems
    assert problem.remedy
    return problem.code


def test_the_class_path_is_what_yarn_says(bin_folder):
    found = jvm.find({}, {"PATH": str(bin_folder)})
    assert found.classpath == "/conf:/lib/*"
    assert found.java == str(bin_folder / "java")


def test_the_site_names_the_command_and_a_variable_wins(bin_folder, tmp_path):
    other = script(tmp_path / "other", "yarn", "echo /other")
    environ = {"PATH": str(bin_folder)}
    assert jvm.find({"yarn": str(other)}, environ).classpath == "/other"
    more = {"HADOOP_CONF_DIR": "/site", jvm.CLASSPATH: "/mine/*"}
    assert jvm.find({"yarn": str(other)}, environ | more).classpath == "/site:/mine/*"


def test_java_home_comes_before_the_path(bin_folder, tmp_path):
    script(tmp_path / "jdk", "unused", "")
    for name in ("java", "javac"):
        script(tmp_path / "jdk" / "bin", name, "exit 0")
    found = jvm.find({}, {"PATH": str(bin_folder), "JAVA_HOME": str(tmp_path / "jdk")})
    assert found.javac == str(tmp_path / "jdk" / "bin" / "javac")


def test_a_compiler_beside_what_a_link_leads_to(bin_folder, tmp_path):
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "java").symlink_to(bin_folder / "java")
    environ = {"PATH": str(tmp_path / "links"), jvm.CLASSPATH: "/x"}
    assert jvm.find({}, environ).javac == str(bin_folder / "javac")


@pytest.mark.parametrize(
    ("gone", "expected"), [("java", "no-java"), ("javac", "no-java-compiler"), ("yarn", "no-hadoop-jars")]
)
def test_what_is_missing_is_named(bin_folder, gone, expected):
    (bin_folder / gone).unlink()
    assert code(jvm.find, {}, {"PATH": str(bin_folder)}) == expected


def test_java_home_without_java(bin_folder):
    assert code(jvm.find, {}, {"PATH": str(bin_folder), "JAVA_HOME": "/nowhere"}) == "no-java"


def test_a_class_path_that_cannot_be_told(bin_folder):
    script(bin_folder, "yarn", "echo no JAVA_HOME >&2; exit 1")
    assert code(jvm.find, {}, {"PATH": str(bin_folder)}) == "no-hadoop-jars"


def test_answers_one_for_each_file(bin_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Dnot=ours")
    hadoop = jvm.find({}, {"PATH": str(bin_folder)})
    [answer] = jvm.answers(hadoop, "fair", [b"<allocations/>"])
    assert answer == jvm.Answer(("a.B: c",), ("w",), ("root",))
    assert "JAVA_TOOL_OPTIONS" not in (tmp_path / "environment").read_text()
    assert code(jvm.answers, hadoop, "fair", [b"", b""]) == "hadoop-loader-failed"


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("javac", "echo 'error: package org.apache.hadoop.conf does not exist' >&2; exit 1", "no-hadoop-jars"),
        ("javac", "echo 'class file has wrong version 61.0, should be 52.0' >&2; exit 1", "java-too-old"),
        ("javac", "echo 'out of memory' >&2; exit 3", "hadoop-loader-failed"),
        ("java", "echo 'Error occurred' >&2; exit 1", "hadoop-loader-failed"),
        ("java", "echo nonsense", "hadoop-loader-failed"),
        ("java", "echo '[]'", "hadoop-loader-failed"),
        ("java", "kill -9 $$", "hadoop-loader-failed"),
    ],
)
def test_what_keeps_them_from_answering(bin_folder, name, body, expected):
    hadoop = jvm.find({}, {"PATH": str(bin_folder)})
    script(bin_folder, name, body)
    assert code(jvm.answers, hadoop, "fair", [b"<allocations/>"]) == expected


def test_nobody_waits_for_ever(bin_folder, monkeypatch):
    hadoop = jvm.find({}, {"PATH": str(bin_folder)})
    script(bin_folder, "java", "exec sleep 20")
    monkeypatch.setattr(jvm, "TIMEOUT_S", 0.2)
    assert code(jvm.answers, hadoop, "fair", [b"<allocations/>"]) == "hadoop-loader-failed"
