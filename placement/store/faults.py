"""What a database cannot do, in our words; never with a password, nor with the values of a statement."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from placement.errors import Place, PlacementError, Problem, visible

_SQLITE = {  # primary result codes, see https://www.sqlite.org/rescode.html
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "unwritable",
    sqlite3.SQLITE_PERM: "unwritable",
    sqlite3.SQLITE_CANTOPEN: "unwritable",
    sqlite3.SQLITE_AUTH: "unwritable",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}
_POSTGRESQL = {  # SQLSTATE, or the class that is its first two characters
    "25006": "unwritable",  # a standby
    "40": "busy",
    "42501": "unwritable",
    "53": "busy",
    "53100": "full",
    "55P03": "busy",
    "57014": "busy",  # statement_timeout
    "XX001": "damaged",
    "XX002": "damaged",
}


def place_of(url: URL) -> str:
    """Where a ledger is, as messages may say it: the file, or the address without its password and parameters."""
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    shown = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
    return shown.render_as_string()


@contextmanager
def faults(url: URL) -> Iterator[None]:
    """Turns what SQLAlchemy raises into PlacementError.

    `ledger-busy`, `ledger-full`, `ledger-unwritable`, `ledger-damaged`, `ledger-unreachable`, `ledger-failed`.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise fault(url, error) from None


def fault(url: URL, error: SQLAlchemyError) -> PlacementError:
    """What `error` is in our words; to be raised without its cause, as a log would show what was written, and where."""
    return PlacementError(_problem(url, error))


def _problem(url: URL, error: SQLAlchemyError) -> Problem:
    place = Place(place_of(url))
    kind = _kind(error)
    said = _words(url, error)
    if kind == "busy":
        remedy = "see which other process holds it; the agent tries again"
        return Problem("ledger-busy", f"others hold the ledger for too long: {said}", place, remedy)
    if kind == "full":
        return Problem("ledger-full", f"no room to write: {said}", place, "make room on its disk; nothing was lost")
    if kind == "unwritable":
        remedy = "give the agent's account the right to write it"
        return Problem("ledger-unwritable", f"the ledger cannot be written: {said}", place, remedy)
    if kind == "damaged":
        remedy = "stop the agent, set the ledger aside, and put a copy back or start with a new one"
        return Problem("ledger-damaged", f"this is no sound ledger: {said}", place, remedy)
    if kind == "unreachable":
        remedy = "see whether the database runs and lets the agent in"
        return Problem("ledger-unreachable", f"the database cannot be reached: {said}", place, remedy)
    return Problem("ledger-failed", f"the database failed: {said}", place, "see its log, and the agent's")


def _kind(error: SQLAlchemyError) -> str:
    if isinstance(error, PoolTimeout):
        return "busy"
    cause = error.orig if isinstance(error, DBAPIError) else None
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE.get(code & 0xFF, "failed")
    state = getattr(cause, "sqlstate", None) or ""
    if known := _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2]):
        return known
    has_no_connection = not state and getattr(cause, "sqlstate", 0) is None
    is_lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return "unreachable" if has_no_connection or is_lost or state[:2] in ("08", "28", "3D", "57") else "failed"


def _words(url: URL, error: SQLAlchemyError) -> str:
    """The first line of what the driver said, without the password, should it ever stand there."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    line = lines[0]
    return visible(line.replace(str(url.password), "***") if url.password else line)
