"""SQL into what each of its statements holds; one after the other, for one may make a table that the next one reads."""

from dataclasses import replace

from sqlglot import exp

from placement.estimate.query.amount import NONE, Amount
from placement.estimate.query.catalogue import Catalogue, Table
from placement.estimate.query.engines import COLLECTS, RESULT
from placement.estimate.query.names import Names
from placement.estimate.query.need import StatementNeed
from placement.estimate.query.plan import Around, Plan, TooMuchError
from placement.estimate.query.relation import Relation
from placement.estimate.query.text import BROKEN, Statement, statements


def needs(sql: str, dialect: str, engine: str, catalogue: Catalogue, now: float | None) -> list[StatementNeed]:
    """By statement: what it holds, before coefficients; or the reason why that cannot be said."""
    reader = _Reader(Around(engine, catalogue, now=now))
    return [reader.need(each) for each in statements(sql, dialect)]


class _Reader:
    """What the statements before have left: the database in use, views, tables."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.views: Names = {}

    def need(self, statement: Statement) -> StatementNeed:
        verb, _, object_ = statement.words.partition(" ")
        if verb == "use" and object_:
            self.around = self.around._replace(database=object_.removeprefix("database "))
        if statement.tree is None:
            return StatementNeed(statement.words, reason=statement.reason)
        plan = Plan(self.around)
        try:
            outcome = self._run(plan, statement.tree)
        except TooMuchError:
            return StatementNeed(statement.words, reason="it has more queries within it than are looked at")
        except BROKEN as error:
            deep = isinstance(error, RecursionError)
            reason = "it is nested deeper than can be read" if deep else "it is written in a way that is not understood"
            return StatementNeed(statement.words, reason=reason)
        if outcome is None:
            return StatementNeed(statement.words, reason=f"`{statement.words}` is not understood")
        rows, written = outcome
        known = rows.is_known and all(part.rows.is_known for part in plan.parts)
        reason = "" if known else plan.missing[0] if plan.missing else "its rows cannot be counted"
        return StatementNeed(statement.words, tuple(plan.parts), plan.read, written, reason)

    def _run(self, plan: Plan, tree: exp.Expr) -> tuple[Amount, Amount] | None:
        """Goes through the statement; the rows and the bytes that it gives, None if it is of no kind known here."""
        if isinstance(tree, exp.Create) and tree.kind == "VIEW":
            self.views[_name(tree)] = (tree.expression, dict(self.views))
            return NONE, NONE
        if isinstance(tree, exp.Create):
            made = plan.relation(tree.expression, self.views, None)
            self._learn(_name(tree), made)
            return made.rows, made.rows * made.width
        if isinstance(tree, exp.Insert) and isinstance(tree.expression, (exp.Query, exp.Values)):
            made = plan.relation(tree.expression, self.views, None)
            return made.rows, made.rows * made.width
        if isinstance(tree, exp.MultitableInserts):
            return self._inserted(plan, tree)
        if not isinstance(tree, (exp.Query, exp.Values)):
            return None
        result = plan.relation(tree, self.views, None)
        if plan.around.engine in COLLECTS:
            plan.hold(RESULT, result)
        return result.rows, NONE

    def _inserted(self, plan: Plan, tree: exp.MultitableInserts) -> tuple[Amount, Amount] | None:
        """Hive's FROM ... INSERT ... INSERT: one source, several times selected from."""
        rows = written = NONE
        for insert in tree.expressions:
            select = insert.expression.copy()
            if not isinstance(select, exp.Select):
                return None
            select.set("from_", exp.From(this=tree.args["source"].copy()))
            made = plan.relation(select, self.views, None)
            rows += made.rows
            written += made.rows * made.width
        return rows, written

    def _learn(self, name: str, made: Relation) -> None:
        """A table made here may be read by the next statement."""
        rows = made.rows.value if made.rows.is_known else None
        table = Table(name, rows, fields={} if made.is_open else made.columns)
        if made.is_open and rows:
            table = replace(table, bytes=rows * made.width.value)
        tables = {**self.around.catalogue.tables, name: table}
        self.around = self.around._replace(catalogue=Catalogue(tables))


def _name(tree: exp.Create) -> str:
    table = tree.find(exp.Table)
    return ".".join(part.name.lower() for part in table.parts) if table else ""
