"""Where in the queue tree the queues of a rule are: what `%user` and `%primary_group` can stand for there."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from placement.queues.queue import DEEPEST, Hierarchy, Queue
from placement.queues.tree import ROOT, Tree
from placement.rules.model import GROUP, USER, Rule

OF_USER, OF_GROUP = "%user", "%primary_group"
PLACEHOLDERS = {OF_USER: USER, OF_GROUP: GROUP}


@dataclass(frozen=True, slots=True)
class Spot:
    """One queue of the tree into which a rule leads, or below which its queue is created (`on_demand`).

    `names`: where a placeholder stands for this queue, the (kind, name) of those for whom it does; none: everybody
    whom the rule is for.
    """

    path: str
    names: tuple[tuple[str, str], ...] = ()
    on_demand: bool = False


class Finder:
    """Finds the spots of rules in one tree."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self._hierarchy = hierarchy

    @cached_property
    def _tree(self) -> Tree:
        return Tree(path for path, _ in self._hierarchy.queues() if path != ROOT)

    def path(self, rule: Rule) -> str | None:
        """The rule's queue from `root` on, placeholders as they are.

        None if it begins with a placeholder, or with the name of no queue or of several, or has a placeholder as a
        mere piece of a part, which no scheduler of YARN can fill in.
        """
        parts = rule.queue.split(".")
        if any("%" in part and part not in PLACEHOLDERS for part in parts):
            return None
        if parts[0] != ROOT:
            paths = self._tree.leaf_paths(parts[0])
            if len(paths) != 1:
                return None
            parts[0] = paths[0]
        return ".".join(parts)

    def spots(self, rule: Rule) -> list[Spot]:
        """Every spot; none if the tree has no such queue, and none would be created."""
        path = self.path(rule)
        if path is None:
            return []
        if self._hierarchy.find(path):  # as that of most rules is: no name of a queue has a placeholder
            return [Spot(path)]
        parts = path.split(".")[1:]
        if rule.kind == USER:
            parts = [rule.name.replace(".", "_dot_") if part == OF_USER else part for part in parts]
        return list(self._below(self._hierarchy.root, ROOT, parts, ()))

    def runs(self, path: str) -> bool:
        """Whether applications can run in the queue of that path: a leaf, or one that would be created."""
        queue = self._hierarchy.find(path)
        return queue.is_leaf if queue else bool(self._hierarchy.chain(path))

    def _below(self, queue: Queue, path: str, parts: list[str], names: tuple[tuple[str, str], ...]) -> Iterator[Spot]:
        if not parts:
            if queue.is_leaf or not names:  # nothing runs in a queue with others below it, whatever its name
                yield Spot(path, names)
            return
        kind = PLACEHOLDERS.get(parts[0])
        fitting = queue.children if kind else tuple(filter(None, [self._hierarchy.find(f"{path}.{parts[0]}")]))
        for child in fitting:
            meant = _spellings(kind, child.name) if kind else names
            yield from self._below(child, f"{path}.{child.name}", parts[1:], meant)
        created = queue.auto_create
        if created and (kind or not fitting) and len(parts) <= (created.max_depth or DEEPEST):
            yield Spot(path, names, on_demand=True)


def _spellings(kind: str, queue_name: str) -> tuple[tuple[str, str], ...]:
    """Whose queue it is: in a queue's name `_dot_` stands for a dot, or for itself."""
    return tuple(dict.fromkeys([(kind, queue_name), (kind, queue_name.replace("_dot_", "."))]))
