"""Run now, wait, or reject: one submission against what is left and against those who wait. Pure."""

from dataclasses import dataclass
from typing import Any

from placement.admission import words
from placement.admission.entry import APPLICATIONS, CLUSTER, Entry, Limit
from placement.admission.room import Room
from placement.admission.turns import Turns
from placement.admission.way_out import REJECT, RUN, WAIT, Change, ways_out
from placement.errors import quoted


@dataclass(frozen=True, slots=True)
class Verdict:
    """`outcome` for `queue`, because of `limit` (None: it runs).

    `limits`: what it waits for in each of its candidates, for `Turns.add`. `way_out`: changes, each tried, after which
    it would run at once; where it is rejected and no change of a kind does that, one after which it could wait.
    """

    outcome: str
    queue: str
    limit: Limit | None
    limits: tuple[Limit, ...]
    way_out: tuple[Change, ...]
    message: str

    def as_data(self) -> dict[str, Any]:
        """The verdict as plain data."""
        return {
            "outcome": self.outcome,
            "queue": self.queue,
            "limit": self.limit.as_data() if self.limit else None,
            "way_out": [change.as_data() for change in self.way_out],
            "message": self.message,
        }


def decide(entry: Entry, room: Room, turns: Turns, now_s: float, others: tuple[str, ...] = ()) -> Verdict:
    """What becomes of `entry`. Changes nothing: `Turns.start` takes the turn of what runs, `Turns.add` lets it wait.

    The first of its candidates where it may start, else the first where it ever could. `others`: further queues that
    its user may use, for the way out. O(candidates * depth * those who wait for the same room and may be passed).
    """
    outcome, queue, limits = _tried(entry, room, turns, now_s)
    if outcome == RUN:
        return Verdict(RUN, queue, None, (), (), f"runs in {quoted(queue)}")
    limit = next((each for each in limits if each.queue == queue), limits[0])
    changes = ways_out(
        entry,
        lambda other: _tried(other, room, turns, now_s)[:2],
        RUN if outcome == WAIT else WAIT,
        others,
        room.snapshot.minimum,
        room.snapshot.step,
    )
    verb = "waits for" if outcome == WAIT else "cannot run in"
    sentence = words.sentence(limit, is_lasting=outcome == REJECT)
    return Verdict(outcome, queue, limit, limits, changes, f"{verb} {quoted(queue)}: {sentence}")


def _tried(entry: Entry, room: Room, turns: Turns, now_s: float) -> tuple[str, str, tuple[Limit, ...]]:
    """The outcome, the queue that it is for, and the limit of each candidate, if it does not run.

    Of what is rejected, the limits are those that last.
    """
    limits = []
    for queue in entry.candidates:
        limit = turns.limit(entry, queue, room, now_s)
        if limit is None:
            return RUN, queue, ()
        limits.append(limit)
    lasting = [room.never(entry.user, queue, entry.demand) for queue in entry.candidates]
    for queue, never in zip(entry.candidates, lasting, strict=True):
        if never is None:
            return WAIT, queue, tuple(limits)
    nowhere = Limit("queue-not-there", "", CLUSTER, 1, 0, APPLICATIONS)
    found = tuple(never for never in lasting if never) or (nowhere,)
    return REJECT, found[0].queue, found
