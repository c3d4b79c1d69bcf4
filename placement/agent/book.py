"""Who waits, who has a turn and who runs: the ledger, with what of it is known of the cluster. Adapter.

What is in memory is what the ledger says: whenever a transaction fails it is read again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from msgspec.structs import replace

from placement.admission.decide import Verdict, decide
from placement.admission.entry import ENDED, RESERVED, RUNNING, WAITING, WITHDRAWN, Entry, Hold
from placement.admission.expected import PROMISES, Promises, Releases, expected
from placement.admission.resources import NOTHING
from placement.admission.room import Room, path, unlimited
from placement.admission.snapshot import QueueUse, Seen, Snapshot
from placement.admission.turns import Turns
from placement.admission.way_out import REJECT
from placement.store.ledger import Ledger

LEASE_S = 10.0
SETTLING_S = 120.0  # in which all nodes come to a ResourceManager that has just become active
NOT_USED, GONE, CANCELLED = "turn-not-used", "gone", "cancelled"


@dataclass(frozen=True, slots=True)
class Rules:
    """How turns are given, see `policy.Admission`; times in seconds."""

    reservation_s: float = 120.0
    overtake_s: float = 300.0
    ageing_s: float = 600.0
    user_max_running: Callable[[str], int | None] = unlimited


class Moved(NamedTuple):
    """An entry that has its turn now, or has gone; `entry` as it is now."""

    entry: Entry
    waited_s: float


class Landed(NamedTuple):
    """An application that is in another queue than was decided."""

    entry: Entry
    seen: Seen


class Book:
    """For one thread. `ledger` may be shared with other agents; only the one that leads gives turns.

    Every method raises PlacementError where the ledger cannot be written or read; then `load` is to be called before
    anything else. Times are seconds since the epoch, by the clock that is handed in. `promised` is told of each promise
    whose truth becomes known, whether it was kept.
    """

    def __init__(self, ledger: Ledger, rules: Rules, promised: Callable[[bool], None] | None = None) -> None:
        self.ledger = ledger
        self.rules = rules
        self.entries: dict[str, Entry] = {}
        self.releases = Releases()
        self._heard = promised
        self.promises = Promises(promised)
        self.elsewhere: dict[str, Landed] = {}
        self.snapshot: Snapshot | None = None
        self.leads = False
        self._seen_s: dict[str, float] = {}  # when the application of an entry was first seen
        self._promised: set[str] = set()
        self._settled_s = 0.0
        self._last_event = 0
        self.turns = self._no_turns()
        self._room: Room | None = None

    def _no_turns(self) -> Turns:
        return Turns(self.releases.rate, ageing_s=self.rules.ageing_s, overtake_s=self.rules.overtake_s)

    def load(self) -> None:
        """Reads the ledger, all of it that has not ended."""
        self._last_event = self.ledger.last_event()
        states = (self.ledger.waiting(), self.ledger.in_state(RESERVED), self.ledger.in_state(RUNNING))
        self.entries = {entry.id: entry for found in states for entry in found}
        self.turns = self._no_turns()
        for entry in states[0]:
            self.turns.add(entry)
        self._recall()
        self._make_room()

    def lead(self, now_s: float) -> bool:
        """Whether this agent gives the turns; asked within each batch that gives some."""
        led, self.leads = self.leads, self.ledger.lead(now_s, LEASE_S)
        if self.leads and not led and self.ledger.last_event() != self._last_event:
            self.load()
        return self.leads

    def follow(self) -> list[Moved]:
        """Takes up what other agents wrote; gives what became of entries there."""
        moved = []
        newest = self.ledger.last_event()
        while events := self.ledger.changes_since(self._last_event):
            self._last_event = events[-1].id
            for entry in self.ledger.entries({event.entry for event in events}):
                before = self.entries.get(entry.id)
                if before is None and entry.state == WAITING:
                    self._put(entry)
                    self.turns.add(entry)
                elif before is not None and before.state != entry.state:
                    moved.append(self._moved(before, entry))
        self._last_event = max(self._last_event, newest)
        return moved

    # --- one submission

    def decide(self, entry: Entry, others: tuple[str, ...], now_s: float) -> Verdict:
        """What becomes of a new one; it is written, and in its place, when the batch around this ends."""
        assert self._room is not None
        entry = self._rounded(entry)
        unknown = [queue for queue in entry.candidates if self._make_known(queue)]
        if unknown:
            self._make_room()
        verdict = decide(entry, self._room, self.turns, now_s, others)
        if verdict.opening:
            self.ledger.admit(entry, verdict.queue, now_s)
            self._note_overtaken(self.turns.start(entry, verdict.opening, self._room, now_s).overtaken)
            self._put(replace(entry, state=RESERVED, queue=verdict.queue, since_s=now_s))
        elif verdict.outcome == REJECT:
            self.ledger.refuse(entry, verdict.limit.code if verdict.limit else "", now_s)
        else:
            self.ledger.add(entry)
            self._put(entry)
            self.turns.add(entry, verdict.limits)
        return verdict

    def join(self, entry: Entry) -> None:
        """A new one waits for who leads to decide on it."""
        self.ledger.add(entry)
        self._put(entry)
        self.turns.add(entry)

    def leave(self, entry_id: str, reason: str, now_s: float) -> Moved | None:
        """Somebody waits no more, or gives a turn back; None: there is no such entry, or it runs already."""
        before = self.entries.get(entry_id)
        if before is None or not self.ledger.withdraw(entry_id, reason, now_s):
            return None
        self.promises.left(entry_id, now_s)
        return self._moved(before, replace(before, state=WITHDRAWN, reason=reason, since_s=now_s))

    def expects(self, entry_id: str, now_s: float) -> tuple[float, float] | None:
        """From when to when a waiting entry may expect its turn; what is said first is kept as a promise."""
        limit = self.turns.blocked(entry_id)
        if limit is None or not self.leads:
            return None
        interval = expected(limit, self.turns.place(entry_id), self.releases, now_s)
        if interval and entry_id not in self._promised:
            self._promised.add(entry_id)
            self.promises.make(entry_id, interval)
            self.ledger.promise(entry_id, limit.queue, *interval, now_s)
        return interval

    # --- all of them

    def saw(self, snapshot: Snapshot) -> None:
        """The cluster is like this now."""
        if self.snapshot is not None and snapshot.term != self.snapshot.term:
            self._settled_s = snapshot.taken_s + SETTLING_S
        self.releases.saw(snapshot)
        self.snapshot = snapshot
        for entry in list(self.waiting()):
            for queue in entry.candidates:
                self._make_known(queue)
        self._make_room()

    def reconcile(self, now_s: float) -> list[Moved]:
        """Takes up what the snapshot shows of those who have a turn or run; for who leads, within a batch."""
        assert self.snapshot is not None
        seen = self._seen()
        moved = []
        for entry in [each for each in self.entries.values() if each.state in (RESERVED, RUNNING)]:
            there = seen.get(entry.id)
            if there and entry.state == RESERVED and self.ledger.running(entry.id, there[0].application, now_s):
                self._put(replace(entry, state=RUNNING, application=there[0].application, since_s=now_s))
            elif not there and entry.state == RUNNING:
                moved += self._ended(entry, self.ledger.finished(entry.id, "ended", now_s))
            elif not there and self._is_overdue(entry, now_s):
                moved += self._ended(entry, self.ledger.withdraw(entry.id, NOT_USED, now_s))
        self._make_room()
        return moved

    def give(self, now_s: float) -> list[Moved]:
        """The turns that there is room for now; for who leads, within a batch."""
        if self._room is None:
            return []
        moved = []
        for turn in self.turns.give(self._room, now_s):
            self._note_overtaken(turn.overtaken)
            if self.ledger.claim(turn.entry.id, turn.queue, now_s):
                self.promises.started(turn.entry.id, now_s)
                after = replace(turn.entry, state=RESERVED, queue=turn.queue, since_s=now_s)
                moved.append(self._moved(turn.entry, after))
            else:
                self._room.release(turn.entry.id)
        return moved

    def landed_elsewhere(self) -> list[Landed]:
        """The applications newly seen in another queue than decided; all of those that live are in `elsewhere`."""
        found = {
            each.application: Landed(entry, each)
            for entry_id, applications in self._seen().items()
            if (entry := self.entries.get(entry_id)) and entry.queue
            for each in applications
            if each.queue != entry.queue
        }
        new = [landed for application, landed in found.items() if application not in self.elsewhere]
        self.elsewhere = found
        return new

    def waiting(self) -> Iterator[Entry]:
        """Who waits, in no order."""
        return (entry for entry in self.entries.values() if entry.state == WAITING)

    # --- how

    def _recall(self) -> None:
        """The record of all agents' promises, and those that are open."""
        self.promises, self._promised = Promises(self._heard), set()
        for made in reversed(self.ledger.promises(PROMISES)):
            self.promises.recall(made.entry, (made.from_s, made.to_s), made.started_s)
            if made.started_s is None:
                self._promised.add(made.entry)

    def _put(self, entry: Entry) -> None:
        self.entries[entry.id] = entry

    def _moved(self, before: Entry, after: Entry) -> Moved:
        self.turns.remove(before.id)
        self._promised.discard(before.id)
        if after.state in ENDED:
            self.entries.pop(after.id, None)
            self._seen_s.pop(after.id, None)
            if self._room:
                self._room.release(after.id)
        else:
            self._put(after)
        return Moved(after, max(after.since_s - after.arrived_s, 0.0))

    def _ended(self, entry: Entry, is_written: bool) -> list[Moved]:
        after = self.ledger.entry(entry.id) if is_written else None
        return [self._moved(entry, after)] if after else []

    def _note_overtaken(self, overtaken: tuple[Entry, ...]) -> None:
        for entry in overtaken:
            self.ledger.moved(entry.id, entry.moved_s)
            self._put(entry)

    def _is_overdue(self, entry: Entry, now_s: float) -> bool:
        """A turn that no application was seen to use, in a snapshot that is younger than its time."""
        assert self.snapshot is not None
        return self.snapshot.taken_s - entry.since_s > self.rules.reservation_s and now_s > entry.since_s

    def _rounded(self, entry: Entry) -> Entry:
        assert self.snapshot is not None
        return replace(entry, demand=entry.demand.rounded(self.snapshot.minimum, self.snapshot.step))

    def _make_known(self, queue: str) -> bool:
        """A queue that is not there may be one that the scheduler creates when it is asked for: as large as its parent.

        Where it is none, the ResourceManager refuses the application, as it would without us. Whether there is a new
        one.
        """
        assert self.snapshot is not None
        if queue in self.snapshot.queues:
            return False
        above = next((at for at in path(queue) if at in self.snapshot.queues), None)
        if above is not None and not self.snapshot.queues[above].is_leaf:
            new = QueueUse(is_leaf=True, maximum=self.snapshot.queues[above].maximum)
            self.snapshot = replace(self.snapshot, queues={**self.snapshot.queues, queue: new})
            return True
        return False

    def _seen(self) -> dict[str, list[Seen]]:
        found: dict[str, list[Seen]] = {}
        for each in self.snapshot.applications if self.snapshot else ():
            found.setdefault(each.decision, []).append(each)
        return found

    def _make_room(self) -> None:
        if self.snapshot is None:
            return
        seen = self._seen()
        holds = [
            self._hold(entry, seen.get(entry.id, []))
            for entry in self.entries.values()
            if entry.state in (RESERVED, RUNNING)
        ]
        is_settled = self.snapshot.taken_s >= self._settled_s
        self._room = Room(self.snapshot, holds, self.rules.user_max_running, is_settled)

    def _hold(self, entry: Entry, seen: list[Seen]) -> Hold:
        """What of its demand it has not got yet; once it had its time to ask for all, it counts with what it has."""
        assert self.snapshot is not None
        queue = entry.queue or ""
        if not seen:
            return entry.hold(queue)
        first_s = self._seen_s.setdefault(entry.id, self.snapshot.taken_s)
        waits = not any(each.has_begun for each in seen)
        got = NOTHING
        for each in seen:
            got += each.allocated
        is_settled = not waits and self.snapshot.taken_s - first_s > self.rules.reservation_s
        left = NOTHING if is_settled else (entry.demand.total - got).most(NOTHING)
        return Hold(entry.id, entry.user, seen[0].queue, left, entry.demand.master if waits else NOTHING, is_seen=True)
