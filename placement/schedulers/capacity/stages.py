"""In which steps the capacity scheduler goes from one configuration to another.

It removes no queue, and makes no parent of a queue that runs applications, unless that queue is stopped; the other
way round nothing but what is removed has to be. A queue is stopped once it is told so and nothing runs in it any
more; told nothing, it stays as it is until the ResourceManager starts anew.
Source: Hadoop `CapacitySchedulerConfigValidator.validateQueueHierarchy` (3.3 to 3.5, files and API alike),
`QueueStateHelper`, `AbstractLeafQueue.stopQueue`; tried by tests/cluster/test_capacity_stages.py.
"""

from dataclasses import replace

from placement.schedulers.capacity import terms
from placement.schedulers.capacity.texts import flag
from placement.schedulers.configuration import Configuration


def stages(old: Configuration, new: Configuration) -> list[Configuration]:
    """What is to be put in force, one after the other: `old` with queues stopped, if need be, then `new`.

    `old`: what is in force. Each step is to be put in force only when what the one before stops has come to an end.
    """
    stopping = to_stop(old, new)
    if not stopping:
        return [new]
    queues = {
        path: {**properties, terms.STATE: terms.STOPPED} if path in stopping else properties
        for path, properties in old.queues.items()
    }
    return [replace(old, queues=queues), new]


def to_stop(old: Configuration, new: Configuration) -> list[str]:
    """The queues of `old`, by full path, that are not stopped and must be before `new` can be in force.

    All of a subtree that goes: a queue is not told to run below one that is stopped.
    """
    parents = {path.rpartition(".")[0] for path in old.queues} | _creating(old)
    new_parents = {path.rpartition(".")[0] for path in new.queues} | _creating(new)
    going = [path for path in old.queues if path not in new.queues]
    turning = [path for path in old.queues if path in new.queues and path in new_parents - parents]
    return [path for path in (*going, *turning) if _state(old, path) != terms.STOPPED]


def keeping_states(new: Configuration, old: Configuration) -> Configuration:
    """`new`, where a queue that `old` has too, and of which `new` says no state, has the state it had."""
    queues = {}
    for path, properties in new.queues.items():
        state = old.queues.get(path, {}).get(terms.STATE)
        is_kept = state is not None and terms.STATE not in properties
        queues[path] = {**properties, terms.STATE: state} if is_kept and state is not None else properties
    return replace(new, queues=queues)


def _creating(configuration: Configuration) -> set[str]:
    """The queues below which others are created on demand, and that are parents though nothing is below them."""
    names = (terms.CREATES, terms.CREATES_OLD)
    return {path for path, said in configuration.queues.items() if any(flag(said.get(name, "")) for name in names)}


def _state(configuration: Configuration, path: str) -> str | None:
    """What is said of the state of the queue; those below a queue that is stopped are stopped with it."""
    while path:
        state = configuration.queues.get(path, {}).get(terms.STATE)
        if state is not None:
            return state.upper()
        path = path.rpartition(".")[0]
    return None
