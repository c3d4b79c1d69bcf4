"""What is known of tables: rows, bytes, fields; and how wide a field is. Plain values, however they were read."""

from dataclasses import dataclass, field, replace
from math import exp, isfinite, log

from placement.estimate.query.amount import UNKNOWN, Amount, spread

# Bytes of one value. Source: `defaultSize` of Spark's types (org.apache.spark.sql.types).
SIZES = {
    "boolean": 1,
    "tinyint": 1,
    "byte": 1,
    "smallint": 2,
    "short": 2,
    "int": 4,
    "integer": 4,
    "date": 4,
    "float": 4,
    "real": 4,
    "bigint": 8,
    "long": 8,
    "double": 8,
    "timestamp": 8,
    "timestamp_ntz": 8,
    "interval": 16,
    "void": 1,
    "string": 20,
    "text": 20,
    "keyword": 20,
    "varchar": 20,
    "char": 20,
    "binary": 100,
    "varbinary": 100,
}
TEXTS = frozenset(("string", "text", "keyword", "varchar", "char", "binary", "varbinary"))
DAYS = frozenset(("date", "string", "varchar", "char", "int", "integer", "bigint", "keyword"))
ELEMENTS = 8  # of an array or a map, where nobody says
ELEMENTS_SPREAD = spread(8.0)
TEXT_SPREAD = spread(4.0)  # of a text whose average length nobody says
DEEPEST = 20  # types within types
ROW = Amount(100.0, spread(5.0))  # bytes of a row of which nothing is known
STALE = spread(1.2)  # statistics are of yesterday
RATE_SPREAD = spread(1.5)  # one day is not like another
NEWER = 0.7  # of the weight of what was last observed, against all before
ABSURD = 1e18


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `width`: bytes on average, None: by its type. `least`, `most`: numbers, or seconds since 1970.

    `distinct`: how many different values. `nulls`: their share, 0 to 1.
    """

    kind: str = "string"
    width: float | None = None
    distinct: float | None = None
    least: float | None = None
    most: float | None = None
    nulls: float | None = None

    @property
    def size(self) -> Amount:
        """Bytes of one value."""
        if self.width is not None:
            return Amount(self.width, STALE)
        return size_of(self.kind) or ROW

    @property
    def is_day(self) -> bool:
        """A value of it stands for a whole day, if for a time at all."""
        return self.kind.partition("(")[0].strip().lower() in DAYS


@dataclass(frozen=True, slots=True)
class Table:
    """One table; what is None is not known. Sizes in bytes. `time_column`: the field that says when a row happened."""

    name: str
    rows: float | None = None
    rows_per_day: float | None = None
    bytes: float | None = None
    bytes_per_day: float | None = None
    files: float | None = None
    engine: str | None = None
    time_column: str | None = None
    partitions: tuple[str, ...] = ()
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def row(self) -> Amount:
        """Bytes of a whole row."""
        if self.fields:
            sizes = [each.size for each in self.fields.values()]
            width = sum(size.value for size in sizes)
            return Amount(width, sum(size.value**2 * size.variance for size in sizes) / max(width, 1.0) ** 2)
        for size, rows in ((self.bytes, self.rows), (self.bytes_per_day, self.rows_per_day)):
            if size and rows:
                return Amount(size / rows, spread(2.0))
        return ROW


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Tables by name, `TABLE` or `DATABASE.TABLE`, small letters as in Hive and Spark."""

    tables: dict[str, Table] = field(default_factory=dict)

    def find(self, name: str, database: str = "") -> Table | None:
        """The table that a query calls `name`; a database said on one side only is taken for the other's.

        None if there is none, or if several databases have one and the query does not say which.
        """
        name = name.lower()
        exact = self.tables.get(f"{database.lower()}.{name}" if database and "." not in name else name)
        exact = exact or self.tables.get(name)
        if exact:
            return exact
        last = name.rpartition(".")[2]
        if "." in name:
            return self.tables.get(last)
        same = [table for known, table in self.tables.items() if known.rpartition(".")[2] == last]
        return same[0] if len(same) == 1 and not database else None

    def learned(self, name: str, rows: float | None, size: float | None) -> "Catalogue":
        """With the rows and bytes that a run has read of the whole table; see `learned`."""
        key = name.lower()
        return Catalogue({**self.tables, key: learned(self.tables.get(key, Table(key)), rows, size)})


def learned(table: Table, rows: float | None, size: float | None) -> Table:
    """The table's statistics, moved towards what a run has seen of the whole of it: rows, bytes; None: not seen.

    On the scale of logarithms, so that one absurd run cannot carry them away at once; numbers that cannot be are left
    out.
    """
    return replace(table, rows=_moved(table.rows, rows), bytes=_moved(table.bytes, size))


def _moved(old: float | None, seen: float | None) -> float | None:
    if seen is None or not isfinite(seen) or not 0 < seen < ABSURD:
        return old
    return exp((1 - NEWER) * log(old) + NEWER * log(seen)) if old else float(seen)


def size_of(kind: str, depth: int = 0) -> Amount | None:
    """Bytes of one value of a type as SQL writes it, `array<struct<a:int,b:string>>`; None if it is no type."""
    head, bracket, rest = _head(kind.strip().lower())
    if bracket == "<":
        return _nested(head, rest, depth)
    if head in ("decimal", "numeric"):
        digits = rest.partition(",")[0].strip() or "10"
        return Amount(8.0 if digits.isdecimal() and int(digits[:4]) <= 18 else 16.0)
    if head not in SIZES:
        return None
    if head in TEXTS:
        length = float(rest[:9]) if rest.strip()[:9].isdecimal() else float(SIZES[head])
        return Amount(length, TEXT_SPREAD)
    return Amount(float(SIZES[head]))


def _head(kind: str) -> tuple[str, str, str]:
    for opening, closing in (("<", ">"), ("(", ")")):
        if kind.endswith(closing) and opening in kind:
            head, _, rest = kind.partition(opening)
            if "<" not in head and "(" not in head:
                return head.strip(), opening, rest[:-1]
    return kind, "", ""


def _nested(head: str, rest: str, depth: int) -> Amount | None:
    parts = _split(rest)
    if head == "struct":
        parts = [part.partition(":")[2] for part in parts]
    elif head not in ("array", "map") or len(parts) != (2 if head == "map" else 1):
        return None
    sizes = [size_of(part, depth + 1) if depth < DEEPEST else None for part in parts]
    width = Amount(0.0)
    for size in sizes:
        if size is None:
            return None
        width += size
    return width if head == "struct" else width * Amount(ELEMENTS, ELEMENTS_SPREAD)


def _split(text: str) -> list[str]:
    """At the commas that stand in no bracket."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "<(") - (letter in ">)")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def rows_in(table: Table, days: float | None) -> Amount:
    """Rows of `days` of it, None: of the whole; unknown where only rates are known and no time is said.

    Where only bytes are known they are counted in rows of a common width: the product is what is known.
    """
    per_day = table.rows_per_day or (table.bytes_per_day or 0.0) / table.row.value
    whole = table.rows if table.rows is not None else (table.bytes or 0.0) / table.row.value or None
    if days is not None and isfinite(days) and per_day:
        amount = Amount(per_day * days, RATE_SPREAD)
        return amount if whole is None else amount.smaller(Amount(whole, STALE))
    return UNKNOWN if whole is None else Amount(whole, STALE)
