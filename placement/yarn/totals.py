"""What runs and waits in each queue and below it. Pure."""

from collections.abc import Mapping

from placement.admission.resources import NOTHING, Resources
from placement.yarn.live import Live


class Total:
    """`waiting`: what the application masters without a container ask for."""

    __slots__ = ("pending", "running", "waiting")

    def __init__(self, running: int, pending: int, waiting: Resources) -> None:
        self.running = running
        self.pending = pending
        self.waiting = waiting


def totals(own: Mapping[str, tuple[int, int]], live: Live) -> dict[str, Total]:
    """`own`: what runs and waits in each queue by itself, as it says, parents before those below them. O(queues).

    An application that the queue does not count yet waits there.
    """
    found = {
        path: Total(running, max(pending, live.applications.get(path, 0) - running), live.waiting.get(path, NOTHING))
        for path, (running, pending) in own.items()
    }
    for path in reversed(found):  # INVARIANT parents-first: whoever is met has all from below
        if (parent := found.get(path.rpartition(".")[0])) is not None:
            total = found[path]
            parent.running += total.running
            parent.pending += total.pending
            parent.waiting += total.waiting
    return found
