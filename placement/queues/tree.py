"""The queues of a site as a plain tree of paths. Part of the hot path: standard library only."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = "root"


class Tree:
    """All queues by their full paths, `root` and every parent implied. Not to be changed once made.

    `paths` holds them in the order in which they were given, each parent before its children.
    """

    __slots__ = ("_by_leaf", "_children", "paths")

    def __init__(self, paths: "Iterable[str]" = ()) -> None:
        """`paths`: full paths, `root.a.b`; a queue that stands only inside a longer path is there too."""
        self._children: dict[str, list[str]] = {ROOT: []}
        self._by_leaf: dict[str, list[str]] = {}
        for path in paths:
            self._add(path)
        self.paths: tuple[str, ...] = tuple(self._children)

    def __contains__(self, path: str) -> bool:
        return path in self._children

    def is_parent(self, path: str) -> bool:
        """Whether there is such a queue and it cannot run anything itself: `root`, and what has queues below it."""
        return path == ROOT or bool(self._children.get(path))

    def is_leaf(self, path: str) -> bool:
        """Whether there is such a queue and nothing below it."""
        return path in self._children and not self.is_parent(path)

    def children(self, path: str) -> tuple[str, ...]:
        """The full paths of the queues directly below `path`; none if there is no such queue."""
        return tuple(self._children.get(path, ()))

    def leaf_paths(self, name: str) -> tuple[str, ...]:
        """The full paths of all queues whose last part is `name`, parents included, `root` not."""
        return tuple(self._by_leaf.get(name, ()))

    def _add(self, path: str) -> None:
        if path in self._children:
            return
        parent, _, name = path.rpartition(".")
        if not parent or not name:
            raise ValueError(f"no path of a queue below root: {path!r}")
        self._add(parent)
        self._children[path] = []
        self._children[parent].append(path)
        if name != ROOT:  # the capacity scheduler keeps that name for the root alone (CSQueueStore)
            self._by_leaf.setdefault(name, []).append(path)
