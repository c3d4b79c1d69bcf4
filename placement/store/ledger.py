"""The ledger of `placement agent`: who waits, who has a turn, who runs, and every transition that led there."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Engine, Select

from placement.admission.entry import FINISHED, REFUSED, RESERVED, RUNNING, WAITING, WITHDRAWN, Entry
from placement.errors import Place, PlacementError, Problem, quoted
from placement.store import statements
from placement.store.engine import PATIENCE_S, clock, open_engine
from placement.store.faults import place_of
from placement.store.records import Event, Promise, as_new, as_text, entry_of, is_text
from placement.store.transactions import Transactions
from placement.store.transitions import Transitions

TURNS = "turns"  # the task of giving turns
MOST = 1000  # rows of one answer that may be long
PORTION = 500  # entries that are deleted in one transaction


def open_ledger(where: str, agent: str, patience_s: float = PATIENCE_S) -> "Ledger":
    """The ledger at `where`, see `open_engine` for that and for what is raised; `agent` is the name of who writes."""
    return Ledger(open_engine(where, patience_s), agent)


class Ledger:
    """One agent's view of the ledger. Any thread may use it.

    Times are seconds since the epoch, by the caller's clock, see `time_s`. Every method raises PlacementError as
    `faults` says, and then has written nothing; but `ledger-unreachable` while a transaction was being committed means
    that it may or may not have been, and that the ledger has to be read again.
    """

    def __init__(self, engine: Engine, agent: str) -> None:
        self.agent = agent
        self.place = place_of(engine.url)
        self._engine = engine
        self._transactions = Transactions(engine)
        self._transitions = Transitions(engine, agent)
        self._clock = clock(engine)

    def close(self) -> None:
        """Lets go of all connections."""
        self._engine.dispose()

    def batch(self) -> AbstractContextManager[None]:
        """What this thread asks for inside is one transaction, see `Transactions.batch`: many calls, one commit."""
        return self._transactions.batch()

    # --- transitions: whether it was made; one that is not in the picture of `transitions` changes nothing

    def add(self, entry: Entry) -> Entry:
        """What the ledger has for this id: `entry`, now waiting, or what is there from before, in its place.

        Raises PlacementError: `ledger-other-account` if another account's is there, `ledger-value`.
        """
        return self._new(as_new(entry, WAITING, entry.arrived_s))[0]

    def admit(self, entry: Entry, queue: str, now_s: float) -> bool:
        """Gives a submission, new or waiting, its turn in `queue` at once, as `claim` does; raises as `add`."""
        there, is_new = self._new(as_new(entry, RESERVED, now_s, queue=queue))
        return is_new or (there.state == WAITING and self._move(entry.id, RESERVED, queue, now_s))

    def refuse(self, entry: Entry, reason: str, now_s: float) -> bool:
        """Refuses a submission, new or waiting; raises as `add`."""
        there, is_new = self._new(as_new(entry, REFUSED, now_s, reason=reason))
        return is_new or (there.state == WAITING and self._move(entry.id, REFUSED, reason, now_s))

    def claim(self, entry_id: str, queue: str, now_s: float) -> bool:
        """Gives a waiting entry its turn in `queue`; True for one caller, and one alone.

        Whoever gives turns as a leader does so in a batch that begins with `lead`: no other leads before it ends.
        """
        return self._move(entry_id, RESERVED, queue, now_s)

    def running(self, entry_id: str, application: str, now_s: float) -> bool:
        """The application of a reserved entry was seen."""
        return self._move(entry_id, RUNNING, application, now_s)

    def finished(self, entry_id: str, reason: str, now_s: float) -> bool:
        """The application of an entry has ended, whether it was seen to run or not."""
        return self._move(entry_id, FINISHED, reason, now_s)

    def withdraw(self, entry_id: str, reason: str, now_s: float) -> bool:
        """Takes a waiting entry out, or one whose turn is not used."""
        return self._move(entry_id, WITHDRAWN, reason, now_s)

    def moved(self, entry_id: str, moved_s: float) -> bool:
        """Notes by how much others have put off an entry in all; True if it is there. No transition."""
        with self._transactions.write() as connection:
            asked = {"entry": as_text(entry_id), "moved": moved_s}
            return connection.execute(statements.SET_MOVED, asked).rowcount == 1

    # --- what is there

    def entry(self, entry_id: str) -> Entry | None:
        """The entry of this id."""
        found = self._entries(statements.ENTRY, entry=as_text(entry_id))
        return found[0] if found else None

    def entries(self, ids: Iterable[str]) -> list[Entry]:
        """Those of these ids that are there."""
        asked = {each for each in ids if is_text(each)}
        found = self._entries(statements.ENTRIES, ids=list(asked))
        self._transactions.are_absent(asked.difference(entry.id for entry in found))
        return found

    def waiting(self) -> list[Entry]:
        """Who waits: by priority, and then as the database took them."""
        return self._entries(statements.IN_LINE)

    def own(self) -> set[str]:
        """The ids of those who wait that this agent, of this name, has taken in."""
        return {str(row[0]) for row in self._rows(statements.OWN, writer=self.agent)}

    def reserved(self) -> list[Entry]:
        """Whose turn it is, and who were not seen yet, the longest so first."""
        return self.in_state(RESERVED)

    def in_state(self, state: str) -> list[Entry]:
        """Those in `state`, the longest so first."""
        return self._entries(statements.IN_STATE, word=state)

    def of_account(self, account: str, most: int = MOST) -> list[Entry]:
        """Those of an account, the newest first."""
        return self._entries(statements.OF_ACCOUNT, whose=as_text(account), most=most)

    def events(self, entry_id: str) -> list[Event]:
        """What happened to an entry, in order."""
        return [Event(*row) for row in self._rows(statements.EVENTS, entry=as_text(entry_id))]

    def last_event(self) -> int:
        """The id of the newest event, 0: none. Whoever will follow the changes asks for it before all else."""
        return int(self._rows(statements.LAST_EVENT)[0][0])

    def changes_since(self, event_id: int, most: int = MOST) -> list[Event]:
        """The next events after that one that other agents wrote, in order; none is skipped."""
        return [Event(*row) for row in self._rows(statements.CHANGES, seen=event_id, writer=self.agent, most=most)]

    # --- promises

    def promise(self, entry_id: str, queue: str, from_s: float, to_s: float, now_s: float) -> bool:
        """Keeps what a waiting entry is told first about its start; False: it does not wait, or was told before."""
        made = {"entry": entry_id, "queue": as_text(queue), "from_s": from_s, "to_s": to_s, "made_s": now_s}
        with self._transactions.batch(), self._transactions.write() as connection:
            there = self.entry(entry_id)
            return there is not None and there.state == WAITING and self._transitions.promise(connection, made)

    def promises(self, most: int = MOST) -> list[Promise]:
        """The promises, the newest first, but those to entries that went before their turn."""
        return [Promise(*row) for row in self._rows(statements.PROMISES, most=most)]

    # --- for all agents together

    def time_s(self, now_s: float) -> float:
        """The time by the clock that all agents of this ledger share; `now_s`, the caller's, where that is the same.

        Who asks for the difference now and then, and adds it to all times, writes what other gateways can compare.
        """
        if self._clock is None:
            return now_s
        with self._transactions.read() as connection:
            return float(connection.exec_driver_sql(f"SELECT {self._clock}").scalar_one())

    def lead(self, now_s: float, ttl_s: float, task: str = TURNS) -> bool:
        """Whether this agent alone does `task` for the next `ttl_s` seconds; to be asked again well before they end.

        Of several gateways the database's clock counts, not `now_s`. Within a batch it holds until the batch ends.
        """
        with self._transactions.write() as connection:
            return self._transitions.lead(connection, task, now_s, ttl_s)

    def prune(self, before_s: float, most: int = PORTION) -> int:
        """Deletes a portion of what ended before that time, with its events and promises; how many entries.

        To be called until it is 0: between portions others have their turn to write.
        """
        with self._transactions.write() as connection:
            return connection.execute(statements.PRUNE, {"before_s": before_s, "most": most}).rowcount

    # --- how

    def _new(self, entry: Entry) -> tuple[Entry, bool]:
        """What the ledger has for the id of an entry that `as_new` gave, and whether it is new."""
        row = self._transitions.row(entry)
        if self._transactions.come_later(entry.id, self._transitions.come, row):
            return entry, True
        with self._transactions.write() as connection:
            if self._transitions.add(connection, row):
                return entry, True
            found = connection.execute(statements.ENTRY, {"entry": entry.id}).one()
        there = entry_of(found, self.place)
        if there.account != entry.account:
            message = f"there is a submission {quoted(entry.id)} already, of another account"
            raise PlacementError(Problem("ledger-other-account", message, Place(self.place), "start the command again"))
        return there, False

    def _move(self, entry_id: str, after: str, said: str, now_s: float) -> bool:
        with self._transactions.write() as connection:
            return self._transitions.move(connection, entry_id, after, said, now_s)

    def _entries(self, statement: Select[Any], **asked: Any) -> list[Entry]:
        return [entry_of(row, self.place) for row in self._rows(statement, **asked)]

    def _rows(self, statement: Select[Any], **asked: Any) -> list[Any]:
        with self._transactions.read() as connection:
            return list(connection.execute(statement, asked))
