"""A Spark home whose spark-submit is our wrapper, for Spark that is started from Python."""

import os
import subprocess
import sys

import pytest

from placement import spark_home
from placement.errors import PlacementError
from tests.conftest import ROOT

REAL = '#!/bin/sh\necho "$SPARK_HOME [$PLACEMENT_REAL] $@"\n'


@pytest.fixture
def real(tmp_path):
    """A Spark home, as far as the wrapper sees it, in a path with blanks."""
    home = tmp_path / "spark's own"
    for folder in ("bin", "jars", "conf"):
        (home / folder).mkdir(parents=True)
    (home / "conf" / "spark-defaults.conf").write_text("spark.master yarn\n")
    (home / "bin" / "spark-class").write_text("")
    command = home / "bin" / "spark-submit"
    command.write_text(REAL)
    command.chmod(0o755)
    return home


@pytest.fixture
def home(tmp_path, real):
    home = tmp_path / "home"
    assert spark_home.make(real, home, ROOT / "wrappers" / "spark-submit")
    return home


def test_its_spark_submit_is_the_wrapper_and_all_else_is_the_real_home(tmp_path, real, home):
    policy = tmp_path / "policy"
    policy.mkdir(mode=0o755)
    (policy / "map.txt").write_text("* root.a\n")
    environ = {"PATH": os.defpath, "SPARK_HOME": str(home), "PLACEMENT_POLICY": str(policy)}
    command = [home / "bin" / "spark-submit", "--name", "n", "pyspark-shell"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith(f"{real} [] --name n --queue root.a --conf spark.yarn.tags=placement:")
    assert (home / "jars").resolve() == real / "jars"
    assert (home / "bin" / "spark-class").resolve() == real / "bin" / "spark-class"


def test_it_is_made_once_and_again_when_spark_changes(real, home):
    wrapper = ROOT / "wrappers" / "spark-submit"
    assert not spark_home.make(real, home, wrapper)
    (real / "RELEASE").write_text("Spark")
    (real / "bin" / "new").write_text("")
    assert spark_home.make(real, home, wrapper)
    assert (home / "RELEASE").read_text() == "Spark"
    assert (home / "bin" / "new").exists()
    assert sorted(each.name for each in home.parent.iterdir()) == ["home", "spark's own"]


def code_of(real, to):
    with pytest.raises(PlacementError) as caught:
        spark_home.make(real, to, ROOT / "wrappers" / "spark-submit")
    return caught.value.problems[0].code


def test_what_it_refuses(tmp_path, real, home):
    assert code_of(tmp_path / "nowhere", tmp_path / "new") == "no-spark-home"
    assert code_of(home, tmp_path / "new") == "no-spark-home"  # its spark-submit is a wrapper
    (tmp_path / "other").mkdir()
    assert code_of(real, tmp_path / "other") == "not-ours"
    assert code_of(real, real) == "not-ours"
    (tmp_path / "file").write_text("")
    assert code_of(real, tmp_path / "file" / "new") == "not-writable"
    assert not list(tmp_path.glob(".*"))


def test_the_command(tmp_path, real):
    placement = [os.path.join(os.path.dirname(sys.executable), "placement"), "spark-home", "--from", real]
    for said in ("made", "is as it should be"):
        done = subprocess.run([*placement, "--to", tmp_path / "new"], capture_output=True, text=True, check=True)
        assert done.stdout == f"{tmp_path}/new: {said}; set SPARK_HOME={tmp_path}/new\n"
