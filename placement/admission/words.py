"""What a limit means, in plain words: one sentence for each code. Pure."""

from functools import lru_cache

from placement.admission.entry import CLUSTER, MIB, VCORES, Limit
from placement.admission.resources import Resources
from placement.errors import quoted
from placement.units import MEMORY, in_units

SENTENCES = {
    "queue-not-there": "the cluster has no queue {queue}",
    "not-a-leaf": "{queue} has queues below it and takes no applications itself",
    "stopped": "{at} is stopped and takes no applications",
    "container": "one container asks for {needed}, and none of {at} has more than {have}",
    "queue-maximum": "it needs {needed}, and {at} has {have} left of its maximum",
    "am-share": "the application master needs {needed}, and {at} has {have} left for application masters",
    "max-running": "{at} runs as many applications as it may",
    "max-applications": "{at} has as many applications, running and waiting, as it may",
    "user-maximum": "it needs {needed}, and the user has {have} left in {at}",
    "user-am-share": (
        "the application master needs {needed}, and the user has {have} left in {at} for application masters"
    ),
    "user-max-running": "the user runs as many applications in the cluster as allowed",
    "user-max-applications": "the user has as many applications, running and waiting, in {at} as allowed",
    "cluster": "it needs {needed}, and the cluster has {have} free",
    "behind": "others are before it, and the first of them waits, as {cause}",
}
# What is said where it can never be, if that is not the same: then `have` is all that there is.
LASTING = {
    "queue-maximum": "it needs {needed}, and {at} may have {have} at most",
    "am-share": "the application master needs {needed}, and all those of {at} together may have {have} at most",
    "max-running": "{at} may run no applications",
    "max-applications": "{at} may have no applications",
    "user-max-running": "the user may run no applications",
    "user-max-applications": "the user may have no applications in {at}",
    "cluster": "it needs {needed}, and the whole cluster has {have}",
}

CHANGES = {
    "other-queue": "ask for {queue}",
    "fewer-containers": "ask for at most {value} containers in {queue}",
    "smaller-containers": "ask for containers of at most {value} each in {queue}",
    "smaller-master": "ask for an application master of at most {value} in {queue}",
}


@lru_cache(maxsize=4096)  # many wait for the same
def sentence(limit: Limit, *, is_lasting: bool = False) -> str:
    """The limit in words, with its numbers and their units. `is_lasting`: it is one that no waiting helps against."""
    numbers = {
        "queue": quoted(limit.queue),
        "at": "the cluster" if limit.at == CLUSTER else quoted(limit.at),
        "needed": amount(limit.needed, limit.unit),
        "have": amount(limit.have, limit.unit),
    }
    words = LASTING.get(limit.code) if is_lasting else None
    cause = SENTENCES[limit.cause].format(**numbers) if limit.cause else ""
    return (words or SENTENCES[limit.code]).format(cause=cause, **numbers)


def change(kind: str, value: int | str | Resources, queue: str) -> str:
    """What to do so that it runs (see way_out)."""
    if isinstance(value, Resources):
        value = f"{amount(value.memory_mib, MIB)}, {amount(value.vcores, VCORES)}"
    return CHANGES[kind].format(value=value, queue=quoted(queue))


@lru_cache(maxsize=4096)
def amount(number: int, unit: str) -> str:
    """A number with its unit: `64g`, `12 vcores`, `1 application`."""
    if unit == MIB:
        return in_units(number, MEMORY) if number else "nothing"
    return f"{number} {unit.removesuffix('s') if number == 1 else unit}"
