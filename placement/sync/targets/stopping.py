"""Queues that have to stop before they go, or have queues below them; and those that are to run again."""

from collections.abc import Mapping
from dataclasses import replace

from placement.errors import Place, PlacementError, Problem, quoted
from placement.schedulers.capacity.stages import stages
from placement.schedulers.capacity.terms import RUNNING, STATE, STOPPED
from placement.schedulers.configuration import Configuration, Properties
from placement.sync.targets.waiting import in_words, until_none
from placement.yarn.answers import QueueState
from placement.yarn.client import ResourceManager


def steps(old: Configuration, new: Configuration, states: Mapping[str, QueueState]) -> list[Configuration]:
    """What is to be put in force one after the other, `new` at last.

    `old` is what a file says; `states`, by full path, is what the ResourceManager makes of it, or of what it said
    before. A queue that is stopped, and is told nothing, stays stopped: it is first told to run.
    """
    shown = replace(old, queues={path: _as_shown(path, own, states) for path, own in old.queues.items()})
    waking = [path for path in new.queues if _wakes(path, shown, new, states)]
    told = {path: {**own, STATE: RUNNING} if path in waking else own for path, own in new.queues.items()}
    return [*stages(shown, new)[:-1], *([replace(new, queues=told)] if waking else []), new]


def wait_for_stopped(stage: Configuration, manager: ResourceManager, limit_s: float, name: str) -> None:
    """Returns once every queue that `stage` stops has stopped. Raises PlacementError `not-stopped`.

    A queue is stopped when nothing is left in it; until then it drains. Source: Hadoop `AbstractCSQueue.stopQueue`.
    """
    stopping = [path for path, own in stage.queues.items() if own.get(STATE) == STOPPED]

    def running() -> list[str]:
        found = manager.queue_states()
        return [
            f"{quoted(path)} has {found[path].running} applications running and {found[path].pending} waiting"
            for path in stopping
            if path in found and found[path].state != STOPPED
        ]

    left = until_none(running, limit_s)
    if left:
        message = f"a queue has to be empty before it goes: {in_words(left)}"
        remedy = "wait for their end, or move them: yarn application -changeQueue; then plan again"
        raise PlacementError(Problem("not-stopped", message, Place(name), remedy))


def _as_shown(path: str, own: Properties, states: Mapping[str, QueueState]) -> Properties:
    """What is said of a queue, but the state that it has: STOPPED said, and not taken up yet, is none."""
    is_said = own.get(STATE, "").upper() == STOPPED
    return {**own, STATE: RUNNING} if is_said and path in states and states[path].state != STOPPED else own


def _wakes(path: str, shown: Configuration, new: Configuration, states: Mapping[str, QueueState]) -> bool:
    was = shown.queues.get(path, {}).get(STATE, "").upper()
    is_stopped = was == STOPPED or (path in states and states[path].state != RUNNING)
    if not is_stopped or STATE in new.queues[path]:
        return False
    while path:
        if new.queues.get(path, {}).get(STATE, "").upper() == STOPPED:
            return False
        path = path.rpartition(".")[0]
    return True
