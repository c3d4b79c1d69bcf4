"""The desk of the agent, on a real ledger, for clients that are lists of what they are told."""

import asyncio
import io

import msgspec
import pytest

from placement.agent.admissions import RETURN_S, Admissions
from placement.agent.book import Book, Rules
from placement.agent.desk import Peer
from placement.agent.log import Log
from placement.agent.metrics import Metrics
from placement.agent.names import Names
from placement.agent.protocol import Cancel, Queue, Status, Submit, Why
from placement.agent.protocol import Snapshot as SnapshotRequest
from placement.agent.rights import Policy
from placement.errors import PlacementError, Problem
from placement.policy import Admission, Site
from placement.store.ledger import open_ledger
from tests.unit.agent.test_book import ONE, START, cluster, seen

ALICE, BOB, ROOT = (Peer(uid, uid, 1, name) for uid, name in ((1000, "alice"), (1001, "bob"), (0, "root")))


class Client(list):
    """What one client is told; `ticket` is its place."""

    ticket = None

    @property
    def outcome(self):
        return self[-1]["outcome"] if self else None


class Gateway:
    """A desk whose clock is `now_s`."""

    def __init__(self, folder, site=None, roles=lambda *_: (), groups=lambda _: (), agent="gw1", **said):
        self.now_s = START
        self.log = io.StringIO()
        self.book = Book(open_ledger(str(folder / "ledger.sqlite"), agent), Rules())
        admission = Admission(**said)
        policy = Policy(site or Site(), admission, "abc", roles)
        log, metrics = Log(self.log, lambda: self.now_s), Metrics(lambda: self.now_s)
        self.desk = Admissions(self.book, policy, Names(groups), log, metrics, lambda: self.now_s)
        self.metrics = metrics

    def sees(self, *seen, after_s=0.0, **limits):
        self.now_s += after_s
        self.desk.saw(cluster(self.now_s, *seen, **limits))

    async def submits(self, number, peer=ALICE, queue="root.a", user=None, **more):
        client = Client()
        asked = msgspec.to_builtins(ONE)
        words = {"id": f"{number:016x}", "user": user or peer.account, "candidates": (queue,), "command": "job", **more}
        request = msgspec.convert({"demand": asked, **words}, Submit)
        client.ticket = self.desk.submit(request, peer, client.append)
        await self.idle()
        return client

    async def leaves(self, client):
        self.desk.gone(client.ticket)
        await self.idle()

    async def ticks(self, after_s=0.0):
        self.now_s += after_s
        self.desk.tick()
        await self.idle()

    @staticmethod
    async def idle():
        for _ in range(3):
            await asyncio.sleep(0.01)


def in_a_loop(test):
    """Runs a coroutine function as a test."""

    def run(tmp_path):
        asyncio.run(test(tmp_path))

    run.__name__ = test.__name__
    return run


def code_of(ask):
    with pytest.raises(PlacementError) as caught:
        ask()
    return caught.value.problems[0].code


@in_a_loop
async def test_one_runs_the_next_waits_and_has_its_turn_when_the_first_is_over(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees(max_running=1)
    first, second = await gateway.submits(1), await gateway.submits(2)
    assert (first.outcome, first[-1]["queue"], second.outcome) == ("run", "root.a", "wait")
    assert (second[-1]["place"], second[-1]["limit"]["code"]) == (1, "max-running")
    gateway.sees(seen(1), after_s=5, max_running=1)
    await gateway.ticks()
    gateway.sees(after_s=5, max_running=1)
    assert (second.outcome, second[-1]["queue"]) == ("run", "root.a")
    assert len(first) == 1


@in_a_loop
async def test_what_no_ledger_can_hold_does_not_keep_others_from_their_turn(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees()
    most = {"memory_mib": 2**53, "vcores": 1}
    large = {"master": most, "containers": 2**53, "container": most}
    first, second, third = await asyncio.gather(
        gateway.submits(1), gateway.submits(2, demand=large), gateway.submits(3)
    )
    assert (second.outcome, second[-1]["reason"]) == ("unknown", "ledger-value")
    assert (first.outcome, third.outcome) == ("run", "run")
    assert gateway.desk.health() is None


@in_a_loop
async def test_who_waits_is_told_so_again_and_again(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees(max_running=1)
    await gateway.submits(1)
    waiting = await gateway.submits(2)
    count = len(waiting)
    await gateway.ticks(1)
    assert len(waiting) == count
    await gateway.ticks(5)
    assert len(waiting) == count + 1
    assert waiting[-1]["waited_s"] == 6.0


@in_a_loop
async def test_what_is_not_known_of_the_cluster_is_told_and_nobody_runs(tmp_path):
    gateway = Gateway(tmp_path)
    never = await gateway.submits(1)
    assert (never.outcome, never[-1]["reason"]) == ("unknown", "cluster-unknown")
    gateway.sees()
    gateway.desk.telling.trouble = Problem("rm-unreachable", "the ResourceManager cannot be asked")
    assert (await gateway.submits(2)).outcome == "run"
    gateway.now_s += 61
    stale = await gateway.submits(3)
    assert (stale.outcome, stale[-1]["reason"]) == ("unknown", "cluster-unknown")
    assert "61 s ago: the ResourceManager cannot be asked" in stale[-1]["message"]
    assert "cannot be asked" in gateway.desk.health()
    gateway.sees()
    assert (await gateway.submits(4)).outcome == "run"
    assert gateway.desk.health() is None


@in_a_loop
async def test_who_waits_keeps_the_place_while_the_cluster_is_not_seen(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees(max_running=1)
    await gateway.submits(1)
    waiting = await gateway.submits(2)
    gateway.now_s += 3600
    await gateway.ticks()
    assert (waiting.outcome, waiting[-1]["place"]) == ("wait", 1)
    assert "was last seen 3600 s ago" in waiting[-1]["message"]


@in_a_loop
async def test_who_goes_gives_the_place_up(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees(max_running=1)
    clients = [await gateway.submits(number) for number in range(1, 4)]
    await gateway.leaves(clients[1])
    await gateway.ticks(6)
    assert clients[2][-1]["place"] == 1
    assert [entry.id[-1] for entry in gateway.book.waiting()] == ["3"]
    events = gateway.book.ledger.events(f"{2:016x}")
    assert [(each.after, each.said) for each in events] == [("waiting", ""), ("withdrawn", "gone")]


@in_a_loop
async def test_who_goes_before_being_looked_at_was_never_there(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees(max_running=1)
    client = Client()
    request = Submit(f"{1:016x}", "alice", ("root.a",))
    ticket = gateway.desk.submit(request, ALICE, client.append)
    gateway.desk.gone(ticket)
    await gateway.idle()
    assert (client, gateway.book.entries) == ([], {})


@in_a_loop
async def test_an_agent_that_restarts_knows_those_who_come_again_and_drops_the_others(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees(max_running=1)
    for number in range(1, 5):
        await gateway.submits(number)
    gateway.book.ledger.close()
    again = Gateway(tmp_path)
    again.sees(seen(1), after_s=10, max_running=1)
    third = await again.submits(3)
    assert (third.outcome, third[-1]["place"]) == ("wait", 2)
    await again.ticks(RETURN_S + 1)
    await again.ticks(6)
    assert third[-1]["place"] == 1
    first = await again.submits(1)
    assert first.outcome == "run"
    over = await again.submits(2)
    assert (over.outcome, over[-1]["reason"]) == ("reject", "gone")


@in_a_loop
async def test_an_id_belongs_to_the_account_that_came_with_it(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees()
    await gateway.submits(1)
    other = await gateway.submits(1, BOB)
    assert (other.outcome, other[-1]["reason"]) == ("unknown", "not-yours")


@in_a_loop
async def test_a_ledger_that_fails_leaves_nobody_without_an_answer_and_is_read_again(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees(max_running=1)
    await gateway.submits(1)
    waiting = await gateway.submits(2)
    add = gateway.book.ledger.add
    gateway.book.ledger.add = lambda _: (_ for _ in ()).throw(PlacementError(Problem("ledger-full", "it is full")))
    failed = await gateway.submits(3)
    assert (failed.outcome, failed[-1]["reason"]) == ("unknown", "ledger-full")
    assert gateway.desk.health() == "the ledger cannot be used"
    gateway.book.ledger.add = add
    await gateway.ticks(6)
    assert gateway.desk.health() is None
    assert (waiting.outcome, waiting[-1]["place"]) == ("wait", 1)
    assert (await gateway.submits(4)).outcome == "wait"


@in_a_loop
async def test_a_fault_of_our_own_is_told_to_those_who_asked_and_to_the_log(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees()
    loop, faults = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _, context: faults.append(context["exception"]))
    decide = gateway.book.decide
    gateway.book.decide = lambda *_: 1 // 0
    failed = await gateway.submits(1)
    assert (failed.outcome, failed[-1]["reason"], len(faults)) == ("unknown", "agent-failed", 1)
    gateway.book.decide = decide
    assert (await gateway.submits(2)).outcome == "run"


@in_a_loop
async def test_own_entries_are_cancelled_and_those_of_others_by_administrators_alone(tmp_path):
    gateway = Gateway(tmp_path, administrators={"users": ("carol",), "groups": ("ops",)})
    gateway.sees(max_running=1)
    for number in range(1, 4):
        await gateway.submits(number)
    waiting = await gateway.submits(4)
    desk, four = gateway.desk, Cancel(f"{4:016x}")
    assert code_of(lambda: desk.cancel(four, BOB)) == "not-yours"
    assert code_of(lambda: desk.cancel(Cancel(f"{9:016x}"), ALICE)) == "no-entry"
    assert desk.cancel(four, ALICE) == {"cancelled": True}
    assert (waiting.outcome, waiting[-1]["reason"]) == ("reject", "cancelled")
    assert desk.cancel(Cancel(f"{3:016x}"), Peer(7, 7, 7, "carol")) == {"cancelled": True}
    assert desk.cancel(Cancel(f"{2:016x}"), Peer(8, 8, 8, "dave", ("staff", "ops"))) == {"cancelled": True}
    assert desk.cancel(Cancel(f"{1:016x}"), ROOT) == {"cancelled": True}


@in_a_loop
async def test_everybody_sees_their_own_and_administrators_all(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees(max_running=1)
    await gateway.submits(1)
    await gateway.submits(2, BOB)

    def shown(peer, is_all):
        return [each["id"][-1] for each in gateway.desk.queue(Queue(is_all), peer)["entries"]]

    assert [shown(ALICE, True), shown(BOB, True), shown(ROOT, False), shown(ROOT, True)] == [
        ["1"],
        ["2"],
        [],
        ["2", "1"],
    ]
    why = gateway.desk.why(Why(f"{2:016x}"), BOB)
    assert [each["state"] for each in why["events"]] == ["waiting"]
    assert gateway.desk.why(Why(f"{2:016x}"), ALICE)["entry"] is None


@in_a_loop
async def test_how_the_agent_is(tmp_path):
    gateway = Gateway(tmp_path)
    gateway.sees(max_running=1)
    await gateway.submits(1)
    await gateway.submits(2)
    gateway.sees(seen(1, queue="root.b"), after_s=2, max_running=1)
    status = gateway.desk.status(Status(), BOB)
    assert [status[key] for key in ("waiting", "reserved", "running", "leader", "landed_elsewhere", "policy")] == [
        1, 0, 1, True, 1, "abc",
    ]  # fmt: skip
    assert status["resource_manager"] == {"age_s": 0.0, "error": None}
    assert '"event":"landed-elsewhere"' in gateway.log.getvalue()
    assert gateway.desk.snapshot(SnapshotRequest(), BOB)["snapshot"]["scheduler"] == "fair"
    text = gateway.metrics.text().decode()
    assert 'placement_decisions_total{outcome="run",reason=""} 1.0' in text


@pytest.mark.parametrize(
    ("site", "priority"), [(Site(), 50), (Site(authentication="kerberos"), 5), (Site(hadoop_user_name="remove"), 5)]
)
def test_whose_priority_counts_where_somebody_says_to_be_another(tmp_path, site, priority):
    async def test():
        gateway = Gateway(tmp_path, site, priorities={"users": {"vip": 50, "bob": 5}})
        gateway.sees(max_running=1)
        await gateway.submits(1)
        await gateway.submits(2, BOB, user="vip")
        (entry,) = gateway.book.waiting()
        assert (entry.user, entry.account, entry.priority) == ("vip", "bob", priority)

    asyncio.run(test())


@in_a_loop
async def test_priority_by_group_and_role_and_a_bounded_own_word(tmp_path):
    gateway = Gateway(
        tmp_path,
        groups={"alice": ("etl",), "bob": ()}.get,
        roles=lambda _, groups: ("staff",) if "etl" in groups else (),
        priorities={"groups": {"etl": 3}, "roles": {"staff": 7}},
        self_service=2,
    )
    gateway.sees(max_running=1)
    await gateway.submits(1)
    await gateway.submits(2, BOB, priority=100)
    await gateway.submits(3, ALICE, priority=-1)
    await asyncio.sleep(0.1)
    assert {entry.id[-1]: entry.priority for entry in gateway.book.waiting()} == {"2": 2, "3": 6}


@in_a_loop
async def test_of_two_agents_one_gives_the_turns_and_each_answers_its_own_clients(tmp_path):
    one, other = Gateway(tmp_path), Gateway(tmp_path, agent="gw2")
    one.sees(max_running=1)
    other.sees(max_running=1)
    first = await one.submits(1)
    second = await other.submits(2)
    assert (first.outcome, second.outcome) == ("run", "wait")
    await one.ticks(1)
    one.sees(seen(1), after_s=5, max_running=1)
    one.sees(after_s=5, max_running=1)
    await other.ticks()
    assert second.outcome == "run"
    third = await other.submits(3)
    await one.ticks(1)
    assert one.desk.cancel(Cancel(f"{3:016x}"), ROOT) == {"cancelled": True}
    await other.ticks()
    assert (third.outcome, third[-1]["reason"]) == ("reject", "cancelled")
