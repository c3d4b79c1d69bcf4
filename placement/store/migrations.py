"""How the tables came to be what `schema` says: numbered steps, each taken once and never changed afterwards.

All that are missing are taken in one writing transaction, of which there is one at a time: agents that start together
do not clash, and one that is killed leaves the tables as they were.
"""

from sqlalchemy import Connection, inspect, select

from placement.errors import Place, PlacementError, Problem
from placement.store.schema import TABLES, version
from placement.store.steps import STEPS


def migrate(connection: Connection, place: str) -> int:
    """Takes the steps that are missing, in the caller's writing transaction; how many that were. `place`: for messages.

    Raises PlacementError: `ledger-newer` (a newer release made the tables; nothing is changed), `ledger-foreign`
    (there are tables of these names, or others in the file, that no release of ours made).
    """
    taken = _taken(connection, place)
    steps = STEPS[connection.dialect.name]
    if taken > len(steps):
        message = f"a newer release made this ledger: it is at step {taken}, this release knows {len(steps)}"
        remedy = "start the newer release of yarn-placement, or name another ledger"
        raise PlacementError(Problem("ledger-newer", message, Place(place), remedy))
    for step in range(taken, len(steps)):
        for statement in steps[step]:
            connection.exec_driver_sql(statement)
        connection.execute(version.insert(), {"step": step + 1})
    return len(steps) - taken


def _taken(connection: Connection, place: str) -> int:
    """How many steps were taken: they are numbered from 1 and all there."""
    tables = inspect(connection)
    there = set(tables.get_table_names())
    if connection.dialect.name == "postgresql":  # a database may be shared with others, a file is not
        there &= set(TABLES.tables)
    if not there:
        return 0
    steps = []
    if version.name in there and "step" in {column["name"] for column in tables.get_columns(version.name)}:
        steps = sorted(connection.scalars(select(version.c.step)))
    if not steps or steps != list(range(1, len(steps) + 1)):
        message = f"there are tables here that are no ledger: {', '.join(sorted(there)[:5])}"
        raise PlacementError(Problem("ledger-foreign", message, Place(place), "name another place for the ledger"))
    return len(steps)
