"""A real agent whose ledger is locked, taken away, or on a database server that stops; and one that is full."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.cluster.parts import MissingPart
from tests.postgres import Postgres, binaries
from tests.unit.agent.site_of_faults import Cluster, Place, last_answer, soon, submission
from tests.unit.agent.test_admissions import Gateway

WAITING = range(1, 4)


@pytest.fixture
def cluster():
    found = Cluster()
    yield found
    found.close()


@pytest.fixture
def place(tmp_path, cluster):
    found = Place(tmp_path, cluster)
    yield found
    found.kill()


def waiting(agent):
    """Clients that wait, by number, in that order."""
    clients = {number: agent.client(submission(number)) for number in WAITING}
    assert [client.answer()["place"] for client in clients.values()] == [*WAITING]
    return clients


def all_have_their_turns(place, clients):
    """Once there is room; in order, and each but one."""
    place.cluster.shows(3, 1000)
    assert [last_answer(client)["outcome"] for client in clients.values()] == ["run"] * len(clients)


def one_more(place):
    """A new submission for which there is room."""
    return place.run("--num-executors", "1", HADOOP_USER_NAME="alice", PLACEMENT_WAIT="0")


def goes_on(agent):
    """Comes back when a new submission is decided as ever."""
    outcomes = (agent.ask(submission(1000 + number))["outcome"] for number in range(1000))
    assert soon(lambda: next(outcomes) == "wait")


def test_somebody_else_locks_the_ledger(place):
    agent = place.agent()
    clients = waiting(agent)
    with closing(sqlite3.connect(place.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        status, out, err = one_more(place)
        assert (status, out) == (69, "")
        assert "[ledger-busy]" in err
        place.site(more="on-error: open\n")
        status, out, err = one_more(place)
        assert (status, "<root.default>" in out) == (3, True)
        assert "[ledger-busy]" in err
        assert "on-error is open" in err
        while time.monotonic() < began + 6:
            time.sleep(0.1)
    goes_on(agent)
    assert sorted(each["id"][-1] for each in agent.ask({"v": 1, "op": "queue"})["entries"])[:3] == ["1", "2", "3"]
    all_have_their_turns(place, clients)


def test_the_file_is_deleted_under_the_agent(place):
    agent = place.agent()
    clients = waiting(agent)
    for name in ("", "-wal", "-shm"):
        Path(place.database + name).unlink()
    time.sleep(2.5)
    goes_on(agent)
    assert [
        agent.ask({"v": 1, "op": "why", "application": f"{number:016x}"})["entry"]["place"] for number in WAITING
    ] == [*WAITING]
    place.kill()
    agent = place.agent()
    clients = {number: agent.client(submission(number)) for number in WAITING[::-1]}
    assert [client.answer()["place"] for client in clients.values()] == [*WAITING]  # as they come
    all_have_their_turns(place, clients)


def test_the_database_server_stops_for_a_while(tmp_path, cluster):
    try:
        binaries()
    except MissingPart as missing:
        pytest.skip(str(missing))
    with Postgres() as server:
        place = Place(tmp_path, cluster)
        place.database = server.database()
        place.site()
        try:
            agent = place.agent()
            clients = waiting(agent)
            server.stop()
            status, out, err = one_more(place)
            assert (status, out) == (69, "")
            assert "[ledger-unreachable]" in err
            cluster.shows(3, 1000)
            cluster.seen()
            server.start()
            assert [last_answer(client)["outcome"] for client in clients.values()] == ["run"] * 3
            assert one_more(place)[0] == 3
            events = server.execute("SELECT entry, after FROM events ORDER BY id", "ledger1")
            assert [int(entry, 16) for entry, after in events if after == "reserved"][:3] == [*WAITING]
        finally:
            place.kill()


def test_the_ledger_is_full(tmp_path):
    async def test():
        gateway = Gateway(tmp_path)
        gateway.sees(max_running=1)
        await gateway.submits(1)
        first = await gateway.submits(2)
        engine = gateway.book.ledger._engine
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")  # as many as there are
        told = [await gateway.submits(number, command="x" * 500) for number in range(3, 60)]
        full = [client for client in told if client.outcome == "unknown"]
        assert full
        assert {client[-1]["reason"] for client in full} == {"ledger-full"}
        await gateway.ticks(6)
        assert (first.outcome, first[-1]["place"]) == ("wait", 1)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        await gateway.ticks(1)
        after = await gateway.submits(100)
        assert after.outcome == "wait"
        gateway.sees(after_s=1, max_running=2)
        assert first.outcome == "run"

    asyncio.run(test())
