"""The desk when the ledger fails halfway, when the clock jumps, and when somebody claims to be another."""

import asyncio
import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from placement.agent.desk import Peer
from placement.agent.protocol import Queue
from placement.agent.service import Clock
from placement.errors import PlacementError, Problem
from tests.unit.agent.site_of_faults import FULL, Cluster, Place, last_answer, submission
from tests.unit.agent.stub_agent import Client
from tests.unit.agent.test_admissions import Gateway, in_a_loop
from tests.unit.agent.test_book import seen

NOBODY = 65534


def broken():
    raise PlacementError(Problem("ledger-unreachable", "the database cannot be reached"))


def fails(gateway, after):
    """From now on no transaction of the ledger succeeds; `after`: that it was made is not told."""
    batch = gateway.book.ledger.batch

    @contextmanager
    def failing():
        if after:
            with batch():
                yield
        else:
            broken()
            yield
        broken()

    gateway.book.ledger.batch = failing

    def heal():
        gateway.book.ledger.batch = batch

    return heal


@in_a_loop
async def test_a_turn_is_told_though_it_was_not_told_that_it_is_written(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees(max_running=1)
    await gateway.submits(1)
    clients = [await gateway.submits(number) for number in (2, 3)]
    heal = fails(gateway, after=True)
    gateway.sees(seen(1), after_s=5, max_running=2)
    assert [client.outcome for client in clients] == ["wait", "wait"]
    heal()
    await gateway.ticks(1)
    assert [client.outcome for client in clients] == ["run", "wait"]
    assert len([each for each in gateway.book.entries.values() if each.state == "reserved"]) == 1


@pytest.mark.parametrize("after", [True, False])
def test_who_left_while_the_ledger_failed_has_gone(tmp_path, after):
    async def test():
        gateway = Gateway(tmp_path)
        gateway.sees(max_running=1)
        await gateway.submits(1)
        leaves, stays = [await gateway.submits(number) for number in (2, 3)]
        heal = fails(gateway, after)
        await gateway.leaves(leaves)
        await gateway.ticks(1)
        heal()
        await gateway.ticks(1)
        await gateway.ticks(6)
        assert (stays.outcome, stays[-1]["place"], stays[-1]["of"]) == ("wait", 1, 1)
        assert [each.after for each in gateway.book.ledger.events(f"{2:016x}")] == ["waiting", "withdrawn"]

    asyncio.run(test())


@in_a_loop
async def test_who_waits_is_told_so_though_no_promise_can_be_written(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees(max_running=1)
    await gateway.submits(1)
    waiting = await gateway.submits(2)
    gateway.book.expects = lambda *_: broken()
    await gateway.ticks(6)
    assert (waiting.outcome, waiting[-1]["place"], waiting[-1]["expected"]) == ("wait", 1, None)
    assert gateway.desk.health() == "the ledger cannot be used"


@in_a_loop
async def test_a_ledger_that_was_replaced_by_an_empty_one_takes_them_up_in_their_order(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees(max_running=1)
    await gateway.submits(1)
    clients = [await gateway.submits(number) for number in (2, 3, 4)]
    heal = fails(gateway, after=False)
    await gateway.ticks(1)
    with gateway.book.ledger._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM entries")
    heal()
    gateway.book.snapshot = None
    gateway.sees(seen(9), max_running=1)
    await gateway.ticks(1)
    assert [(client.outcome, client[-1]["place"]) for client in clients] == [("wait", 1), ("wait", 2), ("wait", 3)]


def test_a_clock_that_jumps_changes_nothing(tmp_path, monkeypatch):
    jump_s, real = [0.0], time.time

    async def test():
        gateway = Gateway(tmp_path)
        clock = Clock()
        gateway.desk._now = clock
        began_s = gateway.now_s = clock()

        def sees(*there, **limits):
            gateway.now_s = clock()
            gateway.sees(*there, **limits)

        sees(max_running=1)
        await gateway.submits(1)
        clients = [await gateway.submits(number) for number in (2, 3)]
        for jump_s[0] in (3600.0, -3600.0, 0.0):
            sees(max_running=1)
            await gateway.ticks()
            clients.append(await gateway.submits(10 + len(clients)))
            places = [gateway.book.turns.place(client.ticket.request.id) for client in clients]
            assert places == [*range(1, len(clients) + 1)]
            entries = gateway.desk.queue(Queue(all=True), Peer(0, 0, 1, "root"))["entries"]
            assert all(0 <= each["waited_s"] < 30 for each in entries)
            assert 0 <= gateway.desk.status(None, None)["resource_manager"]["age_s"] < 30
            assert gateway.book.entries[f"{1:016x}"].state == "reserved"
            assert gateway.desk.health() is None
        assert clock() - began_s < 30

    monkeypatch.setattr(time, "time", lambda: real() + jump_s[0])
    asyncio.run(test())


@pytest.mark.skipif(os.geteuid() != 0, reason="takes another account")
def test_who_claims_to_be_another_has_neither_their_priority_nor_their_rights():
    with tempfile.TemporaryDirectory(prefix="placement-claims-") as folder:
        place = Place(Path(folder), Cluster(), "priority: {users: {vip: 9}}", "hadoop-user-name: remove\n")
        place.agent()
        try:
            first, said = _as_nobody(place, submission(1, FULL))
            assert said["outcome"] == "wait"
            own, said = _as_nobody(place, submission(2, FULL, user="vip"))
            assert (said["priority"], said["place"]) == (0, 2)
            alien = Client(place.socket).send(submission(3, FULL))  # root's
            assert alien.answer()["place"] == 3
            _, said = _as_nobody(place, {"v": 1, "op": "cancel", "id": f"{3:016x}", "user": "root"})
            assert said["error"] == "not-yours"
            _, said = _as_nobody(place, {"v": 1, "op": "queue", "all": True})
            assert [each["id"][-1] for each in said["entries"]] == ["1", "2"]
            _, said = _as_nobody(place, {"v": 1, "op": "cancel", "id": f"{1:016x}"})
            assert said == {"v": 1, "cancelled": True}
            assert last_answer(first)["reason"] == "cancelled"
            own.close()
        finally:
            place.kill()
            place.cluster.close()


def _as_nobody(place, request):
    """A client whose connection the kernel knows as another account's, and its first answer."""
    place.folder.chmod(0o755)
    os.seteuid(NOBODY)
    try:
        client = Client(place.socket)
    finally:
        os.seteuid(0)
    return client, client.send(request).answer()
