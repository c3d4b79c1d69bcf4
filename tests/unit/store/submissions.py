"""Entries with defaults, and what holds of every ledger."""

import pytest

from placement.admission.demand import Demand
from placement.admission.entry import Entry
from placement.admission.resources import Resources
from placement.errors import PlacementError
from placement.store.transitions import BEFORE

DEMAND = Demand(Resources(1024, 1), 10, Resources(4096, 2))


def submission(name="a", account="ann", arrived_s=100.0, **more):
    """An entry with the id `name`."""
    usual = {"user": account, "candidates": ("root.batch",), "demand": DEMAND}
    return Entry(id=name, account=account, arrived_s=arrived_s, **{**usual, **more})


def assert_sound(ledger, ids):
    """Each entry is in the one state that its last event says, and came there on a way that there is."""
    for name in ids:
        entry = ledger.entry(name)
        events = ledger.events(name)
        assert (entry is None) == (not events)
        if entry is None:
            continue
        assert events[0].before is None
        assert [event.before for event in events[1:]] == [event.after for event in events[:-1]]
        assert all(event.before in BEFORE[event.after] for event in events[1:])
        assert (entry.state, entry.since_s) == (events[-1].after, events[-1].when_s)
        assert (entry.queue is not None) == any(event.after == "reserved" for event in events)
        assert (entry.application is not None) == any(event.after == "running" for event in events)


def failing(call):
    """The code of what a call raises; it has a place and a remedy."""
    with pytest.raises(PlacementError) as raised:
        call()
    problem = raised.value.problems[0]
    assert problem.place
    assert problem.remedy
    return problem.code
