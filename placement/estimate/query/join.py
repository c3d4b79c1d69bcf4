"""Two relations into one: how many rows come out, and which side is held meanwhile."""

from sqlglot import exp

from placement.estimate.query.amount import ONE, Amount, spread
from placement.estimate.query.catalogue import Field
from placement.estimate.query.predicates import ANY, COMPARED
from placement.estimate.query.relation import Relation

INNER, LEFT, RIGHT, FULL, SEMI, ANTI, CROSS = "inner", "left", "right", "full", "semi", "anti", "cross"
BY_KEY = spread(2.0)  # both keys' different values are known
BY_GUESS = spread(5.0)  # taken for a foreign key into the smaller side
Pair = tuple[Field | None, Field | None]


def kind_of(join: exp.Join | None) -> str:
    """What the text says; a join by comma is an inner one with its conditions in WHERE."""
    if join is None:
        return INNER
    for kind in (join.kind.lower(), join.side.lower()):
        if kind in (SEMI, ANTI, LEFT, RIGHT, FULL):
            return kind
    return INNER


def rows(left: Relation, right: Relation, kind: str, pairs: list[Pair]) -> Amount:
    """Rows of the result. With keys: |L| |R| / the larger number of different keys (Selinger et al., 1979)."""
    if kind in (SEMI, ANTI):
        return left.rows.share(ANY)
    result = left.rows * right.rows
    if pairs:
        least, largest = sorted((left.rows.value, right.rows.value))
        known = [max(a.distinct, b.distinct) for a, b in pairs if a and b and a.distinct and b.distinct]
        divisor = 1.0
        for each in known:
            divisor = min(divisor * each, max(largest, 1.0))
        if not known:
            divisor = max(least, 1.0)
        if divisor == float("inf"):
            return Amount(divisor)
        result *= Amount(1 / divisor, BY_KEY if known else BY_GUESS)
    if kind in (LEFT, FULL) and result.value < left.rows.value:
        result = left.rows
    if kind in (RIGHT, FULL) and result.value < right.rows.value:
        result = right.rows
    return result


def built(left: Relation, right: Relation, kind: str) -> Relation:
    """The side that is held while the other passes: the one that need not be kept whole, else the smaller."""
    if kind in (LEFT, SEMI, ANTI):
        return right
    if kind == RIGHT:
        return left
    return min(right, left, key=lambda side: side.rows.value * max(side.width.value, 1.0))


def uneven(kind: str, pairs: list[Pair]) -> Amount:
    """The share that conditions which are no equality of keys leave."""
    return ONE if pairs or kind in (SEMI, ANTI) else COMPARED
