"""Which share of the rows a condition leaves, by what the catalogue knows of the fields, else by a stated guess.

The guesses are those of Selinger et al. (Access path selection in a relational database management system, 1979):
1/10 for an equality, 1/3 for a comparison, 1/4 for a range, 1/2 where nothing better is known; the wider the less is
known of the field.
"""

from collections.abc import Callable, Iterator
from math import exp as power

from sqlglot import exp

from placement.estimate.query.amount import NONE, ONE, Amount, spread
from placement.estimate.query.catalogue import Field
from placement.estimate.query.time import moment_of

_COMPARISONS = (exp.LT, exp.LTE, exp.GT, exp.GTE)
Find = Callable[[exp.Column], Field | None]
Settled = Callable[[exp.Expr], bool]

EQUAL = Amount(1 / 10, spread(10.0))
COMPARED = Amount(1 / 3, spread(3.0))
BETWEEN = Amount(1 / 4, spread(4.0))
ANY = Amount(1 / 2, spread(2.0))
NULL = Amount(1 / 20, spread(10.0))
LIKE = Amount(1 / 10, spread(10.0))
SKEW = spread(3.0)  # values are not equally frequent
EVEN = spread(1.5)  # nor evenly spread between the least and the most
KEY_GUESS = Amount(1 / 10, spread(10.0))  # different values in rows, where nobody says
CORRELATED = spread(4.0)  # keys are seldom independent
MET = spread(2.0)  # of the keys that a part of the rows meets
ALL_MET = 10.0  # rows for each key, with which hardly one is missed


def conjuncts(condition: exp.Expr | None) -> list[exp.Expr]:
    """The conditions that must all hold."""
    if condition is None:
        return []
    while isinstance(condition, (exp.Paren, exp.Where)):
        condition = condition.this
    parts = condition.flatten() if isinstance(condition, exp.And) else iter(())
    return [each for part in parts for each in conjuncts(part)] or [condition]


def with_ranges(conditions: list[exp.Expr]) -> list[exp.Expr]:
    """The conditions, `a >= 1` and `a < 5` as the one range that they are."""
    found: dict[tuple[str, bool], exp.Expr] = {}
    result = []
    for condition in conditions:
        column = condition.this
        is_compared = isinstance(condition, _COMPARISONS) and isinstance(column, exp.Column)
        if not is_compared or number(condition.expression) is None:
            result.append(condition)
            continue
        is_upper = isinstance(condition, (exp.LT, exp.LTE))
        other = found.pop((column.name.lower(), not is_upper), None)
        if other is None:
            result += [found.pop(key)] if (key := (column.name.lower(), is_upper)) in found else []
            found[key] = condition
        else:
            low, high = (other, condition) if is_upper else (condition, other)
            result.append(exp.Between(this=column.copy(), low=low.expression.copy(), high=high.expression.copy()))
    return result + list(found.values())


def selectivity(condition: exp.Expr, find: Find, settled: Settled) -> Amount:
    """The share, 0 to 1. `settled`: whether all that it says of time is reckoned elsewhere."""
    if isinstance(condition, exp.Paren):
        return selectivity(condition.this, find, settled)
    if isinstance(condition, exp.And):
        share = ONE
        for part in condition.flatten():
            share *= selectivity(part, find, settled)
        return share
    if isinstance(condition, exp.Or):
        return _either(condition, find, settled)
    if isinstance(condition, exp.Not):
        share = selectivity(condition.this, find, _never)  # its opposite is reckoned nowhere else
        return Amount(max(0.0, 1 - share.value), 0.0 if share.value < 0.5 else share.variance)
    return ONE if settled(condition) else _leaf(condition, find)


def _either(condition: exp.Or, find: Find, settled: Settled) -> Amount:
    """Of days that are reckoned elsewhere no day leaves more than the best of them; else as independent ones."""
    is_settled = settled(condition)
    shares = [selectivity(part, find, settled if is_settled else _never) for part in condition.flatten()]
    if is_settled:
        return max(shares, key=lambda share: share.value)
    left = 1.0
    for share in shares:
        left *= 1 - min(1.0, share.value)
    return Amount(1 - left, max(share.variance for share in shares))


def _never(_: exp.Expr) -> bool:
    return False


def _leaf(condition: exp.Expr, find: Find) -> Amount:
    column = _only_column(condition)
    field = find(column) if column is not None else None
    if isinstance(condition, exp.Boolean):
        return ONE if condition.this else NONE
    if isinstance(condition, (exp.EQ, exp.NullSafeEQ)):
        return _equal(field)
    if isinstance(condition, exp.NEQ):
        return Amount(1 - _equal(field).value, 0.0)
    if isinstance(condition, exp.In):
        each = _equal(field)
        count = len(condition.expressions) or 1
        return Amount(min(1.0, each.value * count), each.variance)
    if isinstance(condition, exp.Is):
        return NULL if field is None or field.nulls is None else Amount(field.nulls, spread(1.2))
    if isinstance(condition, (exp.Like, exp.ILike, exp.RegexpLike)):
        return LIKE
    if isinstance(condition, exp.Between):
        low, high = number(condition.args["low"]), number(condition.args["high"])
        known = _range(field, low, high) if low is not None and high is not None else None
        return known or BETWEEN
    if isinstance(condition, _COMPARISONS):
        return _compared(condition, field)
    return ANY


def _only_column(condition: exp.Expr) -> exp.Column | None:
    columns = list(condition.find_all(exp.Column))
    return columns[0] if len(columns) == 1 else None


def _equal(field: Field | None) -> Amount:
    return Amount(1 / max(1.0, field.distinct), SKEW) if field and field.distinct else EQUAL


def _compared(condition: exp.Expr, field: Field | None) -> Amount:
    value, column_first = number(condition.expression), True
    if value is None:
        value, column_first = number(condition.this), False
    if value is None:
        return COMPARED
    below = isinstance(condition, (exp.LT, exp.LTE)) == column_first
    return _range(field, None if below else value, value if below else None) or COMPARED


def _range(field: Field | None, low: float | None, high: float | None) -> Amount | None:
    """The share between two values, None: open there; None if the field's bounds are not known."""
    if field is None or field.least is None or field.most is None or field.most <= field.least:
        return None
    low = field.least if low is None else max(low, field.least)
    high = field.most if high is None else min(high, field.most)
    return Amount(max(0.0, high - low) / (field.most - field.least), EVEN)


def number(said: exp.Expr) -> float | None:
    """A literal as a number; dates and times as seconds since 1970."""
    if isinstance(said, (exp.Neg, exp.Paren, exp.Cast)):
        inner = number(said.this)
        return -inner if isinstance(said, exp.Neg) and inner is not None else inner
    if not isinstance(said, exp.Literal):
        return None
    if said.is_string:
        at = moment_of(str(said.this))
        return at[0] if at else None
    text = str(said.this)
    try:
        return float(text) if len(text) < 40 else None
    except ValueError:
        return None


def distinct(rows: Amount, keys: list[Field | None]) -> Amount:
    """How many different keys `rows` have: of D equally frequent ones, n rows meet D (1 - exp(-n / D)).

    Source: Cardenas, Analysis and performance of inverted data base structures (1975), in its limit.
    """
    if not keys:
        return ONE
    known = [key.distinct for key in keys if key and key.distinct]
    if len(known) < len(keys):
        guess = rows * KEY_GUESS
        return Amount(max(guess.value, 1.0), guess.variance, rows.high)
    many = 1.0
    for each in known:
        many = min(many * each, 1e30)
    met = many * (1 - power(-min(rows.value / many, 700.0))) if rows.value / many > 1e-9 else rows.value
    variance = EVEN if rows.value > ALL_MET * many else MET + CORRELATED * (len(keys) - 1) + min(rows.variance, SKEW)
    return Amount(met, variance, rows.high)


def columns(tree: exp.Expr | None) -> Iterator[exp.Column]:
    """All columns that an expression names."""
    return iter(()) if tree is None else tree.find_all(exp.Column)
