"""What is different between two configurations of one scheduler: queue by queue, property by property. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from placement.queues.names import leaf
from placement.schedulers.configuration import Configuration, Properties
from placement.schedulers.formats import FORMATS


@dataclass(frozen=True, slots=True)
class Change:
    """One property of a queue, None for the scheduler as a whole; its text before and after, None: there is none."""

    queue: str | None
    property: str
    old: str | None
    new: str | None

    def as_data(self) -> dict[str, str | None]:
        """The change as plain data."""
        return {"queue": self.queue, "property": self.property, "old": self.old, "new": self.new}


@dataclass(frozen=True, slots=True)
class Difference:
    """The queues `added` and `removed`, by full path; `moved` pairs those of them that look like one queue.

    `changes` are of all queues, in the order of the tree: general ones first, and of queues that go last.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changes)

    def as_data(self) -> dict[str, Any]:
        """The difference as plain data."""
        return {
            "added": list(self.added),
            "removed": list(self.removed),
            "moved": [{"from": old, "to": new} for old, new in self.moved],
            "changes": [change.as_data() for change in self.changes],
        }


def difference(old: Configuration, new: Configuration) -> Difference:
    """What makes `new` of `old`; O(queues and properties)."""
    removed = tuple(path for path in old.queues if path not in new.queues)
    added = tuple(path for path in new.queues if path not in old.queues)
    changes = [
        *_changes(None, old.general, new.general, new.scheduler),
        *(each for path, now in new.queues.items() for each in _of_queue(path, old.queues.get(path), now, new)),
        *(Change(path, name, text, None) for path in removed for name, text in old.queues[path].items()),
    ]
    return Difference(added, removed, tuple(_moves(removed, added)), tuple(changes))


def _of_queue(path: str, before: Properties | None, now: Properties, new: Configuration) -> Iterable[Change]:
    if before is None:
        return [Change(path, name, None, text) for name, text in now.items()]
    return () if before == now else _changes(path, before, now, new.scheduler)


def _changes(queue: str | None, before: Properties, now: Properties, scheduler: str) -> Iterator[Change]:
    same = FORMATS[scheduler].same
    for name in [*now, *(name for name in before if name not in now)]:
        was, will = before.get(name), now.get(name)
        if was != will and not same(queue, name, was, will):
            yield Change(queue, name, was, will)


def _moves(removed: Iterable[str], added: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Queues that go and come under one last name, where only one of each does."""
    going, coming = _by_leaf(removed), _by_leaf(added)
    for name, paths in going.items():
        there = coming.get(name, [])
        if len(paths) == len(there) == 1:
            yield paths[0], there[0]


def _by_leaf(paths: Iterable[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        found[leaf(path)].append(path)
    return found
