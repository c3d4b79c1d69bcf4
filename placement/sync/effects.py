"""What a difference means for the applications that are there now. Pure."""

from collections.abc import Iterator, Mapping

from placement.schedulers.configuration import Configuration
from placement.sync.difference import Difference
from placement.sync.plan import CLOSED, REMOVED, SMALLER, Effect
from placement.yarn.answers import QueueState

_LIMITS = ("maxResources", "maxRunningApps", "maximum-capacity", "max-parallel-apps")


def effects(
    changes: Difference, before: Configuration, wanted: Configuration, states: Mapping[str, QueueState]
) -> Iterator[Effect]:
    """`states` by full path; a queue that nothing runs or waits in is left out."""
    limited = {change.queue for change in changes.changes if change.property in _LIMITS and change.old != change.new}
    parents = {path.rpartition(".")[0] for path in wanted.queues}
    were_parents = {path.rpartition(".")[0] for path in before.queues}
    for path, state in states.items():
        if not state.running + state.pending:
            continue
        if path in changes.removed:
            yield Effect(path, REMOVED, state.running, state.pending)
        elif path in parents and path in before.queues and path not in were_parents:
            yield Effect(path, CLOSED, state.running, state.pending)
        elif path in limited:
            yield Effect(path, SMALLER, state.running, state.pending)
