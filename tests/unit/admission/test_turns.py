"""Whose turn it is: the order, who may pass whom, and that nobody starves; held against a naive second writing."""

import pytest
from admitted import GIB, entry, gib, leaf, parent, snapshot
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from placement.admission.entry import Limit
from placement.admission.room import Room, path
from placement.admission.turns import Opening, Turns


def turns(*entries, rate=None, **options):
    made = Turns(*([rate] if rate else []), **options)
    for each in entries:
        made.add(each)
    return made


def given_to(found):
    return [(turn.entry.id, turn.queue) for turn in found]


def test_equals_start_in_the_order_of_arrival():
    line = turns(*(entry(name, 40, arrived_s=at) for name, at in (("c", 3), ("a", 1), ("b", 2))))
    assert given_to(line.give(Room(snapshot(a=leaf())), 10)) == [("a", "root.a"), ("b", "root.a")]
    assert len(line) == 1


def test_a_turn_is_held_so_that_the_room_is_not_given_twice():
    line = turns(*(entry(f"e{number:03}", 10, arrived_s=number) for number in range(100)))
    room = Room(snapshot(a=leaf()))
    assert len(line.give(room, 1000)) == 10
    assert not line.give(room, 1000)
    assert room.left("root.a") == gib(0, 1000)


def test_a_step_of_priority_is_worth_its_time_of_waiting():
    early, urgent = entry("early", 60, arrived_s=0), entry("urgent", 60, arrived_s=599, priority=1)
    assert given_to(turns(early, urgent).give(Room(snapshot(a=leaf())), 700)) == [("urgent", "root.a")]
    late = replace(urgent, arrived_s=601)
    assert given_to(turns(early, late).give(Room(snapshot(a=leaf())), 700)) == [("early", "root.a")]


def test_no_priority_puts_a_later_one_first_for_ever():
    first, boss = entry("first", 60, priority=-(10**6)), entry("boss", 60, arrived_s=25 * 600, priority=10**6)
    assert given_to(turns(first, boss).give(Room(snapshot(a=leaf())), 0)) == [("first", "root.a")]


def test_of_several_candidates_the_first_where_it_fits_is_taken():
    line = turns(entry(total=40, queue=("root.a", "root.b")))
    room = Room(snapshot(a=leaf(used=80), b=leaf()))
    assert given_to(line.give(room, 0)) == [("e", "root.b")]
    assert "e" not in line


def test_place_and_those_ahead_are_of_the_shortest_line():
    line = turns(
        *(entry(f"a{number}", arrived_s=number) for number in range(5)),
        entry("b0", queue="root.b", arrived_s=0),
        entry("both", queue=("root.a", "root.b"), arrived_s=9),
    )
    assert line.place("both") == 2
    assert [each.id for each in line.ahead("both")] == ["b0"]
    assert [each.id for each in line.ahead("a4")] == ["a0", "a1", "a2"]
    line.remove("a0")
    assert line.place("a4") == 4
    with pytest.raises(KeyError):
        line.place("a0")


def test_a_small_one_may_pass_while_the_large_one_has_waited_less_than_the_bound():
    line = turns(entry("large", 90), entry("small", 10, arrived_s=1), overtake_s=300)
    room = Room(snapshot(a=leaf(used=50)))
    assert given_to(line.give(room, 299)) == [("small", "root.a")]
    line.add(entry("later", 10, arrived_s=2))
    assert not line.give(room, 301)
    assert line.blocked("large").code == "queue-maximum"
    behind = line.blocked("later")
    assert (behind.code, behind.cause, behind.needed, behind.have) == ("behind", "queue-maximum", 90 * GIB, 40 * GIB)


def test_where_the_rate_is_known_passing_costs_the_time_that_the_room_takes_to_come_back():
    # 10 GiB at 0.1 GiB a second are 100 s, so three of them are all that 300 s allow for
    small = [entry(f"s{number}", 10, arrived_s=1 + number) for number in range(5)]
    line = turns(entry("large", 90), *small, rate=lambda *_: 0.1 * GIB, overtake_s=300)
    found = line.give(Room(snapshot(a=leaf(used=50))), 10**6)
    assert [turn.entry.id for turn in found] == ["s0", "s1", "s2"]
    assert [turn.overtaken[0].moved_s for turn in found] == [100, 200, 300]
    assert not line.give(Room(snapshot(a=leaf(used=50))), 10**6)


def test_what_one_was_put_off_already_counts():
    line = turns(entry("large", 90, moved_s=250), entry("small", 10, arrived_s=1), rate=lambda *_: 0.1 * GIB)
    assert not line.give(Room(snapshot(a=leaf(used=50))), 0)


def test_what_waits_for_the_cluster_holds_back_those_of_other_queues():
    line = turns(entry("large", 90), entry("small", 10, "root.b", arrived_s=1), overtake_s=0)
    assert not line.give(Room(snapshot(free=50, a=leaf(), b=leaf())), 10)
    assert line.blocked("small").at == "cluster"


def test_what_waits_for_its_own_queue_holds_back_nobody_else():
    line = turns(entry("first", 4), entry("second", 4, "root.b", arrived_s=1), overtake_s=0)
    room = Room(snapshot(a=leaf(running=2, max_running=2), b=leaf()))
    assert given_to(line.give(room, 10)) == [("second", "root.b")]
    assert line.blocked("first").code == "max-running"


def test_what_waits_for_an_ancestor_holds_back_those_below_it_alone():
    line = turns(
        entry("large", 30, "root.p.a"),
        entry("cousin", 5, "root.p.b", arrived_s=1),
        entry("stranger", 5, "root.c", arrived_s=2),
        overtake_s=0,
    )
    room = Room(snapshot(p=parent(40, 20), p_a=leaf(used=20), p_b=leaf(), c=leaf()))
    assert given_to(line.give(room, 10)) == [("stranger", "root.c")]
    assert (line.blocked("cousin").code, line.blocked("cousin").at) == ("behind", "root.p")


def test_a_limit_of_a_user_holds_back_that_user_alone():
    line = turns(
        *(entry(f"ann{number}", 4, arrived_s=number) for number in range(50)),
        entry("bob", 4, user="bob", arrived_s=99),
        overtake_s=0,
    )
    room = Room(snapshot(a=leaf(), user_running={"ann": 2}), (), {"ann": 2}.get)
    assert given_to(line.give(room, 100)) == [("bob", "root.a")]
    assert line.blocked("ann0").code == "user-max-running"
    assert line.blocked("ann49").code == "behind"


def test_a_line_is_looked_at_to_a_depth_and_its_rest_waits_behind():
    large = [entry(f"l{number}", 90, arrived_s=number) for number in range(4)]
    line = turns(*large, entry("small", 1, arrived_s=9), depth=2, overtake_s=1000)
    room = Room(snapshot(a=leaf(used=50)))
    assert not line.give(room, 10)
    assert line.blocked("small").code == "behind"
    assert line.check(entry("new", 1, arrived_s=10), "root.a", room, 10).code == "behind"


def start(line, one, room, now_s):
    return line.start(one, line.check(one, one.candidates[0], room, now_s), room, now_s)


def test_one_decided_on_between_two_looks_does_not_pass_who_was_just_told_to_wait():
    line, room = turns(overtake_s=0), Room(snapshot(a=leaf(used=50)))
    large = entry("large", 90)
    line.add(large, (line.check(large, "root.a", room, 1),))
    assert line.check(entry("small", 10, arrived_s=1), "root.a", room, 1).code == "behind"
    line.remove("large")
    turn = start(line, entry("small", 10, arrived_s=1), room, 1)
    assert (turn.queue, turn.overtaken) == ("root.a", ())
    assert room.left("root.a").memory_mib == 40 * GIB


def test_nobody_waits_behind_itself():
    line, large = turns(overtake_s=0), entry("large", 90)
    line.add(large)
    line.give(Room(snapshot(a=leaf(used=50))), 10)
    assert isinstance(line.check(large, "root.a", Room(snapshot(a=leaf())), 10), Opening)


def test_one_that_passes_at_once_is_charged_too():
    line = turns(entry("large", 90), rate=lambda *_: 0.1 * GIB)
    room = Room(snapshot(a=leaf(used=50)))
    line.give(room, 0)
    turn = start(line, entry("small", 10, arrived_s=1), room, 1)
    assert [(one.id, one.moved_s) for one in turn.overtaken] == [("large", 100)]


def test_what_can_never_start_holds_back_nobody():
    line = turns(entry("gone", 4, "root.gone"), entry("wide", 900), entry("next", 4, arrived_s=1), overtake_s=0)
    assert given_to(line.give(Room(snapshot(a=leaf(), largest=gib(64, 64))), 10)) == [("next", "root.a")]


def test_the_large_one_starts_within_the_bound_however_many_small_ones_come():
    """10 GiB come back every 10 s, and small ones, of 10 GiB each, keep coming: the large one of 100 needs 100 s."""
    line = turns(entry("large", 100), rate=lambda *_: 1.0 * GIB, overtake_s=60)
    running = 10
    for number in range(100):
        now_s = 10.0 * number
        running -= 1 if running else 0
        line.add(entry(f"s{number:03}", 10, arrived_s=now_s + 1))
        found = line.give(Room(snapshot(free=100 - 10 * running, a=leaf(used=10 * running))), now_s)
        running += len(found)
        if "large" not in line:
            break
    assert now_s <= 90 + 60


# -- against the naive way ------------------------------------------------------------------------------------------

USERS, QUEUES = ("ann", "bob"), ("root.p.a", "root.p.b", "root.c")


@st.composite
def cases(draw):
    def use(kind, **other):
        maximum, used = draw(st.integers(5, 30)), draw(st.integers(0, 15))
        limit = draw(st.sampled_from([None, None, 2, 4]))
        return kind(maximum, used, max_running=limit, running=draw(st.integers(0, 3)), **other)

    def share():
        return draw(st.sampled_from([None, gib(2), gib(4)]))

    tree = {
        "p": use(parent),
        **{name: use(leaf, am_maximum=share(), user_maximum=share()) for name in ("p_a", "p_b", "c")},
    }
    seen = snapshot(total=40, free=draw(st.integers(0, 40)), **tree)
    waiting = [
        entry(
            f"e{number}",
            draw(st.integers(1, 12)),
            tuple(draw(st.lists(st.sampled_from(QUEUES), min_size=1, max_size=3, unique=True))),
            draw(st.sampled_from(USERS)),
            draw(st.integers(0, 20)) * 30.0,
            priority=draw(st.integers(-1, 1)),
            moved_s=draw(st.sampled_from([0.0, 0.0, 250.0, 300.0])),
        )
        for number in range(draw(st.integers(0, 12)))
    ]
    rate = draw(st.sampled_from([None, 0.02 * GIB, 0.2 * GIB]))
    most = draw(st.sampled_from([None, 1, 3]))
    return seen, waiting, rate, most


def naive(seen, waiting, rate, most, now_s):
    """Everyone in order, each against everyone before it that waits. Returns the turns and what each was put off."""
    room = Room(seen, (), lambda _: most)
    moved = {each.id: each.moved_s for each in waiting}
    found, blocked = [], []
    for one in sorted(waiting, key=lambda each: (each.arrived_s - 600 * each.priority, each.arrived_s, each.id)):
        limits = []
        for queue in one.candidates:
            barred = (
                wants
                for each, wants in blocked
                if passing(one, queue, each, wants, rate, moved[each.id], now_s, by_s=0) is None
            )
            limit = next(barred, None)
            limit = limit or room.first_limit(one.user, queue, one.demand)
            put_off = {}
            for other, wants in [] if limit else blocked:
                delay_s = passing(one, queue, other, wants, rate, moved[other.id], now_s)
                if delay_s is None:
                    limit = wants
                    break
                put_off[other.id] = max(put_off.get(other.id, 0), delay_s)
            if limit is None:
                room.hold(one.hold(queue))
                for name, delay_s in put_off.items():
                    moved[name] += delay_s
                found.append((one.id, queue))
                break
            limits.append(replace(limit, queue=queue))
        else:
            blocked += [(one, limit) for limit in limits]
    return found, moved


def passing(one, queue, other, wants, rate, moved_s, now_s, by_s=None):
    if wants.code.startswith("user-"):
        same = wants.code == "user-max-running" or wants.queue == queue
        return None if same and one.user == other.user else 0
    if wants.at != "cluster" and wants.at not in path(queue):
        return 0
    if moved_s >= 300:
        return None
    if rate is None:
        return 0 if now_s - other.arrived_s < 300 else None
    if by_s is not None:
        return by_s
    alone = wants.unit == "applications" or wants.code == "am-share"
    delay_s = (1 if alone else one.demand.total.memory_mib) / rate
    return delay_s if moved_s + delay_s <= 300 else None


@settings(max_examples=100, deadline=None)
@given(cases())
def test_the_look_gives_the_turns_of_the_naive_way(case):
    seen, waiting, rate, most = case
    line = turns(*waiting, rate=lambda *_: rate, depth=100)
    room = Room(seen, (), lambda _: most)
    found = line.give(room, 600)
    expected, moved = naive(seen, waiting, rate, most, 600)
    assert given_to(found) == expected
    for turn in found:
        for one in turn.overtaken:
            assert one.moved_s <= 300
    last = {one.id: one.moved_s for turn in found for one in turn.overtaken}
    assert {each.id: moved[each.id] for each in waiting if moved[each.id] != each.moved_s} == last
    if most is None:  # else one who starts may leave another of the same user waiting for that alone, in nobody's way
        assert not line.give(room, 600)
    for each in waiting:
        if each.id in line:
            assert isinstance(line.blocked(each.id), Limit)
            assert isinstance(line.check(each, each.candidates[0], room, 600), Limit)
            before = [other for other in waiting if other.id in line and set(other.candidates) & set(each.candidates)]
            assert 1 <= line.place(each.id) <= len(before)


@settings(max_examples=60, deadline=None)
@given(cases(), st.randoms())
def test_adding_and_removing_leaves_the_order_as_it_was(case, random):
    seen, waiting, rate, most = case
    line = turns(*waiting, rate=lambda *_: rate)
    extra = [replace(each, id=f"x{each.id}") for each in waiting]
    random.shuffle(extra)
    for each in extra:
        line.add(each)
    line.give(Room(replace(seen, free=gib(0), total=gib(40)), (), lambda _: most), 600)
    for each in extra:
        line.remove(each.id)
    plain = turns(*waiting, rate=lambda *_: rate)
    for each in waiting:
        assert line.place(each.id) == plain.place(each.id)
    rooms = [Room(seen, (), lambda _: most) for _ in range(2)]
    assert given_to(line.give(rooms[0], 600)) == given_to(plain.give(rooms[1], 600))
