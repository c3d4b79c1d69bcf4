"""A notebook's kernel on a real server and a real cluster: interrupted, restarted, and what it asks for itself."""

import json

from tests.cluster.notebook_server import children

PROD, DEV = "root.applications.prod", "root.applications.dev"
COUNT = "print('rows', spark.range(10).count(), sc.getConf().get('spark.yarn.queue'))"
OWN = """
from pyspark.sql import SparkSession
own = SparkSession.builder.config("spark.yarn.queue", "root.applications.dev").getOrCreate()
print("rows", own.range(10).count())
"""


def test_an_interrupt_leaves_spark_and_a_restart_is_decided_anew(notebooks):
    notebooks.install()
    bob = notebooks.server("bob")
    with bob.kernel("pyspark-yarn") as kernel:
        assert f"rows 10 {DEV}" in kernel.run(COUNT)
        waits = kernel.begin("import time; print('sleeps', flush=True); time.sleep(100)")
        for message in kernel.messages(waits):
            if message["msg_type"] == "stream":
                assert kernel.ask("interrupt").status_code == 204
        assert "rows 10" in kernel.run(COUNT)
        assert kernel.ask("restart").status_code == 200
        assert notebooks.nothing_lives()
        assert [each["queue"] for each in notebooks.records()] == [DEV, DEV]
        assert f"rows 10 {DEV}" in kernel.run(COUNT)
        (second,) = notebooks.living()
        assert second["applicationTags"] == f"placement:{notebooks.records()[1]['id']}"
    assert notebooks.nothing_lives()
    assert not children(bob.process.pid)


def test_the_magic_shows_what_was_decided_and_what_became_of_it(notebooks):
    notebooks.install()
    with notebooks.server("bob").kernel("pyspark-yarn") as kernel:
        kernel.run(COUNT)
        (record,) = notebooks.records()
        (application,) = notebooks.living()
        shown = kernel.run("%load_ext placement\n%placement")
        assert f"decision {record['id']}" in shown
        assert f"{application['id']} runs in {DEV}, RUNNING: as decided" in shown
        assert "asked for: " in shown
        assert f"yarn says: in {DEV}, memory-allocated" in shown
        assert f"room in {DEV}: memory" in shown


def test_what_a_notebook_asks_for_itself(notebooks):
    """In its metadata, by the magic, and in a session of its own, which is found out."""
    notebooks.install()
    alice = notebooks.server("alice")
    metadata = {"placement": {"queue": DEV}}
    (alice.notebooks / "asks.ipynb").write_text(
        json.dumps({"cells": [], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
    )
    with alice.kernel("pyspark-yarn", "asks.ipynb") as kernel:
        assert DEV in kernel.run("import os; print(os.environ['PYSPARK_SUBMIT_ARGS'])")
        assert "may not use `root.secret`" in kernel.run("%load_ext placement\n%placement queue root.secret")
        assert f"asks for {PROD}" in kernel.run(f"%placement queue {PROD}")
        assert [each["queue"] for each in notebooks.records()] == [DEV, None, PROD]
        assert "rows 10" in kernel.run(OWN)
        (application,) = notebooks.living()
        tag = f"placement:{notebooks.records()[-1]['id']}"
        assert (application["queue"], application["applicationTags"]) == (DEV, tag)
        assert f"runs in {DEV}, RUNNING: NOT as decided" in kernel.run("%placement")
        assert "restart the kernel" in kernel.run(f"%placement queue {DEV}")
