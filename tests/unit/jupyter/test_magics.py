"""`%load_ext placement` and `%placement`, in a real IPython without a kernel."""

import os
import shlex
import sys
import types

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from placement.jupyter import magics

ID, APPLICATION = "0123456789abcdef", "application_1_0001"
RECORD = {
    "id": ID,
    "message": "`root.a` by map.txt:1 (`ann: root.a`)",
    "demand": {"asked": {"memory_mib": 3584, "vcores": 3}},
}
LANDING = {"id": APPLICATION, "queue": "root.b", "state": "RUNNING", "as_decided": False, "reasons": ["its own code"]}
USE = {"id": APPLICATION, "queue": "root.b", "values": [{"name": "memory", "unit": "bytes", "number": 2**31}]}
ROOM = {"of": "root.b", "name": "memory", "unit": "bytes", "free": 2**30}
SEEN = {
    "monitors": [
        {"name": "yarn", "readings": {"uses": [USE], "capacities": [ROOM]}},
        {"name": "spark", "readings": None},
    ]
}


@pytest.fixture
def shell(monkeypatch, tmp_path):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    policy = tmp_path / "policy"
    policy.mkdir(mode=0o755)
    (policy / "map.txt").write_text("ann: root.a\nann: root.b\n")
    monkeypatch.setenv("PLACEMENT_POLICY", str(policy))
    monkeypatch.setenv("HADOOP_USER_NAME", "ann")
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "--master yarn pyspark-shell")
    monkeypatch.setenv("PLACEMENT_DECISION", "")  # so that it is put back as it was
    monkeypatch.delenv("PLACEMENT_DECISION")
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "placement")
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def context(monkeypatch):
    """A Spark that runs."""
    conf = {"spark.yarn.queue": "root.b"}
    running = types.SimpleNamespace(applicationId=APPLICATION, getConf=lambda: conf)
    pyspark = types.ModuleType("pyspark")
    pyspark.SparkContext = types.SimpleNamespace(_active_spark_context=running)
    monkeypatch.setitem(sys.modules, "pyspark", pyspark)


def test_before_spark_begins(shell, capsys):
    shell.run_line_magic("placement", "")
    assert "Spark has not begun; PYSPARK_SUBMIT_ARGS is '--master yarn pyspark-shell'" in capsys.readouterr().out


def test_what_became_of_it(shell, context, monkeypatch, capsys):  # noqa: ARG001
    answers = {"why": {"decision": RECORD, "applications": [LANDING]}, "monitor": SEEN}
    monkeypatch.setattr(magics, "_asked", lambda command, *_: (answers[command], ""))
    shell.run_line_magic("placement", "")
    assert capsys.readouterr().out.splitlines() == [
        f"{APPLICATION} was submitted to root.b",
        f"decision {ID}: `root.a` by map.txt:1 (`ann: root.a`)",
        f"{APPLICATION} runs in root.b, RUNNING: NOT as decided",
        "  likely: its own code",
        "asked for: 3.5 GiB, 3 vcores",
        "yarn says: in root.b, memory 2.0 GiB",
        "room in root.b: memory 1.0 GiB",
    ]


def test_where_nothing_can_be_told_it_says_why(shell, context, monkeypatch, capsys):  # noqa: ARG001
    monkeypatch.setattr(magics, "_asked", lambda command, *_: (None, f"no {command}"))
    shell.run_line_magic("placement", "")
    assert capsys.readouterr().out.splitlines()[1:] == ["no why", "no monitor"]


def test_another_queue_is_asked_for_and_decided_anew(shell, capsys):
    found = []
    for queue in ("root.b", "root.a"):
        shell.run_line_magic("placement", f"queue {queue}")
        said = capsys.readouterr().out
        assert said.startswith(f"placement: `{queue}` by ")
        assert said.endswith(f"asks for {queue}\n")
        words, decision = shlex.split(os.environ["PYSPARK_SUBMIT_ARGS"]), os.environ["PLACEMENT_DECISION"]
        placed = ["--queue", queue, "--conf", f"spark.yarn.tags=placement:{decision}", "pyspark-shell"]
        assert words[-5:] == placed
        assert " ".join(words).count("placement:") == 1
        found.append(decision)
    assert len(set(found)) == 2


@pytest.mark.parametrize(
    ("line", "words"), [("queue root.x", "may not use `root.x`"), ("where", "%placement queue QUEUE")]
)
def test_what_cannot_be_asked(shell, line, words):
    with pytest.raises(UsageError, match=words):
        shell.run_line_magic("placement", line)
    assert os.environ["PYSPARK_SUBMIT_ARGS"] == "--master yarn pyspark-shell"


def test_spark_that_runs_is_asked_nothing_more(shell, context):  # noqa: ARG001
    with pytest.raises(UsageError, match="restart the kernel"):
        shell.run_line_magic("placement", "queue root.b")
