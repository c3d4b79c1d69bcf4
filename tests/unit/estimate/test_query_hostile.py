"""Whatever text comes, there is an answer, within bounds, and nothing on standard error."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.estimate.query.catalogue import Catalogue, Field, Table
from placement.estimate.query.coefficients import Coefficients
from placement.estimate.query.model import Search, estimate, search

TABLES = [
    Table(
        "t", rows=1e6, rows_per_day=1e3, time_column="d", fields={"a": Field("int", distinct=10), "d": Field("date")}
    ),
    Table("u", rows=1e4),
    Table("v", bytes_per_day=1e9, time_column="d"),
]
CATALOGUE = Catalogue({table.name: table for table in TABLES})
N = 3000
HOSTILE = {
    "brackets": "select " + "(" * N + "1" + ")" * N,
    "open brackets": "select " + "(" * N,
    "calls": "select " + "f(" * N + "1" + ")" * N,
    "lambdas": "select f(" + "x -> " * N + "1)",
    "queries": "select * from " + "(select * from " * N + "t" + ") x" * N,
    "brackets of joins": "select * from " + "(t join " * N + "t" + ")" * N,
    "cases": "select " + "case when " * N + "1",
    "types": "select cast(a as " + "array<" * 39 + "int" + ">" * 39 + ") from t",
    "nots": "select * from t where " + "not " * N + "a",
    "minuses": "select " + "- " * N + "1",
    "ands": "select * from t where " + " and ".join(["a = 1"] * N),
    "ors": "select * from t where " + " or ".join(["a = 1"] * N),
    "mixed": "select * from t where " + " or a = 1 and ".join(["d = '2026-01-01'"] * N),
    "sum": "select " + "+".join(["a"] * N) + " from t",
    "aggregates": "select " + "+".join(["sum(a)"] * N) + " from t",
    "windows": "select " + ",".join(["sum(a) over (order by a)"] * 1000) + " from t",
    "union": " union all ".join(["select a from t"] * N),
    "unions in with": "with x as (" + " union ".join(["select a from t"] * 1500) + ") select * from x where a = 1",
    "joins": "select * from t " + "join t " * N,
    "commas": "select * from " + ",".join(["t"] * N),
    "with upon with": "with x0 as (select * from t)"
    + "".join(f", x{n + 1} as (select p.a from x{n} p join x{n} q on p.a = q.a)" for n in range(300))
    + " select * from x300",
    "stars upon stars": "with x0 as (select * from t)"
    + "".join(f", x{n + 1} as (select * from x{n} p, x{n} q)" for n in range(60))
    + " select b from x60",
    "in": "select * from t where d in (" + ",".join(["'2026-01-01'"] * N) + ")",
    "and of ins": " and ".join(
        ["select * from t where d in ('2026-01-01', '2026-02-01')"] + ["d in ('2026-01-01')"] * 500
    ),
    "statements": "select a from t order by a;" * N,
    "semicolons": ";" * 10_000,
    "long": "select '" + "x" * 300_000 + "'",
    "long name": "select * from " + "x" * 100_000,
    "nulls": "select \0 from \0",
    "surrogates": "select '\ud800' from \udfff",
    "terminal": "select \x1b[31m from t",
    "huge numbers": "select * from t where a < 1e999999 limit 99999999999999999999999999999999999999999999999",
    "negative limit": "select * from t limit -5",
    "far times": "select * from t where d > '9999-12-31' and d < '0000-00-00' and d = '2026-99-99'",
    "far shifts": "select * from t where d > date_add('2026-01-01', 999999999999999999)",
    "self": "with t as (select * from t) select * from t",
    "itself again": "create temporary view w as select * from w; select * from w",
    "quote": "select 'a",
    "comment": "select /* a",
    "insert nothing": "insert into t",
    "values": "insert into x values " + ",".join(["(1, 2)"] * N),
    "empty values": "select * from (values ()) x",
    "alias of nothing": "select . from . as",
}


def need(sql, dialect="spark", engine="spark"):
    return estimate(sql, dialect, engine, CATALOGUE, Coefficients(), now=1.79e9)


@pytest.mark.parametrize("case", HOSTILE)
def test_has_an_answer(case):
    found = need(HOSTILE[case])
    assert (found.memory_bytes is None) == bool(found.reason)
    assert len(found.reason) < 300
    assert found.reason.isprintable()
    found.as_data()


def test_nothing_is_said_on_standard_error():
    code = (
        "from placement.estimate.query.model import *\n"
        "from placement.estimate.query.coefficients import Coefficients\n"
        "for text in ('explain select 1', 'create foo bar baz', 'select 1 +', 'create table x as 3'):\n"
        "    estimate(text, 'spark', 'spark', Catalogue(), Coefficients())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


WORDS = [
    *("select", "from", "where", "group", "by", "order", "limit", "offset", "having", "distinct", "join"),
    *("left", "semi", "on", "using", "union", "all", "with", "as", "(", ")", ","),
    *(";", "*", "t", "u", "v", "x", "a", "d", "1", "'2026-01-01'", "="),
    *("<", ">=", "and", "or", "not", "in", "between", "is", "null", "like", "case"),
    *("when", "then", "end", "count(", "sum(", "over(", "partition", "insert", "overwrite", "table", "create"),
    *("view", "values", "lateral", "explode(", "t.a", "x.*", "-1", "cast(", "date", "interval", "'1'"),
    *("day", "current_date()", "${x}", "!", "--", "/*", ".", "[", "]", "<", ">"),
    *("array", "qualify", "exists(", "rollup", "cube", "fetch", "first", "rows", "only", "recursive", "\n"),
]


@given(st.lists(st.sampled_from(WORDS), max_size=40), st.sampled_from(["spark", "hive", "trino", "elasticsearch"]))
def test_words_in_any_order_have_an_answer(words, dialect):
    engine = dialect if dialect != "trino" else "presto"
    found = need("select a from t " + " ".join(words), dialect, engine)
    assert (found.memory_bytes is None) == bool(found.reason)


LEAVES = ["a = 1", "a > 3", "d = '2026-01-01'", "d >= '2026-01-05'", "a is null", "true", "a in (1, 2)"]


def combined(inner):
    both = st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: f"({' '.join(parts)})")
    return both | inner.map(lambda part: f"not ({part})")


CONDITIONS = st.recursive(st.sampled_from(LEAVES), combined, max_leaves=8)


@given(CONDITIONS, CONDITIONS)
def test_a_further_condition_never_adds_rows(one, other):
    def rows(condition):
        found = need(f"select a, d from t where {condition} order by a", engine="hive")
        assert not found.reason
        assert found.low_bytes <= found.memory_bytes <= found.high_bytes
        return next(part.rows.value for part in found.statements[0].parts if part.operation == "sort")

    assert 0 <= rows(f"({one}) and ({other})") <= rows(one) * 1.000001 <= 1.000002e6


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_larger_limit_never_needs_less(one, other):
    low, high = sorted((one, other))
    sql = "select a from t order by a limit"
    assert (
        need(f"{sql} {low}").memory_bytes
        <= need(f"{sql} {high}").memory_bytes
        <= need(sql[:-6]).memory_bytes * 1.000001
    )


@given(
    st.sampled_from(["hbase", "solr", "spark", "x"]), st.sampled_from(["t", "u", "v", "\0"]), st.floats() | st.none()
)
def test_a_search_has_an_answer(engine, table, number):
    asked = Search(engine, table, "sort", None, number, number, number, number, number, number)
    found = search(asked, CATALOGUE, Coefficients())
    assert (found.memory_bytes is None) == bool(found.reason)
