"""What goes wrong with the server of a ledger on PostgreSQL, and that no password is ever said."""

import logging
import traceback

import pytest

from placement.errors import PlacementError
from placement.store.ledger import open_ledger
from tests.unit.store.submissions import assert_sound, failing, submission


@pytest.fixture
def address(postgres):
    return postgres.database()


def test_a_server_that_stops_and_comes_back(postgres, address):
    ledger = open_ledger(address, "gateway-1")
    ledger.add(submission("a"))

    def begin():
        with ledger.batch():
            ledger.claim("a", "root.batch", 101.0)
            postgres.stop()
            ledger.add(submission("b"))

    try:
        assert failing(begin) == "ledger-unreachable"
        assert failing(ledger.waiting) == "ledger-unreachable"
        assert failing(lambda: open_ledger(address, "gateway-2")) == "ledger-unreachable"
    finally:
        postgres.stop()
        postgres.start()
    assert [entry.id for entry in ledger.waiting()] == ["a"]  # none of the batch was written
    assert ledger.claim("a", "root.batch", 102.0)
    postgres.stop("fast")
    postgres.start()
    assert not ledger.claim("a", "root.batch", 103.0)  # at once, on a new connection
    assert_sound(ledger, "ab")
    ledger.close()


def test_a_writer_that_holds_the_others_up(address):
    ledger, other = open_ledger(address, "gateway-1"), open_ledger(address, "gateway-2", patience_s=0.1)
    with ledger.batch():
        ledger.add(submission("a"))
        assert failing(lambda: other.add(submission("b"))) == "ledger-busy"
        assert other.waiting() == []
    assert [entry.id for entry in other.waiting()] == ["a"]
    ledger.close()
    other.close()


def test_a_database_that_may_only_be_read(postgres, address):
    open_ledger(address, "gateway-1").close()
    ledger = open_ledger(f"{address}&options=-c default_transaction_read_only=on", "gateway-1")
    assert failing(lambda: ledger.add(submission("a"))) == "ledger-unwritable"
    ledger.close()
    postgres.execute("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN")
    stranger = address.replace("postgres@", "guest@")
    assert failing(lambda: open_ledger(stranger, "gateway-1")) == "ledger-unwritable"


@pytest.mark.parametrize(
    "where",
    [
        "mysql://placement@db/ledger",
        "postgresql://placement@db",
        "postgresql://placement@db:port/ledger",
        "https://db/ledger",
        "://",
    ],
)
def test_an_address_that_is_none(where):
    with pytest.raises(PlacementError) as raised:
        open_ledger(where, "gateway-1")
    assert raised.value.problems[0].code == "ledger-address"


def test_no_password_is_ever_said(address, caplog):
    caplog.set_level(logging.DEBUG)
    secret = "s3cr3t-word"
    name = address.partition("@/")[2]
    wheres = [
        f"postgresql://postgres:{secret}@/{name}",
        f"postgresql://postgres@/{name}&password={secret}",
        f"postgresql://postgres:{secret}@127.0.0.1:1/ledger",
        f"postgresql://postgres@127.0.0.1:1/ledger?password={secret}",
        f"postgresql://nobody:{secret}@/{name}",
        f"postgresql://postgres:{secret}@/{name}&sslmode={secret}",
        f"postgresql://postgres:{secret}@db:port/ledger",
        f"postgres:{secret}://db/ledger",
    ]
    said = []
    for where in wheres:
        try:
            ledger = open_ledger(where, "gateway-1", patience_s=0.1)
            said += [ledger.place, repr(ledger), repr(ledger.__dict__)]
            ledger.add(submission("a"))
            ledger.close()
        except PlacementError as error:
            said.append("".join(traceback.format_exception(error)).replace(where, ""))
            said.append(str(error))
    assert len(said) > len(wheres)
    assert secret not in "".join(said) + caplog.text
