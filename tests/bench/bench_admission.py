"""Admission inside one process: what a decision, a place in the line and a turn cost, from 100 to 100,000 waiting."""

import gc
import time
from collections.abc import Callable
from itertools import count, cycle
from statistics import median

from placement.admission.decide import decide
from placement.admission.demand import Demand
from placement.admission.entry import Entry
from placement.admission.resources import Resources
from placement.admission.room import Room
from placement.admission.snapshot import QueueUse, Snapshot
from placement.admission.turns import Turns

GIB = 1024
PARENTS, LEAVES = 20, 50  # 1,000 leaf queues
USERS = 500
WAITING = (100, 1_000, 10_000, 100_000)
SECONDS, ROUNDS, TURNS = 0.2, 5, 50
NOW_S = 1e9  # all have waited so long that nobody may pass them
PLACES = [f"root.p{number % PARENTS}.q{number // PARENTS}" for number in range(PARENTS * LEAVES)]


def main() -> None:
    print(f"\n{len(PLACES)} queues, as many lines as there are who wait, at most; ratios are to {WAITING[0]} waiting")
    for title, filled in (("the cluster is full", True), ("every queue is full by itself", False)):
        print(f"\n{title}")
        first: dict[str, float] = {}
        for waiting in WAITING:
            for what, took_s in costs(waiting, filled).items():
                ratio = took_s / first.setdefault(what, took_s)
                print(f"  {waiting:>7} waiting: {what:<36} {took_s * 1e6:10.1f} us {1 / took_s:8,.0f}/s {ratio:6.2f} x")


def costs(waiting: int, filled: bool) -> dict[str, float]:
    seen, turns = snapshot(filled), Turns()
    for number in range(waiting):
        turns.add(entry(number))
    room = Room(seen)
    turns.give(room, NOW_S)
    gc.freeze()  # as a process does that lives on with those who wait
    new = count(waiting + TURNS)

    def submit() -> None:
        one = entry(next(new))
        verdict = decide(one, room, turns, NOW_S)
        turns.add(one, verdict.limits)

    some = cycle([f"e{number}" for number in range(TURNS, waiting, max(waiting // 97, 1))])
    return {
        "a verdict, way out included": each(lambda: decide(entry(0), room, turns, NOW_S)),
        "its place and who is ahead": each(lambda: (turns.place(next(some)), turns.ahead(next(some)))),
        "a look that gives no turn": each(lambda: turns.give(Room(seen), NOW_S)),
        "one turn, and one more that waits": turn_and_one_more(seen, turns, waiting),
        "a submission: verdict and its place": each(submit),
    }


def turn_and_one_more(seen: Snapshot, turns: Turns, waiting: int) -> float:
    """Seconds of the processor for one turn: one gets room in some queue, and another joins, so as many wait as did."""
    took = []
    for number in range(TURNS):
        room = Room(with_room(seen, entry(number).candidates[0]))
        begin = time.process_time()
        turns.give(room, NOW_S)
        turns.add(entry(waiting + number))
        took.append(time.process_time() - begin)
    return median(took)


def each(act: Callable[[], object]) -> float:
    """Seconds of the processor, the best of ROUNDS, as whatever else the machine does can only add to the time."""
    return min(seconds_each(act) for _ in range(ROUNDS))


def seconds_each(act: Callable[[], object]) -> float:
    done, begin = 0, time.process_time()
    while (took := time.process_time() - begin) < SECONDS / ROUNDS or not done:
        act()
        done += 1
    return took / done


def entry(number: int) -> Entry:
    """4 to 11 GiB in one of the queues."""
    user = f"user{number % USERS}"
    demand = Demand(Resources(GIB, 1), 3 + number % 8, Resources(GIB, 1))
    return Entry(f"e{number}", user, user, (PLACES[number * 7 % len(PLACES)],), demand, float(number))


def snapshot(filled: bool) -> Snapshot:
    """Either the cluster has 2 GiB left, or each leaf queue has."""
    total = Resources(100_000 * GIB, 100_000)
    free = Resources(2 * GIB, 100_000) if filled else total
    leaf = Resources(40 * GIB, 1_000)
    used = Resources(0, 0) if filled else Resources(38 * GIB, 0)
    queues = {"root": QueueUse(False, total)}
    queues |= {f"root.p{number}": QueueUse(False, total) for number in range(PARENTS)}
    queues |= {place: QueueUse(True, leaf, used) for place in PLACES}
    return Snapshot(0.0, "fair", queues, total, free, Resources(GIB, 1), Resources(GIB, 1))


def with_room(seen: Snapshot, queue: str) -> Snapshot:
    """The same with 12 GiB more in the queue and in the cluster."""
    more = Resources(12 * GIB, 0)
    use = seen.queues[queue]
    freed = QueueUse(True, use.maximum + more, use.used)
    return Snapshot(
        0.0,
        "fair",
        {**seen.queues, queue: freed},
        seen.total,
        (seen.free + more).least(seen.total),
        seen.minimum,
        seen.step,
    )


if __name__ == "__main__":
    main()
