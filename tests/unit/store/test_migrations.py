import os
import re
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, event, inspect

from placement.errors import PlacementError
from placement.store import engine as engines
from placement.store.engine import open_engine
from placement.store.ledger import open_ledger
from placement.store.runs import Runs
from placement.store.schema import TABLES
from placement.store.steps import STEPS
from tests.unit.store.submissions import submission

TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
    " UNION SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
}


def address(where):
    return where.replace("postgresql://", "postgresql+psycopg://") if "://" in where else f"sqlite:///{where}"


def shape(engine):
    """All that makes up the tables, as the database tells it."""
    there = inspect(engine)
    told = {}
    for table in there.get_table_names():
        columns = {column["name"]: {**column, "type": repr(column["type"])} for column in there.get_columns(table)}
        checks = {check["name"]: check["sqltext"] for check in there.get_check_constraints(table)}
        told[table] = {
            "columns": columns,
            "checks": checks,
            "key": there.get_pk_constraint(table)["constrained_columns"],
            "foreign": [{**key, "name": ""} for key in there.get_foreign_keys(table)],
            "unique": sorted(each["column_names"] for each in there.get_unique_constraints(table)),
            "indexes": sorted(there.get_indexes(table), key=lambda index: index["name"]),
        }
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(TRIGGERS[engine.dialect.name]).all()
        if engine.dialect.name == "sqlite":
            counted = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
            told["counted"] = sorted(counted.scalars())
    told["triggers"] = {name: re.sub(r"\s+", " ", text) for name, text in rows}
    return told


@pytest.fixture
def elsewhere(where, tmp_path, request):
    """Another empty database of the same kind."""
    return request.getfixturevalue("postgres").database() if "://" in where else str(tmp_path / "other.db")


def test_the_steps_lead_to_the_schema(where, elsewhere):
    migrated, made = open_engine(where), create_engine(address(elsewhere))
    TABLES.create_all(made)
    assert shape(migrated) == shape(made)
    assert set(TABLES.tables) < set(shape(made)) and shape(made)["triggers"]  # noqa: PT018
    migrated.dispose()
    made.dispose()


def test_a_ledger_that_is_up_to_date_is_left_alone(where):
    open_engine(where).dispose()
    engine = open_engine(where)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT step FROM version").scalars().all() == [1, 2, 3]
    engine.dispose()


def test_what_an_older_release_has_kept_is_still_there(where, monkeypatch):
    database = "postgresql" if "://" in where else "sqlite"
    with monkeypatch.context() as older:
        older.setitem(STEPS, database, STEPS[database][:2])
        engine = open_engine(where)
        with engine.begin() as connection:
            connection.exec_driver_sql(
                """INSERT INTO runs
                (application, role, "user", queue, kind, name, script, arguments, finished_s, ended, basis, is_complete)
                VALUES ('a', 'executor', 'ann', 'q', 'spark', 'n', '', '[]', 1, 'killed', '', true)"""
            )
        engine.dispose()
    engine = open_engine(where)
    (row,) = Runs(engine).of_application("a")
    assert (row.user, row.ended, row.held_bytes) == ("ann", "killed", None)
    engine.dispose()


def test_agents_that_start_together_do_not_clash(where):
    def start(number):
        ledger = open_ledger(where, f"gateway-{number}", 30.0)
        ledger.add(submission(f"e{number}"))
        ledger.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))
    ledger = open_ledger(where, "gateway-1")
    assert len(ledger.waiting()) == 4
    ledger.close()


def test_a_newer_ledger_is_refused_and_kept(where):
    engine = open_engine(where)
    newer = len(STEPS["sqlite"]) + 1
    with engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO version VALUES ({newer})")
    before = shape(engine)
    with pytest.raises(PlacementError) as raised:
        open_engine(where)
    assert raised.value.problems[0].code == "ledger-newer"
    assert str(newer) in raised.value.problems[0].message
    assert shape(engine) == before
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE entries (x TEXT)", "CREATE TABLE version (x TEXT)", "CREATE TABLE version (step INTEGER)"],
)
def test_tables_of_others_are_refused_and_kept(where, statement):
    if "://" not in where:
        open(where, "wb").close()
        os.chmod(where, 0o600)
    engine = create_engine(address(where))
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    before = shape(engine)
    with pytest.raises(PlacementError) as raised:
        open_engine(where)
    assert raised.value.problems[0].code == "ledger-foreign"
    assert shape(engine) == before
    engine.dispose()


def test_a_file_with_tables_of_others_is_refused(tmp_path):
    path = str(tmp_path / "ledger.db")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    os.chmod(path, 0o600)
    with pytest.raises(PlacementError) as raised:
        open_engine(path)
    assert raised.value.problems[0].code == "ledger-foreign"
    assert "songs" in raised.value.problems[0].message


def test_a_migration_that_is_killed_anywhere_is_taken_up_whole(where, monkeypatch):
    """Before each of its statements, and before its commit."""
    number = 0
    while True:
        number += 1
        child = os.fork()
        if not child:
            _killed_migration(where, number, monkeypatch)
        status = os.waitpid(child, 0)[1]
        if not os.WIFSIGNALED(status):
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
    assert number > len(STEPS["sqlite"][0])
    ledger = open_ledger(where, "gateway-1")
    ledger.add(submission("a"))
    assert len(ledger.events("a")) == 1
    ledger.close()


def _killed_migration(where, number, monkeypatch):
    left = number

    def watched(*arguments, **more):
        made = create_engine(*arguments, **more)

        def count(*_):
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(made, "before_cursor_execute", count)
        event.listen(made, "commit", count)
        return made

    try:
        monkeypatch.setattr(engines, "create_engine", watched)
        open_engine(where)
        os._exit(0 if left > 0 else 1)
    finally:
        os._exit(2)
