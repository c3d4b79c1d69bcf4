"""Reads what finished in the last days into `store.runs`, the oldest first, so that learning sees it as time went.

Resumable: rows and the mark up to which all is read are committed together, so that who is killed at any instant goes
on where the last commit was; what is read twice changes nothing. Adapter.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from placement.errors import visible
from placement.estimate.outcome import ABSURD_VOLUME
from placement.estimate.predict import number_of
from placement.observe.asked import with_command
from placement.observe.run import Account, Part, Run
from placement.store.runs import Row, Runs

DAY_S = 86400.0
WINDOW_S = DAY_S / 4  # of what is listed at a time
MOMENT_S = 0.001  # of the ResourceManager's clock
SETTLED_S = 300.0  # a history tells of a run a while after its end: MapReduce's after 3 min (intermediate-done)
AGAIN_S = 900.0  # before the mark all is looked at once more: clocks differ, and what is young was left for later
PORTION = 20  # applications that are committed at a time
MOST_UNREAD = 100  # reasons that are kept
LARGEST = 2.0**62


class Finished(Protocol):
    """What lists the applications that ended: `observe.yarn.FinishedApplications`."""

    counted: Counter[str]

    def finished(self, begin_s: float, end_s: float) -> list[Run]:
        """Those that ended within these times, both included, in the order in which they did."""


class History(Protocol):
    """What tells of one application: `SparkFolder`, `SparkHistory`, `JobHistory`."""

    def account(self, run: Run) -> Account:
        """What it tells; what it cannot tell is `missing`."""


@dataclass(slots=True)
class Progress:
    """How far a backfill is: up to `at_s` of the time from `begin_s` to `end_s`.

    `rows`: new ones. `known`: applications that were complete from before. `counted`: what was not taken, by reason;
    `unread`: {application: why there is less of it than there might be}, the last ones.
    """

    begin_s: float
    end_s: float
    at_s: float
    applications: int = 0
    known: int = 0
    rows: int = 0
    counted: Counter[str] = field(default_factory=Counter)
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """0 to 1."""
        whole = self.end_s - self.begin_s
        return min(max((self.at_s - self.begin_s) / whole, 0.0), 1.0) if whole > 0 else 1.0


class Backfill:
    """From the applications that `finished` lists, under the name `source`, into `runs`.

    `histories`: for each kind (`spark`, `mapreduce`) who is asked, in turn, until one tells of a run's end. `asked`:
    the record of a decision by its id, as `audit_file.find` gives it. `given`: bytes of the container that YARN gives
    for a request in bytes, None: just that. `tell` is called after each commit, and may raise to end it.
    """

    def __init__(
        self,
        source: str,
        finished: Finished,
        histories: Mapping[str, Iterable[History]],
        runs: Runs,
        asked: Callable[[str], Mapping[str, Any] | None] | None = None,
        given: Callable[[float], float] | None = None,
        tell: Callable[[Progress], None] | None = None,
    ) -> None:
        self._source = source
        self._finished = finished
        self._histories = {kind: tuple(each) for kind, each in histories.items()}
        self._runs = runs
        self._asked = asked or (lambda _: None)
        self._given = given or (lambda size: size)
        self._tell = tell or (lambda _: None)

    def read(self, days: float, now_s: float) -> Progress:
        """Reads what finished within `days` before `now_s` (seconds since 1970) and was not read yet.

        What ended in the last SETTLED_S is left for later where its history does not tell all yet.
        Raises PlacementError where the list, or the database, cannot be had; what was committed stays.
        """
        end_s = now_s
        oldest_s = now_s - days * DAY_S
        mark_s = self._runs.mark(self._source)
        # A mark beyond our clock is of a clock that was wrong.
        begin_s = oldest_s if mark_s is None or mark_s > now_s else max(oldest_s, mark_s - AGAIN_S)
        progress = Progress(begin_s, end_s, begin_s)
        from_s = begin_s
        while from_s < end_s:
            until_s = min(from_s + WINDOW_S, end_s)
            self._window(progress, from_s, until_s, now_s - SETTLED_S)
            from_s = until_s + MOMENT_S
        return progress

    def _window(self, progress: Progress, from_s: float, until_s: float, young_s: float) -> None:
        listed = self._finished.finished(from_s, until_s)
        progress.counted.update(self._finished.counted)
        portions = list(_portions(listed)) or [[]]
        for portion in portions:
            is_last = portion is portions[-1]
            at_s = until_s if is_last else max(progress.at_s, portion[-1].finished_s or 0.0)
            self._take(portion, progress, min(at_s, until_s), young_s)

    def _take(self, portion: list[Run], progress: Progress, at_s: float, young_s: float) -> None:
        known = self._runs.known([run.id for run in portion])
        rows = [row for run in portion if run.id not in known for row in self._rows(run, progress, young_s)]
        with self._runs.batch():
            progress.rows += self._runs.add(rows)
            self._runs.set_mark(self._source, at_s)
        progress.applications += len(portion)
        progress.known += len(known)
        progress.at_s = at_s
        self._tell(progress)

    def _rows(self, run: Run, progress: Progress, young_s: float) -> Iterator[Row]:
        account = self._account(run)
        if not account.is_complete and run.finished_s is not None and run.finished_s > young_s:
            return
        if run.decision is not None and (record := self._asked(run.decision)) is not None:
            account = with_command(account, record)
        told = run.told(account, self._given)
        progress.counted.update(told.account.counted)
        if told.account.missing:
            progress.counted["history missing or incomplete"] += 1
            progress.unread[visible(run.id)] = visible(told.account.missing)
            while len(progress.unread) > MOST_UNREAD:
                del progress.unread[next(iter(progress.unread))]
        if not run.id or not run.user or run.finished_s is None:
            progress.counted["no id, user or end"] += 1
            return
        if run.started_s is not None and run.finished_s < run.started_s:
            progress.counted["ended before it began"] += 1
        for part in told.parts:
            yield row(told, part, progress.counted)

    def _account(self, run: Run) -> Account:
        """Of the first history that tells of its end, else of the one that tells most."""
        found = Account()
        for history in self._histories.get(run.kind, ()):
            told = history.account(run)
            if told.is_complete:
                return told
            found = found if len(found.parts) > len(told.parts) else told
        return found


def row(run: Run, part: Part, counted: Counter[str]) -> Row:
    """The row of one role, all of its numbers plausible; `counted`: those that were not."""
    outcome = run.outcome(part, counted)
    return Row(
        application=run.id,
        role=part.role,
        user=run.user,
        queue=run.queue,
        kind=run.kind,
        finished_s=run.finished_s or 0.0,
        ended=outcome.ended,
        name=run.name,
        script=run.account.script,
        arguments=run.account.arguments,
        decision=run.decision,
        started_s=run.started_s,
        executors=number_of(run.account.executors, LARGEST),
        request_bytes=number_of(part.request_bytes, LARGEST),
        allocated_bytes=outcome.allocated_bytes,
        containers=outcome.containers,
        vcores=outcome.vcores,
        peak_bytes=outcome.peak_bytes,
        runtime_s=outcome.runtime_s,
        read_bytes=outcome.read_bytes,
        shuffled_bytes=outcome.shuffled_bytes,
        spilled_bytes=number_of(part.spilled_bytes, ABSURD_VOLUME),
        gc_s=number_of(part.gc_s, ABSURD_VOLUME),
        held_bytes=number_of(part.held_bytes, ABSURD_VOLUME),
        memory_mib_s=run.memory_mib_s,
        vcore_s=run.vcore_s,
        basis=part.basis if outcome.peak_bytes is not None else "",
        is_complete=run.account.is_complete,
    )


def _portions(runs: list[Run]) -> Iterator[list[Run]]:
    for start in range(0, len(runs), PORTION):
        yield runs[start : start + PORTION]
