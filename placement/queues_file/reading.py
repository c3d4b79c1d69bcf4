"""The text of `queues.yaml` into the queue tree, and the place of everything that it says."""

from collections.abc import Iterator
from functools import cached_property

from placement import documents
from placement.errors import Place, PlacementError, Problem, quoted
from placement.queues.queue import Hierarchy
from placement.queues.tree import ROOT, Tree
from placement.queues_file.shapes import QueuesFile, QueueShape
from placement.rules.model import Role

GUIDE = "docs/queues.md"
_ROOT_PATH: documents.Path = ("root",)
_INSTEAD = {"submit": "access", "admin": "access"}  # keys that another key can say too


class Places:
    """Where queues.yaml says what it says, for findings of whoever looks at the tree, here or in another program."""

    def __init__(self, places: documents.Places, paths: dict[str, documents.Path]) -> None:
        """`paths`: where in the document each queue stands, by its full path."""
        self._places = places
        self._paths = paths

    def of(self, queue: str | None, *keys: int | str) -> Place:
        """The place of a queue's setting: `of("root.batch", "maximum", "memory")`, in the words of the file.

        If it is not said there, that of the innermost setting around it that is, and of the queue's name if none is.
        Of a queue that does not stand in the file, as one created on demand, that of its nearest ancestor.
        `queue` None: of the file, as in `of(None, "roles", "analysts")`.
        """
        if queue is None:
            return self._within((), keys) or documents.place_of(self._places, ())
        while queue not in self._paths:
            queue, _, _ = queue.rpartition(".")
        path = self._paths[queue]
        return self._within(path, keys) or documents.place_of(self._places, (*path, "name"))

    def of_key(self, queue: str | None, *keys: int | str) -> Place:
        """As `of`, but where the last of `keys` stands, rather than its value."""
        path = () if queue is None else self._paths.get(queue)
        found = None if path is None else self._places.get((*path, *keys, documents.KEY))
        return found or self.of(queue, *keys)

    def _within(self, path: documents.Path, keys: tuple[int | str, ...]) -> Place | None:
        found = None
        for key in keys:
            path = (*path, key if (*path, key) in self._places else _INSTEAD.get(str(key), key))
            if path not in self._places:
                break
            found = self._places[path]
        return found


class Document:
    """All of queues.yaml: the `hierarchy` of queues, and the `places` of what it says."""

    def __init__(self, hierarchy: Hierarchy, places: Places) -> None:
        self.hierarchy = hierarchy
        self.places = places

    @cached_property
    def tree(self) -> Tree | None:
        """The names of the queues; None if the file names no queue, which says nothing of what there is."""
        if not self.hierarchy.root.children:
            return None
        return Tree(path for path, _ in self.hierarchy.queues() if path != ROOT)

    @cached_property
    def roles(self) -> dict[str, Role]:
        """The roles, as rules need them."""
        said = self.hierarchy.roles
        return {name: Role(frozenset(role.users), frozenset(role.groups)) for name, role in said.items()}


def read(source: bytes, file: str) -> Document:
    """The whole file. Raises PlacementError with every problem that keeps it from being read.

    What can be read but makes no sense is found by `placement.queues.checks`.
    """
    said, found = documents.read_with_places(QueuesFile, source, file, GUIDE)
    paths: dict[str, documents.Path] = {ROOT: _ROOT_PATH}
    problems = list(_walk(said.queues, ROOT, ("queues",), found, paths))
    if problems:
        raise PlacementError(*problems)
    return Document(said.value(), Places(found, paths))


def _walk(
    queues: list[QueueShape],
    parent: str,
    where: documents.Path,
    places: documents.Places,
    paths: dict[str, documents.Path],
) -> Iterator[Problem]:
    """Notes where `queues`, which stand at `where`, and all below them stand."""
    for number, queue in enumerate(queues):
        path = f"{parent}.{queue.name}"
        if path in paths:
            remedy = "keep one of them, or give one another name"
            place = documents.place_of(places, (*where, number, "name"))
            yield Problem("queue-twice", f"the queue {quoted(path)} stands here twice", place, remedy)
        if queue.name == ROOT or (parent == ROOT and queue.name.lower() == ROOT):  # AllocationFileQueueParser
            place = documents.place_of(places, (*where, number, "name"))
            if parent == ROOT:
                message = "`root` is there already; this list is of the queues below it"
                remedy = "list the queues below it here, and write what is to be said of it under `root:`"
            else:
                message, remedy = "no queue below `root` can be called `root`", "give it another name"
            yield Problem("root-in-the-tree", message, place, remedy)
        paths[path] = (*where, number)
        yield from _walk(queue.queues, path, (*where, number, "queues"), places, paths)
