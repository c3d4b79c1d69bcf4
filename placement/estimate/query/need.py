"""What a query needs, as values: part by part, statement by statement, and in words."""

from collections.abc import Container
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from placement.estimate.query.amount import NONE, UNKNOWN, Amount, total
from placement.estimate.query.coefficients import Key, Weights
from placement.estimate.query.engines import FILES, KINDS

SPAN, ROWS, FULL = 1, 2, 3  # levels of knowledge: of time alone; of rows; of fields, rows and operation
DONE = {
    "group": "grouped",
    "sort": "sorted",
    "distinct": "without doubles",
    "join": "joined",
    "window": "in windows",
    "top-n": "sorted for the first",
    "limit": "limited",
    "scan": "scanned",
    "filter": "filtered",
    "project": "projected",
    "union": "united",
    "result": "brought back",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One operation: `reached` by so many rows, it holds `rows` of `row_bytes` each, and they take `memory`.

    `table`: where the rows come from, several by commas. `fields`: how many of it are held, None: whole rows, whose
    fields are not known. `days`: the stretch of time they are of, None: not said. `runs`: behind the coefficient.
    """

    engine: str
    operation: str
    table: str
    reached: Amount
    rows: Amount
    row_bytes: Amount
    level: int
    fields: int | None = None
    days: float | None = None
    memory: Amount = NONE
    runs: float = 0.0

    @property
    def held_bytes(self) -> float:
        """Rows x bytes of their fields, before any coefficient."""
        return self.rows.value * self.row_bytes.value

    def weighed(self, coefficients: Weights) -> "Part":
        """With its memory: rows x bytes of the fields x the coefficient."""
        key = (self.engine, self.operation, self.table)
        memory = self.rows * self.row_bytes * coefficients.of(*key)
        return replace(self, memory=memory, runs=coefficients.runs(*key))

    def in_words(self) -> str:
        """`sales: 2.1e9 rows of 3 fields over 7 days, grouped; coefficients from 14 queries`."""
        of = "" if self.fields is None else f" of {self.fields} field{'' if self.fields == 1 else 's'}"
        over = "" if self.days is None else f" over {self.days:.3g} day{'' if self.days == 1 else 's'}"
        count = max(1, round(self.runs)) if self.runs >= 0.5 else 0
        runs = f"coefficients from {count} quer{'y' if count == 1 else 'ies'}" if count else "coefficients as shipped"
        rows = f"{self.reached.value:.2g}" if self.reached.is_known else "unknown"
        return f"{self.table or 'no table'}: {rows} rows{of}{over}, {DONE[self.operation]}; {runs}"

    def as_data(self) -> dict[str, Any]:
        """The part as plain data."""
        return {
            "table": self.table,
            "operation": self.operation,
            "rows": _whole(self.reached.value),
            "rows_held": _whole(self.rows.value),
            "row_bytes": _whole(self.row_bytes.value),
            "level": self.level,
            "memory_bytes": _whole(self.memory.value),
        }


@dataclass(frozen=True, slots=True)
class StatementNeed:
    """One statement's parts; it holds them all at once. `reason`: why its memory is not known, else empty."""

    words: str
    parts: tuple[Part, ...] = ()
    read: Amount = NONE
    written: Amount = NONE
    reason: str = ""

    @property
    def memory(self) -> Amount:
        """Bytes; unknown with a `reason`."""
        return UNKNOWN if self.reason else total([part.memory for part in self.counted])

    @property
    def counted(self) -> list[Part]:
        """The parts that add up: an engine on files hands rows from one to the next, others gather them once."""
        streamed = [part for part in self.parts if KINDS[part.engine] == FILES]
        gathered = [part for part in self.parts if KINDS[part.engine] != FILES]
        return [*streamed, *([max(gathered, key=lambda part: part.memory.value)] if gathered else [])]

    def as_data(self) -> dict[str, Any]:
        """The statement as plain data."""
        return {
            "statement": self.words,
            "memory_bytes": _whole(self.memory.value),
            "read_bytes": _whole(self.read.value),
            "written_bytes": _whole(self.written.value),
            "parts": [part.as_data() for part in self.parts],
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class QueryNeed:
    """What a text of statements, run one after the other, needs: the memory of the largest, the bytes of all.

    The interval has nine in ten between `low` and `high`. The numbers are None where they are not known, and `reason`
    says why.
    """

    statements: tuple[StatementNeed, ...]
    reason: str = ""

    @property
    def largest(self) -> StatementNeed:
        """The one that needs most memory."""
        return max(self.statements, key=lambda each: each.memory.value, default=StatementNeed(""))

    @property
    def memory_bytes(self) -> int | None:
        """All that the largest statement holds, on all machines together, as likely too little as too much."""
        return _whole(self._memory.value)

    @property
    def low_bytes(self) -> int | None:
        """With one in twenty below."""
        return _whole(self._memory.low)

    @property
    def high_bytes(self) -> int | None:
        """With one in twenty above."""
        return _whole(self._memory.high)

    @property
    def read_bytes(self) -> int | None:
        """Of the tables, by all statements."""
        return None if self.reason else _whole(total([each.read for each in self.statements]).value)

    @property
    def written_bytes(self) -> int | None:
        """Into tables, by all statements, before compression."""
        return None if self.reason else _whole(total([each.written for each in self.statements]).value)

    @property
    def basis(self) -> str:
        """What it rests on, in words; the reason where nothing can be said."""
        if self.reason:
            return self.reason
        parts = self.largest.counted
        if not parts:
            return "nothing that holds rows"
        return max(parts, key=lambda part: part.memory.value).in_words()

    def observable(self, operations: Container[str]) -> dict[Key, float]:
        """{(engine, operation, table): bytes of fields}, for `Coefficients.observe`.

        Of the parts with these operations alone, and of the statement that needs most memory for them.
        """
        found = [[part for part in each.counted if part.operation in operations] for each in self.statements]
        largest = max(found, key=lambda parts: total([part.memory for part in parts]).value, default=[])
        held: dict[Key, float] = {}
        for part in () if self.reason else largest:
            key = (part.engine, part.operation, part.table)
            held[key] = held.get(key, 0.0) + part.held_bytes
        return held

    def as_data(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "memory_bytes": self.memory_bytes,
            "low_bytes": self.low_bytes,
            "high_bytes": self.high_bytes,
            "read_bytes": self.read_bytes,
            "written_bytes": self.written_bytes,
            "basis": self.basis,
            "reason": self.reason,
            "statements": [each.as_data() for each in self.statements],
        }

    @property
    def _memory(self) -> Amount:
        return UNKNOWN if self.reason else self.largest.memory


def _whole(number: float) -> int | None:
    return round(number) if isfinite(number) else None
