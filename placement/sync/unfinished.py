"""An apply or rollback that came to no clear end, and what it has left in force. Adapter; changes nothing.

Killed, it has an entry of the history that was begun and never ended; or it FAILED, and could not be taken back.
"""

from dataclasses import dataclass

from placement.errors import Problem
from placement.sync.difference import difference
from placement.sync.history import AFTER, BEFORE, BEGUN, Entry, History
from placement.sync.target import InForce, Target

OLD, NEW, NEITHER = "old", "new", "neither"

_STATES = {
    OLD: "what was in force before it is in force",
    NEW: "what it was to bring is in force",
    NEITHER: "neither what was in force before it nor what it was to bring is in force, some queues may be stopped",
}


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The last entry, and which configuration is in force now: OLD, NEW or NEITHER.

    A file may say one while the ResourceManager still works by another: it has to be told again in any case.
    """

    entry: Entry
    which: str

    @property
    def problem(self) -> Problem:
        """What there is to be said of it."""
        what, way = ("rollback", "apply") if self.entry.is_rollback else ("apply", "rollback")
        how = "was interrupted" if self.entry.outcome == BEGUN else "failed, and could not be taken back"
        message = f"{what} {self.entry.number}, of {self.entry.when}, {how}: {_STATES[self.which]}"
        other = "bring the policy" if self.entry.is_rollback else "go back"
        remedy = f"go on by `placement {what}`, or {other} by `placement {way}`"
        return Problem("apply-interrupted", message, remedy=remedy, severity="warning")


def unfinished(target: Target, history: History, now: InForce) -> Unfinished | None:
    """What the last apply or rollback at `target` has left, None if it came to an end."""
    last = next(reversed(history.entries_of(target.name)), None)
    if last is None or last.is_ended:
        return None
    for which, name in ((OLD, BEFORE), (NEW, AFTER)):
        if not difference(target.read(history.content(last, name)), now.configuration):
            return Unfinished(last, which)
    return Unfinished(last, NEITHER)


def whole_before(target: Target, history: History, now: InForce) -> InForce:
    """`now`, or what was there before an apply that has not brought its own.

    That one may be halfway: there queues are stopped that are to run again, or are told so.
    """
    left = unfinished(target, history, now)
    if left is None or left.which == NEW:
        return now
    content = history.content(left.entry, BEFORE)
    return InForce(target.read(content), content, left.entry.before)
