"""Transactions of the ledger: one for each call, or one for a batch of them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from placement.errors import PlacementError
from placement.store.engine import writing
from placement.store.faults import fault, faults


class _Here(threading.local):
    """What a thread is in the middle of."""

    batch: Connection | None = None
    failure: PlacementError | None = None


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
            here.batch, here.failure = connection, None
            try:
                yield
                self._go_on()
            finally:
                here.batch = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection within a writing transaction: the batch's, or one that ends with the block."""
        if self._here.batch is None:
            with faults(self._engine.url), self._writing.begin() as connection:
                yield connection
        else:
            with self._in_batch() as connection:
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read from: the batch's, which sees what the batch wrote, or one that holds up nobody."""
        if self._here.batch is None:
            with faults(self._engine.url), self._engine.connect() as connection:
                yield connection
        else:
            with self._in_batch() as connection:
                yield connection

    @contextmanager
    def _in_batch(self) -> Iterator[Connection]:
        self._go_on()
        assert self._here.batch is not None
        try:
            yield self._here.batch
        except SQLAlchemyError as error:
            self._here.failure = fault(self._engine.url, error)
            raise self._here.failure from None

    def _go_on(self) -> None:
        if self._here.failure is not None:
            raise self._here.failure
