"""The way to the database, and what a transaction is there.

There is one writing transaction at a time, on PostgreSQL as on SQLite: so nobody waits for one another in a ring, and
the numbers of events and entries grow in the order of commits (a reader that has seen one has seen all before it).

What is committed survives the death of the agent, of the database's processes and of the machine: SQLite writes a log
ahead (WAL) and brings it to disk at each commit (synchronous=FULL), PostgreSQL does so by default (synchronous_commit).
"""

import os
import sqlite3
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from placement.errors import Place, PlacementError, Problem
from placement.store import sqlite_file
from placement.store.faults import faults, place_of
from placement.store.migrations import migrate

PATIENCE_S = 5.0  # how long a transaction waits for another
_STUCK_S = 30  # after which PostgreSQL ends a statement, or the transaction of an agent that says nothing
_WRITES = "placement_writes"
_WRITERS_LOCK = 0x706C6163656D656E  # any number that is the same for all agents


def open_engine(where: str, patience_s: float = PATIENCE_S) -> Engine:
    """An engine for the ledger at `where`, its tables made or brought up to this release.

    `where`: the path of a file (SQLite), or `postgresql://USER@HOST:PORT/DATABASE`; the password comes from the file or
    the environment that libpq reads (PGPASSFILE, PGPASSWORD). `patience_s`: how long to wait for others that write.
    Raises PlacementError: `ledger-address`, `ledger-not-ours`, `ledger-newer`, `ledger-foreign`, `ledger-damaged`,
    and what `faults` raises.
    """
    engine = _postgresql(where, patience_s) if "://" in where else _sqlite(os.path.abspath(where), patience_s)
    try:
        with faults(engine.url), writing(engine).begin() as connection:
            migrate(connection, place_of(engine.url))
    except PlacementError:
        engine.dispose()
        raise
    return engine


def writing(engine: Engine) -> Engine:
    """The same engine for transactions that write: each begins when the one before it has ended."""
    return engine.execution_options(**{_WRITES: True})


def clock(engine: Engine) -> str | None:
    """SQL for the seconds since the epoch by the clock that all agents share; None: they are on this machine."""
    return "extract(epoch FROM clock_timestamp())" if engine.dialect.name == "postgresql" else None


def _sqlite(path: str, patience_s: float) -> Engine:
    sqlite_file.prepare(path)
    engine = create_engine(
        URL.create("sqlite", database=path), connect_args={"timeout": patience_s}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # IMMEDIATE: who has read and then wants to write would be refused if somebody else wrote meanwhile.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    with faults(engine.url), engine.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        engine.dispose()
        remedy = "stop the agent, set the file aside, and put a copy back or start with a new one"
        raise PlacementError(Problem("ledger-damaged", f"this is no sound ledger: {found}", Place(path), remedy))
    return engine


def _postgresql(where: str, patience_s: float) -> Engine:
    url = _address(where)
    arguments = {"connect_timeout": max(2, round(patience_s)), "tcp_user_timeout": round(patience_s * 1000)}
    try:
        engine = create_engine(
            url,
            connect_args={name: value for name, value in arguments.items() if name not in url.query},
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,  # a connection that the server has dropped is replaced before it is used
            hide_parameters=True,
        )
    except ImportError as error:
        remedy = "pip install 'yarn-placement[postgresql]'"
        raise PlacementError(Problem("ledger-address", "psycopg is not here", Place(place_of(url)), remedy)) from error

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        limits = {"lock_timeout": patience_s, "statement_timeout": _STUCK_S}
        limits["idle_in_transaction_session_timeout"] = _STUCK_S
        with connection.cursor() as cursor:
            for name, seconds in limits.items():
                cursor.execute(f"SET {name} = {round(seconds * 1000)}")
        connection.commit()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        if connection.get_execution_options().get(_WRITES):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})")

    return engine


def _address(where: str) -> URL:
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        message = "the address of the ledger is neither a file nor `postgresql://USER@HOST:PORT/DATABASE`"
        raise PlacementError(Problem("ledger-address", message, remedy="correct it"))
    # Where SQLAlchemy shows an address it hides the password, but no parameter of that name.
    password = url.password or next(iter(url.normalized_query.get("password", ())), None)
    return url.set(drivername="postgresql+psycopg", password=password).difference_update_query(["password"])
