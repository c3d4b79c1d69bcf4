"""The book of the agent, on a real ledger: who gets a turn when the cluster is seen to be as it is."""

import pytest
from msgspec.structs import replace

from placement.admission.demand import Demand
from placement.admission.entry import FINISHED, RESERVED, RUNNING, WAITING, WITHDRAWN, Entry
from placement.admission.resources import NOTHING, Resources
from placement.admission.snapshot import QueueUse, Seen, Snapshot
from placement.agent.book import CANCELLED, LEASE_S, NOT_USED, Book, Rules
from placement.store.ledger import open_ledger

ONE = Demand(Resources(512, 1), 1, Resources(512, 1))
ROOM = Resources(4096, 8)
START = 1000.0


def cluster(taken_s, *seen, used=NOTHING, **limits):
    """A cluster with room for four of ONE in `root.a`, and the applications `seen` there."""
    running = sum(each.state == "RUNNING" for each in seen)
    here = {"running": running, "pending": len(seen) - running}
    queues = {"root": QueueUse(False, ROOM, used, **here), "root.a": QueueUse(True, ROOM, used, **here, **limits)}
    return Snapshot(taken_s, "fair", queues, ROOM, ROOM - used, Resources(128, 1), Resources(128, 1), applications=seen)


def entry(number, arrived_s=START, queue="root.a", **more):
    return Entry(f"{number:016x}", "alice", "alice", (queue,), ONE, arrived_s, since_s=arrived_s, **more)


def seen(number, state="RUNNING", queue="root.a", allocated=ONE.total):
    return Seen(f"{number:016x}", f"application_1_{number:04d}", "alice", queue, state, allocated)


@pytest.fixture
def book(tmp_path):
    return opened(tmp_path)


def opened(tmp_path, agent="gw1", **rules):
    ledger = open_ledger(str(tmp_path / "ledger.sqlite"), agent)
    found = Book(ledger, Rules(**rules))
    found.load()
    found.lead(START)
    return found


def states(book):
    return {int(each.id, 16): each.state for each in book.entries.values()}


def decided(book, number, now_s=START, **more):
    return book.decide(entry(number, now_s, **more), (), now_s)


def turn(book, snapshot):
    """What a snapshot brings."""
    book.saw(snapshot)
    return [*book.reconcile(snapshot.taken_s), *book.give(snapshot.taken_s)]


def test_a_burst_never_has_more_than_there_is_room_for(book):
    book.saw(cluster(START))
    outcomes = [decided(book, number, START + number / 100).outcome for number in range(20)]
    assert outcomes == ["run"] * 4 + ["wait"] * 16
    assert turn(book, cluster(START + 5)) == []
    used = turn(book, cluster(START + 10, seen(0), seen(1), used=ONE.total * 2))
    assert (used, states(book)[0], states(book)[4]) == ([], RUNNING, WAITING)


def test_a_master_that_has_its_container_and_has_not_registered_is_not_taken_for_one_that_waits(book):
    """What waits in the queue is somebody else's, and is kept for them."""
    book.saw(cluster(START))
    decided(book, 0)
    ours = seen(0, "ACCEPTED", allocated=ONE.master)
    turn(book, cluster(START + 5, ours, used=ONE.master, waiting=Resources(1536, 1)))
    assert [decided(book, number).outcome for number in (1, 2)] == ["run", "wait"]


@pytest.mark.parametrize("state", ["NEW", "NEW_SAVING", "SUBMITTED", "ACCEPTED"])
def test_an_application_that_has_not_begun_keeps_its_place(book, state):
    book.saw(cluster(START, max_running=1))
    assert [decided(book, number).outcome for number in range(2)] == ["run", "wait"]
    assert turn(book, cluster(START + 5, seen(0, state, allocated=Resources()), max_running=1)) == []
    assert turn(book, cluster(START + 10, seen(0), used=ONE.total, max_running=1)) == []
    assert len(turn(book, cluster(START + 15, max_running=1))) == 2  # it has ended, and the next has its turn


def test_who_ends_makes_room_for_the_next_in_order(book):
    book.saw(cluster(START))
    for number in range(6):
        decided(book, number, START + number)
    running = [seen(number) for number in range(4)]
    assert turn(book, cluster(START + 10, *running, used=ROOM)) == []
    moved = turn(book, cluster(START + 20, *running[1:], used=ONE.total * 3))
    assert [(int(each.entry.id, 16), each.entry.state) for each in moved] == [(0, FINISHED), (4, RESERVED)]
    assert moved[1].waited_s == 16.0


def test_a_turn_that_is_not_used_goes_to_the_next(book):
    book.saw(cluster(START, max_running=1))
    assert [decided(book, number).outcome for number in range(2)] == ["run", "wait"]
    assert turn(book, cluster(START + 120, max_running=1)) == []
    moved = turn(book, cluster(START + 121, max_running=1))
    assert [(each.entry.state, each.entry.reason) for each in moved] == [(WITHDRAWN, NOT_USED), (RESERVED, "")]


def test_what_an_application_has_not_asked_for_yet_is_kept_for_it_for_a_while(book):
    book.saw(cluster(START))
    large = replace(entry(0), demand=Demand(Resources(512, 1), 7, Resources(512, 0)))
    assert book.decide(large, (), START).outcome == "run"
    begun = seen(0, allocated=Resources(512, 1))
    turn(book, cluster(START + 10, begun, used=begun.allocated))
    assert decided(book, 1, START + 10).outcome == "wait"
    (moved,) = turn(book, cluster(START + 131, begun, used=begun.allocated))
    assert (int(moved.entry.id, 16), moved.entry.state) == (1, RESERVED)


def test_an_agent_that_restarts_loses_no_place_and_gives_no_turn_twice(book, tmp_path):
    book.saw(cluster(START))
    for number in range(8):
        decided(book, number, START + number)
    book.ledger.close()
    again = opened(tmp_path)
    assert states(again) == states(book)
    assert [again.turns.place(entry(number).id) for number in (4, 7)] == [1, 4]
    assert turn(again, cluster(START + 10)) == []
    assert [int(each.entry.id, 16) for each in turn(again, cluster(START + 200)) if each.entry.state == RESERVED] == [
        4, 5, 6, 7,
    ]  # fmt: skip


def test_of_two_agents_one_gives_the_turns_to_all_and_the_other_follows(book, tmp_path):
    other = opened(tmp_path, "gw2")
    assert (book.lead(START), other.lead(START)) == (True, False)
    book.saw(cluster(START, max_running=1))
    assert decided(book, 0).outcome == "run"
    other.join(entry(1, START + 1))
    book.join(entry(2, START + 2))
    book.follow()
    assert (states(book), other.follow(), states(other)[2]) == ({0: RESERVED, 1: WAITING, 2: WAITING}, [], WAITING)
    turn(book, cluster(START + 10, seen(0), max_running=1))
    turn(book, cluster(START + 20, max_running=1))
    (moved,) = [each for each in other.follow() if each.entry.state == RESERVED]
    assert int(moved.entry.id, 16) == 1


def test_another_agent_takes_over_from_one_that_is_gone(book, tmp_path):
    book.saw(cluster(START, max_running=1))
    for number in range(2):
        decided(book, number)
    other = opened(tmp_path, "gw2")
    assert not other.lead(START + LEASE_S - 1)
    assert other.lead(START + LEASE_S + 1)
    moved = turn(other, cluster(START + 200, max_running=1))
    assert [each.entry.state for each in moved] == [WITHDRAWN, RESERVED]


def test_who_is_taken_out_of_the_queue_leaves_room(book):
    book.saw(cluster(START, max_running=1))
    for number in range(3):
        decided(book, number, START + number)
    assert book.leave(entry(0).id, CANCELLED, START + 5).entry.reason == CANCELLED
    assert [int(each.entry.id, 16) for each in book.give(START + 5)] == [1]
    assert book.leave(entry(0).id, CANCELLED, START + 5) is None


def test_an_application_in_another_queue_than_decided_is_told_once(book):
    book.saw(cluster(START))
    decided(book, 0)
    elsewhere = seen(0, queue="root.b")
    turn(book, cluster(START + 5, elsewhere))
    (landed,) = book.landed_elsewhere()
    assert (landed.entry.queue, landed.seen.queue) == ("root.a", "root.b")
    assert book.landed_elsewhere() == []
    assert list(book.elsewhere) == [elsewhere.application]


def test_a_queue_that_would_be_created_has_the_room_of_its_parent_and_a_leaf_has_none_below(book):
    book.saw(cluster(START))
    assert decided(book, 0, queue="root.users.alice").outcome == "run"
    assert decided(book, 1, queue="root.a.b").outcome == "reject"
    for number in range(2, 6):
        decided(book, number, START + number, queue="root.users.bob")
    assert [int(each.entry.id, 16) for each in turn(book, cluster(START + 200)) if each.entry.state == RESERVED] == [5]


def test_the_record_of_promises_survives_the_agent(tmp_path):
    book = opened(tmp_path)
    for number in range(6):
        book.ledger.add(entry(number))
        book.ledger.promise(f"{number:016x}", "root.a", START + 10, START + 20, START)
        book.ledger.claim(f"{number:016x}", "root.a", START + (15 if number else 25))
    again = opened(tmp_path)
    assert again.promises.score() == (5, 6)
