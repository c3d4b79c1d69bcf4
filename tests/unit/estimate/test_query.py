"""What queries need: rows, bytes and operations of SQL texts, by hand-made sums."""

import subprocess
import sys

import pytest

from placement.estimate.query.catalogue import Catalogue, Field, Table
from placement.estimate.query.coefficients import Coefficients
from placement.estimate.query.model import Search, estimate, observe, search

DAY = 86400.0
NOW = 1_795_000_000.0  # 2026-11-18
JANUARY_2025 = 1_735_689_600.0
SALES = Table(
    "shop.sales",
    rows=1e9,
    rows_per_day=3e6,
    bytes=44e9,
    time_column="dt",
    partitions=("dt", "shop"),
    fields={
        "dt": Field("date", least=JANUARY_2025, most=NOW - NOW % DAY),
        "id": Field("bigint", distinct=1e9),
        "shop": Field("int", distinct=50),
        "customer": Field("bigint", distinct=5e6),
        "amount": Field("double", least=0, most=1000),
        "note": Field("string", width=12, nulls=0.25),
    },
)
CUSTOMERS = Table(
    "shop.customers",
    rows=5e6,
    fields={"id": Field("bigint", distinct=5e6), "name": Field("string", width=20), "country": Field(distinct=100)},
)
LOGS = Table("logs", bytes_per_day=5e9, time_column="at")
CLICKS = Table("clicks", rows=1e8, bytes=5e9)
CATALOGUE = Catalogue({table.name: table for table in (SALES, CUSTOMERS, LOGS, CLICKS)})


def need(sql, dialect="spark", engine="hive", coefficients=None, now=NOW):
    return estimate(sql, dialect, engine, CATALOGUE, coefficients or Coefficients(), now)


def parts(sql, **more):
    """{operation: (table, rows held, bytes of a row)} of the last statement."""
    found = need(sql, **more)
    assert not found.reason, found.reason
    return {
        part.operation: (part.table, round(part.rows.value), round(part.row_bytes.value))
        for part in found.statements[-1].parts
    }


ONE_DAY = "dt = '2026-01-01'"
HELD = {
    # a week of 3e6 rows: whole rows are 4 + 8 + 4 + 8 + 8 + 12 bytes
    "sort": ("select * from sales where dt between '2026-01-01' and '2026-01-07' order by id", "sort", 21_000_000, 44),
    "only fields named": (f"select id, amount from sales where {ONE_DAY} order by id", "sort", 3_000_000, 16),
    "top-n": (f"select id, amount from sales where {ONE_DAY} order by id limit 10 offset 5", "top-n", 15, 16),
    "limit": ("select * from sales limit 10", "limit", 10, 44),
    "fetch": ("select * from sales fetch first 7 rows only", "limit", 7, 44, "trino"),
    "groups": (f"select shop, sum(amount) from sales where {ONE_DAY} group by shop", "group", 50, 12),
    "groups by number": (f"select shop, sum(amount) from sales where {ONE_DAY} group by 1", "group", 50, 12),
    "groups by alias": (f"select shop as s, count(*) from sales where {ONE_DAY} group by s", "group", 50, 12),
    "whole": (f"select count(*) from sales where {ONE_DAY}", "group", 1, 8),
    "rollup": ("select shop, sum(amount) from sales group by shop with rollup", "group", 100, 12),
    "distinct": ("select distinct shop from sales", "distinct", 50, 4),
    "union": ("select shop from sales union select shop from sales", "distinct", 50, 4),
    "window": (
        f"select shop, rank() over (partition by shop order by amount) from sales where {ONE_DAY}",
        "window",
        3_000_000,
        12,
    ),
    "collected": (f"select collect_list(note) from sales where {ONE_DAY}", "group", 3_000_000, 12),
    "build side": (
        f"select c.country from sales s join customers c on s.customer = c.id where s.{ONE_DAY}",
        "join",
        3_000_000,  # the day is less than all customers
        8,
    ),
    "kept side passes": (
        f"select c.country from sales s left join customers c on s.customer = c.id where s.{ONE_DAY}",
        "join",
        5_000_000,
        28,
    ),
    "semi": ("select id from sales left semi join customers on sales.customer = customers.id", "join", 5_000_000, 8),
    "in a query": ("select id from sales where customer in (select id from customers)", "join", 5_000_000, 8),
    "through with": (
        f"with t as (select * from sales) select id from t where {ONE_DAY} order by 1",
        "sort",
        3_000_000,
        8,
    ),
    "through a query": (
        "select d, id from (select dt as d, id from sales) x where d = '2026-01-01' order by id",
        "sort",
        3_000_000,
        12,
    ),
    "through union": (
        f"select id from (select * from sales union all select * from sales) u where {ONE_DAY} order by id",
        "sort",
        6_000_000,
        8,
    ),
    "through union of brackets": (
        f"select id from ((select * from sales) union all (select * from sales)) u where {ONE_DAY} order by id",
        "sort",
        6_000_000,
        8,
    ),
    "through a view": (
        f"create temporary view v as select id, dt from sales; select id from v where {ONE_DAY} sort by id",
        "sort",
        3_000_000,
        8,
    ),
    "columns named by with": (
        "with t (a, b) as (select id, dt from sales) select a from t where b = '2026-01-01' order by a",
        "sort",
        3_000_000,
        8,
    ),
    "made before": (
        f"create table x as select id from sales where {ONE_DAY}; select * from x order by id",
        "sort",
        3_000_000,
        8,
    ),
    "database in use": (f"use shop; select id from sales where {ONE_DAY} order by id", "sort", 3_000_000, 8),
    "exploded": (
        f"select e from sales lateral view explode(x) l as e where {ONE_DAY} order by e",
        "sort",
        24_000_000,
        20,
    ),
    "cross": ("select * from customers a, customers b order by a.id", "sort", 25_000_000_000_000, 96),
}


@pytest.mark.parametrize("case", HELD)
def test_an_operation_holds(case):
    sql, operation, rows, width, *dialect = HELD[case]
    assert parts(sql, dialect=dialect[0] if dialect else "spark")[operation][1:] == (rows, width)


SPANS = {
    "dt = '2026-01-01'": 1,
    "dt = date '2026-01-01'": 1,
    "'2026-01-01' = dt": 1,
    "dt in ('2026-01-01', '2026-01-02', '2026-01-05')": 3,
    "dt >= '2026-01-01' and dt < '2026-01-03'": 2,
    "dt > '2026-01-01' and dt <= '2026-01-03'": 2,
    "'2026-01-03' >= dt and '2026-01-01' < dt": 2,
    "dt between '2026-01-01' and date_add('2026-01-01', 6)": 7,
    "dt = '2026-01-01' or dt = '2026-02-01'": 2,
    "(dt = '2026-01-01' and amount > 0) or (dt = '2026-02-01' and amount >= 0)": 2,
    "dt = '${hivevar:day}'": 1,
    "dt = ${day}": 1,
    "dt = current_date()": 1,
    "dt >= date_sub(current_date(), 6)": 7,
    "dt >= current_date() - interval '6' day": 7,
    "to_date(dt) = '2026-01-01'": 1,
    "cast(dt as string) = '20260101'": 1,
    "dt >= '2030-01-01'": 0,
}


@pytest.mark.parametrize("condition", SPANS)
def test_a_condition_of_time_leaves_so_many_days(condition):
    found = need(f"select id, amount from sales where {condition} order by id").statements[0].parts
    sort = next(part for part in found if part.operation == "sort")
    assert sort.days == SPANS[condition]
    assert sort.rows.value == pytest.approx(3e6 * SPANS[condition], rel=0.01)


SHARES = {
    "shop = 3": 1 / 50,
    "shop in (1, 2, 3)": 3 / 50,
    "shop <> 3": 49 / 50,
    "amount < 100": 1 / 10,
    "100 > amount": 1 / 10,
    "amount between 100 and 300": 1 / 5,
    "amount >= 100 and amount < 300": 1 / 5,
    "amount < 300 and shop = 3 and amount > 100": 1 / 250,
    "note is null": 1 / 4,
    "note is not null": 3 / 4,
    "not shop = 3": 49 / 50,
    "shop = 3 and amount >= 900": 1 / 500,
    "shop = 3 or amount >= 900": 1 - 49 / 50 * 9 / 10,
    "note = 'x'": 1 / 10,  # from here on guesses
    "note like 'a%'": 1 / 10,
    "id + amount > customer": 1 / 3,
    "1 = 1": 1,
    "false": 0,
}


@pytest.mark.parametrize("condition", SHARES)
def test_a_condition_leaves_a_share(condition):
    rows = parts(f"select id from sales where {ONE_DAY} and ({condition}) order by id")["sort"][1]
    assert rows == pytest.approx(3e6 * SHARES[condition], rel=0.001)


def test_days_with_conditions_of_their_own():
    # two days, of which at most a tenth: 2 x 3e6 / 10
    either = "(dt = '2026-01-01' and amount < 100) or (dt = '2026-02-01' and amount >= 950)"
    assert parts(f"select id from sales where {either} order by id")["sort"][1] == pytest.approx(6e5)
    # a tenth of all is a guess where the other side says nothing of time
    assert parts("select id from sales where dt = '2026-01-01' or shop = 3 order by id")["sort"][1] < 2e8


def test_what_is_known_less_has_a_wider_interval():
    def width(sql):
        found = need(sql)
        return found.high_bytes / found.low_bytes

    known = width(f"select id from sales where {ONE_DAY} and shop = 3 order by id")
    guessed = width(f"select id from sales where {ONE_DAY} and note = 'x' order by id")
    of_rows = width("select id from clicks order by id")
    assert width(f"select id from sales where {ONE_DAY} order by id") < known < guessed
    assert of_rows > width("select id from customers order by id")


def test_levels_of_knowledge():
    def level(sql):
        return need(sql).statements[0].parts[0].level

    assert level("select * from logs where at >= '2026-01-01' and at < '2026-01-02 12:00:00'") == 1
    assert level("select * from clicks") == 2
    assert level("select * from sales") == 3
    # a day and a half of 5e9 bytes
    logs = need("select * from logs where at >= '2026-01-01' and at < '2026-01-02 12:00:00' order by 1")
    assert logs.read_bytes == pytest.approx(7.5e9)
    assert next(p for p in logs.statements[0].parts if p.operation == "sort").held_bytes == pytest.approx(7.5e9)


def test_bytes_read_are_of_the_partitions_and_fields_named():
    # 44 bytes a row on disk: 3e6 rows, 8 + 4 bytes of fields
    assert need(f"select id from sales where {ONE_DAY}").read_bytes == 3e6 * 12
    assert need(f"select id from sales where {ONE_DAY} and shop = 1").read_bytes == 3e6 * 16 / 50
    assert need(f"select id from sales where {ONE_DAY} and amount < 100").read_bytes == 3e6 * 20


def test_bytes_written():
    written = "insert overwrite table x partition (a='b') select id, amount from sales where " + ONE_DAY
    assert need(written).written_bytes == 3e6 * 16
    both = [
        f"insert overwrite table {table} select {field} where {ONE_DAY}"
        for table, field in (("a", "id"), ("b", "shop"))
    ]
    assert need(" ".join(["from sales", *both]), dialect="hive").written_bytes == 3e6 * 12


def test_a_group_holds_its_keys_whoever_wants_them():
    inner = "select customer, sum(amount) from sales group by customer"
    for sql in (f"select count(*) from ({inner}) g", "select count(*) from sales group by customer"):
        held = [part for part in need(sql).statements[0].parts if part.operation == "group"]
        assert 8 <= held[0].row_bytes.value <= 16
        assert held[0].rows.value == pytest.approx(5e6, rel=0.01)
    assert parts(inner)["group"][2] == 16


def test_what_is_observed_are_the_operations_asked_for():
    found = need("select shop, id from sales order by id; select distinct id from sales", engine="spark")
    assert [key[1] for key in found.observable({"sort"})] == ["sort"]
    assert [key[1] for key in found.observable({"distinct"})] == ["distinct"]
    assert found.observable({"join"}) == {}
    assert found.observable({"sort", "result"}) == {
        ("spark", "sort", "shop.sales"): 12e9,
        ("spark", "result", "shop.sales"): 12e9,
    }


def test_the_largest_statement_counts():
    small, large = "select id from customers order by id", "select id from sales order by id"
    both = need(f"{small};\n{large};")
    assert both.memory_bytes == need(large).memory_bytes > need(small).memory_bytes
    assert both.largest.words == "select id"
    assert both.read_bytes == need(small).read_bytes + need(large).read_bytes


def test_what_defines_needs_nothing():
    text = "set a=b; use shop;\n!sh ls\n; drop table x; create table y (a int); show tables; msck repair table y; --"
    found = need(text)
    assert (found.reason, found.memory_bytes, found.read_bytes) == ("", 0, 0)
    assert found.basis == "nothing that holds rows"


def test_spark_sql_brings_the_result_into_its_driver():
    assert parts("select id from sales where " + ONE_DAY, engine="spark")["result"][1:] == (3_000_000, 8)
    assert "result" not in parts("select id from sales where " + ONE_DAY, engine="hive")


def test_says_what_it_rests_on():
    coefficients = Coefficients()
    sql = "select shop, id from sales where dt between '2026-01-01' and '2026-01-07' order by id"
    assert need(sql).basis == "shop.sales: 2.1e+07 rows of 2 fields over 7 days, sorted; coefficients as shipped"
    for day in range(14):
        assert observe(need(sql), 1e9, 20_000 + day, coefficients)
    assert need(sql, coefficients=coefficients).basis.endswith("sorted; coefficients from 14 queries")


REASONS = {
    "select * from nothing": "the catalogue has no table `nothing`",
    "select * from a join nothing on a.x = nothing.x order by 1": "the catalogue has no table `a`",
    "select * from logs order by 1": "of `logs` only the rate is known, and the query says no time",
    "with recursive t as (select 1 union all select * from t) select * from t order by 1": "no table `t`",
    "selct 1": "statements that begin with `selct 1` are not read",
    "delete from sales where id = 1": "statements that begin with `delete from` are not read",
    "explain analyze select 1": "are not read",
    "select (": "it cannot be parsed",
    "select 'a": "it cannot be parsed",
}


@pytest.mark.parametrize("sql", REASONS)
def test_what_cannot_be_said_has_a_reason(sql):
    found = need(f"select id from customers; {sql}")
    assert REASONS[sql] in found.reason
    assert found.memory_bytes is found.low_bytes is found.high_bytes is found.read_bytes is None
    assert found.basis == found.reason
    assert not observe(found, 1e9, 20_000, Coefficients())


def test_a_limit_bounds_what_is_not_known():
    found = need("select * from nothing limit 10")
    assert found.memory_bytes
    assert found.read_bytes is None


def test_an_unknown_engine_or_dialect_has_a_reason():
    assert "`foxpro` is no engine that is known" in need("select 1", engine="foxpro").reason
    assert need("select 1", dialect="foxpro").reason


def test_a_search_in_an_index():
    def rows(**more):
        asked = Search("elasticsearch", "clicks", **more)
        return search(asked, CATALOGUE, Coefficients()).statements[0].parts[0].rows.value

    assert rows() == 1e8
    assert rows(limit=50) == 50
    assert rows(operation="sort", limit=50) == 1e8
    assert rows(operation="group", limit=50) == 1e8
    assert rows(rows=1e4, operation="sort") == 1e4


def test_a_search_in_a_scanning_store():
    def rows(**more):
        return search(Search("hbase", "clicks", **more), CATALOGUE, Coefficients()).statements[0].parts[0].rows.value

    assert rows(batch=500, iterations=4) == 2000
    assert rows(limit=250, batch=100) == 300  # three batches
    assert rows(operation="top-n", limit=10, batch=100) == 1e8


def test_a_search_by_time_and_fields():
    asked = Search("hbase", "shop.sales", "sort", ("id", "amount"), start=NOW - DAY, end=NOW)
    found = search(asked, CATALOGUE, Coefficients())
    # 3e6 rows of 16 bytes, and 2 bytes of memory for each before anything was learned
    assert found.memory_bytes == 3e6 * 16 * 2
    assert found.statements[0].parts[0].level == 3
    assert "no table" in search(Search("hbase", "x"), CATALOGUE, Coefficients()).reason
    assert "neither rows nor bytes" in search(Search("hbase", "logs"), CATALOGUE, Coefficients()).reason
    assert "is no engine" in search(Search("hbase", "x", "dance"), CATALOGUE, Coefficients()).reason


def test_sql_on_an_index_gathers_rows_once():
    found = need("select id from sales order by id", engine="elasticsearch")
    assert found.memory_bytes == 1e9 * 8 * 2
    assert parts("select * from sales limit 10", engine="elasticsearch")["scan"][1] == 10


def test_as_plain_data():
    data = need("select id from customers order by id").as_data()
    assert data["statements"][0]["parts"][-1]["rows_held"] == 5_000_000
    assert need("select (").as_data()["memory_bytes"] is None


def test_sqlglot_is_loaded_only_for_sql():
    code = "import sys, placement.estimate.query.model, placement.catalogue; print('sqlglot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
