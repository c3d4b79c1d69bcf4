"""The names of one SELECT: which source a column is of, and which columns are needed of each."""

from collections.abc import Callable, Iterator

from sqlglot import exp

CLAUSES = ("group", "having", "order", "sort", "cluster", "distribute", "qualify")
Item = tuple[exp.Expr, exp.Join | None]  # a source, and the join that brings it


def items(select: exp.Select) -> list[Item]:
    """The sources in order; joins in brackets are taken out of them."""
    first = select.args.get("from_")
    queue: list[Item] = [(first.this, None)] if first else []
    queue += [(join.this, join) for join in select.args.get("joins") or []]
    queue += [(lateral, None) for lateral in select.args.get("laterals") or []]
    found: list[Item] = []
    while queue:
        source, join = queue.pop(0)
        inner = source.args.get("joins") or []
        while isinstance(source, exp.Paren) or (isinstance(source, exp.Subquery) and not _is_query(source.this)):
            source = source.this
            inner = [*(source.args.get("joins") or []), *inner]
        found.append((source, join))
        queue = [(each.this, each) for each in inner] + queue
    return found


def _is_query(tree: exp.Expr) -> bool:
    return isinstance(tree, (exp.Select, exp.SetOperation, exp.Subquery, exp.Values))


class Scope:
    """`names`: of the columns that each item is known to have, None: not known."""

    def __init__(self, sources: list[Item], names: Callable[[exp.Expr], set[str] | None]) -> None:
        self.aliases = [source.alias_or_name.lower() for source, _ in sources]
        self.names = [names(source) for source, _ in sources]

    def owner(self, column: exp.Column) -> tuple[int, str] | None:
        """The number of the source and the name of its field; None if it is of none of them.

        A qualifier that is no source's name is a field, and what follows a path into it.
        """
        parts = [part.name.lower() for part in column.parts]
        for index, alias in enumerate(self.aliases):
            for place, part in enumerate(parts[:-1]):
                if part == alias:
                    return index, parts[place + 1]
        return self._of_bare(parts[0], len(parts) > 1)

    def _of_bare(self, name: str, is_path: bool) -> tuple[int, str] | None:
        for index, names in enumerate(self.names):
            if names is not None and name in names:
                return index, name
        if is_path:  # rather a source of the query around it
            return None
        return next(((index, name) for index, names in enumerate(self.names) if names is None), None)

    def needed(
        self, select: exp.Select, wanted: set[str] | None, others: list[tuple[int, str]], where: bool = True
    ) -> list[set[str] | None]:
        """By source, the fields that the SELECT touches and `others`; None: all of them. `where`: that clause too."""
        needed: list[set[str]] = [set() for _ in self.aliases]
        every = [False] * len(self.aliases)
        for index, name in others:
            needed[index].add(name)
        for column in own_columns(select, output(select, wanted), where):
            if isinstance(column.this, exp.Star):
                of = column.table.lower()
                for index, alias in enumerate(self.aliases):
                    self._star(index, wanted, needed, every, of in (alias, ""))
            elif found := self.owner(column):
                needed[found[0]].add(found[1])
        if any(isinstance(each, exp.Star) for each in select.expressions):
            for index in range(len(self.aliases)):
                self._star(index, wanted, needed, every, True)
        return [None if every[index] else needed[index] for index in range(len(self.aliases))]

    def _star(self, index: int, wanted: set[str] | None, needed: list[set[str]], every: list[bool], fits: bool) -> None:
        names = self.names[index]
        if fits and wanted is None:
            every[index] = True
        elif fits and wanted is not None:
            needed[index] |= wanted if names is None else wanted & names

    def bare(self, condition: exp.Expr) -> exp.Expr:
        """The condition with its columns by their fields' names alone."""

        def plain(node: exp.Expr) -> exp.Expr:
            found = self.owner(node) if isinstance(node, exp.Column) else None
            return exp.column(found[1]) if found else node

        return condition.transform(plain)


def own_columns(select: exp.Select, projections: list[exp.Expr], where: bool) -> Iterator[exp.Column]:
    """The columns that its clauses name, those of queries in its conditions among them, for they may be of outside."""
    trees: list[object] = [*projections, *(select.args.get("laterals") or [])]
    trees += [select.args.get(clause) for clause in CLAUSES] + ([select.args.get("where")] if where else [])
    for join in select.args.get("joins") or []:
        trees += [exp.column(using.name) for using in join.args.get("using") or []]
        trees += [join.args.get("on")]
    for tree in trees:
        if isinstance(tree, exp.Expr):
            yield from tree.find_all(exp.Column)


def output(select: exp.Expr, wanted: set[str] | None) -> list[exp.Expr]:
    """The projections that are wanted, None: all."""
    return [
        each
        for each in select.args.get("expressions") or []
        if wanted is None or each.is_star or each.alias_or_name.lower() in wanted
    ]


def pushed(conditions: list[exp.Expr], query: exp.Expr) -> list[exp.Expr] | None:
    """The conditions on a query's output as conditions inside it; None if they must wait for its result."""
    if isinstance(query, exp.Subquery):
        return pushed(conditions, query.this) if _passes(query) else None
    if isinstance(query, exp.SetOperation):
        all_take_it = _passes(query) and all(pushed(conditions, each) is not None for each in branches(query))
        return conditions if all_take_it else None
    if not isinstance(query, exp.Select) or not _passes(query) or query.args.get("group"):
        return None
    if any(each.find(exp.AggFunc, exp.Window) for each in query.expressions):
        return None
    inside = {each.alias_or_name.lower(): each.unalias() for each in query.expressions if not each.is_star}
    has_star = any(each.is_star for each in query.expressions)
    result = []
    for condition in conditions:
        names = {column.name.lower() for column in condition.find_all(exp.Column)}
        if not all(isinstance(inside.get(name, exp.column(name) if has_star else None), exp.Column) for name in names):
            return None

        def inner(node: exp.Expr) -> exp.Expr:
            return inside.get(node.name.lower(), node).copy() if isinstance(node, exp.Column) else node

        result.append(condition.transform(inner))
    return result


def _passes(query: exp.Expr) -> bool:
    return not any(query.args.get(clause) for clause in ("limit", "offset", "qualify"))


def branches(query: exp.SetOperation) -> list[exp.Expr]:
    """The queries that a chain of UNION puts together, in order. In a loop, for a thousand of them lean to the left."""
    found: list[exp.Expr] = []
    left: exp.Expr = query
    while isinstance(left, exp.SetOperation) and (left is query or _passes(left)):
        found.append(left.expression)
        left = left.this
    return [left, *reversed(found)]
