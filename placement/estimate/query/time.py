"""Which stretch of time a condition leaves of a table: `dt between '2026-01-01' and '2026-01-07'` are seven days."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import inf, isfinite

from sqlglot import exp

DAY = 86400.0
UNITS = {
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": DAY,
    "week": 7 * DAY,
    "month": 30 * DAY,
    "year": 365 * DAY,
}
ALWAYS = [(-inf, inf)]
MOST_WINDOWS = 2000
# 2026-01-31 12:00:00, 2026-01-31T12, 20260131; a time of day makes it an instant.
_TIME = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[ T](\d\d)(?::(\d\d)(?::(\d\d))?)?.*)?")
_WRAPPED = (exp.Cast, exp.TsOrDsToDate, exp.Date, exp.StrToTime, exp.StrToDate, exp.Timestamp, exp.Paren, exp.StrToUnix)
_NAMED = frozenset(("to_timestamp", "from_iso8601_timestamp", "from_iso8601_date", "to_date"))
_NOW = (exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentDatetime)

Windows = list[tuple[float, float]]  # from, to (not included), in seconds since 1970; they do not overlap
Moment = tuple[float, bool]  # seconds since 1970, and whether a whole day is meant


def length_days(windows: Windows) -> float:
    """All of them together."""
    return sum(end - start for start, end in windows) / DAY


def within(windows: Windows, start: float, end: float) -> Windows:
    """What lies between two moments."""
    return [(max(a, start), min(b, end)) for a, b in windows if max(a, start) < min(b, end)]


def windows(condition: exp.Expr, is_time: Callable[[exp.Column], bool | None], now: float | None) -> Windows | None:
    """When a row may have happened so that the condition holds; None if it says nothing about that.

    `is_time`: whether a column is the table's time, and then True if a value of it stands for a whole day, False for
    an instant; None for every other column. `now`: seconds since 1970, None: not known.
    """
    if isinstance(condition, exp.Paren):
        return windows(condition.this, is_time, now)
    if isinstance(condition, exp.And):
        parts = [windows(part, is_time, now) for part in condition.flatten()]
        said = [part for part in parts if part is not None]
        result = ALWAYS if said else None
        for part in said:
            result = _both(result or [], part)
        return result
    if isinstance(condition, exp.Or):
        parts = [windows(part, is_time, now) for part in condition.flatten()]
        return None if None in parts else _joined([each for part in parts if part for each in part])
    return _compared(condition, is_time, now)


def _compared(condition: exp.Expr, is_time: Callable[[exp.Column], bool | None], now: float | None) -> Windows | None:
    left, right = condition.this, condition.args.get("expression")
    turned = isinstance(left, exp.Expr) and isinstance(right, exp.Expr) and _column(left) is None
    if turned and isinstance(right, exp.Expr):
        left, right = right, left
    column = _column(left) if isinstance(left, exp.Expr) else None
    day = is_time(column) if column is not None else None
    if day is None:
        return None
    day = day or left is not column  # to_date(t) is a day
    if isinstance(condition, exp.Between):
        return _between(moment(condition.args["low"], now), moment(condition.args["high"], now), day)
    if isinstance(condition, exp.In):
        moments = [_equal(each, moment(each, now)) for each in condition.expressions]
        return None if None in moments or not moments else _joined([each for part in moments if part for each in part])
    if not isinstance(right, exp.Expr):
        return None
    at = moment(right, now)
    if isinstance(condition, (exp.EQ, exp.NullSafeEQ)):
        return _equal(right, at)
    if at is None:
        return None
    after = at[0] + (DAY if at[1] and day else 0.0)
    lower, upper = (exp.LT, exp.LTE), (exp.GT, exp.GTE)
    if isinstance(condition, upper if turned else lower):
        return [(-inf, after if isinstance(condition, (exp.LTE, exp.GTE)) else at[0])]
    if isinstance(condition, lower if turned else upper):
        return [(at[0] if isinstance(condition, (exp.LTE, exp.GTE)) else after, inf)]
    return None


def _between(low: Moment | None, high: Moment | None, day: bool) -> Windows | None:
    if low is None or high is None:
        return None
    end = high[0] + (DAY if high[1] and day else 0.0)
    return [(low[0], end)] if end > low[0] else []


def _equal(said: exp.Expr, at: Moment | None) -> Windows | None:
    """A day, or an instant; a day too where a value is given that is not known here, as of a variable."""
    if at is None:
        return None if said.find(exp.Column, exp.Query) else [(0.0, DAY)]
    return [(at[0], at[0] + (DAY if at[1] else 1.0))]


def _both(one: Windows, other: Windows) -> Windows:
    if len(one) * len(other) > MOST_WINDOWS:
        return min(one, other, key=length_days)
    return [part for start, end in other for part in within(one, start, end)]


def _joined(parts: Windows) -> Windows:
    result: Windows = []
    for start, end in sorted(parts):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def _column(side: exp.Expr) -> exp.Column | None:
    while isinstance(side, _WRAPPED):
        side = side.this
    return side if isinstance(side, exp.Column) else None


def moment(said: exp.Expr, now: float | None) -> Moment | None:
    """The time that an expression without columns stands for; None if that cannot be said."""
    if isinstance(said, exp.Literal):
        return moment_of(str(said.this))
    if isinstance(said, _NOW) or (isinstance(said, exp.Anonymous) and said.name.lower() == "now"):
        if now is None:
            return None
        return (now - now % DAY, True) if isinstance(said, exp.CurrentDate) else (now, False)
    if isinstance(said, _WRAPPED):
        inner = moment(said.this, now)
        to_instant = isinstance(said, exp.Cast) and said.to.is_type("timestamp", "timestamptz", "timestampntz")
        return inner and (inner[0], inner[1] and not to_instant)
    if isinstance(said, exp.Anonymous) and said.name.lower() in _NAMED and said.expressions:
        return moment(said.expressions[0], now)
    if isinstance(said, (exp.Add, exp.Sub, exp.TsOrDsAdd, exp.DateAdd, exp.DateSub, exp.AddMonths)):
        start, step = moment(said.this, now), _seconds(said)
        if start is None or step is None:
            return None
        shifted = start[0] + (-step if isinstance(said, (exp.Sub, exp.DateSub)) else step)
        return (shifted, start[1]) if isfinite(shifted) else None
    return None


def _seconds(shift: exp.Expr) -> float | None:
    """How far an addition shifts."""
    by = shift.expression
    unit = "month" if isinstance(shift, exp.AddMonths) else shift.text("unit").lower() or "day"
    if isinstance(by, exp.Interval):
        unit, by = by.text("unit").lower() or "day", by.this
    number = _number(by)
    scale = UNITS.get(unit.rstrip("s"))
    return None if number is None or scale is None else number * scale


def _number(said: exp.Expr | None) -> float | None:
    if isinstance(said, exp.Neg):
        inner = _number(said.this)
        return None if inner is None else -inner
    if isinstance(said, (exp.Mul, exp.Paren)):
        factors = [_number(part) for part in (said.this, said.args.get("expression")) if part is not None]
        return None if None in factors else float(factors[0] or 0) * (float(factors[1] or 0) if factors[1:] else 1.0)
    text = str(said.this) if isinstance(said, exp.Literal) else ""
    return float(text) if text.isascii() and text.replace(".", "", 1).isdecimal() and len(text) < 20 else None


def moment_of(text: str) -> Moment | None:
    """The time that a text stands for: a date, a date and a time, or seconds or milliseconds since 1970."""
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) in (10, 13):
        return float(text) / (1.0 if len(text) == 10 else 1000.0), False
    found = _TIME.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        start = datetime(year, month, day, tzinfo=UTC) + timedelta(hours=hour, minutes=minute, seconds=second)
    except (ValueError, OverflowError):
        return None
    return start.timestamp(), found.group(4) is None
