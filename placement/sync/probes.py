"""Questions by which the ResourceManager shows whose submissions it lets in, once it is told something new. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from placement.queues import access
from placement.queues.queue import Hierarchy

NOBODY = "placement-probe"  # a name that no access list has
MOST = 20  # questions


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether `user` may submit to `queue`, and whether that is what is wanted."""

    user: str
    queue: str
    is_wanted: bool


def probes(hierarchy: Hierarchy, queues: Iterable[str]) -> list[Probe]:
    """At most MOST of them, about these queues, full paths: a user who is let in by name, and one who is not."""
    found = [probe for path in queues if hierarchy.find(path) for probe in _of(hierarchy, path)]
    step = max(1, -(-len(found) // MOST))
    return found[::step]


def _of(hierarchy: Hierarchy, path: str) -> Iterator[Probe]:
    grants = access.of_queue(hierarchy, path).submit
    if any(grant.kind == access.EVERYBODY for grant in grants):
        yield Probe(NOBODY, path, True)
        return
    user = next((grant.name for grant in grants if grant.kind == access.USER), None)
    if user is not None:
        yield Probe(user, path, True)
    yield Probe(NOBODY, path, False)
