"""What a SELECT makes of its rows: groups, windows, order, limit; and the fields that come out."""

from collections.abc import Callable, Iterator

from sqlglot import exp

from placement.estimate.query.amount import NONE, Amount
from placement.estimate.query.catalogue import Field
from placement.estimate.query.predicates import number
from placement.estimate.query.relation import Relation

Find = Callable[[exp.Column], Field | None]
COLLECTING = (
    exp.ArrayAgg,
    exp.ArrayUniqueAgg,
    exp.ArrayConcatAgg,
    exp.GroupConcat,
    exp.Quantile,
    exp.PercentileCont,
    exp.Median,
)
COLLECTING_NAMES = frozenset(("collect_list", "collect_set", "percentile", "array_agg", "listagg", "group_concat"))
PICKING = (exp.Max, exp.Min, exp.First, exp.Last, exp.AnyValue)
NUMBER = Field("double")


def field_of(said: exp.Expr, find: Find) -> Field | None:
    """The field that an expression makes; None for a column that is not known."""
    said = said.unalias()
    while isinstance(said, exp.Paren):
        said = said.this
    if isinstance(said, exp.Column):
        return find(said)
    if isinstance(said, (exp.Cast, exp.TryCast)):
        return Field(said.to.sql("spark").lower())
    if isinstance(said, exp.Literal):
        return Field("string", float(len(str(said.this)))) if said.is_string else NUMBER
    if isinstance(said, (exp.AggFunc, exp.Window)) and not isinstance(said, (*PICKING, *COLLECTING)):
        return NUMBER
    known = [field for column in said.find_all(exp.Column) if (field := find(column))]
    widest = max(known, key=lambda field: field.size.value, default=NUMBER)
    return Field("array<double>") if isinstance(said, COLLECTING) else Field(widest.kind, widest.width)


def out(projections: list[exp.Expr], source: Relation, find: Find) -> tuple[dict[str, Field], Amount]:
    """The columns of the result by name, and the bytes of what is not known by name."""
    columns: dict[str, Field] = {}
    rest = NONE
    for index, each in enumerate(projections):
        if each.is_star and not each.find(exp.AggFunc):
            columns.update(source.columns)
            rest = source.rest
        elif field := field_of(each, find):
            columns[each.alias_or_name.lower() or f"_c{index}"] = field
        elif source.is_open:
            rest = source.rest
        else:
            columns[each.alias_or_name.lower()] = Field()
    return columns, rest


def own(trees: list[exp.Expr], *kinds: type[exp.Expr], but: tuple[type[exp.Expr], ...] = ()) -> Iterator[exp.Expr]:
    """The expressions of some kinds, those in queries within left out, and those in what is of a kind of `but`."""
    for tree in trees:
        for node in tree.walk(prune=lambda each: isinstance(each, (exp.Query, *but))):
            if isinstance(node, kinds):
                yield node


def aggregates(select: exp.Select, projections: list[exp.Expr]) -> list[exp.Expr]:
    """Calls that make one value of many rows, those over windows left out."""
    clauses = [clause for name in ("having", "order") if (clause := select.args.get(name))]
    found = own([*projections, *clauses], exp.AggFunc, exp.Anonymous, but=(exp.Window,))
    return [each for each in found if _aggregates(each)]


def _aggregates(call: exp.Expr) -> bool:
    return isinstance(call, exp.AggFunc) or call.name.lower() in COLLECTING_NAMES


def collects(call: exp.Expr) -> bool:
    """Whether it has to keep every row's value."""
    return isinstance(call, COLLECTING) or call.name.lower() in COLLECTING_NAMES


def keys(select: exp.Select) -> list[exp.Expr]:
    """What is grouped by; a number is a projection's, a name may be one's."""
    group = select.args.get("group")
    if group is None:
        return []
    found: list[exp.Expr] = list(group.expressions)
    for sets in ("rollup", "cube", "grouping_sets"):
        for each in group.args.get(sets) or []:
            found += list(each.find_all(exp.Column))
    by_name = {each.alias.lower(): each.unalias() for each in select.expressions if each.alias}
    result = []
    for each in found:
        place = number(each)
        if place is not None and 1 <= place <= len(select.expressions):
            result.append(select.expressions[int(place) - 1].unalias())
        elif isinstance(each, exp.Column) and not each.table and each.name.lower() in by_name:
            result.append(by_name[each.name.lower()])
        else:
            result.append(each)
    return result


def groupings(select: exp.Select) -> float:
    """How often rows are grouped: more than once by ROLLUP, CUBE or GROUPING SETS."""
    group = select.args.get("group")
    if group is None:
        return 1.0
    count = len(keys(select))
    if group.args.get("cube"):
        return 2.0 ** min(count, 12)
    if group.args.get("rollup"):
        return count + 1.0
    return float(sum(len(each.expressions) or 1 for each in group.args.get("grouping_sets") or []) or 1)


def limit(query: exp.Expr) -> tuple[float | None, float]:
    """Rows that LIMIT or FETCH lets out, None: all, and how many OFFSET leaves out."""
    said = query.args.get("limit")
    count = said and (said.args.get("count") if isinstance(said, exp.Fetch) else said.expression)
    most = number(count) if isinstance(count, exp.Expr) else None
    offset = query.args.get("offset")
    left_out = number(offset.expression) if offset else None
    return (None if most is None else max(0.0, most)), max(0.0, left_out or 0.0)


def is_ordered(query: exp.Expr) -> bool:
    """Whether the rows are sorted, all together or by task."""
    return any(query.args.get(clause) for clause in ("order", "sort", "cluster"))


def queries(tree: exp.Expr) -> list[exp.Expr]:
    """The queries within an expression, those within them left out."""
    return list(own([tree], exp.Query))


def explodes(projections: list[exp.Expr]) -> bool:
    """Whether it makes several rows of one."""
    return any(own(projections, exp.Explode, exp.Posexplode, exp.Unnest))
