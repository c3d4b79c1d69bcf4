"""The ledger beside a dict: whatever is asked for, in whatever order, by two agents, they say the same."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from msgspec.structs import replace

from placement.admission.demand import Demand
from placement.admission.entry import FINISHED, REFUSED, RESERVED, RUNNING, WAITING, WITHDRAWN, Entry
from placement.admission.resources import Resources
from placement.errors import PlacementError
from placement.store.ledger import open_ledger
from tests.unit.store.submissions import assert_sound

ALLOWED = {  # from each state, where to
    WAITING: {RESERVED, WITHDRAWN, REFUSED},
    RESERVED: {RUNNING, FINISHED, WITHDRAWN},
    RUNNING: {FINISHED},
    FINISHED: set(),
    WITHDRAWN: set(),
    REFUSED: set(),
}
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
NAMES = st.sampled_from(["a", "b", "c", "d"])
AGENTS = st.sampled_from([0, 1])
RESOURCES = st.builds(Resources, st.integers(0, 2**40), st.integers(0, 2**20))
ENTRIES = st.builds(
    Entry,
    id=NAMES,
    user=WORDS,
    account=st.sampled_from(["ann", "bob"]),
    candidates=st.lists(WORDS, max_size=3).map(tuple),
    demand=st.builds(Demand, RESOURCES, st.integers(0, 1000), RESOURCES),
    arrived_s=st.floats(0, 2e9),
    priority=st.integers(-5, 5),
    command=WORDS,
)


class Machine(RuleBasedStateMachine):
    """`where` gives the address of an empty ledger."""

    where = None

    def __init__(self):
        super().__init__()
        address = self.where()
        self.ledgers = [open_ledger(address, f"gateway-{number}") for number in range(3)]  # the last only reads
        self.entries = {}  # by id, in the order in which they came
        self.events = []
        self.now_s = 100.0

    def teardown(self):
        assert_sound(self.ledgers[1], "abcd")
        for ledger in self.ledgers:
            ledger.close()

    def come(self, entry, state, since_s, said, **values):
        """Whether a new entry came; None: the id is another account's."""
        there = self.entries.get(entry.id)
        if there is not None:
            return False if there.account == entry.account else None
        self.entries[entry.id] = replace(entry, state=state, since_s=since_s, **values)
        self.events.append((entry.id, None, state, said))
        return True

    def go(self, name, after, said, **values):
        """Whether the transition is one."""
        self.now_s += 1
        there = self.entries.get(name)
        if there is None or after not in ALLOWED[there.state]:
            return False
        self.events.append((name, there.state, after, said))
        self.entries[name] = replace(there, state=after, since_s=self.now_s, **values)
        return True

    @rule(agent=AGENTS, entry=ENTRIES)
    def add(self, agent, entry):
        if self.come(entry, WAITING, entry.arrived_s, "") is None:
            with pytest.raises(PlacementError):
                self.ledgers[agent].add(entry)
        else:
            assert self.ledgers[agent].add(entry) == self.entries[entry.id]

    @rule(agent=AGENTS, entries=st.lists(ENTRIES, max_size=5))
    def add_together(self, agent, entries):
        """In one batch that has seen who is there: what is new is written with others."""
        ledger = self.ledgers[agent]
        with ledger.batch():
            ledger.entries([entry.id for entry in entries])
            for entry in entries:
                if self.come(entry, WAITING, entry.arrived_s, "") is not None:
                    assert ledger.add(entry) == self.entries[entry.id]
            assert {entry.id: entry for entry in ledger.entries("abcd")} == self.entries

    @rule(agent=AGENTS, entry=ENTRIES, reason=WORDS)
    def refuse(self, agent, entry, reason):
        self.come_or_go(self.ledgers[agent].refuse, entry, REFUSED, reason, reason=reason)

    @rule(agent=AGENTS, entry=ENTRIES, queue=WORDS)
    def admit(self, agent, entry, queue):
        self.come_or_go(self.ledgers[agent].admit, entry, RESERVED, queue, queue=queue)

    def come_or_go(self, act, entry, after, said, **values):
        """A new one comes in the state `after`, one that waits goes there."""
        came = self.come(entry, after, self.now_s + 1, said, **values)
        self.now_s += came is True
        if came is None:
            with pytest.raises(PlacementError):
                act(entry, said, self.now_s)
            return
        was_waiting = not came and self.entries[entry.id].state == WAITING
        expected = came or (was_waiting and self.go(entry.id, after, said, **values))
        assert act(entry, said, self.now_s) == expected

    @rule(agent=AGENTS, name=NAMES, queue=WORDS)
    def claim(self, agent, name, queue):
        expected = self.go(name, RESERVED, queue, queue=queue)
        assert self.ledgers[agent].claim(name, queue, self.now_s) == expected

    @rule(agent=AGENTS, name=NAMES, application=WORDS)
    def run(self, agent, name, application):
        expected = self.go(name, RUNNING, application, application=application)
        assert self.ledgers[agent].running(name, application, self.now_s) == expected

    @rule(agent=AGENTS, name=NAMES, reason=WORDS)
    def finish(self, agent, name, reason):
        expected = self.go(name, FINISHED, reason, reason=reason)
        assert self.ledgers[agent].finished(name, reason, self.now_s) == expected

    @rule(agent=AGENTS, name=NAMES, reason=WORDS)
    def withdraw(self, agent, name, reason):
        expected = self.go(name, WITHDRAWN, reason, reason=reason)
        assert self.ledgers[agent].withdraw(name, reason, self.now_s) == expected

    @rule(agent=AGENTS, name=NAMES, moved_s=st.floats(0, 1e6))
    def move(self, agent, name, moved_s):
        if name in self.entries:
            self.entries[name] = replace(self.entries[name], moved_s=moved_s)
        assert self.ledgers[agent].moved(name, moved_s) == (name in self.entries)

    @rule(agent=AGENTS, entries=st.lists(ENTRIES, max_size=4))
    def break_a_batch(self, agent, entries):
        """What is raised in the end takes all of it back."""
        with pytest.raises(ZeroDivisionError), self.ledgers[agent].batch():  # noqa: PT012
            for entry in entries:
                if self.entries.get(entry.id, entry).account == entry.account:
                    self.ledgers[agent].withdraw(entry.id, "", 1.0)
            raise ZeroDivisionError

    @invariant()
    def all_is_the_same(self):
        ledger = self.ledgers[2]
        assert {entry.id: entry for entry in ledger.entries("abcd")} == self.entries
        told = [(event.entry, event.before, event.after, event.said) for event in ledger.changes_since(0)]
        assert told == self.events
        waiting = [entry for entry in self.entries.values() if entry.state == WAITING]
        assert ledger.waiting() == sorted(waiting, key=lambda entry: -entry.priority)


def test_on_sqlite():
    with tempfile.TemporaryDirectory() as folder:
        _look(lambda: str(Path(folder) / f"{len(list(Path(folder).iterdir()))}.db"), examples=15)


def test_on_postgresql(postgres):
    _look(postgres.database, examples=5)


def _look(where, examples):
    machine = type("Here", (Machine,), {"where": staticmethod(where)})
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=30, deadline=None))
