import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from placement.admission.demand import Demand
from placement.admission.entry import FINISHED, REFUSED, RESERVED, RUNNING, WAITING, WITHDRAWN
from placement.admission.resources import Resources
from placement.errors import PlacementError
from placement.store.records import Promise
from tests.unit.store.submissions import DEMAND, assert_sound, submission


def ids(entries):
    return [entry.id for entry in entries]


def at_once(calls):
    """What the calls give, each in a thread of its own, begun together."""
    together = threading.Barrier(len(calls))

    def begin(call):
        together.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(begin, calls))


def code(raised):
    return raised.value.problems[0].code


def test_an_entry_comes_as_it_is_kept(ledger):
    asked = submission("a", candidates=("root.a", "root.b c"), priority=-3, command="spark-submit 'ü'\n", moved_s=9.0)
    came = ledger.add(replace(asked, state=RUNNING, queue="root.x", application="application_1_1"))
    assert came == replace(asked, since_s=100.0, moved_s=0.0)
    assert ledger.entry("a") == came
    assert ledger.entries(["a", "b", "\0"]) == [came]


def test_who_comes_again_keeps_the_place(ledger):
    first = ledger.add(submission("a"))
    ledger.add(submission("b"))
    assert ledger.add(submission("a", arrived_s=500.0, priority=9)) == first
    assert ids(ledger.waiting()) == ["a", "b"]
    ledger.claim("a", "root.batch", 600.0)
    assert ledger.add(submission("a")).state == RESERVED
    assert len(ledger.events("a")) == 2


def test_the_id_of_another_account_is_refused(ledger):
    ledger.add(submission("a"))
    for call in (lambda: ledger.add(submission("a", "bob")), lambda: ledger.refuse(submission("a", "bob"), "x", 5.0)):
        with pytest.raises(PlacementError) as raised:
            call()
        assert code(raised) == "ledger-other-account"
    assert ledger.entry("a").account == "ann"
    assert len(ledger.events("a")) == 1


def test_a_whole_life(ledger):
    ledger.add(submission("a"))
    assert ledger.claim("a", "root.batch", 101.0)
    assert ids(ledger.reserved()) == ["a"]
    assert ledger.running("a", "application_1_1", 102.0)
    assert ids(ledger.in_state(RUNNING)) == ["a"]
    assert ledger.finished("a", "succeeded", 103.0)
    ended = ledger.entry("a")
    assert (ended.state, ended.since_s, ended.queue, ended.application, ended.reason) == (
        FINISHED, 103.0, "root.batch", "application_1_1", "succeeded",
    )  # fmt: skip
    assert [(event.before, event.after, event.said, event.agent) for event in ledger.events("a")] == [
        (None, WAITING, "", "gateway-1"),
        (WAITING, RESERVED, "root.batch", "gateway-1"),
        (RESERVED, RUNNING, "application_1_1", "gateway-1"),
        (RUNNING, FINISHED, "succeeded", "gateway-1"),
    ]
    assert_sound(ledger, "a")


def test_what_has_ended_stays_so(ledger):
    ledger.add(submission("a"))
    ledger.withdraw("a", "interrupted", 101.0)
    before = ledger.entry("a"), ledger.events("a")
    assert not ledger.claim("a", "root.batch", 102.0)
    assert not ledger.running("a", "application_1_1", 102.0)
    assert not ledger.finished("a", "x", 102.0)
    assert not ledger.withdraw("a", "x", 102.0)
    assert not ledger.refuse(submission("a"), "x", 102.0)
    assert not ledger.promise("a", "root.batch", 1.0, 2.0, 102.0)
    assert (ledger.entry("a"), ledger.events("a")) == before


def test_the_line_is_by_priority_and_then_as_they_were_taken(ledger):
    for name, arrived_s, priority in (("a", 300.0, 0), ("b", 200.0, 0), ("c", 100.0, 5), ("d", 50.0, -1)):
        ledger.add(submission(name, arrived_s=arrived_s, priority=priority))
    assert ids(ledger.waiting()) == ["c", "a", "b", "d"]


def test_refused_at_once_or_from_the_line(ledger):
    assert ledger.refuse(submission("a"), "larger than any queue", 101.0)
    ledger.add(submission("b"))
    assert ledger.refuse(submission("b"), "the queue is gone", 102.0)
    ledger.add(submission("c"))
    ledger.claim("c", "root.batch", 103.0)
    assert not ledger.refuse(submission("c"), "too late", 104.0)
    assert ids(ledger.in_state(REFUSED)) == ["a", "b"]
    assert [event.said for event in ledger.events("a")] == ["larger than any queue"]


def test_of_two_claimers_one_wins(opened):
    agents = [opened(f"gateway-{number}") for number in range(3)]
    for number in range(20):
        agents[0].add(submission(f"e{number}"))

    def claims(agent):
        return lambda: [agent.claim(f"e{number}", "root.batch", 101.0) for number in range(20)]

    assert [sum(won) for won in zip(*at_once([claims(agent) for agent in agents]), strict=True)] == [1] * 20
    assert_sound(agents[0], [f"e{number}" for number in range(20)])


def test_batches_that_cross_wait_for_each_other(opened):
    agents = [opened("gateway-1"), opened("gateway-2")]
    names = [f"e{number}" for number in range(30)]
    for name in names:
        agents[0].add(submission(name))

    def all_of(agent, order):
        def call():
            with agent.batch():
                return sum(agent.claim(name, "root.batch", 101.0) for name in order)

        return call

    assert sorted(at_once([all_of(agents[0], names), all_of(agents[1], names[::-1])])) == [0, 30]


def test_a_batch_that_reads_first_can_still_write(opened):
    """Nobody writes between what it read and what it writes."""
    ledger, other = opened(), opened("gateway-2")
    ledger.add(submission("a"))
    with ThreadPoolExecutor(1) as pool:
        with ledger.batch():
            assert ids(ledger.waiting()) == ["a"]
            withdrawn = pool.submit(other.withdraw, "a", "interrupted", 101.0)
            time.sleep(0.2)
            assert ledger.claim("a", "root.batch", 101.0)
        assert withdrawn.result()  # after that
    assert [event.after for event in ledger.events("a")] == [WAITING, RESERVED, WITHDRAWN]


def test_a_batch_is_all_or_nothing(opened):
    ledger, other = opened(), opened("gateway-2")
    with pytest.raises(KeyboardInterrupt), ledger.batch():  # noqa: PT012
        ledger.add(submission("a"))
        assert ledger.claim("a", "root.batch", 101.0)
        assert ids(ledger.reserved()) == ["a"]
        assert other.entry("a") is None
        raise KeyboardInterrupt
    assert ledger.entry("a") is None
    assert ledger.last_event() == 0
    with ledger.batch(), ledger.batch():
        ledger.add(submission("b"))
    assert other.entry("b").state == WAITING


def test_one_bad_submission_does_not_spoil_the_batch(ledger):
    ledger.add(submission("a"))
    with ledger.batch():
        for bad in (submission("a", "bob"), submission("\ud800"), submission("b", priority=2**40)):
            with pytest.raises(PlacementError):
                ledger.add(bad)
        ledger.add(submission("c"))
    assert ids(ledger.waiting()) == ["a", "c"]


@pytest.mark.parametrize("word", ["\0", "a\ud800"])
def test_what_no_database_keeps_is_escaped_or_refused(ledger, word):
    for bad in (submission(word), submission(account=word), submission(user=word), submission(candidates=(word,))):
        with pytest.raises(PlacementError) as raised:
            ledger.add(bad)
        assert code(raised) == "ledger-value"
    came = ledger.add(submission("a", command=word))
    assert came.command in ("\\x00", "a\\ud800")
    assert ledger.entry("a") == came
    assert ledger.claim("a", word, 101.0)
    assert ledger.running("a", word, 101.0)
    assert ledger.finished("a", word, 101.0)
    assert ledger.entry(word) is None
    assert ledger.events(word) == ledger.of_account(word) == ledger.promises() == []
    assert not ledger.withdraw(word, "x", 101.0)
    assert not ledger.moved(word, 1.0)
    assert not ledger.promise(word, "root.batch", 1.0, 2.0, 3.0)


def test_an_id_is_no_pattern_and_no_statement(ledger):
    for name in ("'; DROP TABLE entries; --", "%s %(a)s :b ? {c}", "a%"):
        ledger.add(submission(name))
        assert ledger.claim(name, "root.%user", 101.0)
        assert ledger.entry(name).queue == "root.%user"


@pytest.mark.parametrize(
    "bad",
    [
        submission(priority=2**31),
        submission(arrived_s=float("nan")),
        submission(demand=Demand(Resources(2**70, 1))),
    ],
    ids=["priority", "time", "demand"],
)
def test_numbers_that_no_column_holds_are_refused(ledger, bad):
    with pytest.raises(PlacementError) as raised:
        ledger.add(bad)
    assert code(raised) == "ledger-value"
    assert ledger.waiting() == []


def test_of_account_and_moved(ledger):
    for name, account in (("a", "ann"), ("b", "bob"), ("c", "ann")):
        ledger.add(submission(name, account))
    assert ids(ledger.of_account("ann")) == ["c", "a"]
    assert ids(ledger.of_account("ann", most=1)) == ["c"]
    assert ledger.moved("a", 12.5)
    assert not ledger.moved("x", 12.5)
    assert ledger.entry("a").moved_s == 12.5


def test_others_see_every_change_in_order(opened):
    """While two agents write, a third follows: it misses none, though it never asks twice for the same."""
    agents = [opened("gateway-1"), opened("gateway-2")]
    reader = opened("gateway-3")
    is_over = threading.Event()

    def follow():
        seen, last = [], reader.last_event()
        while True:
            was_over = is_over.is_set()
            found = reader.changes_since(last, most=7)
            seen += found
            last = found[-1].id if found else last
            if was_over and not found:
                return seen

    def write(agent, number):
        def call():
            for batch in range(10):
                with agent.batch():
                    for each in range(3):
                        agent.add(submission(f"{number}-{batch}-{each}"))
                        agent.claim(f"{number}-{batch}-{each}", "root.batch", 101.0)

        return call

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(follow)
        at_once([write(agent, number) for number, agent in enumerate(agents)])
        is_over.set()
        seen = following.result()
    assert seen == reader.changes_since(0)
    assert len({event.id for event in seen}) == len(seen) == 2 * 10 * 3 * 2
    assert {event.agent for event in seen} == {"gateway-1", "gateway-2"}


def test_one_agent_leads_until_its_time_is_over(opened, where):
    first, second = opened("gateway-1"), opened("gateway-2")
    assert first.lead(1000.0, 0.5)
    assert not second.lead(1000.1, 0.5)
    assert first.lead(1000.2, 0.5)
    assert second.lead(1000.2, 0.5, task="sync")
    if "://" in where:  # the database's clock counts
        assert not second.lead(9999.0, 0.5)
        time.sleep(0.6)
    assert second.lead(1000.8, 0.5)
    assert not first.lead(1000.8, 0.5)


def test_of_agents_that_ask_at_once_one_leads(opened):
    agents = [opened(f"gateway-{number}") for number in range(4)]
    assert sum(at_once([lambda agent=agent: agent.lead(1000.0, 60.0) for agent in agents])) == 1


def test_who_led_too_long_ago_gives_no_turn(opened, where):
    slow, fast = opened("gateway-1"), opened("gateway-2")
    slow.add(submission("a"))
    assert slow.lead(1000.0, 0.01)
    time.sleep(0.02)  # it was stopped, and its time is over
    with fast.batch():
        assert fast.lead(1001.0, 60.0)
        assert fast.claim("a", "root.batch", 1001.0)
    with slow.batch():
        assert not slow.lead(1000.0 if "://" in where else 1001.0, 60.0)


def test_time_is_the_databases_where_several_share_it(ledger, where):
    if "://" in where:
        assert abs(ledger.time_s(0.0) - time.time()) < 60
    else:
        assert ledger.time_s(7.5) == 7.5


def test_promises_kept_and_broken(ledger):
    for name in "abcd":
        ledger.add(submission(name))
    assert ledger.promise("a", "root.batch", 200.0, 300.0, 101.0)
    assert not ledger.promise("a", "root.batch", 900.0, 950.0, 102.0)  # it is the first that counts
    assert ledger.promise("b", "root.batch", 200.0, 300.0, 103.0)
    assert ledger.promise("c", "root.batch", 200.0, 300.0, 104.0)
    assert ledger.promise("d", "root.other", 200.0, 300.0, 105.0)
    assert not ledger.promise("nobody", "root.batch", 200.0, 300.0, 106.0)
    ledger.claim("a", "root.batch", 250.0)
    ledger.withdraw("a", "not used", 260.0)  # it had its turn: the promise counts
    ledger.withdraw("b", "interrupted", 250.0)  # it did not wait for it
    assert ledger.promises() == [
        Promise("d", "root.other", 200.0, 300.0, 105.0, None),
        Promise("c", "root.batch", 200.0, 300.0, 104.0, None),
        Promise("a", "root.batch", 200.0, 300.0, 101.0, 250.0),
    ]
    assert [each.entry for each in ledger.promises(most=1)] == ["d"]


def test_what_ended_long_ago_is_deleted_in_portions(ledger):
    for number in range(5):
        ledger.add(submission(f"old{number}"))
        ledger.promise(f"old{number}", "root.batch", 1.0, 2.0, 101.0)
        ledger.claim(f"old{number}", "root.batch", 102.0)
        ledger.finished(f"old{number}", "succeeded", 110.0)
    ledger.add(submission("new"))
    ledger.withdraw("new", "interrupted", 300.0)
    ledger.add(submission("waits"))
    last = ledger.last_event()
    assert [ledger.prune(200.0, most=2) for _ in range(4)] == [2, 2, 1, 0]
    assert ledger.entry("old0") is None
    assert ledger.events("old0") == ledger.promises() == []
    assert ledger.events("new")
    assert ids(ledger.waiting()) == ["waits"]
    ledger.withdraw("waits", "", 301.0)
    while ledger.prune(1000.0):
        pass
    ledger.add(submission("later"))
    assert ledger.last_event() > last  # who follows the changes sees it


def test_a_ledger_that_is_opened_again_has_it_all(opened):
    first = opened()
    first.add(submission("a"))
    first.add(submission("b"))
    first.claim("b", "root.batch", 101.0)
    first.close()
    again = opened()
    assert ids(again.waiting()) == ["a"]
    assert ids(again.reserved()) == ["b"]
    assert again.waiting()[0].demand == DEMAND


def test_withdrawn_after_its_turn(ledger):
    ledger.add(submission("a"))
    ledger.claim("a", "root.batch", 101.0)
    assert ledger.withdraw("a", "the reservation aged out", 102.0)
    assert ledger.entry("a").state == WITHDRAWN
    assert not ledger.running("a", "application_1_1", 103.0)
    assert_sound(ledger, "a")
