"""What changes the ledger, within a transaction of the caller.

    waiting -> reserved -> running -> finished
       |          |------> finished, withdrawn
       '-> withdrawn, refused

What is new comes as waiting, reserved or refused. Each transition is one statement that asks for the state before, so
that of two agents one succeeds, and with which the database writes its event, see `schema`. One that is not in the
picture changes nothing.
"""

from typing import Any

from sqlalchemy import Connection, Engine

from placement.admission.entry import FINISHED, REFUSED, RESERVED, RUNNING, WAITING, WITHDRAWN, Entry
from placement.store import statements
from placement.store.engine import clock
from placement.store.records import as_text, is_text, row_of

BEFORE = {  # each state, and those that lead to it, the usual one first
    RESERVED: (WAITING,),
    RUNNING: (RESERVED,),
    FINISHED: (RUNNING, RESERVED),
    WITHDRAWN: (WAITING, RESERVED),
    REFUSED: (WAITING,),
}
_MOVES = {RESERVED: statements.CLAIM, RUNNING: statements.SEE}  # else END


class Transitions:
    """Those that one agent writes. What a method raises is SQLAlchemy's."""

    def __init__(self, engine: Engine, agent: str) -> None:
        self._agent = as_text(agent)
        database, dialect = engine.dialect.name, engine.dialect
        self.come = statements.compiled(statements.come(database), dialect)  # a new entry; fails if it is there
        self._add = statements.compiled(statements.add(database), dialect)
        self._moves = {after: statements.compiled(_MOVES.get(after, statements.END), dialect) for after in BEFORE}
        self._promise = statements.compiled(statements.promise(database), dialect)
        self._lead = statements.compiled(statements.lead(database, clock(engine)), dialect)

    def row(self, entry: Entry) -> dict[str, Any]:
        """The row of an entry that `as_new` gave, for `add`, and for `come`."""
        return {**row_of(entry), "agent": self._agent}

    def add(self, connection: Connection, row: dict[str, Any]) -> bool:
        """Whether the entry is new; else nothing is changed."""
        return _does(connection, self._add, row)

    def move(self, connection: Connection, entry_id: str, after: str, said: str, now_s: float) -> bool:
        """One transition to the state `after`; `said` is its queue, its application, or why it ended."""
        if not is_text(entry_id):
            return False
        values = {"entry": entry_id, "after": after, "now_s": now_s, "said": as_text(said), "agent": self._agent}
        return any(_does(connection, self._moves[after], {**values, "before": before}) for before in BEFORE[after])

    def promise(self, connection: Connection, made: dict[str, Any]) -> bool:
        """Whether a promise is the entry's first; else nothing is changed."""
        return _does(connection, self._promise, made)

    def lead(self, connection: Connection, task: str, now_s: float, ttl_s: float) -> bool:
        """Whether the lease of `task` is this agent's now."""
        return _does(connection, self._lead, {"task": task, "agent": self._agent, "now_s": now_s, "ttl_s": ttl_s})


def _does(connection: Connection, statement: str, values: dict[str, Any]) -> bool:
    return connection.exec_driver_sql(statement, values).rowcount == 1
