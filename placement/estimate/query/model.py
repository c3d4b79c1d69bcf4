"""What a query needs: memory_size(fields) x weight x rows, where the weight is learned and rows are what must be held.

Three levels of knowledge of a table: its bytes by time alone; its rows; its fields too. Pure: the text, the catalogue
and the coefficients are handed in. SQL is read by sqlglot, which is loaded only then.
"""

from collections.abc import Container
from dataclasses import dataclass, replace

from placement.errors import quoted
from placement.estimate.query import engines
from placement.estimate.query.amount import Amount
from placement.estimate.query.catalogue import ABSURD, Catalogue, rows_in
from placement.estimate.query.coefficients import Coefficients, Weights
from placement.estimate.query.need import FULL, ROWS, SPAN, Part, QueryNeed, StatementNeed

DAY = 86400.0


def estimate(
    sql: str, dialect: str, engine: str, catalogue: Catalogue, coefficients: Weights, now: float | None = None
) -> QueryNeed:
    """What a text of SQL statements needs; never raises for what the text says.

    `dialect`: one of sqlglot's (hive, spark, presto, trino, ...) or an engine's name. `engine`: who runs it, one of
    `engines.KINDS`. `now`: seconds since 1970, for texts that name today; None: those times are not known.
    """
    if engine not in engines.KINDS:
        return QueryNeed((), f"{quoted(engine)} is no engine that is known: {', '.join(sorted(engines.KINDS))}")
    try:
        from placement.estimate.query.read import needs
    except ModuleNotFoundError:
        return QueryNeed((), "SQL is read by sqlglot, which is not installed: it comes with yarn-placement[estimate]")
    found = needs(sql, dialect, engine, catalogue, now)
    return _weighed(found, coefficients)


@dataclass(frozen=True, slots=True)
class Search:
    """A query that is no SQL, as search engines and stores are asked.

    `fields`: None, all. `start`, `end`: the time asked for, seconds since 1970, None: open. `operation`: one of
    `engines.WEIGHTS`. `limit`: rows let through. `batch`, `iterations`: of an iterator. `rows`: those that the
    filter leaves, where they are known.
    """

    engine: str
    table: str
    operation: str = engines.SCAN
    fields: tuple[str, ...] | None = None
    start: float | None = None
    end: float | None = None
    rows: float | None = None
    limit: float | None = None
    batch: float | None = None
    iterations: float | None = None


def search(asked: Search, catalogue: Catalogue, coefficients: Weights) -> QueryNeed:
    """What a search needs. With rows or time alone it is known roughly; an unknown table gives a reason."""
    if asked.engine not in engines.KINDS or asked.operation not in engines.WEIGHTS:
        return QueryNeed((), f"{quoted(f'{asked.engine} {asked.operation}')} is no engine and operation that is known")
    numbers = (asked.rows, asked.limit, asked.batch, asked.iterations, asked.start, asked.end)
    if not all(number is None or 0 <= number < ABSURD for number in numbers):
        return QueryNeed((), "the search says a number that cannot be")
    table = catalogue.find(asked.table)
    if table is None:
        return QueryNeed((), f"the catalogue has no table {quoted(asked.table)}")
    days = None if asked.start is None or asked.end is None else max(0.0, asked.end - asked.start) / DAY
    rows = Amount(asked.rows) if asked.rows is not None else rows_in(table, days)
    known = [table.fields.get(name.lower()) for name in (table.fields if asked.fields is None else asked.fields)]
    width, level = table.row, SPAN if table.rows is None and table.rows_per_day is None else ROWS
    if known and all(known):
        width, level = _width([field.size for field in known if field]), FULL
    batch, iterations = asked.batch, asked.iterations
    held = engines.held(asked.engine, asked.operation, rows, asked.limit, None, batch, iterations)
    if not held.is_known:
        return QueryNeed((), f"of {quoted(table.name)} neither rows nor bytes are known for the time asked for")
    count = len(known) if level == FULL else None
    part = Part(asked.engine, asked.operation, table.name, rows, held, width, level, count, days)
    return _weighed([StatementNeed(asked.operation, (part,), rows * width)], coefficients)


def observe(
    need: QueryNeed,
    used_bytes: float,
    day: int,
    coefficients: Coefficients,
    is_bound: bool = False,
    operations: Container[str] = engines.WEIGHTS,
) -> bool:
    """Corrects the coefficients by a run that has ended; False if nothing can be learned of it.

    `used_bytes`: the most memory that it took on all machines together, for these `operations`. `day`: days since 1970.
    `is_bound`: it failed or was killed, and needed that much at least.
    """
    return coefficients.observe(need.observable(operations), used_bytes, day, is_bound)


def _width(sizes: list[Amount]) -> Amount:
    width = Amount(0.0)
    for size in sizes:
        width += size
    return width


def _weighed(found: list[StatementNeed], coefficients: Weights) -> QueryNeed:
    """With memory by coefficient; a text of which one statement is not known is not known."""
    done = tuple(replace(each, parts=tuple(part.weighed(coefficients) for part in each.parts)) for each in found)
    reasons = [each.reason for each in done if each.reason]
    return QueryNeed(done, reasons[0] if reasons else "")
