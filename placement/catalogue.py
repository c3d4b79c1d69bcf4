"""The catalogue of table statistics, a file of YAML or JSON, read into the plain Catalogue that estimates use."""

from contextlib import suppress
from datetime import UTC, date, datetime
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictStr

from placement import documents
from placement.errors import PlacementError, Problem, nearest, quoted
from placement.estimate.query.catalogue import ABSURD, Catalogue, Table, size_of
from placement.estimate.query.catalogue import Field as TableField
from placement.units import MEMORY, quantity

GUIDE = "docs/estimates.md"
MIB = 2**20
LONGEST_TYPE = 2000  # characters


def _count(said: Any) -> float:
    """YAML takes `1e9` for a text, which is meant as a number."""
    number = _number(said)
    if number is None or not 0 <= number < ABSURD:
        raise ValueError("a number, 0 or more: `2100000`, `2.1e9`")
    return number


def _size(said: Any) -> float:
    mib = quantity(said, MEMORY) if isinstance(said, str) else None
    number = _number(said) if mib is None else mib * MIB
    if number is None or not 0 <= number < ABSURD:
        raise ValueError("a number of bytes, or with a unit: `350g`")
    return number


def _share(said: Any) -> float:
    number = _number(said)
    if number is None or not 0 <= number <= 1:
        raise ValueError("a share from 0 to 1")
    return number


def _bound(said: Any) -> float:
    """A number; of a date or a time, which YAML may have made one already, its seconds since 1970."""
    if isinstance(said, str) and not said.isdecimal():
        with suppress(ValueError):
            said = datetime.fromisoformat(said)
    if isinstance(said, date):
        at = said if isinstance(said, datetime) else datetime(said.year, said.month, said.day)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    number = _number(said)
    if number is None:
        raise ValueError("a number, a date `2026-01-31` or a time `2026-01-31 12:00:00`")
    return number


def _number(said: Any) -> float | None:
    if isinstance(said, bool) or not isinstance(said, (int, float, str)):
        return None
    try:
        number = float(said)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def _type(said: str) -> str:
    if len(said) > LONGEST_TYPE or size_of(said) is None:
        raise ValueError("a type of SQL: `bigint`, `string`, `decimal(10,2)`, `array<int>`, `struct<a:int,b:string>`")
    return said


Count = Annotated[float, BeforeValidator(_count)]
Size = Annotated[float, BeforeValidator(_size)]
Share = Annotated[float, BeforeValidator(_share)]
Bound = Annotated[float, BeforeValidator(_bound)]
Engine = Literal[
    "elasticsearch", "opensearch", "solr", "hbase", "cassandra", "hive", "spark", "impala", "presto", "trino"
]


class _Field(BaseModel):
    """One field; `bytes`: of one value on average."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Annotated[StrictStr, AfterValidator(_type)]
    bytes: Size | None = None
    distinct: Count | None = None
    min: Bound | None = None
    max: Bound | None = None
    nulls: Share | None = None

    def plain(self) -> TableField:
        return TableField(self.type, self.bytes, self.distinct, self.min, self.max, self.nulls)


class _Table(BaseModel):
    """One table; whatever is not known is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)

    rows: Count | None = None
    rows_per_day: Count | None = Field(default=None, alias="rows-per-day")
    bytes: Size | None = None
    bytes_per_day: Size | None = Field(default=None, alias="bytes-per-day")
    files: Count | None = None
    engine: Engine | None = None
    time_column: StrictStr | None = Field(default=None, alias="time-column")
    partitions: list[StrictStr] = Field(default_factory=list)
    fields: dict[StrictStr, _Field] = Field(default_factory=dict)

    def plain(self, name: str) -> Table:
        return Table(
            name,
            self.rows,
            self.rows_per_day,
            self.bytes,
            self.bytes_per_day,
            self.files,
            self.engine,
            self.time_column.lower() if self.time_column else None,
            tuple(each.lower() for each in self.partitions),
            {each.lower(): field.plain() for each, field in self.fields.items()},
        )


class _CatalogueFile(BaseModel):
    """`tables`, by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tables: dict[StrictStr, _Table] = Field(default_factory=dict)


def read(source: bytes, file: str) -> Catalogue:
    """The catalogue. Raises PlacementError with every problem of the file.

    `not-yaml`, `key-twice`, `unknown-key`, `bad-value` as in every file; `same-name` and `no-such-field` of its own.
    """
    if file.endswith(".json"):  # which may indent by tabs, as YAML may not; none stands within its texts
        source = source.replace(b"\t", b" ")
    said, places = documents.read_with_places(_CatalogueFile, source, file, GUIDE)
    problems = [
        problem
        for name, table in said.tables.items()
        for problem in [
            *_strangers(name, table, places),
            *_doubles(list(table.fields), ("tables", name, "fields"), places),
        ]
    ]
    problems += _doubles(list(said.tables), ("tables",), places)
    if problems:
        raise PlacementError(*sorted(problems, key=lambda each: each.place.line if each.place else 0))
    return Catalogue({name.lower(): table.plain(name.lower()) for name, table in said.tables.items()})


def _doubles(names: list[str], path: documents.Path, places: documents.Places) -> list[Problem]:
    """Names that differ by capitals alone."""
    problems, seen = [], set()
    for name in names:
        if name.lower() in seen:
            message = f"{quoted(name)} stands here twice, for capital letters make no difference"
            place = documents.key_place_of(places, (*path, name))
            problems.append(Problem("same-name", message, place, "keep one of them"))
        seen.add(name.lower())
    return problems


def _strangers(name: str, table: _Table, places: documents.Places) -> list[Problem]:
    """Columns that the table's own list of fields does not have; without such a list any may be."""
    fields = {each.lower() for each in table.fields}
    said: list[tuple[str, documents.Path]] = [
        (each, ("tables", name, "partitions", index)) for index, each in enumerate(table.partitions)
    ]
    said += [(table.time_column, ("tables", name, "time-column"))] if table.time_column else []
    problems = []
    for column, path in said:
        if fields and column.lower() not in fields:
            near = nearest(column, list(table.fields))
            remedy = f"did you mean {quoted(near)}?" if near else f"add {quoted(column)} to `fields`"
            message = f"{quoted(column)} is no field of {quoted(name)}"
            problems.append(Problem("no-such-field", message, documents.place_of(places, path), remedy))
    return problems
