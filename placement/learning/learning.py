"""One pass of learning after the other: what finished is read, learned, kept, and written as the table. Adapter.

Of several gateways one at a time reads and learns, by the lease of TASK; each writes its own table. A lease that is
lost meanwhile does no harm: rows and states are each taken once, whoever brings them.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from placement import whole_file
from placement.errors import PlacementError, Problem
from placement.estimate import table
from placement.estimate.estimator import Estimator
from placement.estimate.query import published
from placement.estimate.row import WIDTH
from placement.learning import sources
from placement.learning.learner import Learner
from placement.learning.tables import Tables
from placement.observe.backfill import DAY_S, Progress
from placement.policy import Estimates, Site
from placement.store.engine import PATIENCE_S, open_engine
from placement.store.ledger import Ledger
from placement.store.runs import Runs
from placement.store.states import States
from placement.yarn.terms import Terms

TASK = "learning"
LEASE_S = 60.0
RENEWED_S = LEASE_S / 4
WRITTEN_S = 60.0  # between two tables, at least, while much is learned
SHARE = 10  # times as long as a table took to write pass before the next
FORGETS_S = 3600.0  # between two times that old keys are dropped
MODE = 0o644  # everybody reads the table


class StoppedError(Exception):
    """`Learning.stop` was called, or another has the lease."""


@dataclass(slots=True)
class Learnt:
    """What a pass has done so far. `leads`: it read and learned, else another does. `learned`: rows.

    `keys`: that are known. `written_s`: when the table was written last, since 1970; None: not by this process.
    `troubles`: what kept it from doing more.
    """

    leads: bool = False
    learned: int = 0
    keys: int = 0
    written_s: float | None = None
    progress: Progress | None = None
    troubles: list[Problem] = field(default_factory=list)


class Learning:
    """For the database at `where`, as the agent of this name; asks the cluster as `account`.

    `now` gives seconds since 1970. Raises PlacementError as `open_engine`. One thread at a time calls `once`.
    """

    def __init__(
        self, where: str, name: str, account: str, environ: Mapping[str, str], now: Callable[[], float] = time.time
    ) -> None:
        engine = open_engine(where, PATIENCE_S)
        self._lease = Ledger(engine, name)
        self._runs, self._states = Runs(engine), States(engine)
        self._account = account
        self._environ = environ
        self._now = now
        self._stopped = threading.Event()
        self._choice: tuple[str, float] | None = None
        self._learner: Learner | None = None
        self._tables = Tables()
        self._forgot_s = self._renewed_s = self._wrote_s = -LEASE_S * 1e6
        self._took_s = 0.0
        self._learnt = Learnt()

    def close(self) -> None:
        """Lets go of the database."""
        self._lease.close()

    def stop(self) -> None:
        """Ends a pass in another thread soon; what it has committed stays."""
        self._stopped.set()

    def once(
        self,
        site: Site,
        estimates: Estimates,
        terms: Terms,
        days: float | None = None,
        tell: Callable[[Learnt], None] | None = None,
    ) -> Learnt:
        """One pass; `days`: how far back what finished is read, None: as far as it is kept.

        What one source, or the database, cannot do is among `troubles`, and the rest is done. `tell` is called now and
        then. Raises PlacementError where not even the table can be written.
        """
        self._learnt = found = Learnt(written_s=self._learnt.written_s)
        learner = self._learner_of(site, estimates, terms)
        found.leads = self._lease.lead(self._now(), LEASE_S, TASK)
        if time.monotonic() - self._forgot_s > FORGETS_S:
            self._forget(learner, estimates)
        try:
            if found.leads:
                self._lead(learner, site, estimates, terms, days, tell or (lambda _: None))
            else:
                learner.follow()
        except StoppedError:
            pass
        finally:
            if found.leads:
                self._lease.lead(self._now(), 0.0, TASK)  # given back
        self._write(learner, estimates)
        return found

    def _learner_of(self, site: Site, estimates: Estimates, terms: Terms) -> Learner:
        """A new one where the rows of the table are to be others: they follow from the site."""
        choice = (estimates.choice, float(sources.increment(site, terms)))
        if self._learner is None or choice != self._choice:
            self._choice = choice
            self._learner = Learner(
                self._runs,
                self._states,
                lambda: Estimator(choice[0], increment_bytes=choice[1]),
                self._note,
            )
        try:
            where = estimates.catalogue
            self._learner.know(self._tables.catalogue(where) if where else None)
        except PlacementError as error:  # the last one that could be read is still in force
            self._learnt.troubles.extend(error.problems)
        return self._learner

    def _note(self, problem: Problem) -> None:
        self._learnt.troubles.append(problem)

    def _forget(self, learner: Learner, estimates: Estimates) -> None:
        before_s = self._now() - estimates.keep_s
        if self._learnt.leads:
            learner.forget(before_s)
            while self._runs.prune(before_s):
                pass
        learner.renew()
        self._forgot_s = time.monotonic()

    def _lead(
        self,
        learner: Learner,
        site: Site,
        estimates: Estimates,
        terms: Terms,
        days: float | None,
        tell: Callable[[Learnt], None],
    ) -> None:
        found = self._learnt
        self._renewed_s = time.monotonic()

        def read(progress: Progress) -> None:
            found.progress = progress
            self._go_on(learner, estimates, tell)

        try:
            kept = estimates.keep_s / DAY_S
            source = sources.backfill(site, estimates, terms, self._runs, self._environ, self._account, read)
            found.progress = source.read(kept if days is None else min(days, kept), self._now())
        except PlacementError as error:  # what was read before is learned all the same
            found.troubles.extend(error.problems)
        self._go_on(learner, estimates, tell)

    def _go_on(self, learner: Learner, estimates: Estimates, tell: Callable[[Learnt], None]) -> None:
        """Learns what was read so far; in a long pass a table is written now and then."""
        while self._may_go_on() and (learned := learner.learn()):
            self._learnt.learned += learned
            tell(self._learnt)
            if time.monotonic() - self._wrote_s > max(WRITTEN_S, SHARE * self._took_s):
                self._write(learner, estimates)
        self._learnt.keys = learner.keys
        tell(self._learnt)

    def _may_go_on(self) -> bool:
        """Raises StoppedError."""
        if self._stopped.is_set():
            raise StoppedError
        if time.monotonic() - self._renewed_s > RENEWED_S:
            if not self._lease.lead(self._now(), LEASE_S, TASK):
                raise StoppedError
            self._renewed_s = time.monotonic()
        return True

    def _write(self, learner: Learner, estimates: Estimates) -> None:
        """The table, where there is more to tell, or it is not there; and beside it that of queries, if they count."""
        self._learnt.keys = learner.keys
        beside = published.path_beside(estimates.table) if estimates.catalogue else None
        if not learner.is_changed and all(map(os.path.exists, filter(None, (estimates.table, beside)))):
            self._learnt.written_s = self._now()  # it is still all that is known
            return
        began_s = time.monotonic()
        if beside:
            _put(beside, learner.query_rows(), published.WIDTH, self._now())
        _put(estimates.table, ((key, row.numbers()) for key, row in learner.rows()), WIDTH, self._now())
        learner.told()
        self._learnt.written_s = self._now()
        self._wrote_s = time.monotonic()
        self._took_s = self._wrote_s - began_s


def _put(path: str, rows: Iterable[tuple[str, Sequence[float]]], width: int, now_s: float) -> None:
    whole_file.write(path, table.content(sorted(rows), width, now_s), MODE)  # alike on every gateway
