"""A query's operations: what each has to hold, found by going through the query as its rows flow.

Conditions are taken down to the tables they are of, and only the fields that somebody names are carried, as every
engine's planner does. Joins are made in the order of the text.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlglot import exp

from placement.errors import SHOWN_WORD, quoted, visible
from placement.estimate.query import engines
from placement.estimate.query import join as joins
from placement.estimate.query import output as outputs
from placement.estimate.query.amount import NONE, ONE, UNKNOWN, Amount
from placement.estimate.query.catalogue import ELEMENTS, ELEMENTS_SPREAD, Catalogue, Field, Table
from placement.estimate.query.conditions import Conditions, plain_limit
from placement.estimate.query.names import Names, chain, column_names, named, positions, renamed, wanted_of
from placement.estimate.query.need import Part
from placement.estimate.query.predicates import COMPARED, columns, distinct, selectivity
from placement.estimate.query.relation import NOWHERE, Relation, product, scan
from placement.estimate.query.scope import Scope, branches, items, output, pushed

MOST_STEPS = 500  # queries within a query that are looked at
MOST_SOURCES = 200  # of one SELECT


class TooMuchError(Exception):
    """The query has more parts than are looked at."""


class Around(NamedTuple):
    """What a statement stands in: `engine` that runs it, tables, the database in use, `now` in seconds."""

    engine: str
    catalogue: Catalogue
    database: str = ""
    now: float | None = None


class Plan:
    """The `parts` of one statement, the bytes `read` of tables, and what was `missing` to know more."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.parts: list[Part] = []
        self.read = NONE
        self.missing: list[str] = []
        self._steps = 0
        self._done: dict[tuple[object, ...], Relation] = {}

    def relation(
        self, query: exp.Expr, names: Names, wanted: set[str] | None, conditions: Sequence[exp.Expr] = ()
    ) -> Relation:
        """What the query gives. `wanted`: the columns that somebody uses, None: all; `conditions`: to hold inside it.

        Raises TooMuchError, RecursionError.
        """
        self._step()
        names = named(query, names)
        if isinstance(query, exp.Subquery):
            return self._finished(query, self.relation(query.this, names, wanted, conditions))
        if isinstance(query, exp.SetOperation):
            return self._united(query, names, wanted, conditions)
        if isinstance(query, exp.Select):
            return self._selected(query, names, wanted, conditions)
        if isinstance(query, exp.Values):
            width = len(query.expressions[0].expressions) if query.expressions else 0
            return Relation(Amount(float(len(query.expressions))), {f"col{n + 1}": Field() for n in range(width)})
        if isinstance(query, exp.Table):
            return self.source(query, names, wanted, [])
        return self._unknown(f"`{query.key}` is not understood", "")

    def source(
        self, source: exp.Expr, names: Names, wanted: set[str] | None, conditions: list[exp.Expr],
        limit: float | None = None,
    ) -> Relation:  # fmt: skip
        """What a table, a name or a query in FROM gives under conditions that are of it alone."""
        if isinstance(source, (exp.Lateral, exp.Unnest)):
            made = [column.name.lower() for column in source.args["alias"].columns] if source.args.get("alias") else []
            return Relation(Amount(ELEMENTS, ELEMENTS_SPREAD), {name: Field() for name in made})
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
            name = ".".join(part.name.lower() for part in source.parts)
            if name not in names:
                return self._table(name, wanted, conditions, limit)
            query, outer = names[name]
        elif isinstance(source, (exp.Subquery, exp.Values)):
            query, outer = renamed(source.this, source) if isinstance(source, exp.Subquery) else source, names
        else:
            return self._unknown(f"{quoted(source.alias_or_name or source.key)} in FROM is not understood", "")
        inside = pushed(conditions, query)
        if inside is not None:
            return self._once(query, outer, wanted, inside)
        used = {column.name.lower() for each in conditions for column in columns(each)}
        found = self._once(query, outer, None if wanted is None else wanted | used, [])
        for each in conditions:
            found = _filtered(found, each)
        return found

    def hold(
        self, operation: str, relation: Relation, limit: float | None = None, groups: Amount | None = None
    ) -> None:
        """Notes that an operation holds of the relation what the engine makes it hold."""
        self._note(self.around.engine, operation, relation, limit, groups)

    def _note(
        self, engine: str, operation: str, relation: Relation, limit: float | None = None, groups: Amount | None = None
    ) -> None:
        rows = engines.held(engine, operation, relation.rows, limit, groups)
        part = Part(
            engine, operation, relation.label, relation.rows, rows, relation.width, relation.level, relation.count,
            relation.days,
        )  # fmt: skip
        self.parts.append(part)

    def _unknown(self, reason: str, table: str) -> Relation:
        self.missing.append(reason)
        self.read += UNKNOWN
        return replace(NOWHERE, tables=(table,) if table else ())

    def _once(self, query: exp.Expr, names: Names, wanted: set[str] | None, conditions: list[exp.Expr]) -> Relation:
        """The same part of a query, used twice, is worked out once."""
        key = (id(query), None if wanted is None else frozenset(wanted), *(each.sql() for each in conditions))
        if key not in self._done:
            self._done[key] = self.relation(query, names, wanted, conditions)
        return self._done[key]

    def _table(self, name: str, wanted: set[str] | None, conditions: list[exp.Expr], limit: float | None) -> Relation:
        table = self._find(name)
        if table is None:
            return self._unknown(f"the catalogue has no table {quoted(name)}", visible(name[:SHOWN_WORD]))
        found = scan(table, wanted, conditions, self.around.now)
        if found.missing:
            self.missing.append(found.missing)
        operation = engines.FILTER if conditions else engines.SCAN
        self._note(table.engine or self.around.engine, operation, found.relation, limit)
        ends_early = limit is not None and not conditions
        held = self.parts[-1].rows * self.parts[-1].row_bytes
        self.read += held.smaller(found.read) if ends_early else found.read
        return found.relation

    def _selected(
        self, select: exp.Select, names: Names, wanted: set[str] | None, conditions: Sequence[exp.Expr]
    ) -> Relation:
        if select.args.get("distinct"):
            wanted = None
        sources = items(select)
        if len(sources) > MOST_SOURCES:
            raise TooMuchError
        scope = Scope(sources, lambda source: column_names(source, names, self._find, self._step))
        told = Conditions(select, sources, scope, list(conditions))
        read = scope.needed(select, wanted, told.needed)
        carried = scope.needed(select, wanted, told.between, where=False)
        limit = plain_limit(select, told)
        so_far: list[Relation] = []
        result = Relation(ONE)
        for index, (source, join) in enumerate(sources):
            found = self.source(source, names, read[index], told.local[index], limit).of(carried[index])
            so_far.append(found)
            if index == 0:
                result = found
            else:
                result = self._joined(result, found, joins.kind_of(join), told, index, so_far, source)

        def find(column: exp.Column) -> Field | None:
            owner = scope.owner(column)
            return so_far[owner[0]].columns.get(owner[1]) if owner else None

        for each in told.rest:
            result = self._under(each, result, names, find)
        projections = output(select, wanted)
        for each in projections:
            for inner in outputs.queries(each):
                self.relation(inner, names, None)
        return self._finished(select, self._projected(select, projections, result, find))

    def _find(self, name: str) -> Table | None:
        return self.around.catalogue.find(name, self.around.database)

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise TooMuchError

    def _joined(
        self, left: Relation, right: Relation, kind: str, told: Conditions, index: int, so_far: list[Relation],
        source: exp.Expr,
    ) -> Relation:  # fmt: skip
        if isinstance(source, (exp.Lateral, exp.Unnest)):
            return product(left, right, left.rows * right.rows)
        pairs = [
            (so_far[i].columns.get(a), so_far[j].columns.get(b)) for (i, a), (j, b) in told.links if max(i, j) == index
        ]
        build = joins.built(left, right, kind)
        self.hold(engines.JOIN, build)
        rows = joins.rows(left, right, kind, pairs)
        if index in told.uneven and not pairs:
            rows = rows.share(COMPARED)
        return replace(left, rows=rows) if kind in (joins.SEMI, joins.ANTI) else product(left, right, rows)

    def _under(self, condition: exp.Expr, result: Relation, names: Names, find: outputs.Find) -> Relation:
        """Under a condition on several sources, or on a query of its own: that one is held while the rows pass."""
        for inner in outputs.queries(condition):
            self.hold(engines.JOIN, self.relation(inner, names, None))
        return result.filtered(selectivity(condition, find, lambda _: False))

    def _projected(
        self, select: exp.Select, projections: list[exp.Expr], source: Relation, find: outputs.Find
    ) -> Relation:
        aggregates = outputs.aggregates(select, projections)
        if outputs.explodes(projections):
            source = replace(source, rows=source.rows * Amount(ELEMENTS, ELEMENTS_SPREAD))
        made, rest = outputs.out(projections, source, find)
        result = replace(source, columns=made, rest=rest)
        if aggregates or select.args.get("group"):
            result = self._grouped(select, projections, aggregates, source, result, find)
        if select.args.get("having"):
            result = result.filtered(COMPARED)
        if any(outputs.own([*projections, *filter(None, [select.args.get("qualify")])], exp.Window)):
            self.hold(engines.WINDOW, result if aggregates else source)
        if select.args.get("qualify"):
            result = result.filtered(COMPARED)
        return self._without_doubles(result) if select.args.get("distinct") else result

    def _grouped(
        self, select: exp.Select, projections: list[exp.Expr], aggregates: list[exp.Expr], source: Relation,
        result: Relation, find: outputs.Find,
    ) -> Relation:  # fmt: skip
        said = outputs.keys(select)
        fields = [outputs.field_of(each, find) for each in said]
        groups = distinct(source.rows, fields) * Amount(outputs.groupings(select))
        given = [each.unalias() for each in projections]
        keys = {f"key {n}": field for n, field in enumerate(fields) if field and said[n] not in given}
        held = replace(result, columns={**result.columns, **keys})  # a group is known by its keys, wanted or not
        self.hold(engines.GROUP, held, groups=groups)
        for call in aggregates:
            inner = [found for column in columns(call) if (found := find(column))]
            widest = max(inner, key=lambda field: field.size.value, default=None)
            values = replace(source, columns={"": widest}, rest=NONE) if widest else source
            if outputs.collects(call):
                self.hold(engines.GROUP, values)
            elif call.find(exp.Distinct):
                self.hold(engines.DISTINCT, values, groups=distinct(source.rows, [*fields, *inner]))
        return replace(result, rows=groups)

    def _without_doubles(self, result: Relation) -> Relation:
        fields: list[Field | None] = list(result.columns.values())
        groups = distinct(result.rows, [*fields, None] if result.is_open else fields)
        self.hold(engines.DISTINCT, result, groups=groups)
        return replace(result, rows=groups)

    def _united(
        self, query: exp.SetOperation, names: Names, wanted: set[str] | None, conditions: Sequence[exp.Expr]
    ) -> Relation:
        parts = branches(query)
        is_all = all(isinstance(each, exp.Union) and not each.args.get("distinct") for each in chain(query))
        places = positions(parts[0], wanted) if is_all else None
        inside = [pushed(list(conditions), each) or [] for each in parts]
        found = [self.relation(each, names, wanted_of(each, places), inside[n]) for n, each in enumerate(parts)]
        result = found[0]
        for other in found[1:]:
            widest = result if result.width.value >= other.width.value else other
            rows = result.rows + other.rows if isinstance(query, exp.Union) else result.rows
            result = replace(product(result, other, rows), columns=widest.columns, rest=widest.rest)
        return self._finished(query, result if is_all else self._without_doubles(result))

    def _finished(self, query: exp.Expr, result: Relation) -> Relation:
        """Sorted and limited."""
        most, left_out = outputs.limit(query)
        through = None if most is None else most + left_out
        if outputs.is_ordered(query):
            self.hold(engines.SORT if through is None else engines.TOP, result, through)
        elif through is not None:
            self.hold(engines.LIMIT, result, through)
        return result if most is None else replace(result, rows=result.rows.at_most(most))


def _filtered(relation: Relation, condition: exp.Expr) -> Relation:
    """Under a condition on its columns that could not be taken further down."""
    share = selectivity(condition, lambda column: relation.columns.get(column.name.lower()), lambda _: False)
    return relation.filtered(share)
