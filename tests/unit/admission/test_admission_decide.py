"""Run, wait, reject, the way out, and the words for each."""

import pytest
from admitted import GIB, demand, entry, gib, leaf, parent, snapshot
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from placement.admission import words
from placement.admission.decide import decide
from placement.admission.demand import Demand
from placement.admission.entry import Limit
from placement.admission.resources import Resources
from placement.admission.room import Room
from placement.admission.turns import Turns
from placement.admission.way_out import changed

NOBODY = Turns()


def verdict(one, seen, others=(), line=NOBODY, most=None):
    return decide(one, Room(seen, (), lambda _: most), line, 10.0, others)


def ways(found):
    return [(change.kind, change.value, change.queue, change.outcome) for change in found.way_out]


def test_what_fits_runs():
    found = verdict(entry(), snapshot(a=leaf()))
    assert (found.outcome, found.queue, found.limit, found.way_out) == ("run", "root.a", None, ())
    assert found.message == "runs in `root.a`"


def test_the_first_candidate_where_it_fits_is_taken():
    found = verdict(entry(queue=("root.a", "root.b")), snapshot(a=leaf(used=99), b=leaf()))
    assert (found.outcome, found.queue) == ("run", "root.b")


def test_what_is_full_now_waits():
    found = verdict(entry(total=40), snapshot(a=leaf(used=90)))
    assert (found.outcome, found.queue, found.limit.code) == ("wait", "root.a", "queue-maximum")
    assert found.message == "waits for `root.a`: it needs 40g, and `root.a` has 10g left of its maximum"


def test_it_waits_for_a_queue_where_it_could_start_some_day():
    found = verdict(entry(total=40, queue=("root.a", "root.b")), snapshot(a=leaf(30), b=leaf(used=90)))
    assert (found.outcome, found.queue, found.limit.queue) == ("wait", "root.b", "root.b")
    assert [limit.queue for limit in found.limits] == ["root.a", "root.b"]


def test_what_never_fits_anywhere_is_rejected_with_the_numbers():
    found = verdict(entry(total=40, queue=("root.a", "root.b")), snapshot(a=leaf(30, 10), b=leaf(20)))
    assert (found.outcome, found.queue) == ("reject", "root.a")
    assert found.message == "cannot run in `root.a`: it needs 40g, and `root.a` may have 30g at most"


def test_without_a_candidate_it_is_rejected():
    assert verdict(entry(queue=()), snapshot(a=leaf())).outcome == "reject"


def test_who_would_pass_one_that_waits_too_long_already_waits_behind_it():
    line = Turns(overtake_s=5)
    line.add(entry("large", 90))
    seen = snapshot(a=leaf(used=50))
    line.give(Room(seen), 10)
    found = verdict(entry("small", 10, arrived_s=9), seen, line=line)
    assert (found.outcome, found.limit.code, found.limit.cause) == ("wait", "behind", "queue-maximum")
    assert "others are before it" in found.message


def test_the_ways_out_are_the_smallest_that_run():
    one = entry(demand=Demand(gib(2), 10, gib(4)))
    found = verdict(one, snapshot(a=leaf(used=80), b=leaf(), c=leaf()), others=("root.a", "root.b", "root.c"))
    # 20 GiB are left: 18 beside the application master, 4 containers of 4 GiB, or 10 of 1 GiB
    assert ways(found) == [
        ("other-queue", "root.b", "root.b", "run"),
        ("fewer-containers", 4, "root.a", "run"),
        ("smaller-containers", gib(1), "root.a", "run"),
    ]
    assert [change["change"] for change in found.as_data()["way_out"]] == [
        "ask for `root.b`",
        "ask for at most 4 containers in `root.a`",
        "ask for containers of at most 1g, 0 vcores each in `root.a`",
    ]


def test_a_smaller_application_master_is_a_way_out():
    use = leaf(am_maximum=gib(5), am_used=gib(2))
    assert ways(verdict(entry(demand=demand(20, master=8)), snapshot(a=use))) == [
        ("smaller-master", gib(3), "root.a", "run")
    ]


def test_fewer_vcores_are_a_way_out_where_memory_is_not_what_is_short():
    use = replace(leaf(), maximum=Resources(100 * GIB, 9))
    wide = entry(demand=Demand(Resources(GIB, 1), 4, Resources(GIB, 4)))
    seen = replace(snapshot(a=use), minimum=Resources(GIB, 1), step=Resources(GIB, 1))
    assert ("smaller-containers", Resources(GIB, 2), "root.a", "run") in ways(verdict(wide, seen))


def test_for_what_is_rejected_a_change_after_which_it_could_wait_is_told_where_none_lets_it_run():
    found = verdict(entry(demand=Demand(gib(1), 40, gib(1))), snapshot(a=leaf(30, 30)))
    assert found.outcome == "reject"
    assert ways(found) == [("fewer-containers", 29, "root.a", "wait")]


def test_no_way_out_where_a_count_is_full():
    assert ways(verdict(entry(total=40), snapshot(a=leaf(running=1, max_running=1)))) == []


@pytest.mark.parametrize("code", sorted(words.SENTENCES))
def test_every_code_has_a_sentence(code):
    cause = "cluster" if code == "behind" else ""
    for at in ("root.a", "cluster"):
        for is_lasting in (True, False):
            said = words.sentence(Limit(code, "root.a", at, 2048, 1, "MiB", cause), is_lasting=is_lasting)
            assert said
            assert "{" not in said


def test_amounts_in_words():
    assert [words.amount(*each) for each in ((65536, "MiB"), (0, "MiB"), (1, "vcores"), (3, "applications"))] == [
        "64g",
        "nothing",
        "1 vcore",
        "3 applications",
    ]


def test_a_verdict_as_data():
    data = verdict(entry(total=40), snapshot(a=leaf(used=90))).as_data()
    assert data["limit"] == {
        "code": "queue-maximum",
        "queue": "root.a",
        "at": "root.a",
        "needed": 40 * GIB,
        "have": 10 * GIB,
        "unit": "MiB",
        "cause": "",
    }
    assert {"change", "kind", "value", "queue", "outcome"} == set(data["way_out"][0])


sizes = st.integers(0, 30)


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        lambda master, count, size: Demand(gib(master), count, gib(size)), st.integers(1, 9), sizes, st.integers(1, 9)
    ),
    st.tuples(sizes, sizes, sizes, sizes, sizes, st.integers(0, 60)),
    st.sampled_from([None, gib(2), gib(4)]),
    st.sampled_from([None, gib(4), gib(6)]),
    st.integers(0, 40),
    st.sampled_from(["fair", "capacity"]),
)
def test_each_way_out_leads_where_it_says(wanted, numbers, share, largest, first, scheduler):
    a, a_used, b, b_used, p, free = numbers
    seen = snapshot(
        scheduler,
        total=60,
        free=free,
        largest=largest,
        p=parent(20 + p),
        p_a=leaf(a, a_used, am_maximum=share),
        p_b=leaf(b, b_used, am_maximum=share, running=1, am_used=gib(1)),
        c=leaf(10 + b, a_used),
    )
    line = Turns(rate=lambda *_: 0.1 * GIB)
    line.add(entry("first", first, "root.p.a", "bob", -100.0))
    line.give(Room(seen), 10.0)
    one = entry(queue=("root.p.a", "root.p.b"), demand=wanted)
    found = verdict(one, seen, ("root.c", "root.gone"), line)
    assert found == verdict(one, seen, ("root.c", "root.gone"), line)
    assert (found.outcome == "run") == (not found.limits)
    assert len(found.way_out) <= 3
    assert len({change.kind for change in found.way_out}) == len(found.way_out)
    for change in found.way_out:
        again = verdict(changed(one, change.kind, change.value), seen, (), line)
        assert (again.outcome, again.queue) == (change.outcome, change.queue)
        if change.kind == "fewer-containers" and change.value + 1 < wanted.containers:
            more = verdict(changed(one, change.kind, change.value + 1), seen, (), line)
            assert more.outcome != change.outcome


def test_a_master_without_a_container_gets_none_by_rounding():
    one = Resources(GIB, 1)
    assert Demand(Resources(), 2, Resources(1, 1)).rounded(one, one) == Demand(Resources(), 2, one)
