"""What is left for a new application, by limit and by scheduler."""

import pytest
from admitted import GIB, HUGE, demand, entry, gib, leaf, parent, snapshot
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from placement.admission.demand import Demand
from placement.admission.entry import Hold, Limit
from placement.admission.resources import NOTHING, Resources
from placement.admission.room import Room, path
from placement.admission.snapshot import UserUse

BOTH = ("fair", "capacity")


def first(seen, total=4, queue="root.a", holds=(), most=None, master=1, **other):
    wanted = other.pop("demand", None) or demand(total, master=master)
    limit = Room(seen, holds, lambda _: most).first_limit("ann", queue, wanted)
    return limit and (limit.code, limit.at, limit.needed, limit.have, limit.unit)


def hold(name="h", total=10, queue="root.a", user="ann", master=1, is_seen=False):
    return Hold(name, user, queue, gib(total), gib(master), is_seen)


@pytest.mark.parametrize("scheduler", BOTH)
@pytest.mark.parametrize(
    ("queue", "use", "found"),
    [
        ("root.gone", leaf(), ("queue-not-there", "root.gone", 1, 0, "applications")),
        ("root.a", parent(), ("not-a-leaf", "root.a", 1, 0, "applications")),
        ("root.a", leaf(takes_applications=False), ("stopped", "root.a", 1, 0, "applications")),
        ("root.a", leaf(used=97), ("queue-maximum", "root.a", 4 * GIB, 3 * GIB, "MiB")),
        ("root.a", leaf(used=96), None),
        ("root.a", leaf(used=120), ("queue-maximum", "root.a", 4 * GIB, 0, "MiB")),
        ("root.a", leaf(running=3, max_running=3), ("max-running", "root.a", 1, 0, "applications")),
        ("root.a", leaf(running=2, max_running=3), None),
        ("root.a", leaf(running=2, pending=1, max_running=3), ("max-running", "root.a", 1, 0, "applications")),
        (
            "root.a",
            leaf(running=2, pending=1, max_applications=3),
            ("max-applications", "root.a", 1, 0, "applications"),
        ),
        ("root.a", leaf(running=2, max_applications=3), None),
        ("root.a", leaf(user_maximum=Resources(GIB - 1, 9)), ("user-maximum", "root.a", 4 * GIB, GIB - 1, "MiB")),
        ("root.a", leaf(users={"ann": UserUse(gib(5), maximum=gib(9, 9))}), None),
        (
            "root.a",
            leaf(users={"ann": UserUse(gib(5), maximum=Resources(6 * GIB - 1, 9))}),
            ("user-maximum", "root.a", 4 * GIB, GIB - 1, "MiB"),
        ),
        (
            "root.a",
            leaf(users={"ann": UserUse(running=1, pending=1)}, user_max_applications=2),
            ("user-max-applications", "root.a", 1, 0, "applications"),
        ),
        ("root.a", leaf(users={"bob": UserUse(running=2)}, user_max_applications=2), None),
    ],
)
def test_each_limit(scheduler, queue, use, found):
    assert first(snapshot(scheduler, a=use), queue=queue) == found


def test_the_last_container_may_go_beyond_a_users_maximum():
    seen = snapshot("capacity", a=leaf(user_maximum=gib(3, 9)))
    two = Demand(gib(1), 2, gib(1.5))
    assert first(seen, demand=two) is None
    assert first(seen, demand=replace(two, containers=3)) == ("user-maximum", "root.a", int(5.5 * GIB), 3 * GIB, "MiB")
    assert first(seen, demand=Demand(gib(4))) is None


def test_a_users_maximum_lasts_where_nobody_is_in_the_queue():
    large = Demand(gib(1), 9, gib(1))
    assert (
        Room(snapshot("capacity", a=leaf(user_maximum=gib(3, 9)))).never("ann", "root.a", large).code == "user-maximum"
    )
    busy = leaf(user_maximum=gib(3, 9), users={"bob": UserUse(gib(1), running=1)}, running=1)
    assert Room(snapshot("capacity", a=busy)).never("ann", "root.a", large) is None


def test_vcores_of_one_container_count_where_vcores_do_not():
    seen = replace(snapshot("capacity", a=leaf()), counts_vcores=False, largest=replace(HUGE, vcores=4))
    assert first(seen, demand=Demand(Resources(GIB, 5))) == ("container", "cluster", 5, 4, "vcores")
    assert first(seen, demand=Demand(Resources(GIB, 4), 9, Resources(GIB, 4))) is None


def test_nothing_is_too_large_for_ever_while_nodes_may_still_come():
    seen = replace(snapshot("fair", a=leaf()), largest=gib(1, 1))
    large = demand(10**6)
    assert Room(seen).never("ann", "root.a", large).code == "container"
    assert Room(seen, is_settled=False).never("ann", "root.a", large) is None


@pytest.mark.parametrize("scheduler", BOTH)
def test_a_limit_of_any_ancestor_counts(scheduler):
    tree = {"p": parent(50, 48), "p_q": parent(), "p_q_a": leaf()}
    assert first(snapshot(scheduler, **tree), queue="root.p.q.a") == ("queue-maximum", "root.p", 4096, 2048, "MiB")
    tree["p"] = parent(running=7, max_running=7)
    assert first(snapshot(scheduler, **tree), queue="root.p.q.a")[:2] == ("max-running", "root.p")
    tree["p"] = parent(takes_applications=False)
    assert first(snapshot(scheduler, **tree), queue="root.p.q.a")[:2] == ("stopped", "root.p")


def test_free_room_in_the_cluster_is_needed_too():
    assert first(snapshot(free=3, a=leaf())) == ("cluster", "cluster", 4 * GIB, 3 * GIB, "MiB")


def test_vcores_count_only_where_the_scheduler_counts_them():
    thirsty = Demand(Resources(GIB, 8))
    for counts, found in ((True, ("queue-maximum", "root.a", 8, 4, "vcores")), (False, None)):
        use = replace(leaf(), maximum=Resources(100 * GIB, 4))
        assert first(snapshot(a=use, counts_vcores=counts), demand=thirsty) == found


def test_a_container_beyond_the_largest_is_never_given():
    seen = snapshot(a=leaf(largest=gib(2, 9)), b=leaf(), largest=gib(3, 9))
    assert first(seen, 9) == ("container", "root.a", 8 * GIB, 2 * GIB, "MiB")
    assert first(seen, 9, "root.b") == ("container", "cluster", 8 * GIB, 3 * GIB, "MiB")
    assert first(seen, 4, "root.b") is None


def test_what_foreign_applications_wait_for_is_taken_off():
    seen = snapshot(a=leaf(used=90, pending=2, waiting=gib(4)), b=leaf())
    assert first(seen, 7) == ("queue-maximum", "root.a", 7 * GIB, 6 * GIB, "MiB")
    # the one that we placed there ourselves is counted by its hold alone: 100 - 90 - (4 - 1) - 2
    assert first(seen, 6, holds=[hold(total=2, is_seen=True)]) == ("queue-maximum", "root.a", 6 * GIB, 5 * GIB, "MiB")
    assert Room(seen, [hold(total=2, master=9, is_seen=True)]).left("root.a").memory_mib == 8 * GIB


def test_what_waits_in_the_root_is_taken_off_the_cluster():
    seen = snapshot(root=parent(100, waiting=gib(2)), free=6, a=leaf())
    assert first(seen, 5) == ("cluster", "cluster", 5 * GIB, 4 * GIB, "MiB")


def test_a_hold_counts_in_its_queue_in_the_ancestors_and_in_the_cluster():
    room = Room(snapshot(free=80, p=parent(60), p_a=leaf(40), p_b=leaf()), [hold(queue="root.p.a")])
    left = {at: room.left(at).memory_mib // GIB for at in ("root.p.a", "root.p.b", "root.p", "cluster")}
    assert left == {"root.p.a": 30, "root.p.b": 100, "root.p": 50, "cluster": 70}


def test_an_unseen_hold_counts_as_one_more_application_and_a_seen_one_does_not():
    seen = snapshot(a=leaf(running=1, max_running=2, max_applications=9, user_max_applications=9))
    assert first(seen, holds=[hold()])[0] == "max-running"
    assert first(seen, holds=[hold(is_seen=True)]) is None
    counted = snapshot(a=leaf(), user_running={"ann": 1})
    assert first(counted, holds=[hold()], most=2) == ("user-max-running", "cluster", 1, 0, "applications")
    assert first(counted, holds=[hold(user="bob"), hold("i", is_seen=True)], most=2) is None


# FSLeafQueue.canRunAppAM: the share counts even for the first one; without a share (-1) nothing does
@pytest.mark.parametrize(
    ("use", "master", "found"),
    [
        (leaf(am_maximum=gib(5), am_used=gib(4)), 2, ("am-share", "root.a", 2 * GIB, 1 * GIB, "MiB")),
        (leaf(am_maximum=gib(5), am_used=gib(4)), 1, None),
        (leaf(am_maximum=gib(1)), 2, ("am-share", "root.a", 2 * GIB, 1 * GIB, "MiB")),
        (leaf(am_maximum=None, am_used=gib(40)), 2, None),
    ],
)
def test_the_share_of_application_masters_under_the_fair_scheduler(use, master, found):
    assert first(snapshot("fair", a=use), 4, master=master) == found


# AbstractLeafQueue.activateApplications: an empty queue lets one in, whatever the share, and whatever the user's
@pytest.mark.parametrize(
    ("use", "holds", "found"),
    [
        (leaf(am_maximum=gib(1)), (), None),
        (leaf(am_maximum=gib(1), user_am_maximum=gib(1)), (), None),
        (leaf(am_maximum=gib(1)), [hold()], "am-share"),
        (leaf(am_maximum=gib(1), running=1, am_used=gib(1)), (), "am-share"),
        (leaf(am_maximum=gib(1), am_used=gib(1)), (), None),  # none is active, whatever is still counted
        (leaf(am_maximum=gib(1), running=1), (), None),  # an unmanaged one runs: no application master is in use
        (leaf(am_maximum=gib(9), user_am_maximum=gib(1), running=1, am_used=gib(1)), (), "user-am-share"),
        (
            leaf(
                am_maximum=gib(9),
                running=1,
                am_used=gib(1),
                users={"ann": UserUse(am_used=gib(1), am_maximum=gib(2))},
            ),
            (),
            "user-am-share",
        ),
    ],
)
def test_the_share_of_application_masters_under_the_capacity_scheduler(use, holds, found):
    limit = first(snapshot("capacity", a=use), 4, master=2, holds=holds)
    assert (limit and limit[0]) == found


def test_own_limits_are_told_before_those_of_the_queue_and_these_before_wider_ones():
    tree = {"p": parent(1), "p_a": leaf(2, user_maximum=gib(0, 9))}
    wanted = (4, "root.p.a")
    assert first(snapshot(free=0, user_running={"ann": 1}, **tree), *wanted, most=1)[0] == "user-max-running"
    assert first(snapshot(free=0, **tree), *wanted)[0] == "user-maximum"
    tree["p_a"] = leaf(2)
    assert first(snapshot(free=0, **tree), *wanted)[:2] == ("queue-maximum", "root.p.a")
    tree["p_a"] = leaf()
    assert first(snapshot(free=0, **tree), *wanted)[:2] == ("queue-maximum", "root.p")
    tree["p"] = parent()
    assert first(snapshot(free=0, **tree), *wanted)[:2] == ("cluster", "cluster")


def never(seen, total=4, queue="root.a", most=None, master=1):
    limit = Room(seen, (), lambda _: most).never("ann", queue, demand(total, master=master))
    return limit and (limit.code, limit.at, limit.needed, limit.have)


def test_what_never_fits():
    assert never(snapshot(a=leaf(3))) == ("queue-maximum", "root.a", 4 * GIB, 3 * GIB)
    assert never(snapshot(p=parent(3), p_a=leaf()), queue="root.p.a") == ("queue-maximum", "root.p", 4 * GIB, 3 * GIB)
    assert never(snapshot(total=3, a=leaf())) == ("cluster", "cluster", 4 * GIB, 3 * GIB)
    assert never(snapshot(a=leaf(), largest=gib(2, 9))) == ("container", "cluster", 3 * GIB, 2 * GIB)
    assert never(snapshot(a=leaf(max_running=0)))[0] == "max-running"
    assert never(snapshot(a=leaf()), most=0)[0] == "user-max-running"
    assert never(snapshot(a=leaf(takes_applications=False)))[0] == "stopped"
    assert never(snapshot(a=leaf()), queue="root.b")[0] == "queue-not-there"


def test_what_is_only_full_now_may_fit_later():
    full = leaf(used=100, running=9, max_running=9, user_maximum=gib(1), am_maximum=gib(1), am_used=gib(1))
    for scheduler in BOTH:
        assert first(snapshot(scheduler, free=0, a=full)) is not None
        assert never(snapshot(scheduler, free=0, a=full)) is None


def test_a_share_of_application_masters_is_too_small_for_ever_only_where_its_most_is_known():
    share = leaf(am_maximum=gib(1), am_largest=gib(2))
    assert never(snapshot("fair", a=share), 9, master=3) == ("am-share", "root.a", 3 * GIB, 2 * GIB)
    assert never(snapshot("fair", a=share), 9, master=2) is None
    assert never(snapshot("capacity", a=share), 9, master=3) is None


def test_while_no_node_works_no_size_is_too_large():
    seen = replace(snapshot(a=leaf(0), largest=NOTHING), total=NOTHING, free=NOTHING)
    assert never(seen) is None
    assert first(seen)[0] == "queue-maximum"


# -- whatever the cluster -------------------------------------------------------------------------------------------

PATHS = ("root.p.a", "root.p.b", "root.c")
sizes = st.integers(0, 12)


@st.composite
def clusters(draw):
    def share():
        return draw(st.one_of(st.none(), sizes.map(gib)))

    def use(kind, **other):
        count = draw(st.sampled_from([None, 0, 2, 5]))
        return kind(
            draw(sizes) + draw(sizes),
            draw(sizes),
            takes_applications=draw(st.sampled_from([True, True, True, False])),
            running=draw(st.integers(0, 3)),
            max_running=count,
            waiting=gib(draw(st.integers(0, 3))),
            **other,
        )

    def one_leaf():
        own = share()
        users = draw(st.sampled_from([{}, {"ann": UserUse(gib(2), gib(1), 1, 0, own, own)}]))
        maximum = share()
        return use(leaf, am_maximum=maximum, am_largest=maximum and maximum + gib(draw(sizes)), users=users)

    total = draw(st.integers(0, 40))
    return snapshot(
        draw(st.sampled_from(BOTH)),
        total=total,
        free=draw(st.integers(0, total)),
        largest=draw(st.sampled_from([None, gib(4)])),
        p=use(parent),
        p_a=one_leaf(),
        p_b=one_leaf(),
        c=one_leaf(),
    )


demands = st.builds(
    lambda master, containers, size: Demand(gib(master), containers, gib(size)),
    st.integers(1, 3),
    st.integers(0, 3),
    st.integers(1, 5),
)
holds = st.lists(
    st.builds(
        hold,
        st.uuids().map(str),
        st.integers(0, 9),
        st.sampled_from(PATHS),
        st.sampled_from(["ann", "bob"]),
        st.integers(0, 2),
        st.booleans(),
    ),
    max_size=5,
)


def seen_from_outside(room):
    limits = {(user, at): room.first_limit(user, at, Demand(HUGE)) for user in ("ann", "bob") for at in PATHS}
    small = {(user, at): room.first_limit(user, at, Demand(gib(1))) for user in ("ann", "bob") for at in PATHS}
    return limits, small, {at: room.left(at) for at in (*room.snapshot.queues, "cluster")}


@settings(max_examples=40, deadline=None)
@given(clusters(), holds, holds, st.randoms())
def test_a_release_undoes_its_hold_exactly(seen, before, more, random):
    room = Room(seen, before)
    expected = seen_from_outside(room)
    for each in more:
        room.hold(each)
    random.shuffle(more)
    for each in more:
        room.release(each.id)
    room.release("never-held")
    assert seen_from_outside(room) == expected


@settings(max_examples=60, deadline=None)
@given(clusters(), holds, st.sampled_from(PATHS), demands)
def test_what_fits_leaves_nothing_above_its_maximum(seen, held, queue, wanted):
    room = Room(seen, held)
    if room.first_limit("ann", queue, wanted) is None:
        room.hold(Hold("new", "ann", queue, wanted.total, wanted.master))
        for at in (*path(queue), "cluster"):
            assert room.left(at).memory_mib >= 0
            assert room.left(at).vcores >= 0


@settings(max_examples=60, deadline=None)
@given(clusters(), st.sampled_from(PATHS), demands)
def test_what_never_fits_does_not_fit_in_any_emptier_cluster(seen, queue, wanted):
    found = Room(seen).never("ann", queue, wanted)
    empty = {
        at: replace(use, used=NOTHING, running=0, am_used=NOTHING, waiting=NOTHING) for at, use in seen.queues.items()
    }
    emptier = [seen, replace(seen, free=seen.total), replace(seen, free=seen.total, queues=empty)]
    for each in emptier if found else ():
        assert isinstance(Room(each).first_limit("ann", queue, wanted), Limit)


@settings(max_examples=25, deadline=None)
@given(clusters(), st.sampled_from(PATHS), demands)
def test_a_burst_never_gets_more_than_there_is(seen, queue, wanted):
    room = Room(seen)
    before = {at: room.left(at) for at in (*path(queue), "cluster")}
    given_ = 0
    for number in range(100):
        one = entry(f"e{number}", queue=queue, demand=wanted)
        if room.first_limit("ann", queue, wanted) is None:
            room.hold(one.hold(queue))
            given_ += 1
    for left in before.values():
        assert given_ == 0 or (wanted.total * given_).memory_mib <= left.memory_mib
    most = [seen.queues[at].max_running for at in path(queue)]
    assert given_ <= min([limit for limit in most if limit is not None], default=100)
