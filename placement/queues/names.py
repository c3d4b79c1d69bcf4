"""When two spellings name one queue, by scheduler. Part of the hot path: standard library only.

Sources: Hadoop `QueueManager.ensureRootPrefix` (fair), `CSQueueStore` (capacity: a leaf name stands for its path).
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

FAIR: "Final" = "fair"
CAPACITY: "Final" = "capacity"


def full_name(queue: str, scheduler: str) -> str:
    """The name under which the scheduler knows `queue`.

    The fair scheduler puts `root.` before a name that lacks it. The capacity scheduler would look a leaf name up in
    its tree, which is not at hand here, so the name stays as it is.
    """
    if scheduler == FAIR and queue != "root" and not queue.startswith("root."):
        return f"root.{queue}"
    return queue


def is_same(asked: str, queue: str, scheduler: str) -> bool:
    """Whether a request for `asked` means `queue`. Case counts, as it does for both schedulers."""
    if full_name(asked, scheduler) == full_name(queue, scheduler):
        return True
    return scheduler == CAPACITY and leaf(asked) == leaf(queue) and ("." in asked) != ("." in queue)


def is_unset(asked: str) -> bool:
    """Whether a request asks for nothing: both schedulers place `default` and an empty name as if none was given.

    Source: `SpecifiedPlacementRule` (fair), `CSMappingPlacementRule` (capacity).
    """
    return asked in ("", "default")


def leaf(queue: str) -> str:
    """The last part of a queue's path."""
    return queue.rpartition(".")[2]
