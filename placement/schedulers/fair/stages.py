"""The way from one allocation file to another that the fair scheduler survives. Pure.

It fails halfway, with some queues changed and some not, where one reload takes all queues below a queue away and lets
applications run in that queue itself (`QueueManager.setQueuesToDynamic`, seen with Hadoop 3.5.0). So the queue is
kept as a parent at first, until those below it are gone.
"""

from dataclasses import replace

from placement.schedulers.configuration import Configuration
from placement.schedulers.fair import words

ONLY_OF_LEAVES = ("maxAMShare", "reservation")


def stages(old: Configuration, new: Configuration) -> list[Configuration]:
    """What to put, one after the other; the last is `new`."""
    closing = [path for path in _parents(old) - _parents(new) if path in new.queues]
    if not closing:
        return [new]
    queues = dict(new.queues)
    for path in closing:
        kept = {name: text for name, text in new.queues[path].items() if name not in ONLY_OF_LEAVES}
        queues[path] = {**kept, words.TYPE: words.PARENT}
    return [replace(new, queues=queues), new]


def _parents(configuration: Configuration) -> set[str]:
    declared = {path for path, said in configuration.queues.items() if said.get(words.TYPE) == words.PARENT}
    return declared | {path.rpartition(".")[0] for path in configuration.queues}
