"""What is in force, beside what the history says was brought there. Adapter; changes nothing."""

from dataclasses import dataclass

from placement.errors import Problem
from placement.schedulers.configuration import Configuration
from placement.sync.difference import Difference, difference
from placement.sync.history import AFTER, APPLIED, BEFORE, BEGUN, RESTORED, Entry, History
from placement.sync.target import InForce, Target

OLD, NEW, NEITHER = "old", "new", "neither"

_STATES = {
    OLD: "what was in force before it is in force",
    NEW: "what it was to bring is in force",
    NEITHER: "neither what was in force before it nor what it was to bring is in force, some queues may be stopped",
}


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An apply or rollback that came to no clear end, and which configuration is in force now: OLD, NEW or NEITHER.

    Killed, its entry was begun and never ended; or it FAILED, and could not be taken back.
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


@dataclass(frozen=True, slots=True)
class Standing:
    """What is in force at a target, and what the history says of it.

    `entries` are the target's, the oldest first. `unfinished`: what the last of them has left, None if it came to an
    end. `whole`: what is in force; or what was there before an apply that has not brought its own: that one may be
    halfway, where queues are stopped that are to run again, or are told so. `drift`: what somebody else has changed
    since the last apply, not known after one that came to no clear end.
    """

    now: InForce
    entries: list[Entry]
    unfinished: Unfinished | None
    whole: InForce
    drift: Difference


def standing(target: Target, history: History) -> Standing:
    """Raises PlacementError as both do."""
    now, entries = target.in_force(), history.entries_of(target.name)
    if not entries or entries[-1].is_ended:
        return Standing(now, entries, None, now, _drift(target, history, entries, now))
    last = entries[-1]
    before, content = kept(target, history, last, BEFORE)
    if not difference(before, now.configuration):
        which = OLD
    elif not difference(kept(target, history, last, AFTER)[0], now.configuration):
        which = NEW
    else:
        which = NEITHER
    whole = now if which == NEW else InForce(before, content, last.before)
    return Standing(now, entries, Unfinished(last, which), whole, Difference())


def kept(target: Target, history: History, entry: Entry, which: str) -> tuple[Configuration, bytes]:
    """What the history has of `target` BEFORE or AFTER an entry. Raises PlacementError, which names its file there."""
    content = history.content(entry, which)
    return target.read(content, history.file(entry, which)), content


def _drift(target: Target, history: History, entries: list[Entry], now: InForce) -> Difference:
    last = next((entry for entry in reversed(entries) if entry.outcome != RESTORED), None)
    if last is None or last.outcome != APPLIED or last.after == now.version:
        return Difference()
    return difference(kept(target, history, last, AFTER)[0], now.configuration)
