"""Notebooks on a real Jupyter server and a real cluster: the queue is decided before the kernel starts."""

import json
import time

import pytest

from tests.cluster.gateway import Gateway
from tests.cluster.notebook_server import NotebookServer, children, install_kernel
from tests.cluster.yarn import ENDED

PROD, DEV = "root.applications.prod", "root.applications.dev"
COUNT = "print('rows', spark.range(10).count(), sc.getConf().get('spark.yarn.queue'), sc.applicationId)"


@pytest.fixture
def fair(fair_yarn, tmp_path):
    gateway = Gateway(fair_yarn, tmp_path)
    (gateway.policy / "site.yaml").write_text(
        f"groups: {{static: groups.yaml}}\naudit: {{file: {tmp_path}/trail.jsonl, arguments: masked}}\n"
        f"resource-managers: [{fair_yarn.url}]\n"
    )
    return gateway


@pytest.fixture
def records(tmp_path):
    def read():
        file = tmp_path / "trail.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    return read


@pytest.fixture
def server(fair, tmp_path):
    """`server(user)`: a Jupyter server of that user, with the kernels `pyspark-yarn` and `denied`."""
    for options in ([], ["--name", "dev", "--queue", DEV], ["--name", "denied", "--queue", "root.secret"]):
        install_kernel(fair.environment("pnda"), tmp_path / "prefix", *options)
    up = []

    def start(user, *options, **environ):
        environ = {**fair.environment(user), "JUPYTER_PATH": str(tmp_path / "prefix" / "share" / "jupyter"), **environ}
        found = NotebookServer(tmp_path / f"server-{user}", environ, "server", *options)
        up.append(found.__enter__())
        return found

    yield start
    for each in up:
        each.stop()


def living(gateway):
    return [each for each in gateway.yarn.applications() if each["state"] not in ENDED]


def ended(gateway, within_s=30):
    """Whether no application lives any more, soon."""
    until_s = time.monotonic() + within_s
    while living(gateway) and time.monotonic() < until_s:
        time.sleep(0.2)
    return not living(gateway)


def test_a_kernel_counts_in_the_decided_queue_and_leaves_nothing_behind(fair, server, records):
    bob = server("bob")
    with bob.kernel("pyspark-yarn") as kernel:
        (record,) = records()
        assert (record["queue"], record["identity"]["user"]) == (DEV, "bob")
        assert kernel.run("1 + 1") == "2\n"
        assert not living(fair)  # Spark begins with its first use
        said = kernel.run(COUNT)
        assert f"rows 10 {DEV} application_" in said
        (application,) = living(fair)
        assert (application["queue"], application["user"]) == (DEV, "bob")
        assert application["applicationTags"] == f"placement:{record['id']}"
        assert len(records()) == 1
        shown = kernel.run("%load_ext placement\n%placement")
        assert f"decision {record['id']}" in shown
        assert f"{application['id']} runs in {DEV}, RUNNING: as decided" in shown
        assert "asked for: " in shown
        assert f"yarn says: in {DEV}, memory-allocated" in shown
        assert f"room in {DEV}: memory" in shown
        # an interrupt ends the cell, and Spark is still there
        waits = kernel.begin("import time; print('sleeps', flush=True); time.sleep(100)")
        for message in kernel.messages(waits):
            if message["msg_type"] == "stream":
                assert kernel.ask("interrupt").status_code == 204
        assert "rows 10" in kernel.run(COUNT)
        # a restart ends Spark, and is decided anew
        assert kernel.ask("restart").status_code == 200
        assert ended(fair)
        assert [each["queue"] for each in records()] == [DEV, DEV]
        assert f"rows 10 {DEV}" in kernel.run(COUNT)
        (second,) = living(fair)
        assert second["applicationTags"] == f"placement:{records()[1]['id']}"
    assert ended(fair)
    assert not children(bob.process.pid)


def test_a_denied_kernel_is_a_sentence_and_nothing_starts(fair, server, records):
    bob = server("bob")
    for answer, status in ((bob.session("denied"), 409), (bob.ask("POST", "kernels", name="denied"), 403)):
        assert answer.status_code == status
        message = " ".join(answer.json()["message"].split())
        assert message.startswith("`bob` may not use `root.secret` (--queue) by ")
        assert message.endswith(f"without a request: `{DEV}`")
        assert "Traceback" not in answer.text
    assert not living(fair)
    assert bob.ask("GET", "kernels").json() == []
    assert not children(bob.process.pid)
    assert {each["outcome"] for each in records()} == {"reject"}
    assert not [*(bob.folder / "runtime").glob("kernel-*.json")]


def test_two_users_and_a_kernelspec_that_names_a_queue(fair, server):
    alice, bob = server("alice"), server("bob")
    with alice.kernel("pyspark-yarn") as prod, bob.kernel("dev") as dev:
        assert f"rows 10 {PROD}" in prod.run(COUNT)
        assert f"rows 10 {DEV}" in dev.run(COUNT)
        assert {(each["user"], each["queue"]) for each in living(fair)} == {("alice", PROD), ("bob", DEV)}
    assert ended(fair)


OWN = """
from pyspark.sql import SparkSession
own = SparkSession.builder.config("spark.yarn.queue", "root.applications.dev").getOrCreate()
print("rows", own.range(10).count())
"""


def test_what_a_notebook_asks_for_itself(fair, server, records):
    """In its metadata, by the magic, and in a session of its own, which is found out."""
    alice = server("alice")
    metadata = {"placement": {"queue": DEV}}
    (alice.notebooks / "asks.ipynb").write_text(
        json.dumps({"cells": [], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
    )
    with alice.kernel("pyspark-yarn", "asks.ipynb") as kernel:
        assert DEV in kernel.run("import os; print(os.environ['PYSPARK_SUBMIT_ARGS'])")
        assert "may not use `root.secret`" in kernel.run("%load_ext placement\n%placement queue root.secret")
        assert f"asks for {PROD}" in kernel.run(f"%placement queue {PROD}")
        assert [each["queue"] for each in records()] == [DEV, None, PROD]
        assert "rows 10" in kernel.run(OWN)
        (application,) = living(fair)
        assert (application["queue"], application["applicationTags"]) == (DEV, f"placement:{records()[-1]['id']}")
        assert f"runs in {DEV}, RUNNING: NOT as decided" in kernel.run("%placement")
        assert "restart the kernel" in kernel.run(f"%placement queue {DEV}")
