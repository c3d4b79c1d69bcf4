"""What one submission is told: by the book where it is new, and by what is known of its id where it is not."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from placement.admission.decide import Verdict
from placement.admission.demand import Demand
from placement.admission.entry import ENDED, WAITING, Entry
from placement.admission.way_out import WAIT
from placement.agent.book import Book
from placement.agent.desk import Peer, Send
from placement.agent.protocol import Answer, Submit, unknown
from placement.agent.rights import Rights
from placement.agent.telling import Telling, over
from placement.errors import PlacementError, Problem
from placement.queues.names import full_name
from placement.queues.tree import ROOT, Tree

ITS_OWN = ("ledger-value", "ledger-other-account")  # what is wrong with one submission, not with the ledger


@dataclass(slots=True, eq=False)
class Ticket:
    """One client that waits for the answer to its submission."""

    request: Submit
    peer: Peer
    send: Send
    groups: tuple[str, ...] = ()
    verdict: Verdict | None = None
    told_s: float = 0.0
    is_over: bool = False


class Submissions:
    """`now` gives seconds since the epoch. All of it is asked within a batch of the ledger."""

    def __init__(self, book: Book, rights: Rights, telling: Telling, now: Callable[[], float]) -> None:
        self._book = book
        self._rights = rights
        self._telling = telling
        self._now = now
        self._tree = Tree()

    def saw(self, queues: Iterable[str]) -> None:
        """The cluster has these queues now."""
        self._tree = Tree(path for path in queues if path != ROOT)

    def before(self, new: Iterable[Ticket]) -> dict[str, Entry]:
        """What the ledger has for these ids and the book has not: what has ended, or came to another gateway."""
        ids = [ticket.request.id for ticket in new if ticket.request.id not in self._book.entries]
        return {entry.id: entry for entry in self._book.ledger.entries(ids)} if ids else {}

    def answer(self, ticket: Ticket, leads: bool, before: dict[str, Entry]) -> Answer | None:
        """Its last answer, None if it waits. `before`: see there. Raises PlacementError where the ledger fails."""
        try:
            return self._answer(ticket, leads, before)
        except PlacementError as error:
            if error.problems[0].code not in ITS_OWN:
                raise
            return unknown(error)

    def waits(self, ticket: Ticket, may_promise: bool) -> Answer:
        """What it is told as long as it waits."""
        return self._telling.waits(self._book.entries[ticket.request.id], ticket.verdict, may_promise)

    def _answer(self, ticket: Ticket, leads: bool, before: dict[str, Entry]) -> Answer | None:
        request = ticket.request
        there = self._book.entries.get(request.id)
        if there is None:
            if (trouble := self._telling.unknown()) is not None:
                return unknown(PlacementError(trouble))
            entry = self._entry_of(ticket)
            if request.id in before:
                there = before[request.id]
                if there.state == WAITING:  # at another gateway
                    self._book.join(there)
            elif not leads:
                self._book.join(entry)
                return None
            else:
                ticket.verdict = verdict = self._book.decide(entry, (), entry.arrived_s)
                return None if verdict.outcome == WAIT else self._telling.decided(verdict)
        if there.account != ticket.peer.account:
            return unknown(PlacementError(Problem("not-yours", "this id is of another account's submission")))
        if there.state in ENDED:
            message = f"it is over: {there.reason or there.state}"
            return over(there.reason or there.state, message)
        return None if there.state == WAITING else self._telling.run(there.queue or "")

    def _entry_of(self, ticket: Ticket) -> Entry:
        request, snapshot, now_s = ticket.request, self._book.snapshot, self._now()
        assert snapshot is not None
        candidates = tuple(full_name(queue, snapshot.scheduler, self._tree) for queue in request.candidates)
        return Entry(
            id=request.id,
            user=request.user,
            account=ticket.peer.account,
            candidates=tuple(dict.fromkeys(candidates)),
            demand=request.demand or Demand(snapshot.minimum),
            arrived_s=now_s,
            priority=self._rights.priority(request, ticket.peer, ticket.groups, candidates[0]),
            command=request.command,
            since_s=now_s,
        )
