"""A real agent that is killed while two hundred wait, and another one that takes its place."""

import sqlite3
from collections import Counter

import pytest

from tests.unit.agent.site_of_faults import Cluster, Place, last_answer, submission

MANY, TURNS = 200, 90


@pytest.fixture
def place(tmp_path):
    found = Place(tmp_path, Cluster())
    yield found
    found.kill()
    found.cluster.close()


def connected(agent, numbers):
    """Clients by number; each has its first answer."""
    clients = {number: agent.client(submission(number)) for number in numbers}
    return clients, {number: client.answer() for number, client in clients.items()}


def told_last(clients):
    """The last answer of each; None: the agent went away before it."""
    told = {}
    for number, client in clients.items():
        try:
            told[number] = last_answer(client)
        except ConnectionResetError:
            told[number] = None
        client.close()
    return told


def events(place, after):
    """How often each entry came into the state `after`, as the ledger has it."""
    with sqlite3.connect(place.database) as ledger:
        rows = ledger.execute("SELECT entry FROM events WHERE after = ?", (after,)).fetchall()
    return Counter(int(entry, 16) for (entry,) in rows)


def test_everybody_keeps_the_place_and_nobody_has_two_turns(place):
    numbers = range(1, MANY + 1)
    clients, said = connected(place.agent(is_hurried=False), numbers)
    assert {number: answer["place"] for number, answer in said.items()} == {number: number for number in numbers}
    place.kill()
    assert set(told_last(clients).values()) == {None}

    agent = place.agent(is_hurried=False)
    clients, said = connected(agent, reversed(numbers))
    assert {number: answer["place"] for number, answer in said.items()} == {number: number for number in numbers}
    assert agent.status()["waiting"] == MANY

    place.cluster.shows(3, 3 + TURNS)  # and killed again while it gives turns
    assert last_answer(clients[1])["outcome"] == "run"
    place.kill()
    told = {1: {"outcome": "run"}, **told_last({number: clients[number] for number in numbers[1:]})}
    unsure = [number for number, answer in told.items() if answer is None]
    agent = place.agent(is_hurried=False)
    clients, said = connected(agent, reversed(unsure))
    told |= said
    runs = {number for number, answer in told.items() if answer["outcome"] == "run"}
    late = {number: last_answer(clients[number]) for number in range(1, TURNS + 1) if number not in runs}
    assert {answer["outcome"] for answer in late.values()} <= {"run"}
    assert agent.status()["reserved"] == TURNS
    assert agent.status()["waiting"] == MANY - TURNS
    assert runs | late.keys() == set(range(1, TURNS + 1))
    assert events(place, "reserved") == Counter(range(1, TURNS + 1))
    assert events(place, "waiting") == Counter(numbers)
    assert not events(place, "withdrawn")
