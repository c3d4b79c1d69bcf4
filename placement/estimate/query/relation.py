"""What flows from one operation of a query into the next: rows, and the fields that they have."""

from dataclasses import dataclass, field, replace
from math import inf

from sqlglot import exp

from placement.estimate.query.amount import NONE, UNKNOWN, Amount, total
from placement.estimate.query.catalogue import ROW, Field, Table, rows_in
from placement.estimate.query.need import FULL, ROWS, SPAN
from placement.estimate.query.predicates import EVEN, columns, selectivity, with_ranges
from placement.estimate.query.time import ALWAYS, DAY, Windows, length_days, windows, within

LONG_LABEL = 3  # tables that a name of several names


@dataclass(frozen=True, slots=True)
class Relation:
    """`rows` with `columns` by name; `rest`: bytes of what else a row has, where not all fields are known.

    `tables`: where it comes from. `level`: how much is known of it. `days`: the time it is of, None: not said.
    """

    rows: Amount
    columns: dict[str, Field] = field(default_factory=dict)
    rest: Amount = NONE
    tables: tuple[str, ...] = ()
    level: int = FULL
    days: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether it may have columns that are not known."""
        return self.rest.value > 0

    @property
    def width(self) -> Amount:
        """Bytes of a row."""
        return total([each.size for each in self.columns.values()]) + self.rest

    @property
    def count(self) -> int | None:
        """How many fields; None if not all are known."""
        return None if self.is_open else len(self.columns)

    @property
    def label(self) -> str:
        """Its tables in words."""
        more = len(self.tables) - LONG_LABEL
        return ", ".join(self.tables[:LONG_LABEL]) + (f" and {more} more" if more > 0 else "")

    def of(self, wanted: set[str] | None) -> "Relation":
        """With the wanted columns alone, None: all."""
        if wanted is None:
            return self
        return replace(self, columns={name: each for name, each in self.columns.items() if name in wanted})

    def filtered(self, share: Amount) -> "Relation":
        """With that share of the rows."""
        return replace(self, rows=self.rows.share(share))


def product(one: Relation, other: Relation, rows: Amount) -> Relation:
    """What a join gives: the columns of both."""
    return Relation(
        rows,
        one.columns
        | {name if name not in one.columns else f"{name} again": each for name, each in other.columns.items()},
        one.rest + other.rest,
        tuple(dict.fromkeys(one.tables + other.tables)),
        min(one.level, other.level),
        one.days if one.days is not None else other.days,
    )


@dataclass(frozen=True, slots=True)
class Scan:
    """What is taken of a table: the `relation` that its filters leave, and the rows and bytes that must be read."""

    relation: Relation
    read: Amount
    missing: str = ""


def scan(table: Table, wanted: set[str] | None, conditions: list[exp.Expr], now: float | None) -> Scan:
    """The table's rows under the conditions, all of this table alone. `wanted`: the fields needed, None: all."""
    when = _Time(table, now)
    rows, days, is_settled = when.rows([windows(each, when.is_time, now) for each in conditions])

    def settled(condition: exp.Expr) -> bool:
        return is_settled and windows(condition, when.is_time, now) is not None

    def find(column: exp.Column) -> Field | None:
        return table.fields.get(name_of(column))

    read_rows = rows
    for each in with_ranges(conditions):
        share = selectivity(each, find, settled)
        rows = rows.share(share)
        if all(name_of(column) in table.partitions for column in columns(each)):
            read_rows = read_rows.share(share)
    whole = Relation(rows, dict(table.fields), NONE if table.fields else table.row, (table.name,), FULL, days)
    known = whole.of(wanted)
    strange = table.fields and wanted is not None and wanted - set(table.fields)
    if strange:  # the catalogue is older than the table
        known = replace(known, rest=ROW * Amount(float(len(strange)) / max(1, len(table.fields))))
    rows_known = table.rows is not None or table.rows_per_day is not None
    known = replace(known, level=(FULL if table.fields and not strange else ROWS) if rows_known else SPAN)
    missing = "" if rows.is_known else _missing(table)
    return Scan(known, _read(table, read_rows, known), missing)


def name_of(column: exp.Column) -> str:
    """The field's name, small."""
    return column.name.lower()


def _missing(table: Table) -> str:
    if table.rows_per_day or table.bytes_per_day:
        return f"of `{table.name}` only the rate is known, and the query says no time"
    return f"the catalogue has no rows and no bytes of `{table.name}`"


def _read(table: Table, rows: Amount, known: Relation) -> Amount:
    """Bytes on disk where the catalogue has them, else those of the fields; of all columns where fields are unknown."""
    whole = table.rows or (table.bytes or 0.0) / table.row.value
    if not table.bytes or not whole:
        return rows * known.width
    share = known.width.value / table.row.value if known.level == FULL else 1.0
    return rows * Amount(table.bytes / whole * min(1.0, share))


class _Time:
    """The time of a table's rows."""

    def __init__(self, table: Table, now: float | None) -> None:
        self.table = table
        self.field = table.fields.get(table.time_column or "")
        end = self.field.most if self.field else None
        self.start = -inf if self.field is None or self.field.least is None else self.field.least
        self.end = (now if now is not None else inf) if end is None else end + (DAY if self.is_day else 1.0)

    @property
    def is_day(self) -> bool:
        return self.field is None or self.field.is_day

    def is_time(self, column: exp.Column) -> bool | None:
        return self.is_day if name_of(column) == self.table.time_column else None

    def rows(self, said: list[Windows | None]) -> tuple[Amount, float | None, bool]:
        """Rows, days (None: not said), and whether the conditions of time are reckoned in."""
        together = ALWAYS
        for each in said:
            together = together if each is None else _common(together, each)
        is_said = together != ALWAYS
        whole = length_days([(self.start, self.end)])
        # The day of a variable is some day: only a day that is known is held against the table's bounds.
        floating = bool(together) and together[0][0] >= 0 and together[-1][1] <= DAY
        days = length_days(together if floating else within(together, self.start, self.end))
        table = self.table
        if table.rows_per_day or table.bytes_per_day:
            if is_said or table.rows is None:
                rows = rows_in(table, days)
                return rows, days if is_said and days < inf else None, is_said and days < inf
        elif is_said and whole < inf and whole > 0:
            return rows_in(table, None).share(Amount(days / whole, EVEN)), days, True
        elif is_said and days < inf and self.field and self.field.distinct and self.is_day:
            share = min(1.0, days / self.field.distinct)
            return rows_in(table, None).share(Amount(share, EVEN)), days, True
        return rows_in(table, None), None, False


def _common(one: Windows, other: Windows) -> Windows:
    return [part for start, end in other for part in within(one, start, end)]


NOWHERE = Relation(UNKNOWN, {}, ROW, (), SPAN)
