"""The desk behind the socket: what is asked there, the book's answers, and who is told what, and when."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from typing import Any

from placement import __version__
from placement.admission.entry import ENDED, RESERVED, RUNNING, WAITING
from placement.admission.way_out import REJECT, RUN, WAIT
from placement.agent.book import CANCELLED, GONE, Book, Moved, Rules
from placement.agent.desk import Peer, Send
from placement.agent.log import Log
from placement.agent.metrics import Metrics
from placement.agent.names import Names
from placement.agent.protocol import Answer, Cancel, Queue, Status, Submit, Why, unknown
from placement.agent.protocol import Snapshot as SnapshotRequest
from placement.agent.rights import Policy, Rights
from placement.agent.submissions import Submissions, Ticket
from placement.agent.telling import Telling, over
from placement.errors import PlacementError, Problem

RETURN_S = 30.0  # for those who waited when the agent ended, to come again
SIGN_S = 5.0  # between two words to one who waits
LOOK_SHARE = 0.1  # of the time, at most, goes into looks at all who wait because one of them left
FAILED = PlacementError(Problem("agent-failed", "the agent failed at this request", remedy="see its log"))


class Admissions:
    """Lives in the event loop. `now` gives seconds since the epoch; `later` does something once the loop is idle.

    What clients ask for in one turn of the loop is one transaction of the ledger: they are answered after its commit.
    """

    def __init__(
        self,
        book: Book,
        policy: Policy,
        groups: Names[str, tuple[str, ...]],
        log: Log,
        metrics: Metrics,
        now: Callable[[], float],
    ) -> None:
        self.telling = Telling(book, now, policy.admission.stale_s)
        self._rights = Rights(policy)
        self._submissions = Submissions(book, self._rights, self.telling, now)
        self._began_s = now()
        self._book = book
        self._groups = groups
        self._log = log
        self._metrics = metrics
        self._now = now
        self._new: list[Ticket] = []
        self._left: list[Ticket] = []
        self._tickets: dict[str, Ticket] = {}
        self._orphans: dict[str, float] = {}
        self._is_due = False
        self._must_load = True
        self._must_look = False  # since somebody left
        self._next_look_s = 0.0
        self._fault: PlacementError | None = None  # of the ledger, as long as it lasts
        self._tasks: set[asyncio.Task[None]] = set()

    # --- what is asked

    def submit(self, request: Submit, peer: Peer, send: Send) -> Ticket:
        """As Desk says."""
        ticket = Ticket(request, peer, send)
        user = self._rights.who(request, peer)
        known = self._groups.known(user) if self._rights.needs_groups() else ()
        if known is None:
            task = asyncio.get_running_loop().create_task(self._with_groups(ticket, user))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            ticket.groups = known
            self._take(ticket)
        return ticket

    def gone(self, ticket: Any) -> None:
        """As Desk says."""
        assert isinstance(ticket, Ticket)
        ticket.is_over = True
        self._left.append(ticket)
        self._soon()

    def queue(self, request: Queue, peer: Peer) -> Answer:
        """As Desk says."""
        is_all = request.all and self._rights.is_administrator(peer)
        theirs = [entry for entry in self._book.entries.values() if is_all or entry.account == peer.account]
        theirs.sort(key=lambda entry: (entry.state != WAITING, entry.arrived_s))
        shown = [self.telling.entry(entry, self._may_promise) for entry in theirs]
        return {"entries": shown, "age_s": self.telling.age_s}

    def cancel(self, request: Cancel, peer: Peer) -> Answer:
        """As Desk says."""
        entry = self._book.entries.get(request.id)
        if entry is None or entry.state == RUNNING:
            message = "it runs already: yarn application -kill" if entry else "nothing of this id waits here"
            raise PlacementError(Problem("no-entry", message))
        if entry.account != peer.account and not self._rights.is_administrator(peer):
            raise PlacementError(Problem("not-yours", "it is somebody else's"))
        moved = self._written(lambda: self._book.leave(request.id, CANCELLED, self._now()))
        self._log.info("cancelled", id=request.id, account=peer.account)
        self._tell_moved([moved] if moved else [])
        self._soon()
        return {"cancelled": moved is not None}

    def status(self, request: Status, peer: Peer) -> Answer:
        """As Desk says."""
        del request, peer
        of_agent = {"version": __version__, "started_s": self._began_s, "policy": self._rights.policy.revision}
        return {**of_agent, **self.telling.status()}

    def why(self, request: Why, peer: Peer) -> Answer:
        """As Desk says; of others' entries only administrators are told."""
        asked = request.application.removeprefix("placement:")
        found = next((each for each in self._book.entries.values() if asked in (each.id, each.application)), None)
        entry = found or self._book.ledger.entry(asked)
        if entry is None or (entry.account != peer.account and not self._rights.is_administrator(peer)):
            return {"entry": None, "events": [], "application": None}
        return self.telling.story(entry, self._may_promise)

    def snapshot(self, request: SnapshotRequest, peer: Peer) -> Answer:
        """As Desk says."""
        del request, peer
        seen = self._book.snapshot
        return {"snapshot": seen.as_data() if seen else None, "age_s": self.telling.age_s}

    def health(self) -> str | None:
        """What is wrong, in words; None: nothing is."""
        if self._must_load:
            return "the ledger cannot be used"
        unknown_cluster = self.telling.unknown()
        return unknown_cluster.message if unknown_cluster else None

    # --- what happens

    def renew(self, policy: Policy, rules: Rules) -> None:
        """The policy is another one now."""
        self._rights.policy = policy
        self.telling.stale_s = policy.admission.stale_s
        self._book.rules = rules
        self._must_load = True

    def saw(self, snapshot: Any) -> None:
        """The cluster is like this now."""
        self.telling.trouble = None
        self._metrics.snapshot(snapshot.taken_s)
        self._book.saw(snapshot)
        self._submissions.saw(snapshot.queues)
        self._turn(is_new=True)
        for landed in self._book.landed_elsewhere():
            self._metrics.landed_elsewhere()
            self._log.warning(
                "landed-elsewhere",
                application=landed.seen.application,
                queue=landed.seen.queue,
                decided=landed.entry.queue,
                decision=landed.entry.id,
            )

    def tick(self) -> None:
        """Once a second: what other agents did, who did not come back, and a sign of life to who waits."""
        now_s = self._now()
        self._fault = None
        try:
            if self._must_load:
                self._load()
            self._tell_moved(self._written(self._book.follow))
            self._drop_orphans(now_s)
            if self._must_look:
                self._soon()
        except PlacementError as error:
            self._failed(error)
        self._sign(now_s)
        waiting, reserved = Counter[str](), Counter[str]()
        for entry in self._book.entries.values():
            if entry.state == WAITING:
                waiting[entry.candidates[0]] += 1
            elif entry.state == RESERVED and entry.queue:
                reserved[entry.queue] += 1
        self._metrics.queues(waiting, reserved)

    def _sign(self, now_s: float) -> None:
        """Tells those who wait that they still do."""
        late = [ticket for ticket in self._tickets.values() if now_s - ticket.told_s >= SIGN_S]
        try:
            with self._book.ledger.batch() if late and not self._fault else nullcontext():
                told = [(ticket, self._waits(ticket)) for ticket in late if self._is_waiting(ticket)]
        except PlacementError as error:
            self._failed(error)
            told = [(ticket, self._waits(ticket)) for ticket in late if self._is_waiting(ticket)]
        for ticket, answer in told:
            self._say(ticket, answer)

    # --- turns of the loop

    async def _with_groups(self, ticket: Ticket, user: str) -> None:
        with suppress(PlacementError):  # whose groups are not told in time has none
            ticket.groups = await self._groups.ask(user)
        self._take(ticket)

    def _take(self, ticket: Ticket) -> None:
        self._new.append(ticket)
        self._soon()

    def _soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self, is_new: bool = False) -> None:
        """All that has come since the last one, in one transaction. `is_new`: the cluster was seen anew."""
        self._is_due = False
        new, left = [each for each in self._new if not each.is_over], self._left
        self._new, self._left = [], []
        moved: list[Moved] = []
        if self._fault:  # it is tried again once a second, as each try may take long
            self._put_off(new, left, self._fault)
            return
        try:
            if self._must_load:
                self._load()
            with self._book.ledger.batch():
                leads = self._book.lead(self._now())
                for ticket in left:
                    moved += self._leave(ticket)
                self._must_look = self._must_look or bool(left)
                if leads and self.telling.unknown() is None:
                    moved += self._book.reconcile(self._now()) if is_new else []
                    moved += self._look(is_new)
                before = self._submissions.before(new)
                last = [self._submissions.answer(ticket, leads, before) for ticket in new]
                answers = [(ticket, answer or self._waits(ticket)) for ticket, answer in zip(new, last, strict=True)]
        except PlacementError as error:
            self._failed(error)
            self._put_off(new, left, error)
            return
        except Exception:
            self._must_load = True
            for ticket in new:
                self._finish(ticket, unknown(FAILED))
            raise
        self._tell_moved(moved)
        for ticket, answer in answers:
            self._wait(ticket, answer) if answer["outcome"] == WAIT else self._finish(ticket, answer)

    def _look(self, is_new: bool) -> list[Moved]:
        """Gives turns where there is room for them: whenever the cluster was seen anew, or somebody left."""
        began_s = self._now()
        if not is_new and not (self._must_look and began_s >= self._next_look_s):
            return []
        moved = self._book.give(began_s)
        self._must_look, now_s = False, self._now()
        self._next_look_s = now_s + max(now_s - began_s, 0.0) / LOOK_SHARE
        return moved

    def _put_off(self, new: list[Ticket], left: list[Ticket], error: PlacementError) -> None:
        """Nothing can be written: who asks is told so, who left does so later."""
        for ticket in left:
            self._tickets.setdefault(ticket.request.id, ticket)
        self._left = left + self._left
        for ticket in new:
            self._finish(ticket, unknown(error))

    def _load(self) -> None:
        self._book.load()
        self._must_load = False
        until_s = self._now() + RETURN_S
        self._orphans = {entry_id: until_s for entry_id in self._book.ledger.own() if entry_id not in self._tickets}
        # Whom the ledger has in another state, or not at all, as that it failed does not tell what it has written.
        waiting = {entry.id for entry in self._book.waiting()}
        self._new += [self._tickets.pop(entry_id) for entry_id in [*self._tickets] if entry_id not in waiting]
        if self._new or self._left:
            self._soon()
        if self._book.snapshot:
            self._book.saw(self._book.snapshot)

    def _failed(self, error: PlacementError) -> None:
        self._must_load, self._fault = True, error
        self._log.error("ledger-failed", reason=error.problems[0].code, message=error.problems[0].message)

    def _written(self, act: Callable[[], Any]) -> Any:
        try:
            with self._book.ledger.batch():
                return act()
        except PlacementError:
            self._must_load = True
            raise

    def _leave(self, ticket: Ticket) -> list[Moved]:
        entry_id = ticket.request.id
        if self._tickets.get(entry_id) is not ticket:
            return []
        del self._tickets[entry_id]
        moved = self._book.leave(entry_id, GONE, self._now())
        if moved:
            self._metrics.waited(moved.waited_s, "gone")
        return [moved] if moved else []

    def _drop_orphans(self, now_s: float) -> None:
        late = [entry_id for entry_id, until_s in self._orphans.items() if now_s > until_s]
        for entry_id in late:
            del self._orphans[entry_id]
            if entry_id not in self._tickets and self._book.leave(entry_id, GONE, now_s):
                self._soon()

    # --- who is told

    def _wait(self, ticket: Ticket, answer: Answer) -> None:
        before = self._tickets.get(ticket.request.id)
        if before is not None and before is not ticket:
            before.is_over = True
        self._orphans.pop(ticket.request.id, None)
        self._tickets[ticket.request.id] = ticket
        self._say(ticket, answer)

    def _finish(self, ticket: Ticket, answer: Answer) -> None:
        if self._tickets.get(ticket.request.id) is ticket:
            del self._tickets[ticket.request.id]
        self._metrics.decided(str(answer["outcome"]), str(answer.get("reason", "")))
        self._log.info(
            "decided",
            id=ticket.request.id,
            user=ticket.request.user,
            account=ticket.peer.account,
            outcome=answer["outcome"],
            queue=answer.get("queue"),
            reason=answer.get("reason"),
        )
        ticket.send(answer)

    def _tell_moved(self, moved: Iterable[Moved]) -> None:
        for entry, waited_s in moved:
            ticket = self._tickets.get(entry.id)
            if ticket is None:
                continue
            if entry.state in (RESERVED, RUNNING):
                self._metrics.waited(waited_s, RUN)
                self._finish(ticket, self.telling.run(entry.queue or ""))
            elif entry.state in ENDED:
                self._metrics.waited(waited_s, REJECT)
                message = (
                    "it was taken out of the queue" if entry.reason == CANCELLED else f"it is over: {entry.reason}"
                )
                self._finish(ticket, over(entry.reason, message))

    def _is_waiting(self, ticket: Ticket) -> bool:
        return ticket.request.id in self._book.turns

    def _waits(self, ticket: Ticket) -> Answer:
        return self._submissions.waits(ticket, self._may_promise)

    @property
    def _may_promise(self) -> bool:
        """Whether a promise can be written."""
        return self._fault is None

    def _say(self, ticket: Ticket, answer: Answer) -> None:
        ticket.told_s = self._now()
        ticket.send(answer)
