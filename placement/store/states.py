"""What was learned, as the ledger's database keeps it: bytes by key, and up to which of `runs` all is in them.

Both change in one transaction, so that who is killed at any instant has lost nothing and learns nothing twice. What
the bytes say is the business of `learning.content`. See `schema.states`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select
from sqlalchemy.engine import Engine

from placement.store.faults import place_of
from placement.store.schema import learned, states
from placement.store.statements import upsert
from placement.store.transactions import Transactions

MOST = 1000  # states of one answer
PORTION = 500  # states that are deleted in one transaction
_RUNS = "runs"
_COLUMNS = (states.c.key, states.c.content)


class Kept(NamedTuple):
    """What is kept of a key: `content`, and when the last run ended that it knows of (s since 1970)."""

    last_s: float
    content: bytes


class States:
    """The states of an engine of `store.engine.open_engine`. Any thread may use it.

    Every method raises PlacementError as `faults` says, and then has written nothing.
    """

    def __init__(self, engine: Engine) -> None:
        self.place = place_of(engine.url)
        self._transactions = Transactions(engine)
        database = engine.dialect.name
        self._set = upsert(database, states, ("key",), ("number", "last_s", "content"))
        self._begin = upsert(database, learned, ("what",), ("number",))
        moved = learned.update().where(learned.c.what == _RUNS, learned.c.number == bindparam("before"))
        self._move = moved.values(number=bindparam("after"))

    def mark(self) -> int:
        """Up to which number of `runs` all was learned; 0: nothing was."""
        with self._transactions.read() as connection:
            return int(connection.scalar(select(learned.c.number).where(learned.c.what == _RUNS)) or 0)

    def since(self, number: int) -> Iterator[tuple[str, bytes]]:
        """All that were written after the run of that number had been learned, by their keys."""
        last = ""
        while True:
            asked = select(*_COLUMNS).where(states.c.number > number, states.c.key > last)
            with self._transactions.read() as connection:
                found = list(connection.execute(asked.order_by(states.c.key).limit(MOST)))
            for key, content in found:
                yield key, bytes(content)
            if len(found) < MOST:
                return
            last = found[-1][0]

    def of(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Those of these keys that are there."""
        with self._transactions.read() as connection:
            found = connection.execute(select(*_COLUMNS).where(states.c.key.in_(list(keys))))
            return {key: bytes(content) for key, content in found}

    def save(self, changed: Mapping[str, Kept], before: int, after: int) -> bool:
        """Writes what the runs after `before`, up to `after`, have changed, and moves the mark; all of it or nothing.

        False: the mark is not at `before`, as another has learned meanwhile. Nothing is written then.
        """
        rows = [{"key": key, "number": after, "last_s": kept.last_s, "content": kept.content}
                for key, kept in changed.items()]  # fmt: skip
        with self._transactions.write() as connection:
            if connection.execute(self._move, {"before": before, "after": after}).rowcount != 1:
                if before or connection.scalar(select(learned.c.number)) is not None:
                    return False
                connection.execute(self._begin, {"what": _RUNS, "number": after})
            if rows:
                connection.execute(self._set, rows)
        return True

    def forget(self, before_s: float, most: int = PORTION) -> int:
        """Deletes a portion of the states that know of no run since then; how many. To be called until it is 0."""
        old = select(states.c.key).where(states.c.last_s < before_s).limit(most)
        with self._transactions.write() as connection:
            return connection.execute(delete(states).where(states.c.key.in_(old))).rowcount

    def clear(self) -> None:
        """Forgets all, so that it is learned anew from `runs`."""
        with self._transactions.write() as connection:
            connection.execute(delete(states))
            connection.execute(delete(learned))
