"""Queries with a name, by WITH or as views; and columns by place, as UNION and `AS t (a, b)` have them."""

from collections.abc import Callable

from sqlglot import exp

from placement.estimate.query.catalogue import Table
from placement.estimate.query.scope import items

Names = dict[str, tuple[exp.Expr, "Names"]]  # what WITH and views call a query, and what that may name itself


def named(query: exp.Expr, names: Names) -> Names:
    """With what the query's WITH adds; each of it may name those before it."""
    said = query.args.get("with_")
    for each in said.expressions if said else []:
        names = {**names, each.alias.lower(): (renamed(each.this, each), names)}
    return names


def renamed(query: exp.Expr, holder: exp.Expr) -> exp.Expr:
    """The query with the columns' names that stand behind its own: `WITH t (a, b) AS ...`."""
    alias = holder.args.get("alias")
    said = alias.columns if isinstance(alias, exp.TableAlias) else []
    if not said or not isinstance(query, exp.Select) or len(said) != len(query.expressions):
        return query
    query = query.copy()
    named = zip(query.expressions, said, strict=True)
    query.set("expressions", [exp.alias_(each.unalias(), name.name) for each, name in named])
    return query


def chain(query: exp.SetOperation) -> list[exp.SetOperation]:
    found, left = [query], query.this
    while isinstance(left, exp.SetOperation):
        found.append(left)
        left = left.this
    return found


def positions(first: exp.Expr, wanted: set[str] | None) -> set[int] | None:
    """Which columns of a UNION are wanted: it goes by place, and the first branch names them. None: all."""
    if wanted is None or not isinstance(first, exp.Select) or any(each.is_star for each in first.expressions):
        return None
    return {index for index, each in enumerate(first.expressions) if each.alias_or_name.lower() in wanted}


def wanted_of(branch: exp.Expr, positions: set[int] | None) -> set[str] | None:
    if positions is None or not isinstance(branch, exp.Select) or any(each.is_star for each in branch.expressions):
        return None
    return {each.alias_or_name.lower() for index, each in enumerate(branch.expressions) if index in positions}


def column_names(
    source: exp.Expr, names: Names, find: Callable[[str], Table | None], step: Callable[[], None]
) -> set[str] | None:
    """The columns that a source in FROM has; None if that is not known. `step` is called for each that is looked at."""
    step()
    if isinstance(source, (exp.Lateral, exp.Unnest, exp.Values)):
        alias = source.args.get("alias")
        return {column.name.lower() for column in alias.columns} if alias else None
    query: exp.Expr = source
    if isinstance(source, exp.Table):
        name = ".".join(part.name.lower() for part in source.parts)
        if name not in names:
            table = find(name)
            return set(table.fields) if table and table.fields else None
        query, names = names[name]
    elif isinstance(source, exp.Subquery):
        query = renamed(source.this, source)
    while isinstance(query, (exp.SetOperation, exp.Subquery)):
        names = named(query, names)
        query = query.this
    if not isinstance(query, exp.Select):
        return None
    found = {each.alias_or_name.lower() for each in query.expressions if not each.is_star}
    names = named(query, names)
    for each, _ in items(query) if any(each.is_star for each in query.expressions) else ():
        below = column_names(each, names, find, step)
        if below is None:
            return None
        found |= below
    return found
