"""Queries as we reckon them against a real Spark on this machine: the rows that its sorts, aggregates and joins saw.

Spark runs each query and says what every operator counted (`SQLMetrics`), and what its optimizer foretold with the
same statistics (`EXPLAIN COST`).
"""

import json
import subprocess
from math import log

import pytest

from placement.estimate.query.catalogue import Catalogue, Field, Table
from placement.estimate.query.coefficients import Coefficients
from placement.estimate.query.model import estimate
from tests.cluster import parts
from tests.cluster.configuration import local_environment
from tests.conftest import ROOT

DAY = 86400.0
FIRST = 1_767_225_600.0  # 2026-01-01
JOB = ROOT / "tests" / "cluster" / "jobs" / "query_rows.py"
CATALOGUE = Catalogue(
    {
        "sales": Table(
            "sales",
            rows=200_000,
            rows_per_day=10_000,
            time_column="dt",
            fields={
                "id": Field("bigint", distinct=200_000, least=0, most=199_999),
                "shop": Field("bigint", distinct=50, least=0, most=49),
                "customer": Field("bigint", distinct=5000, least=0, most=4999),
                "amount": Field("double", distinct=1000, least=0, most=999),
                "dt": Field("date", distinct=20, least=FIRST, most=FIRST + 19 * DAY),
            },
        ),
        "customers": Table(
            "customers",
            rows=5000,
            fields={
                "id": Field("bigint", distinct=5000, least=0, most=4999),
                "name": Field("string", width=6, distinct=10),
                "country": Field("bigint", distinct=7, least=0, most=6),
            },
        ),
    }
)
# {name: (query, our operation, Spark's operator whose rows it is)}
QUERIES = {
    "sort": ("select id from sales where dt between '2026-01-02' and '2026-01-05' order by amount", "sort", "Sort"),
    "sort of few": ("select id from sales where shop = 3 order by amount, id", "sort", "Sort"),
    "range": ("select id from sales where amount >= 250 and amount < 500 order by amount", "sort", "Sort"),
    "either": ("select id from sales where shop in (1, 2) or amount < 100 order by id", "sort", "Sort"),
    "groups": ("select shop, sum(amount) from sales group by shop", "group", "HashAggregate"),
    "groups of two": ("select customer, dt, count(*) from sales group by customer, dt", "group", "HashAggregate"),
    "groups of a part": (
        "select customer, count(*) from sales where dt = '2026-01-03' group by customer", "group", "HashAggregate",
    ),
    "distinct": ("select distinct customer from sales where amount < 10", "distinct", "HashAggregate"),
    "window": (
        "select id, row_number() over (partition by shop order by amount) from sales where dt = date '2026-01-07'",
        "window", "Window",
    ),
    "join": (
        "select s.id, name from sales s join customers c on s.customer = c.id where dt >= '2026-01-11' order by s.id",
        "sort", "Sort",
    ),
    "built": ("select s.id, c.name from sales s join customers c on s.customer = c.id", "join", "BroadcastExchange"),
    "with": ("with t as (select * from sales) select id from t where dt < '2026-01-03' order by id", "sort", "Sort"),
    "union": (
        "select id from (select * from sales union all select * from sales) u where dt = '2026-01-03' order by id",
        "sort", "Sort",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spark")
    home = parts.spark_home()
    environ = local_environment(folder)
    queries = json.dumps({name: sql for name, (sql, _, _) in QUERIES.items()})
    command = [home / "bin" / "spark-submit", "--driver-memory", "700m", JOB, queries, folder / "warehouse"]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=300, check=False)
    line = next((line for line in done.stdout.splitlines() if line.startswith("FOUND ")), None)
    assert line, done.stderr[-3000:]
    return json.loads(line.removeprefix("FOUND "))


@pytest.mark.parametrize("name", QUERIES)
def test_rows_are_those_that_spark_counts_within_the_interval(spark, name):
    sql, operation, operator = QUERIES[name]
    need = estimate(sql, "spark", "spark", CATALOGUE, Coefficients())
    assert not need.reason
    part = next(part for part in need.statements[0].parts if part.operation == operation)
    real = spark[name]["operators"][operator]
    assert part.rows.low * 0.99 <= real <= part.rows.high * 1.01, (part.rows, spark[name])


@pytest.mark.parametrize("name", sorted(set(QUERIES) - {"window"}))  # Spark foretells no rows through a window
def test_the_result_is_foretold_no_worse_than_by_spark_with_the_same_statistics(spark, name):
    seen = spark[name]
    need = estimate(QUERIES[name][0], "spark", "spark", CATALOGUE, Coefficients())
    result = next(part for part in need.statements[0].parts if part.operation == "result")
    assert result.rows.low * 0.99 <= seen["rows"] <= result.rows.high * 1.01
    ours, sparks = (abs(log(foretold / seen["rows"])) for foretold in (result.rows.value, seen["foretold"]))
    assert ours <= sparks + log(1.25), (result.rows, seen)
    # Spark adds 8 bytes to a row, and 8 + 4 to a text (`EstimationUtils.getSizePerRow`)
    row = seen["bytes"] / seen["foretold"]
    assert row - 8 - 12 * result.fields <= result.row_bytes.value * 1.01 <= row * 1.01 + 0.01
