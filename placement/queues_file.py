"""`queues.yaml`: the queue tree and the roles, read into plain values."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictStr

from placement import documents
from placement.errors import PlacementError, Problem, quoted
from placement.queues.tree import ROOT, Tree
from placement.rules.model import Role

GUIDE = "docs/checking.md"
_NOT_IN_NAMES = set(' .:"@#%*')


def _queue_name(name: str) -> str:
    if not name or not name.isprintable() or set(name) & _NOT_IN_NAMES:
        raise ValueError('the name of one queue: no dot, blank or any of `:`, `"`, `@`, `#`, `%`, `*`')
    return name


class _Queue(BaseModel):
    """One queue and those below it. Shares, limits and access are kept for those who read them, not looked at here."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: Annotated[StrictStr, AfterValidator(_queue_name)]
    queues: "list[_Queue]" = Field(default_factory=list)


class _Role(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    users: list[StrictStr] = Field(default_factory=list)
    groups: list[StrictStr] = Field(default_factory=list)


class _QueuesFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    roles: dict[StrictStr, _Role] = Field(default_factory=dict)
    defaults: dict[StrictStr, Any] = Field(default_factory=dict)
    queues: list[_Queue] = Field(default_factory=list)


def read(source: bytes, file: str) -> tuple[Tree | None, dict[str, Role]]:
    """The tree, None if the file names no queue, and the roles by their names.

    Raises PlacementError with every problem of the file.
    """
    said, places = documents.read_with_places(_QueuesFile, source, file, GUIDE)
    paths: list[str] = []
    problems = list(_walk(said.queues, ROOT, ("queues",), places, paths))
    if problems:
        raise PlacementError(*problems)
    roles = {name: Role(frozenset(role.users), frozenset(role.groups)) for name, role in said.roles.items()}
    return (Tree(paths) if paths else None), roles


def _walk(
    queues: list[_Queue], parent: str, where: documents.Path, places: documents.Places, paths: list[str]
) -> Iterator[Problem]:
    """Adds the full paths of `queues`, which stand at `where`, and of all below them to `paths`."""
    names: set[str] = set()
    for number, queue in enumerate(queues):
        path = f"{parent}.{queue.name}"
        place = documents.place_of(places, (*where, number, "name"))
        if queue.name in names:
            remedy = "keep one of them, or give one another name"
            yield Problem("queue-twice", f"the queue {quoted(path)} stands here twice", place, remedy)
        if path == f"{ROOT}.{ROOT}":
            message = "`root` is there already; this list is of the queues below it"
            yield Problem("root-in-the-tree", message, place, "list the queues below it here")
        names.add(queue.name)
        paths.append(path)
        yield from _walk(queue.queues, path, (*where, number, "queues"), places, paths)
