"""Agents that are killed: nobody loses a place or has two turns by it."""

import os
import random
import signal
import time

from placement.admission.entry import RESERVED, RUNNING, WAITING
from placement.store.ledger import open_ledger
from tests.unit import killed
from tests.unit.store.submissions import assert_sound, submission


def sequence(ledger):
    """A bit of everything that an agent does."""
    for name in "abcd":
        ledger.add(submission(name))
    ledger.promise("a", "root.batch", 1.0, 2.0, 101.0)
    with ledger.batch():
        ledger.lead(101.0, 60.0)
        ledger.claim("a", "root.batch", 102.0)
        ledger.claim("b", "root.batch", 102.0)
    ledger.running("a", "application_1_1", 103.0)
    ledger.withdraw("b", "aged out", 104.0)
    ledger.refuse(submission("c"), "gone", 105.0)
    ledger.finished("a", "succeeded", 106.0)
    ledger.refuse(submission("e"), "too large", 107.0)
    ledger.prune(105.0, most=1)


def test_killed_at_every_statement(where):
    """Before each, and before each commit: what is there then is sound."""
    ledger = open_ledger(where, "gateway-1")
    seen, number = set(), 0
    while True:
        number += 1
        ledger.close()  # nothing that is open is shared with the child
        child = os.fork()
        if not child:
            killed.at_call_of_database(number, lambda: ledger._engine, lambda _: sequence(ledger))
        status = os.waitpid(child, 0)[1]
        assert_sound(ledger, "abcde")
        states = {entry.id: entry.state for entry in ledger.entries("abcde")}
        assert (states.get("a") == WAITING) == (
            states.get("b") == WAITING
        ) or "b" not in states  # their turn is one batch
        seen.add(tuple(sorted(states.items())))
        if not os.WIFSIGNALED(status):
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
        wipe(ledger)
    assert os.waitstatus_to_exitcode(status) == 0
    assert len(seen) >= 10  # nothing, and each step that was committed
    ledger.close()


def wipe(ledger):
    with ledger._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM entries")
        connection.exec_driver_sql("DELETE FROM lease")


def test_killed_at_any_time_what_was_answered_is_there(where):
    """An agent is killed again and again; what it had been told is in the ledger, and no turn was given twice."""
    open_ledger(where, "gateway-1").close()
    added, claimed = [], []
    chance = random.Random(1)
    for round_number in range(6):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            _answering(where, round_number, writing)
        os.close(writing)
        with open(reading, encoding="ascii") as answers:
            answered = [answers.readline()]  # it has begun
            time.sleep(chance.uniform(0.05, 0.2))
            os.kill(child, signal.SIGKILL)
            answered += answers.readlines()
        os.waitpid(child, 0)
        lines = [line.split() for line in answered if line.endswith("\n")]
        added += [name for what, name in lines if what == "added"]
        claimed += [name for what, name in lines if what == "claimed"]
    ledger = open_ledger(where, "gateway-2")
    there = {event.entry for event in ledger.changes_since(0, most=10**6)}
    assert set(added) <= there
    assert all(ledger.entry(name).state in (RESERVED, RUNNING) for name in claimed)
    assert_sound(ledger, there)
    assert claimed
    ledger.close()


def _answering(where, round_number, writing):
    try:
        ledger = open_ledger(where, "gateway-1")
        for number in range(10**6):
            name = f"r{round_number}-{number}"
            ledger.add(submission(name))
            os.write(writing, f"added {name}\n".encode())
            with ledger.batch():
                ledger.claim(name, "root.batch", 101.0)
                ledger.running(name, "application_1_1", 101.0)
            os.write(writing, f"claimed {name}\n".encode())
    finally:
        os._exit(2)
