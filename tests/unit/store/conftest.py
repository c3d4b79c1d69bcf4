"""Ledgers to test with: each test of `where` and `ledger` runs on SQLite and on a real PostgreSQL."""

import pytest

from placement.store.ledger import open_ledger
from tests.postgres import Postgres


@pytest.fixture(scope="session")
def postgres():
    with Postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    """The address of a ledger that is not there yet."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    return request.getfixturevalue("postgres").database()


@pytest.fixture
def opened(where):
    """`opened(agent, patience_s)`: a ledger at `where`, closed at the end."""
    ledgers = []

    def call(agent="gateway-1", patience_s=5.0):
        ledgers.append(open_ledger(where, agent, patience_s))
        return ledgers[-1]

    yield call
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def ledger(opened):
    return opened()
