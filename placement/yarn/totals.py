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
    """`own`: what runs and waits in each queue by itself, parents before those below them. O(queues)."""
    found = {path: Total(*counts, live.waiting.get(path, NOTHING)) for path, counts in own.items()}
    for path in reversed(found):  # INVARIANT parents-first: whoever is met has all from below
        if (parent := found.get(path.rpartition(".")[0])) is not None:
            total = found[path]
            parent.running += total.running
            parent.pending += total.pending
            parent.waiting += total.waiting
    return found
