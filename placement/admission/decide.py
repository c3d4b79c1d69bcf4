"""Run now, wait, or reject: one submission against what is left and against those who wait. Pure."""

from dataclasses import dataclass
from typing import Any

from placement.admission import words
from placement.admission.claims import COUNTED
from placement.admission.entry import APPLICATIONS, CLUSTER, Entry, Limit
from placement.admission.room import Room
from placement.admission.turns import Opening, Turns
from placement.admission.way_out import REJECT, RUN, WAIT, Change, ways_out
from placement.errors import quoted


@dataclass(frozen=True, slots=True)
class Verdict:
    """`outcome` for `queue`, because of `limit` (None: it runs).

    `opening`: of what runs, for `Turns.start`. `limits`: what it waits for in each of its candidates, for `Turns.add`.
    `way_out`: changes, each tried, after which it would run at once; where it is rejected and no change of a kind does
    that, one after which it could wait.
    """

    outcome: str
    queue: str
    message: str
    limit: Limit | None = None
    limits: tuple[Limit, ...] = ()
    way_out: tuple[Change, ...] = ()
    opening: Opening | None = None

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
    outcome, queue, found = _tried(entry, room, turns, now_s)
    if isinstance(found, Opening):
        return Verdict(RUN, queue, f"runs in {quoted(queue)}", opening=found)
    limit = next((each for each in found if each.queue == queue), found[0])
    # Who asks for less is one application as well.
    may_help = others or any((each.cause or each.code) not in COUNTED for each in found)
    changes = _changes(entry, outcome, limit, room, turns, now_s, others) if may_help else ()
    verb = "waits for" if outcome == WAIT else "cannot run in"
    sentence = words.sentence(limit, is_lasting=outcome == REJECT)
    return Verdict(outcome, queue, f"{verb} {quoted(queue)}: {sentence}", limit, found, changes)


def _tried(entry: Entry, room: Room, turns: Turns, now_s: float) -> tuple[str, str, Opening | tuple[Limit, ...]]:
    """The outcome, the queue that it is for, and its opening, or else the limit of each candidate.

    Of what is rejected, the limits are those that last.
    """
    limits = []
    for queue in entry.candidates:
        found = turns.check(entry, queue, room, now_s)
        if isinstance(found, Opening):
            return RUN, queue, found
        limits.append(found)
    lasting = [room.never(entry.user, queue, entry.demand) for queue in entry.candidates]
    for queue, never in zip(entry.candidates, lasting, strict=True):
        if never is None:
            return WAIT, queue, tuple(limits)
    nowhere = Limit("queue-not-there", "", CLUSTER, 1, 0, APPLICATIONS)
    reasons = tuple(never for never in lasting if never) or (nowhere,)
    return REJECT, reasons[0].queue, reasons


def _changes(
    entry: Entry, outcome: str, limit: Limit, room: Room, turns: Turns, now_s: float, others: tuple[str, ...]
) -> tuple[Change, ...]:
    def reached(other: Entry, wanted: str) -> tuple[str, str] | None:
        return _reached(other, wanted, room, turns, now_s)

    wanted, snapshot = RUN if outcome == WAIT else WAIT, room.snapshot
    return ways_out(entry, reached, wanted, others, snapshot.minimum, snapshot.step, limit)


def _reached(entry: Entry, wanted: str, room: Room, turns: Turns, now_s: float) -> tuple[str, str] | None:
    """What `_tried` finds, the outcome and its queue, if it is RUN or `wanted`; sooner known where it is neither."""
    later = None
    if wanted == WAIT:
        later = next((queue for queue in entry.candidates if room.never(entry.user, queue, entry.demand) is None), None)
        if later is None:
            return None
    for queue in entry.candidates:
        if isinstance(turns.check(entry, queue, room, now_s), Opening):
            return RUN, queue
    return (WAIT, later) if later else None
