"""The conditions of one SELECT, sorted: those of one source, those that link two, and the rest."""

from sqlglot import exp

from placement.estimate.query import join as joins
from placement.estimate.query.output import aggregates, is_ordered, limit, own
from placement.estimate.query.predicates import conjuncts
from placement.estimate.query.scope import Item, Scope

Name = tuple[int, str]  # the number of a source, and a field of it


class Conditions:
    """`local`: by source, with bare names. `links`: equal fields of two sources. `rest`: to be held against the whole.

    `uneven`: the sources that are joined by something else than equal keys. `needed`: fields that conditions from
    outside name; `between`: those that are needed beyond their own source.
    """

    def __init__(self, select: exp.Select, sources: list[Item], scope: Scope, pushed: list[exp.Expr]) -> None:
        self.scope = scope
        self.local: list[list[exp.Expr]] = [[] for _ in sources]
        self.links: list[tuple[Name, Name]] = []
        self.rest: list[exp.Expr] = []
        self.uneven: set[int] = set()
        self.needed = self._names(pushed)
        for condition in conjuncts(select.args.get("where")) + pushed:
            self._where(condition)
        for index, (_, join) in enumerate(sources):
            if join is not None:
                self._on(index, join)
        self.between = [name for link in self.links for name in link] + self._names(self.rest)

    def _names(self, conditions: list[exp.Expr]) -> list[Name]:
        found = (self.scope.owner(column) for each in conditions for column in each.find_all(exp.Column))
        return [name for name in found if name]

    def _where(self, condition: exp.Expr) -> None:
        all_columns = list(condition.find_all(exp.Column))
        names = self._names([condition])
        owners = {index for index, _ in names}
        if condition.find(exp.Query):
            self.rest.append(condition)
        elif not all_columns:  # 1 = 1
            self.rest += [condition] if isinstance(condition, exp.Boolean) else []
        elif len(names) < len(all_columns):  # with a column of the query around it, it is no filter of this one
            self.rest += [condition] if not names else []
        elif len(owners) == 1:
            self.local[owners.pop()].append(self.scope.bare(condition))
        elif not self._link(condition):
            self.rest.append(condition)

    def _on(self, index: int, join: exp.Join) -> None:
        kind = joins.kind_of(join)
        for using in join.args.get("using") or []:
            name = using.name.lower()
            fit = [i for i in range(index) if self.scope.names[i] is None or name in (self.scope.names[i] or ())]
            self.links += [((fit[0], name), (index, name))] if fit else []
        for condition in conjuncts(join.args.get("on")):
            owners = {owner for owner, _ in self._names([condition])}
            if condition.find(exp.Query):
                self.rest.append(condition)
            elif len(owners) == 1 and (kind == joins.INNER or _filters(kind, owners == {index})):
                self.local[owners.pop()].append(self.scope.bare(condition))
            elif owners and not self._link(condition):
                self.uneven.add(index)

    def _link(self, condition: exp.Expr) -> bool:
        """Whether it says that two fields are equal."""
        if not isinstance(condition, (exp.EQ, exp.NullSafeEQ)):
            return False
        sides = [set(self._names([side])) for side in (condition.this, condition.expression)]
        if [len(side) for side in sides] != [1, 1]:
            return False
        left, right = sides[0].pop(), sides[1].pop()
        self.links += [(left, right)] if left[0] != right[0] else []
        return left[0] != right[0]


def _filters(kind: str, is_of_joined: bool) -> bool:
    """Whether a condition in ON is a filter of the side that it is of: of a side that is kept whole it is not."""
    return kind != joins.FULL and is_of_joined != (kind == joins.RIGHT)


def plain_limit(select: exp.Select, conditions: Conditions) -> float | None:
    """Rows after which reading ends: of a limit with nothing between it and one source that must see all rows."""
    most, left_out = limit(select)
    if most is None or len(conditions.local) != 1 or conditions.rest or is_ordered(select):
        return None
    if any(select.args.get(clause) for clause in ("group", "distinct", "having", "qualify")):
        return None
    if aggregates(select, select.expressions) or any(own(select.expressions, exp.Window)):
        return None
    return most + left_out
