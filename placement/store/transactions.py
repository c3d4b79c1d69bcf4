"""Transactions of the ledger: one for each call, or one for a batch of them."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from placement.errors import PlacementError
from placement.store.engine import writing
from placement.store.faults import fault, faults


@dataclass(slots=True, eq=False)
class _Batch:
    """One transaction of many calls. `absent`: ids of which it was seen that there is no entry.

    `later`: rows of such entries by the statement that will write them. As one transaction writes at a time, nobody
    else can come between.
    """

    connection: Connection
    failure: PlacementError | None = None
    absent: set[str] = field(default_factory=set)
    later: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def catch_up(self) -> None:
        """Writes what was put off, in order; what fails is SQLAlchemy's."""
        for statement, rows in self.later.items():
            self.connection.exec_driver_sql(statement, rows)
        self.later.clear()


class _Here(threading.local):
    """What a thread is in the middle of."""

    batch: _Batch | None = None


class Transactions:
    """Those of one engine; each thread has its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._here = _Here()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """All that this thread writes inside is committed at the end, or, if anything is raised, none of it.

        Once the database has failed inside, each further call raises the same, and so does the end. A batch inside a
        batch is part of it.
        """
        here = self._here
        if here.batch is not None:
            yield
            return
        with faults(self._engine.url), self._writing.begin() as connection:
            here.batch = _Batch(connection)
            try:
                yield
                with self._within(here.batch):
                    pass
            finally:
                here.batch = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection within a writing transaction: the batch's, or one that ends with the block."""
        if self._here.batch is None:
            with faults(self._engine.url), self._writing.begin() as connection:
                yield connection
        else:
            with self._within(self._here.batch) as connection:
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read from: the batch's, which sees what the batch wrote, or one that holds up nobody."""
        if self._here.batch is None:
            with faults(self._engine.url), self._engine.connect() as connection:
                yield connection
        else:
            with self._within(self._here.batch) as connection:
                yield connection

    def are_absent(self, ids: Iterable[str]) -> None:
        """The ledger has just been asked for entries of these ids, and there is none."""
        if self._here.batch is not None:
            self._here.batch.absent.update(ids)

    def come_later(self, entry_id: str, statement: str, row: dict[str, Any]) -> bool:
        """Whether `statement` will write the row of a new entry: with others, before whatever the batch does next.

        So it is where the batch has seen that there is no such entry; many are written in the time of a few.
        """
        batch = self._here.batch
        if batch is None or batch.failure or entry_id not in batch.absent:
            return False
        batch.absent.remove(entry_id)
        batch.later.setdefault(statement, []).append(row)
        return True

    @contextmanager
    def _within(self, batch: _Batch) -> Iterator[Connection]:
        if batch.failure is not None:
            raise batch.failure
        try:
            batch.catch_up()
            yield batch.connection
        except SQLAlchemyError as error:
            batch.failure = fault(self._engine.url, error)
            raise batch.failure from None
