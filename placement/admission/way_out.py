"""The smallest changes after which a submission would run, each tried by the same decision. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from placement.admission import words
from placement.admission.demand import Demand
from placement.admission.entry import MIB, VCORES, Entry, Limit
from placement.admission.resources import NOTHING, Resources

RUN, WAIT, REJECT = "run", "wait", "reject"
MOST = 3
Outcome = Callable[[Entry, str], tuple[str, str] | None]  # of an entry, and its queue; None: neither RUN nor that


@dataclass(frozen=True, slots=True)
class Change:
    """One change and what comes of it: `outcome` in `queue`.

    `kind` and `value`: `other-queue` and its path, `fewer-containers` and their number, `smaller-containers` or
    `smaller-master` and the size of one.
    """

    kind: str
    value: int | str | Resources
    queue: str
    outcome: str

    def as_data(self) -> dict[str, Any]:
        """The change as plain data, and in words."""
        value = msgspec.to_builtins(self.value)
        change = words.change(self.kind, self.value, self.queue)
        return {"change": change, "kind": self.kind, "value": value, "queue": self.queue, "outcome": self.outcome}


def changed(entry: Entry, kind: str, value: int | str | Resources) -> Entry:
    """The entry after a change. Raises ValueError where there is no such one."""
    demand = entry.demand
    if kind == "other-queue" and isinstance(value, str):
        return replace(entry, candidates=(value,))
    if kind == "fewer-containers" and isinstance(value, int):
        return replace(entry, demand=replace(demand, containers=value))
    if kind == "smaller-containers" and isinstance(value, Resources):
        return replace(entry, demand=replace(demand, container=value))
    if kind == "smaller-master" and isinstance(value, Resources):
        return replace(entry, demand=replace(demand, master=value))
    raise ValueError(f"{kind} {value}")


def ways_out(
    entry: Entry,
    outcome: Outcome,
    wanted: str,
    others: tuple[str, ...],
    minimum: Resources,
    step: Resources,
    limit: Limit | None = None,
) -> tuple[Change, ...]:
    """At most MOST changes, one of a kind, that lead to RUN, or where none of that kind does, to `wanted`.

    Each is the smallest of its kind: the most containers, the largest size. O(log n) decisions each, and few of them
    where `limit`, what keeps it from where it would be, tells what would do.
    """
    found = []
    for kind, values in _kinds(entry, others, minimum, step, limit):
        for goal in dict.fromkeys((RUN, wanted)):
            if change := _smallest(entry, outcome, goal, kind, values):
                found.append(change)
                break
    return tuple(found[:MOST])


def _kinds(
    entry: Entry, others: tuple[str, ...], minimum: Resources, step: Resources, limit: Limit | None
) -> Iterator[tuple[str, list["_Values"]]]:
    demand: Demand = entry.demand
    have, count = _have(limit), demand.containers
    all_containers = demand.total - demand.master
    queues = [queue for queue in others if queue not in entry.candidates]
    yield "other-queue", [_Values(1, 1, _always(queue)) for queue in queues]
    yield "fewer-containers", [_Values(1, count - 1, lambda number: number)]
    if count:
        rest = have - demand.master
        shared = Resources(rest.memory_mib // count, rest.vcores // count)
        yield "smaller-containers", _sizes(demand.container, minimum, step, (have, shared))
    yield "smaller-master", _sizes(demand.master, minimum, step, (have, have - all_containers))


def _have(limit: Limit | None) -> Resources:
    """What there is of what is short."""
    if limit is None or limit.unit not in (MIB, VCORES):
        return NOTHING
    return Resources(limit.have, 0) if limit.unit == MIB else Resources(0, limit.have)


class _Values(NamedTuple):
    """What `value` makes of the numbers from `low` to `high`: the higher, the less of a change.

    `guesses`: numbers of which one may well be the highest that will do.
    """

    low: int
    high: int
    value: Callable[[int], int | str | Resources]
    guesses: tuple[int, ...] = ()


def _always(queue: str) -> Callable[[int], str]:
    return lambda _: queue


def _sizes(size: Resources, minimum: Resources, step: Resources, guesses: tuple[Resources, ...]) -> list[_Values]:
    """Smaller sizes that the scheduler gives out: less memory, or else fewer vcores."""
    mib, vcores = max(step.memory_mib, 1), max(step.vcores, 1)
    least = minimum.rounded(minimum, step)
    return [
        _Values(
            -(-least.memory_mib // mib),
            (size.memory_mib - 1) // mib,
            lambda n: Resources(n * mib, size.vcores),
            tuple(guess.memory_mib // mib for guess in guesses),
        ),
        _Values(
            -(-least.vcores // vcores),
            (size.vcores - 1) // vcores,
            lambda n: Resources(size.memory_mib, n * vcores),
            tuple(guess.vcores // vcores for guess in guesses),
        ),
    ]


def _smallest(entry: Entry, outcome: Outcome, goal: str, kind: str, ranges: list[_Values]) -> Change | None:
    for values in ranges:

        def reached(number: int, values: _Values = values) -> Change | None:
            value = values.value(number)
            found = outcome(changed(entry, kind, value), goal)
            return Change(kind, value, found[1], found[0]) if found else None

        if change := _highest(values, reached):
            return change
    return None


def _highest(values: _Values, reached: Callable[[int], Change | None]) -> Change | None:
    """What `reached` gives for the highest number that it gives anything for: as it does for every lower one."""
    low, high, best = values.low, values.high, None  # what is not known yet
    guesses = iter([number for guess in values.guesses for number in (guess, guess + 1)])
    while low <= high:
        number = next((guess for guess in guesses if low <= guess <= high), (low + high + 1) // 2 if best else low)
        if found := reached(number):
            low, best = number + 1, found
        else:
            high = number - 1
    return best
