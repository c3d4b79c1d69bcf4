"""Where most memory is given and not used, and what the next request should be. Pure, but for what is handed in."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from placement.estimate.estimator import Estimator
from placement.estimate.keys import general, keys_of, of_user
from placement.estimate.learn import Learned
from placement.estimate.prediction import Prediction
from placement.learning.content import DamagedError, put
from placement.learning.observation import features
from placement.store.runs import Row
from placement.store.waste import Waste

FEWEST = 3  # runs, before something is advised
WORTH = 1.1  # times what would be asked for: less is not worth a change


@dataclass(frozen=True, slots=True)
class Total:
    """The waste of all that is under `name`: a user, a queue."""

    name: str
    runs: int
    failures: int
    given_gib_h: float
    gib_h: float


@dataclass(frozen=True, slots=True)
class Job:
    """One role of one application, all its runs; `ask_bytes` is what a container should ask for, and `basis` why.

    None: there are too few runs to tell, or it would make no difference.
    """

    waste: Waste
    ask_bytes: float | None = None
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The worst of each, the worst first. `given_gib_h`, `gib_h`: of all, also those that are not here."""

    users: Sequence[Total]
    queues: Sequence[Total]
    jobs: Sequence[Job]
    given_gib_h: float
    gib_h: float


def ranking(
    wastes: Sequence[Waste], top: int, row: Callable[[int], Row | None], predict: Callable[[Row], Prediction]
) -> Ranking:
    """The `top` worst; `row` gives the run of a number, `predict` what the next one like it will use."""
    jobs = [_job(each, row, predict) for each in _together(wastes)[:top]]
    users, queues = (_totals(wastes, of)[:top] for of in (lambda each: each.user, lambda each: each.queue))
    given, lost = (sum(amounts) for amounts in ([w.given_gib_h for w in wastes], [w.gib_h for w in wastes]))
    return Ranking(users, queues, jobs, given, lost)


def predictor(choice: str, stored: Callable[[Iterable[str]], dict[str, bytes]]) -> Callable[[Row], Prediction]:
    """Predicts from the states that `stored` gives by their keys; a damaged one counts as not there."""

    def predict(row: Row) -> Prediction:
        known = features(row)
        keys = keys_of(known)
        learned = Learned()
        for key, said in stored({*keys, *map(of_user, keys)}).items():
            try:
                put(learned, key, said)
            except DamagedError:
                continue
        estimator = Estimator(choice)
        estimator.learned = learned
        return estimator.predict(known)

    return predict


def _together(wastes: Iterable[Waste]) -> list[Waste]:
    """Those of names that differ in dates and numbers alone, as one."""
    found: dict[tuple[str, ...], Waste] = {}
    for each in wastes:
        job = each.user, each.queue, each.kind, each.role, general(each.name), general(each.script)
        there = found.get(job)
        found[job] = each if there is None else _sum(there, each)
    return sorted(found.values(), key=lambda each: -each.gib_h)


def _sum(one: Waste, other: Waste) -> Waste:
    """Both as one, of the name of the newer."""
    newer = max(one, other, key=lambda each: each.last)
    return replace(
        newer,
        runs=one.runs + other.runs,
        failures=one.failures + other.failures,
        given_gib_h=one.given_gib_h + other.given_gib_h,
        unused_gib_h=one.unused_gib_h + other.unused_gib_h,
        lost_gib_h=one.lost_gib_h + other.lost_gib_h,
        allocated_bytes=newer.allocated_bytes,
        peak_bytes=max((each.peak_bytes for each in (one, other) if each.peak_bytes is not None), default=None),
    )


def _totals(wastes: Iterable[Waste], of: Callable[[Waste], str]) -> list[Total]:
    found: dict[str, list[Waste]] = {}
    for each in wastes:
        found.setdefault(of(each), []).append(each)
    totals = (
        Total(
            name,
            sum(each.runs for each in those),
            sum(each.failures for each in those),
            sum(each.given_gib_h for each in those),
            sum(each.gib_h for each in those),
        )
        for name, those in found.items()
    )
    return sorted(totals, key=lambda total: (-total.gib_h, total.name))


def _job(waste: Waste, row: Callable[[int], Row | None], predict: Callable[[Row], Prediction]) -> Job:
    newest = row(waste.last)
    if newest is None:
        return Job(waste)
    found, given = predict(newest), newest.allocated_bytes or waste.allocated_bytes
    differs = max(found.safe_bytes, given) > WORTH * min(found.safe_bytes, given)
    return Job(waste, found.safe_bytes if found.runs >= FEWEST and differs else None, found.basis)
