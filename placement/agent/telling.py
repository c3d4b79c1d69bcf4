"""What clients are told of the book, as plain data with words: by the protocol, and nothing is changed here."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from placement.admission import words
from placement.admission.decide import Verdict
from placement.admission.entry import RESERVED, RUNNING, WAITING, Entry
from placement.admission.way_out import REJECT, RUN, WAIT
from placement.agent.book import Book
from placement.agent.protocol import Answer
from placement.errors import Problem, quoted

AHEAD = 3  # who is named of those before one


class Telling:
    """`stale_s` is the age from which on nothing is known of the cluster; `now` gives seconds since the epoch.

    `trouble` is what keeps the ResourceManager from being asked, as long as it lasts.
    """

    def __init__(self, book: Book, now: Callable[[], float], stale_s: float) -> None:
        self.stale_s = stale_s
        self.trouble: Problem | None = None
        self._book = book
        self._now = now

    @property
    def age_s(self) -> float | None:
        """How old what is known of the cluster is; None: it was never seen."""
        seen = self._book.snapshot
        return round(max(self._now() - seen.taken_s, 0.0), 1) if seen else None

    def unknown(self) -> Problem | None:
        """Why nothing can be said of the cluster; None as long as it was seen lately."""
        age_s = self.age_s
        if age_s is not None and age_s <= self.stale_s:
            return None
        seen = "was not seen yet" if age_s is None else f"was last seen {age_s:.0f} s ago"
        why = f": {self.trouble.message}" if self.trouble else ""
        remedy = "see whether the ResourceManager answers: placement status"
        return Problem("cluster-unknown", f"the cluster {seen}{why}", remedy=remedy)

    def run(self, queue: str) -> Answer:
        """The turn has come."""
        return {"outcome": RUN, "queue": queue, "message": f"runs in {quoted(queue)}", "age_s": self.age_s}

    def decided(self, verdict: Verdict) -> Answer:
        """It runs at once, or never."""
        if verdict.outcome == RUN:
            return self.run(verdict.queue)
        reason = verdict.limit.code if verdict.limit else REJECT
        return {**verdict.as_data(), "reason": reason, "age_s": self.age_s}

    def waits(self, entry: Entry, verdict: Verdict | None, may_promise: bool) -> Answer:
        """It waits; `verdict`: what was found at first. `may_promise`: an expected time may be given."""
        ahead = [f"{each.id} {each.user} {each.command}" for each in self._book.turns.ahead(entry.id, AHEAD)]
        told = {"outcome": WAIT, **self.entry(entry, may_promise), "ahead": ahead, "age_s": self.age_s}
        return told | ({"way_out": [change.as_data() for change in verdict.way_out]} if verdict else {})

    def entry(self, entry: Entry, may_promise: bool) -> dict[str, Any]:
        """One entry, wherever it is."""
        now_s = self._now()
        shown: dict[str, Any] = {
            "id": entry.id,
            "user": entry.user,
            "account": entry.account,
            "command": entry.command,
            "state": entry.state,
            "queue": entry.queue or entry.candidates[0],
            "candidates": list(entry.candidates),
            "priority": entry.priority,
            "waited_s": round(max((now_s if entry.state == WAITING else entry.since_s) - entry.arrived_s, 0.0), 1),
            "place": None,
            "of": len(self._book.turns),
            "limit": None,
            "expected": None,
            "message": entry.reason or entry.state,
        }
        if entry.id in self._book.turns:
            limit = self._book.turns.blocked(entry.id)
            shown["place"] = self._book.turns.place(entry.id)
            shown["limit"] = limit.as_data() if limit else None
            shown["expected"] = self._expected(entry.id, now_s) if may_promise else None
            shown["message"] = words.sentence(limit) if limit else "others are before it"
            if (trouble := self.unknown()) is not None:
                shown["message"] += f"; {trouble.message}"
        return shown

    def story(self, entry: Entry, may_promise: bool) -> Answer:
        """One entry, what happened to it, and where its application is if that is not where it was decided."""
        events = [
            {"when_s": each.when_s, "state": each.after, "said": each.said}
            for each in self._book.ledger.events(entry.id)
        ]
        landed = next((each for each in self._book.elsewhere.values() if each.entry.id == entry.id), None)
        strayed = (
            {"id": landed.seen.application, "queue": landed.seen.queue, "decided": entry.queue} if landed else None
        )
        return {"entry": self.entry(entry, may_promise), "events": events, "application": strayed}

    def status(self) -> dict[str, Any]:
        """How many wait and run, and how well the cluster is known."""
        states = Counter(entry.state for entry in self._book.entries.values())
        snapshot, score, unknown = self._book.snapshot, self._book.promises.score(), self.unknown()
        return {
            "scheduler": snapshot.scheduler if snapshot else None,
            "resource_manager": {"age_s": self.age_s, "error": unknown.message if unknown else None},
            "waiting": states[WAITING],
            "reserved": states[RESERVED],
            "running": states[RUNNING],
            "leader": self._book.leads,
            "landed_elsewhere": len(self._book.elsewhere),
            "promises": {"kept": score[0], "of": score[1]} if score else None,
        }

    def _expected(self, entry_id: str, now_s: float) -> dict[str, Any] | None:
        interval = self._book.expects(entry_id, now_s)
        if interval is None:
            return None
        score = self._book.promises.score()
        seconds = {"from_s": round(max(interval[0] - now_s, 0)), "to_s": round(max(interval[1] - now_s, 0))}
        return seconds | ({"kept": score[0], "of": score[1]} if score else {})


def over(reason: str, message: str) -> Answer:
    """It will not run."""
    return {"outcome": REJECT, "reason": reason, "message": message, "limit": None, "way_out": []}
