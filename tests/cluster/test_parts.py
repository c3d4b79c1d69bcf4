"""parts.py without network: what it says when something is missing, and that half a download is none."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import parts

NOBODY = 65534


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No parts, no JAVA_HOME, and a PATH with nothing but what a test puts into the folder returned."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PLACEMENT_PARTS", str(tmp_path / "parts"))
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    return programs


def test_missing_java_is_named_with_its_command() -> None:
    with pytest.raises(
        parts.MissingPart, match=r"^no Java on PATH; install it with: sudo apt-get install .*openjdk-17"
    ):
        parts.fetch()


def test_missing_maven_is_named_with_its_command(bare_machine: Path) -> None:
    _program(bare_machine / "java", """echo 'openjdk version "17.0.1" 2021-10-19' >&2""")
    with pytest.raises(parts.MissingPart, match=r"^no `mvn` \(Maven\) on PATH; install it with: .* maven$"):
        parts.fetch()


@pytest.mark.parametrize("version", ["1.8.0_412", "11.0.2"])
def test_older_java_will_not_do(bare_machine: Path, version: str) -> None:
    _program(bare_machine / "java", f"""echo 'openjdk version "{version}"' >&2""")
    with pytest.raises(parts.MissingPart, match="is not a Java 17 or newer"):
        parts.java_home()


def test_java_home_wins_over_path(bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(bare_machine / "java", "exit 1")
    _program(tmp_path / "jdk" / "bin" / "java", """echo 'openjdk version "21" 2023-09-19' >&2""")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    assert parts.java_home() == tmp_path / "jdk"


def test_a_failed_download_shows_its_last_words_and_leaves_nothing(bare_machine: Path) -> None:
    _program(bare_machine / "java", """echo 'openjdk version "17"' >&2""")
    _program(bare_machine / "mvn", "echo no route to the jars; exit 3")
    with pytest.raises(parts.MissingPart, match=r"(?s)ended with status 3; .*no route to the jars"):
        parts.fetch()
    assert list(parts.folder().iterdir()) == []


def test_jars_of_another_pom_do_not_count() -> None:
    (parts.folder() / "hadoop" / "lib").mkdir(parents=True)
    (parts.folder() / "hadoop" / "pom.xml").write_text("<project/>")
    with pytest.raises(parts.MissingPart, match=r"fetch them with: python3 -m tests\.cluster\.parts"):
        parts.hadoop_lib()


@pytest.mark.parametrize("version", [parts.SPARK_VERSION, parts.NEWEST_SPARK])
def test_each_spark_has_a_folder_of_its_own(version: str) -> None:
    with pytest.raises(parts.MissingPart, match=rf"^Spark {version} is not in .*; fetch it with: "):
        parts.spark_home(version)
    home = parts.folder() / f"spark-{version}" / "pyspark"
    home.mkdir(parents=True)
    assert parts.spark_home(version) == home


def test_the_command_ends_with_one_line_and_status_1() -> None:
    command = [sys.executable, "-c", "import os; os.geteuid = lambda: 1; import runpy;"
               "runpy.run_module('tests.cluster.parts', run_name='__main__')"]  # fmt: skip
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert ended.stderr.startswith("parts: no Java on PATH;")
