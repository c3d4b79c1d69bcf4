"""`placement install-kernel`, what it writes, and the `spark` of its kernels."""

import json
import os
import runpy
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

from placement.jupyter import startup
from placement.jupyter.unwatched import waiting_wrappers

STANZA = {"provisioner_name": "placement", "config": {}}


@pytest.fixture
def home(tmp_path):
    """A Spark home with a PySpark to import."""
    home = tmp_path / "spark"
    for folder in ("bin", "python/pyspark", "python/lib"):
        (home / folder).mkdir(parents=True)
    (home / "bin" / "spark-submit").write_text("#!/bin/sh\n")
    (home / "bin" / "spark-submit").chmod(0o755)
    (home / "python" / "pyspark" / "__init__.py").write_text("")
    (home / "python" / "lib" / "py4j-0.10-src.zip").write_text("")
    return home


@pytest.fixture
def install(run, tmp_path, monkeypatch):
    """`install(arguments...)`: exit status, standard error, and the kernel.json of the one kernelspec it wrote."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "others"))
    monkeypatch.delenv("SPARK_HOME", raising=False)
    monkeypatch.delenv("PYTHONPATH", raising=False)

    def call(*arguments):
        status, _, err = run("install-kernel", "--prefix", tmp_path / "prefix", *arguments)
        specs = [*(tmp_path / "prefix" / "share" / "jupyter" / "kernels").glob("*/kernel.json")]
        return status, err, json.loads(specs[0].read_text()) if specs else None

    return call


def other(tmp_path, **spec):
    folder = tmp_path / "others" / "kernels" / "mine"
    folder.mkdir(parents=True)
    (folder / "logo-64x64.png").write_bytes(b"png")
    (folder / "kernel.json").write_text(json.dumps({"argv": ["x", "{connection_file}"], "display_name": "M", **spec}))


def test_a_kernelspec_for_pyspark(install, home, tmp_path):
    status, err, spec = install("--spark-home", home, "--queue", "root.a")
    assert (status, err) == (0, "")
    folder = tmp_path / "prefix" / "share" / "jupyter" / "kernels" / "pyspark-yarn"
    assert spec["env"] == {
        "SPARK_HOME": str(home),
        "PYSPARK_SUBMIT_ARGS": "--master yarn --queue root.a pyspark-shell",
        "PYTHONSTARTUP": str(folder / "startup.py"),
        "PYTHONPATH": f"{home}/python:{home}/python/lib/py4j-0.10-src.zip",
    }
    assert spec["metadata"]["kernel_provisioner"] == STANZA
    assert sorted(each.name for each in folder.iterdir()) == ["kernel.json", "startup.py"]
    assert install("--spark-home", home)[2]["env"]["PYSPARK_SUBMIT_ARGS"] == "--master yarn pyspark-shell"


@pytest.mark.parametrize(
    ("before", "config"),
    [
        ({}, {}),
        ({"metadata": {"debugger": True}}, {}),
        (
            {"metadata": {"kernel_provisioner": {"provisioner_name": "local-provisioner", "config": {"a": 1}}}},
            {"wraps": "local-provisioner", "wraps_config": {"a": 1}},
        ),
        (
            {"metadata": {"kernel_provisioner": {"provisioner_name": "placement", "config": {"spark": True}}}},
            {"spark": True},
        ),
    ],
    ids=["plain", "metadata", "another-provisioner", "ours"],
)
def test_a_kernelspec_that_is_taken_over(install, tmp_path, before, config):
    other(tmp_path, env={"SPARK_OPTS": "--name ${X:-y}"}, **before)
    status, _, spec = install("--from", "mine", "--queue", "root.a")
    assert status == 0
    assert spec["argv"] == ["x", "{connection_file}"]
    assert spec["env"] == {"SPARK_OPTS": "--name ${X:-y} --queue root.a"}
    assert spec["metadata"] == {**before.get("metadata", {}), "kernel_provisioner": {**STANZA, "config": config}}
    assert (tmp_path / "prefix/share/jupyter/kernels/mine-placed/logo-64x64.png").read_bytes() == b"png"


def test_what_cannot_be_installed(install, home, tmp_path):
    assert "error[no-spark-home]" in install("--spark-home", tmp_path)[1]
    assert "error[no-kernelspec]" in install("--from", "nobody")[1]
    (home / "python" / "pyspark" / "__init__.py").unlink()
    (home / "python" / "pyspark").rmdir()
    assert "error[kernel-python]" in install("--spark-home", home)[1]
    taken = tmp_path / "prefix" / "share" / "jupyter" / "kernels" / "taken"
    taken.mkdir(parents=True)
    other(tmp_path)
    assert "error[not-ours]" in install("--from", "mine", "--name", "taken")[1]
    assert [*taken.iterdir()] == []


@pytest.fixture
def pyspark(monkeypatch):
    """A pyspark whose session counts how often it was begun."""
    begun = []
    session = types.SimpleNamespace(sparkContext=types.SimpleNamespace(applicationId="a"), version="v")
    builder = types.SimpleNamespace(getOrCreate=lambda: begun.append(1) or session)
    for name in ("pyspark", "pyspark.sql"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["pyspark.sql"].SparkSession = types.SimpleNamespace(builder=builder)
    return begun


def test_spark_begins_with_its_first_use_and_not_when_it_is_looked_at(pyspark):
    names = runpy.run_path(startup.__file__)
    names = names["_begin"].__globals__
    assert repr(names["sc"]) == "<sc begins when it is first used>"
    assert not hasattr(names["spark"], "_repr_html_")
    assert not hasattr(names["spark"], "_ipython_key_completions_")
    assert not pyspark


def test_the_names_are_spark_itself_from_then_on(pyspark):
    names = {"__name__": "notebook"}
    assert not pyspark
    exec(Path(startup.__file__).read_text(), names)
    names["sc_of_mine"] = names["sc"]
    assert names["spark"].version == "v"
    assert names["sc"].applicationId == names["sc_of_mine"].applicationId == "a"
    assert isinstance(names["spark"], types.SimpleNamespace)
    names["sc"] = 5
    names["_begin"]()
    assert names["sc"] == 5


def test_the_wrappers_that_wait_under_a_process():
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    running = [
        subprocess.Popen([sys.executable, "-c", code, f"import time; time.sleep(60)  # {mark}"])
        for mark in ("placement.shim", "java")
    ]
    try:
        until_s = time.monotonic() + 20
        while not (found := waiting_wrappers(running[0].pid)) and time.monotonic() < until_s:
            time.sleep(0.05)
        (child,) = found  # asked again, it might be between fork and exec, when it has no command line
        assert waiting_wrappers(running[1].pid) == waiting_wrappers(0) == []
        os.kill(child, signal.SIGINT)
        running[0].wait(20)
    finally:
        for each in running:
            for child in waiting_wrappers(each.pid):
                os.kill(child, signal.SIGKILL)
            each.kill()
            each.wait()
