"""When a turn may be expected, and how well that was kept."""

from random import Random

import pytest
from admitted import GIB, leaf, parent, snapshot
from msgspec.structs import replace

from placement.admission.entry import Limit
from placement.admission.expected import PROMISES, Promises, Releases, expected


def seen(taken_s, used, running=0, other=0):
    return snapshot(taken_s=float(taken_s), p=parent(), p_a=leaf(used=used, running=running), p_b=leaf(used=other))


def releases(times=10, every_s=60, gib_each=6, window_s=7200.0):
    found = Releases(window_s)
    for number in range(times + 1):
        found.saw(seen(number * every_s, 100 - number * gib_each, 50 - number))
    return found


def limit(needed=12, have=0, code="queue-maximum", at="root.p.a", unit="MiB", cause=""):
    size = GIB if unit == "MiB" else 1
    return Limit(code, "root.p.a", at, needed * size, have * size, unit, cause)


def test_what_comes_back_is_known_for_the_queue_its_ancestors_and_the_cluster():
    found = releases()
    for at in ("root.p.a", "root.p", "root", "cluster"):
        assert found.rate(at, "MiB") == pytest.approx(6 * GIB / 60)
        assert found.rate(at, "applications") == pytest.approx(1 / 60)
    assert found.rate("root.p.b", "MiB") is None
    assert found.rate("root.p.a", "vcores") is None


def test_what_one_leaf_takes_does_not_hide_what_another_gives_back():
    found = Releases()
    for number in range(11):
        found.saw(seen(number * 60, 100 - number * 5, other=number * 5))
    assert found.rate("root.p", "MiB") == pytest.approx(5 * GIB / 60)


def test_below_five_releases_nothing_is_said():
    assert releases(4).rate("root.p.a", "MiB") is None
    assert expected(limit(), 1, releases(4), 600) is None
    assert releases(5).rate("root.p.a", "MiB") is not None


def test_what_is_older_than_the_window_is_forgotten():
    found = releases(10, window_s=600)
    found.saw(seen(1200, 40))
    assert found.rate("root.p.a", "MiB") is None


def test_a_snapshot_that_is_not_later_is_left_out():
    found = releases()
    found.saw(seen(600, 0))
    found.saw(seen(0, 0))
    assert found.rate("root.p.a", "MiB") == pytest.approx(6 * GIB / 60)


def test_a_new_term_of_the_resource_manager_is_no_release():
    found = releases()
    found.saw(replace(seen(660, 0), term=1))
    assert found.rate("root.p.a", "MiB") is None


def test_a_queue_that_went_gave_back_what_it_had():
    found = releases(4)
    found.saw(snapshot(taken_s=300.0, p=parent()))
    assert found.rate("root.p.a", "MiB") is not None


def test_the_interval_holds_the_time_that_the_rate_says():
    # 12 GiB at 6 GiB a minute are two minutes
    from_s, to_s = expected(limit(12), 1, releases(), 1000)
    assert 1000 <= from_s < 1000 + 120 < to_s < 1000 + 600


def test_who_is_further_behind_waits_longer_and_what_is_there_shortens_it():
    found = releases()
    near, far = expected(limit(12), 1, found, 0), expected(limit(12), 3, found, 0)
    assert near[0] < far[0]
    assert near[1] < far[1]
    assert expected(limit(24, 12), 1, found, 0) == pytest.approx(near)


def test_applications_are_counted_where_they_are_what_is_short():
    found = releases()
    one = expected(limit(1, 0, "max-running", unit="applications"), 1, found, 0)
    assert one[0] < 60 < one[1]
    assert expected(limit(2, 1, "am-share"), 1, found, 0) == pytest.approx(one)
    assert expected(limit(2, 1, "behind", cause="am-share"), 1, found, 0) == pytest.approx(one)


@pytest.mark.parametrize("code", ["user-maximum", "user-max-running", "stopped", "container"])
def test_nothing_is_said_of_what_the_rates_do_not_tell(code):
    assert expected(limit(code=code), 1, releases(), 0) is None


def test_eight_of_ten_start_within_their_interval():
    """Releases by chance, of sizes by chance, as the interval supposes them; the rate known from 30 of them."""
    random = Random(1)
    kept = 0
    for _ in range(400):
        now_s, used, found = 0.0, 10**6, Releases(10**9)
        for _ in range(31):
            found.saw(snapshot(taken_s=now_s, a=leaf(10**6, used)))
            last_s = now_s
            now_s, used = now_s + random.expovariate(1 / 60), used - random.randint(1, 9)
        now_s = start_s = last_s
        from_s, to_s = expected(limit(40, at="root.a"), 1, found, now_s)
        back = 0
        while back < 40:
            start_s += random.expovariate(1 / 60)
            back += random.randint(1, 9)
        kept += from_s <= start_s <= to_s
    assert 0.72 <= kept / 400 <= 0.88


def test_promises_are_scored_once_there_are_five():
    promises = Promises()
    for number in range(4):
        promises.make(str(number), (10, 20))
        promises.started(str(number), 15)
    assert promises.score() is None
    promises.make("late", (10, 20))
    promises.make("late", (10, 99))  # what was told first counts
    promises.started("late", 21)
    assert promises.score() == (4, 5)
    promises.started("late", 15)
    promises.started("unknown", 15)
    assert promises.score() == (4, 5)


def test_who_left_before_the_promise_was_due_does_not_count_and_who_gave_up_after_does():
    promises = Promises()
    for number, at_s in enumerate((15, 15, 25, 25, 25, 25, 25)):
        promises.make(str(number), (10, 20))
        promises.left(str(number), at_s)
    assert promises.score() == (0, 5)


def test_only_the_last_promises_count():
    heard = []
    promises = Promises(heard.append)
    for number in range(2 * PROMISES):
        promises.make(str(number), (0, 1))
        promises.started(str(number), 0 if number >= PROMISES else 9)
    assert promises.score() == (PROMISES, PROMISES)
    assert heard == [False] * PROMISES + [True] * PROMISES


def test_promises_of_before_count_without_being_told_again():
    promises = Promises(lambda _: 1 // 0)
    for number in range(5):
        promises.recall(str(number), (0, 1), 0.5 if number else 2)
    promises.recall("waits", (0, 1), None)
    assert promises.score() == (4, 5)
    with pytest.raises(ZeroDivisionError):
        promises.started("waits", 1)


def test_an_interval_never_begins_before_now():
    assert expected(limit(1), 1, releases(5), 5000)[0] >= 5000
