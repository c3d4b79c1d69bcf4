"""The question to the installed Spark, with a Java of our own; the real one: tests/cluster/test_spark_reading.py."""

import os

import pytest

from placement import gateway
from placement.gateway import arity_of_option, read_command


@pytest.fixture
def java(tmp_path):
    """Writes the script that `JAVA_HOME/bin/java` is, and gives the environment."""

    def write(script, home="jdk"):
        program = tmp_path / home / "bin" / "java"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return {"JAVA_HOME": str(tmp_path / home), "PATH": "/usr/bin:/bin"}

    return write


ANSWERS = {
    "a usage error: its value is missing": ("--class C --usage-error spark-shell", 1),
    "among Spark's options": ("--class C --newer spark-shell", 0),
    "kept elsewhere": ("--class C --conf newer=true spark-shell", 0),
    "left to the application": ("--class C spark-shell --newer", None),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_the_answer_of_the_launcher(java, case):
    words, arity = ANSWERS[case]
    environ = java(rf"printf '\0\n'; for word in java {words}; do printf '%s\0' $word; done")
    assert arity_of_option("--newer", "/opt/spark", environ) == arity


def test_the_question(java, tmp_path):
    """Only what spark-class gives the launcher, whatever else is in the environment."""
    environ = java(f'echo "$@" > {tmp_path}/words; env > {tmp_path}/environ')
    arity_of_option("--newer", "/opt/spark", environ | {"SPARK_CONF_DIR": "/mine", "JDK_JAVA_OPTIONS": "-version"})
    words = (tmp_path / "words").read_text().split()
    assert words[words.index("-cp") + 1 :] == [
        *("/opt/spark/jars/*", "org.apache.spark.launcher.Main", "org.apache.spark.deploy.SparkSubmit"),
        *("--class", "org.apache.spark.repl.Main", "--newer"),
    ]
    told = (tmp_path / "environ").read_text()
    assert "SPARK_HOME=/opt/spark\n" in told
    assert "/mine" not in told
    assert "JDK_JAVA_OPTIONS" not in told


def test_java_is_found_on_path_without_java_home(java):
    environ = java("exit 3", "other")
    found = {"PATH": f"{environ['JAVA_HOME']}/bin:/usr/bin:/bin"}
    with pytest.raises(OSError, match="status 3"):
        arity_of_option("--newer", "/opt/spark", found)


def test_what_cannot_be_asked_is_an_oserror(java, monkeypatch):
    with pytest.raises(OSError, match="no Spark home"):
        arity_of_option("--newer", None, {})
    with pytest.raises(OSError, match="No such file"):
        arity_of_option("--newer", "/opt/spark", {"JAVA_HOME": "/nowhere"})
    monkeypatch.setattr(gateway, "LONGEST_QUESTION_S", 0.2)
    with pytest.raises(OSError, match="timed out"):
        arity_of_option("--newer", "/opt/spark", java("exec sleep 60"))


def test_the_gateway_asks_the_spark_behind_the_wrapper(java, tmp_path):
    environ = java(r"printf '\0\n'; for word in java spark-shell --usage-error; do printf '%s\0' $word; done")
    real = tmp_path / "spark" / "bin" / "spark3-submit"
    arguments = ["--master", "yarn", "--newer", "x", "a.py"]
    reading = read_command("spark3-submit", arguments, str(real), {**environ, "HOME": os.devnull})
    assert (reading.family, reading.application, reading.submits) == ("spark-submit", "a.py", True)


@pytest.mark.parametrize("packages", ["site-packages", "dist-packages"])
def test_the_home_of_a_spark_that_pip_installed(tmp_path, packages):
    home = tmp_path / "lib" / "python3.11" / packages / "pyspark"
    (home / "conf").mkdir(parents=True)
    (home / "conf" / "spark-defaults.conf").write_text("spark.master yarn\nspark.yarn.queue there\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "find_spark_home.py").touch()
    reading = read_command("spark-submit", ["a.py"], str(tmp_path / "bin" / "spark-submit"), {})
    assert reading.request.queue == "there"
