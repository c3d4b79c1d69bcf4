"""The agent learns again and again, and goes on whatever it meets."""

import asyncio
import io
import json
import threading
import time

import pytest

from placement.agent import learns as module
from placement.agent.learns import Learns
from placement.agent.log import Log
from placement.agent.metrics import Metrics
from placement.policy_files import PolicyFiles
from placement.store.engine import open_engine
from placement.store.runs import Runs
from placement.yarn.terms import Terms
from tests.unit.agent.test_agent_metrics import samples
from tests.unit.learning.learned_rows import rows
from tests.unit.learning.site_to_learn import USER, site


@pytest.fixture
def agent(tmp_path, monkeypatch):
    """`agent(passes)`: learns so many times, and gives its metrics and the lines of its log."""
    monkeypatch.setattr(module, "EVERY_S", 0.0)
    monkeypatch.setattr(module, "REST", 0)

    def call(passes):
        stream, metrics = io.StringIO(), Metrics(lambda: 1000.0)
        learns = Learns(str(tmp_path / "ledger.db"), USER, {}, Log(stream, lambda: 1000.0), metrics, lambda: 1000.0)

        async def run():
            told = asyncio.Event()
            left = passes

            def policy():
                nonlocal left
                left -= 1
                if left < 0:
                    told.set()
                return PolicyFiles(str(tmp_path)).site(), Terms()

            task = asyncio.create_task(learns.again(policy))
            await told.wait()
            task.cancel()

        asyncio.run(run())
        return samples(metrics), [json.loads(line) for line in stream.getvalue().splitlines()]

    return call


def test_what_is_wrong_is_logged_once_and_counted_each_time(agent, tmp_path):
    site(tmp_path, "http://127.0.0.1:9")
    engine = open_engine(str(tmp_path / "ledger.db"))
    Runs(engine).add(rows(50))
    engine.dispose()
    found, log = agent(3)
    assert found["placement_runs_learned_total",] == 50
    assert found["placement_estimates_keys",] > 10
    assert found["placement_estimates_age_seconds",] == 0
    assert found["placement_learning_failures_total", "rm-unreachable"] == 3
    assert [(each["event"], each.get("reason")) for each in log] == [
        ("not-learned", "rm-unreachable"),
        ("learned", None),
    ]


def test_a_table_that_cannot_be_written(agent, tmp_path):
    site(tmp_path, "http://127.0.0.1:9", table=tmp_path / "no" / "table")
    found, log = agent(2)
    assert found["placement_learning_failures_total", "unwritable"] == 2
    assert found["placement_estimates_age_seconds",] == float("inf")
    assert [each["reason"] for each in log] == ["unwritable"]


def test_a_fault_of_learning_is_no_fault_of_the_agent(agent, tmp_path, monkeypatch):
    site(tmp_path, "http://127.0.0.1:9")
    monkeypatch.setattr(Learns, "_opened", lambda _: 1 / 0)
    found, log = agent(2)
    assert found["placement_learning_failures_total", "learning-failed"] == 2
    assert "ZeroDivisionError" in log[0]["message"]


def test_without_estimates_nothing_is_done(agent, tmp_path):
    (tmp_path / "map.txt").write_text("* root.a\n")
    found, log = agent(2)
    assert (log, found["placement_runs_learned_total",]) == ([], 0)
    assert not (tmp_path / "ledger.db").exists()


def test_the_end_of_the_agent_waits_for_no_history(tmp_path, monkeypatch):
    site(tmp_path, "http://127.0.0.1:9")
    held = threading.Event()
    monkeypatch.setattr(Learns, "_opened", lambda _: held.wait(60))
    began_s = time.monotonic()

    async def ended():
        learns = Learns(str(tmp_path / "ledger.db"), USER, {}, None, None, None)
        task = asyncio.create_task(learns.again(lambda: (PolicyFiles(str(tmp_path)).site(), Terms())))
        await asyncio.sleep(0.1)
        task.cancel()

    asyncio.run(ended())
    assert time.monotonic() - began_s < 50
    held.set()
