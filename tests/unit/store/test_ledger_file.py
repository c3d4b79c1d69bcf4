"""What goes wrong with the file of a ledger on SQLite, and that it is said, and that nobody loses a place by it."""

import os
import random
import sqlite3
import traceback

import pytest
from sqlalchemy import event

from placement.admission.entry import WAITING
from placement.errors import PlacementError
from placement.store.ledger import open_ledger
from tests.unit.store.submissions import assert_sound, failing, submission

NOBODY = 65534


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "ledger.db")


def test_a_file_that_another_process_holds(path):
    ledger = open_ledger(path, "gateway-1", patience_s=0.1)
    ledger.add(submission("a"))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert failing(lambda: ledger.add(submission("b"))) == "ledger-busy"
    assert failing(lambda: open_ledger(path, "gateway-2", patience_s=0.1)) == "ledger-busy"
    assert ledger.entry("a").state == WAITING  # reading goes on
    holder.execute("ROLLBACK")
    holder.close()
    assert ledger.claim("a", "root.batch", 101.0)
    ledger.close()


def full(ledger):
    """Limits the file to what it has."""

    @event.listens_for(ledger._engine, "checkout")
    def limited(connection, *_):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    return limited


def test_a_full_disk_takes_nothing_and_loses_nothing(path):
    ledger = open_ledger(path, "gateway-1")
    ledger.add(submission("a"))
    limited = full(ledger)
    kept = []

    def fill():
        for number in range(1000):
            ledger.add(submission(f"e{number}", command="x" * 1000))
            kept.append(f"e{number}")

    assert failing(fill) == "ledger-full"
    assert [entry.id for entry in ledger.waiting()] == ["a", *kept]

    def fill_in_a_batch():
        with ledger.batch():
            ledger.withdraw("a", "", 101.0)
            for number in range(1000):
                try:
                    ledger.add(submission(f"f{number}", command="x" * 1000))
                except PlacementError:  # who goes on after that is not heard
                    break
            ledger.withdraw(kept[0], "", 101.0)

    assert failing(fill_in_a_batch) == "ledger-full"
    assert [entry.id for entry in ledger.waiting()] == ["a", *kept]
    event.remove(ledger._engine, "checkout", limited)
    ledger.close()
    again = open_ledger(path, "gateway-1")
    again.add(submission("later"))
    assert_sound(again, ["a", *kept, "later"])
    again.close()


def test_a_file_that_may_only_be_read(path, tmp_path):
    ledger = open_ledger(path, "gateway-1")
    ledger.add(submission("a"))
    ledger.close()
    os.chmod(path, 0o400)

    def told():
        return failing(lambda: open_ledger(path, "gateway-1"))

    if os.geteuid() == 0:  # who may write everything
        os.chown(path, NOBODY, NOBODY)
        os.chown(tmp_path, NOBODY, NOBODY)
        assert in_a_child(told, NOBODY, tmp_path) == "ledger-unwritable"
    else:
        assert told() == "ledger-unwritable"


def in_a_child(call, account, folder):
    """What `call` gives as another account; its way to `folder` is made by a relative path."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            inside = os.open(folder, os.O_RDONLY)
            os.setresuid(account, account, account)
            os.fchdir(inside)
            os.write(writing, call().encode())
        except BaseException:  # noqa: BLE001
            os.write(writing, traceback.format_exc().encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with open(reading, encoding="utf-8") as told:
        return told.read()


def test_no_folder_and_no_file(tmp_path):
    assert failing(lambda: open_ledger(str(tmp_path / "not" / "there.db"), "gateway-1")) == "ledger-unwritable"
    assert failing(lambda: open_ledger(str(tmp_path / "a\0b"), "gateway-1")) == "ledger-unwritable"
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "ledger.db")
    for name in ("fifo", "folder", "link"):
        assert failing(lambda name=name: open_ledger(str(tmp_path / name), "gateway-1")) == "ledger-not-ours"


@pytest.mark.parametrize("which", ["ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db-journal", ""])
def test_what_others_may_write_is_refused(path, tmp_path, which):
    open_ledger(path, "gateway-1").close()
    target = tmp_path / which
    target.touch()
    before = target.stat().st_mode
    for mode in (0o666, 0o660):
        os.chmod(target, mode | 0o100)
        assert failing(lambda: open_ledger(path, "gateway-1")) == "ledger-not-ours"
    os.chmod(target, before)
    if os.geteuid() == 0:
        os.chown(target, NOBODY, -1)
        assert failing(lambda: open_ledger(path, "gateway-1")) == "ledger-not-ours"


def test_a_new_file_is_ours_alone(path):
    before = os.umask(0)
    try:
        ledger = open_ledger(path, "gateway-1")
        ledger.add(submission("a"))
    finally:
        os.umask(before)
    for name in os.listdir(os.path.dirname(path)):
        assert os.stat(os.path.join(os.path.dirname(path), name)).st_mode & 0o777 == 0o600
    ledger.close()


def damage_head(content):
    return b"this is no database " + content[20:]


def damage_middle(content):
    return content[:5000] + bytes(random.Random(1).randbytes(len(content) - 10000)) + content[-5000:]


def damage_end(content):
    return content[: len(content) // 2]


@pytest.mark.parametrize("damage", [damage_head, damage_middle, damage_end])
def test_a_damaged_file_is_said_and_kept(path, damage):
    ledger = open_ledger(path, "gateway-1")
    with ledger.batch():
        for number in range(200):
            ledger.add(submission(f"e{number}"))
    ledger.close()
    with open(path, "rb") as file:
        damaged = damage(file.read())
    with open(path, "wb") as file:
        file.write(damaged)
    assert failing(lambda: open_ledger(path, "gateway-1")) == "ledger-damaged"
    with open(path, "rb") as file:
        assert file.read() == damaged


def test_a_file_damaged_while_it_is_open(path):
    ledger = open_ledger(path, "gateway-1")
    with ledger.batch():
        for number in range(200):
            ledger.add(submission(f"e{number}"))
    ledger._engine.dispose()  # what it knows by heart is gone
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (os.path.getsize(path) - 4096))
    assert failing(ledger.waiting) == "ledger-damaged"
    ledger.close()


def test_a_row_that_is_no_entry(path):
    ledger = open_ledger(path, "gateway-1")
    ledger.add(submission("a"))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE entries SET demand = '{}'")
    connection.close()
    assert failing(ledger.waiting) == "ledger-damaged"
    ledger.close()
