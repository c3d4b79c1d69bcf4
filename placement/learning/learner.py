"""Learns the rows of `store.runs` in the order in which they came, each once, and keeps what it learned in `States`.

States follow from the rows in their order alone: so who was killed, or whose portions were others, ends in the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import inf

from placement.errors import Place, Problem, visible
from placement.estimate.estimator import Estimator
from placement.estimate.learn import Learned
from placement.estimate.query.catalogue import Catalogue
from placement.estimate.row import Row
from placement.learning.content import DamagedError, content, put
from placement.learning.observation import observation
from placement.learning.queries import Queries, is_of_query
from placement.store import runs as store
from placement.store.runs import Runs
from placement.store.states import Kept, States

PORTION = 4000  # rows that are learned in one transaction, which others have to wait for: half a second at most


class Learner:
    """What is known of `runs`, as it was last seen in `states`. For one thread at a time.

    `make`: an estimator that knows nothing. `trouble`: called with what was wrong with the states, which are learned
    anew then. `know` says of which tables queries are. Methods raise PlacementError as the database does; what was not
    written then is read again.
    """

    def __init__(
        self, runs: Runs, states: States, make: Callable[[], Estimator], trouble: Callable[[Problem], None]
    ) -> None:
        self._runs = runs
        self._states = states
        self._make = make
        self._trouble = trouble
        self._estimator: Estimator | None = None
        self._queries = Queries()
        self._mark = 0
        self._changed = True

    def know(self, catalogue: Catalogue | None) -> None:
        """By which tables the queries are understood that are learned from now on; None: they are not."""
        self._queries.catalogue = catalogue

    @property
    def keys(self) -> int:
        """How many keys are known."""
        learned = self._known().learned
        return len(learned.states) + len(learned.spreads)

    @property
    def is_changed(self) -> bool:
        """Whether there is more to tell than when `told` was called last."""
        return self._changed

    def renew(self) -> None:
        """Forgets what is in memory; the next call reads all that is stored."""
        self._estimator = None

    def follow(self) -> None:
        """Takes over what others have learned, or dropped, since this one has looked."""
        mark = self._states.mark()
        if self._estimator is None or mark < self._mark:
            self._load(0, mark, Learned())
        elif mark > self._mark:
            self._load(self._mark, mark, self._estimator.learned)

    def learn(self, most: int | None = None) -> int:
        """Learns the next PORTION (or `most`) rows, and writes what they changed; how many. Call it until it is 0."""
        self.follow()
        estimator, before = self._known(), self._mark
        rows = self._runs.since(before, PORTION if most is None else most)
        if not rows:
            return 0
        after = rows[-1][0]
        try:
            kept = _learned(estimator, self._queries, (row for _, row in rows))
            is_saved = self._states.save(kept, before, after)
        except BaseException:
            self.renew()
            raise
        if not is_saved:
            self.renew()
            return 0
        self._mark, self._changed = after, True
        return len(rows)

    def rows(self) -> Iterator[tuple[str, Row]]:
        """All that the table holds; made anew where something has changed."""
        return self._known().rows()

    def query_rows(self) -> Iterator[tuple[str, Sequence[float]]]:
        """All that the table of what queries taught holds."""
        self._known()
        return self._queries.rows()

    def told(self) -> None:
        """All that is known stands in the tables now."""
        self._changed = False

    def forget(self, before_s: float) -> int:
        """Drops what knows of no run since then, from what is stored; how many keys."""
        return sum(iter(lambda: self._states.forget(before_s), 0))

    def _known(self) -> Estimator:
        if self._estimator is None:
            self.follow()
        assert self._estimator is not None
        return self._estimator

    def _load(self, since: int, mark: int, learned: Learned) -> None:
        """Reads what was written since, beside what was known, into a new estimator: rows that were made are stale."""
        self._estimator = None
        if not since:
            self._queries.clear()
        try:
            for key, said in self._states.since(since):
                _put(learned, self._queries, key, said)
        except DamagedError as error:
            remedy = "nothing: it is learned anew from the runs that are kept"
            self._trouble(Problem("states-damaged", str(error), Place(self._states.place), remedy))
            self._states.clear()
            self._queries.clear()
            mark, learned = 0, Learned()
        self._estimator = self._make()
        self._estimator.learned = learned
        self._mark, self._changed = mark, True


def _learned(estimator: Estimator, queries: Queries, rows: Iterable[store.Row]) -> dict[str, Kept]:
    """Learns the rows; what is to be kept of each key that they may have changed."""
    ended_s: dict[str, float] = {}
    for row in rows:
        keys = estimator.observe(*observation(row))
        query = queries.learn(row)
        for key in (*keys, *([query] if query else [])):
            ended_s[key] = max(ended_s.get(key, -inf), row.finished_s)
    said = ((key, _content(estimator.learned, queries, key), last_s) for key, last_s in ended_s.items())
    return {key: Kept(last_s, each) for key, each, last_s in said if each is not None}


def _content(learned: Learned, queries: Queries, key: str) -> bytes | None:
    return queries.content(key) if is_of_query(key) else content(learned, key)


def _put(learned: Learned, queries: Queries, key: str, said: bytes) -> None:
    try:
        if is_of_query(key):
            queries.put(key, said)
        else:
            put(learned, key, said)
    except DamagedError as error:
        raise DamagedError(f"what was learned of `{visible(key)}` is damaged: {error}") from error
