"""What finished, as the ledger's database keeps it: a row for each role of an application, and how far was read.

What is learned from it is not kept here. Beside the ledger, in the same database; see `schema.runs`.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine

from placement.errors import Place, PlacementError, Problem
from placement.store.faults import place_of
from placement.store.records import as_text, is_text
from placement.store.schema import backfill, runs
from placement.store.transactions import Transactions

MOST = 1000  # rows of one answer
PORTION = 500  # rows that are deleted in one transaction
_JSON = msgspec.json.Encoder()
_ARGUMENTS = msgspec.json.Decoder(tuple[str, ...])
_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Row:
    """One role of one application that ended. Sizes are bytes, times seconds since 1970; None: not known.

    `ended` is an `estimate.outcome.Ended`; `basis` an `observe.run.Basis`; `memory_mib_s` and `vcore_s` are of the
    whole application, as allocated; `held_bytes` is what the operators of a query held, on all machines together.
    `is_complete`: its history told of its end.
    """

    application: str
    role: str
    user: str
    queue: str
    kind: str
    finished_s: float
    ended: str
    name: str = ""
    script: str = ""
    arguments: tuple[str, ...] = ()
    decision: str | None = None
    started_s: float | None = None
    executors: float | None = None
    request_bytes: float | None = None
    allocated_bytes: float | None = None
    containers: float | None = None
    vcores: float | None = None
    peak_bytes: float | None = None
    runtime_s: float | None = None
    read_bytes: float | None = None
    shuffled_bytes: float | None = None
    spilled_bytes: float | None = None
    gc_s: float | None = None
    held_bytes: float | None = None
    memory_mib_s: float | None = None
    vcore_s: float | None = None
    basis: str = ""
    is_complete: bool = False


_FIELDS = [field.name for field in fields(Row)]
_ARGUMENTS_AT = _FIELDS.index("arguments")
_COLUMNS = [runs.c[name] for name in _FIELDS]


class Runs:
    """The rows of an engine of `store.engine.open_engine`. Any thread may use it.

    Every method raises PlacementError as `faults` says, and then has written nothing.
    """

    def __init__(self, engine: Engine) -> None:
        self.place = place_of(engine.url)
        self._transactions = Transactions(engine)
        insert = _INSERTS[engine.dialect.name]
        new = insert(runs).inline().values({name: bindparam(name) for name in _FIELDS})
        new = new.on_conflict_do_nothing(index_elements=["application", "role"])
        self._add = new.execution_options(preserve_rowcount=True)
        marks = insert(backfill).values(source=bindparam("whose"), mark_s=bindparam("at_s"))
        self._set_mark = marks.on_conflict_do_update(index_elements=["source"], set_={"mark_s": marks.excluded.mark_s})

    def batch(self) -> AbstractContextManager[None]:
        """What this thread asks for inside is one transaction, see `Transactions.batch`."""
        return self._transactions.batch()

    def add(self, rows: Iterable[Row]) -> int:
        """How many of them are new; those of an application and a role that are there already change nothing."""
        with self._transactions.write() as connection:
            return sum(connection.execute(self._add, _values(row)).rowcount for row in rows)

    def known(self, applications: Sequence[str]) -> set[str]:
        """Those of these whose history told of their end, so that it need not be asked again."""
        asked = [each for each in applications if is_text(each)]
        found = select(runs.c.application).where(runs.c.application.in_(asked), runs.c.is_complete)
        with self._transactions.read() as connection:
            return set(connection.scalars(found))

    def since(self, number: int, most: int = MOST) -> list[tuple[int, Row]]:
        """The next rows after that number, each with its own, in the order in which they came; none is skipped."""
        asked = select(runs.c.number, *_COLUMNS).where(runs.c.number > number).order_by(runs.c.number).limit(most)
        with self._transactions.read() as connection:
            return [(int(row[0]), self._row(row[1:])) for row in connection.execute(asked)]

    def of_application(self, application: str) -> list[Row]:
        """The rows of one application."""
        asked = select(*_COLUMNS).where(runs.c.application == as_text(application)).order_by(runs.c.number)
        with self._transactions.read() as connection:
            return [self._row(row) for row in connection.execute(asked)]

    def mark(self, source: str) -> float | None:
        """Up to when what finished was read from the source, seconds since 1970; None: never."""
        with self._transactions.read() as connection:
            found = connection.scalar(select(backfill.c.mark_s).where(backfill.c.source == as_text(source)))
        return None if found is None else float(found)

    def set_mark(self, source: str, mark_s: float) -> None:
        """Moves the mark, to be in one batch with the rows up to there."""
        with self._transactions.write() as connection:
            connection.execute(self._set_mark, {"whose": as_text(source), "at_s": mark_s})

    def prune(self, before_s: float, most: int = PORTION) -> int:
        """Deletes a portion of what finished before that time; how many rows. To be called until it is 0."""
        old = select(runs.c.number).where(runs.c.finished_s < before_s).limit(most)
        with self._transactions.write() as connection:
            return connection.execute(delete(runs).where(runs.c.number.in_(old))).rowcount

    def _row(self, row: Sequence[Any]) -> Row:
        values = list(row)
        try:
            values[_ARGUMENTS_AT] = _ARGUMENTS.decode(values[_ARGUMENTS_AT])
        except (msgspec.MsgspecError, UnicodeError, TypeError) as error:
            message = f"a run of {values[0]} cannot be read: {error}"
            remedy = "delete this run by hand, or set the ledger aside and start with a new one"
            raise PlacementError(Problem("ledger-damaged", message, Place(self.place), remedy)) from error
        return Row(*values)


def _values(row: Row) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _FIELDS}
    values["arguments"] = _JSON.encode([as_text(each) for each in row.arguments]).decode()
    return {name: as_text(value) if isinstance(value, str) else value for name, value in values.items()}
