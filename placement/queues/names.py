"""When two spellings name one queue, by scheduler. Part of the hot path: standard library only.

Sources: Hadoop `QueueManager.ensureRootPrefix` (fair), `CSQueueStore` (capacity: the last part of a path stands for
the path as long as no second queue, leaf or parent, has it).
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from placement.queues.tree import Tree

FAIR: "Final" = "fair"
CAPACITY: "Final" = "capacity"


def full_name(queue: str, scheduler: str, tree: "Tree | None" = None) -> str:
    """The name under which the scheduler knows `queue`; O(1).

    The fair scheduler puts `root.` before a name that lacks it. The capacity scheduler looks a name without a dot up
    in its tree; without `tree`, and for a name that is not or not only once in it, the name stays as it is. A dot at
    either end is part of the name, and makes it one that no queue has.
    """
    if scheduler == FAIR:
        return queue if queue == "root" or queue.startswith("root.") else f"root.{queue}"
    if tree is not None and "." not in queue:
        paths = tree.leaf_paths(queue)
        if len(paths) == 1:
            return paths[0]
    return queue


def is_same(asked: str, queue: str, scheduler: str, tree: "Tree | None" = None) -> bool:
    """Whether a request for `asked` means `queue`. Case counts, as it does for both schedulers.

    Under the capacity scheduler a name without a dot means what `tree` says. What is not in it, as a queue that is
    created for a user, or everything where there is no tree, is the same as any full path that ends in it.
    """
    if full_name(asked, scheduler, tree) == full_name(queue, scheduler, tree):
        return True
    if scheduler != CAPACITY:
        return False
    short, path = sorted((asked, queue), key=lambda name: "." in name)
    if "." in short or not path.startswith("root.") or leaf(path) != short:
        return False
    return tree is None or not tree.leaf_paths(short)


def ambiguous(queue: str, scheduler: str, tree: "Tree | None") -> tuple[str, ...]:
    """The full paths that `queue` could mean, if the scheduler refuses it because they are several; else none."""
    if scheduler != CAPACITY or tree is None or "." in queue:
        return ()
    paths = tree.leaf_paths(queue)
    return paths if len(paths) > 1 else ()


def is_unset(asked: str) -> bool:
    """Whether a request asks for nothing: both schedulers place `default` and an empty name as if none was given.

    Source: `SpecifiedPlacementRule` (fair), `CSMappingPlacementRule` (capacity).
    """
    return asked in ("", "default")


def leaf(queue: str) -> str:
    """The last part of a queue's path."""
    return queue.rpartition(".")[2]
