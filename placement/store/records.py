"""Rows of the ledger as values, and values as rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from placement.admission.demand import Demand
from placement.admission.entry import Entry
from placement.errors import Place, PlacementError, Problem, quoted
from placement.store.schema import entries, events

_LARGEST_PRIORITY = 2**31 - 1  # of an INTEGER of PostgreSQL
_LARGEST = 2**63 - 1  # MiB, as YARN counts them
_FIELDS = list(Entry.__struct_fields__)
_CANDIDATES = msgspec.json.Decoder(tuple[str, ...])
_DEMAND = msgspec.json.Decoder(Demand)
_JSON = msgspec.json.Encoder()

ENTRY_COLUMNS = tuple(entries.c[name] for name in _FIELDS)
EVENT_COLUMNS = tuple(events.c)
_CANDIDATES_AT, _DEMAND_AT = _FIELDS.index("candidates"), _FIELDS.index("demand")


@dataclass(frozen=True, slots=True)
class Event:
    """One transition of one entry: from state `before` (None: it came) to `after`, `said` why, written by `agent`.

    `id` grows in the order in which transitions were committed.
    """

    id: int
    entry: str
    when_s: float
    before: str | None
    after: str
    said: str
    agent: str


@dataclass(frozen=True, slots=True)
class Promise:
    """That an entry would have its turn in `queue` between `from_s` and `to_s`, said at `made_s`.

    `started_s`: when it had its turn, None as long as it waits. Times are seconds since the epoch.
    """

    entry: str
    queue: str
    from_s: float
    to_s: float
    made_s: float
    started_s: float | None = None


def as_new(entry: Entry, state: str, since_s: float, *, queue: str | None = None, reason: str = "") -> Entry:
    """`entry` as it comes into the ledger. Raises PlacementError `ledger-value` where a database could not hold it."""
    for word in (entry.id, entry.user, entry.account, *entry.candidates, queue or ""):
        if not is_text(word):
            raise _no_value(f"{quoted(word)} has characters that no database keeps")
    if abs(entry.priority) > _LARGEST_PRIORITY or not math.isfinite(entry.arrived_s):
        raise _no_value(f"priority {entry.priority}, arrived at {entry.arrived_s}")
    total = entry.demand.total
    if max(total.memory_mib, total.vcores, entry.demand.containers) > _LARGEST:
        raise _no_value("it asks for more than 64 bits can count")
    return Entry(
        id=entry.id,
        user=entry.user,
        account=entry.account,
        candidates=entry.candidates,
        demand=entry.demand,
        arrived_s=entry.arrived_s,
        priority=entry.priority,
        command=as_text(entry.command),
        state=state,
        since_s=since_s,
        queue=queue,
        reason=as_text(reason),
    )


def row_of(entry: Entry) -> dict[str, Any]:
    """The row of an entry that `as_new` gave."""
    row = msgspec.structs.asdict(entry)
    row["candidates"] = _JSON.encode(entry.candidates).decode()
    row["demand"] = _JSON.encode(entry.demand).decode()
    return row


def entry_of(row: Sequence[Any], place: str) -> Entry:
    """The entry of a row of ENTRY_COLUMNS. Raises PlacementError `ledger-damaged` where it is none."""
    values = list(row)
    try:
        values[_CANDIDATES_AT] = _CANDIDATES.decode(values[_CANDIDATES_AT])
        values[_DEMAND_AT] = _DEMAND.decode(values[_DEMAND_AT])
    except (msgspec.MsgspecError, UnicodeError, TypeError) as error:
        message = f"the entry {quoted(str(values[0]))} cannot be read: {error}"
        remedy = "delete this entry by hand, or set the ledger aside and start with a new one"
        raise PlacementError(Problem("ledger-damaged", message, Place(place), remedy)) from error
    return Entry(*values)


def is_text(word: str) -> bool:
    """Whether both databases can hold `word`: no NUL, no half of a pair."""
    if word.isprintable():
        return True
    return "\0" not in word and not any("\ud800" <= character <= "\udfff" for character in word)


def as_text(words: str) -> str:
    """`words` with what a database could not hold replaced by its escape; for what people read."""
    if is_text(words):
        return words
    return words.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _no_value(what: str) -> PlacementError:
    message = f"this submission cannot be kept in the ledger: {what}"
    return PlacementError(Problem("ledger-value", message, remedy="submit it with other values"))
