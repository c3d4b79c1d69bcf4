"""Engines as fixtures, on the cluster of tests/cluster: one at a time, for a small machine."""

import subprocess
from pathlib import Path

import pytest

from tests.cluster import parts
from tests.cluster.conftest import _holder, fair_yarn, notebooks, pytest_runtest_makereport
from tests.engines.parts import flink_home

__all__ = ["_holder", "fair_yarn", "notebooks", "pytest_runtest_makereport"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("engines")


def flink_job(version: str, folder: Path) -> Path:
    """A jar with Job.java, compiled for a Flink."""
    java = parts.java_home() / "bin"
    source = Path(__file__).parent / "Job.java"
    for command in (
        [java / "javac", "-d", folder / "classes", "-cp", f"{flink_home(version)}/lib/*", source],
        [java / "jar", "--create", "--file", folder / "job.jar", "--main-class", "Job", "-C", folder / "classes", "."],
    ):
        subprocess.run(command, check=True, capture_output=True, timeout=240)
    return folder / "job.jar"
