"""A PySpark job that runs queries over two tables that it makes, and prints what each operator counted, as JSON.

Arguments: {name: query} as JSON, and a folder for the tables.
"""

import json
import sys

from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.cbo.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.sql.warehouse.dir": sys.argv[2],
}
WITHOUT_COUNT = ("Sort", "Window", "TakeOrderedAndProject")
TABLES = (
    """CREATE TABLE sales USING parquet AS SELECT id, pmod(xxhash64(id, 1), 50) AS shop,
       pmod(xxhash64(id, 2), 5000) AS customer, CAST(pmod(xxhash64(id, 3), 1000) AS double) AS amount,
       date_add(date '2026-01-01', CAST(pmod(xxhash64(id, 4), 20) AS int)) AS dt FROM range(200000)""",
    """CREATE TABLE customers USING parquet AS SELECT id, concat('name ', id % 10) AS name, id % 7 AS country
       FROM range(5000)""",
    "ANALYZE TABLE sales COMPUTE STATISTICS FOR ALL COLUMNS",
    "ANALYZE TABLE customers COMPUTE STATISTICS FOR ALL COLUMNS",
)


def walk(node):
    yield node
    children = node.children()
    for index in range(children.size()):
        yield from walk(children.apply(index))


def counted(node):
    metric = node.metrics().get("numOutputRows")
    return metric.get().value() if metric.isDefined() else None


def rows(node):
    """What the operator gave; of one that counts nothing what all below it gave."""
    count = None if node.nodeName() in WITHOUT_COUNT else counted(node)
    if count is not None:
        return count
    children = node.children()
    return sum(rows(children.apply(index)) for index in range(children.size()))


def seen(frame):
    count = len(frame.collect())
    execution = frame._jdf.queryExecution()
    operators = {}
    for node in walk(execution.executedPlan()):
        operators.setdefault(node.nodeName(), rows(node))
    statistics = execution.optimizedPlan().stats()
    foretold = int(statistics.rowCount().get()) if statistics.rowCount().isDefined() else None
    size = int(statistics.sizeInBytes())
    return {"rows": count, "operators": operators, "bytes": size, "foretold": foretold}


builder = SparkSession.builder.master("local[1]")
for key, value in SETTINGS.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
for statement in TABLES:
    spark.sql(statement)
print("FOUND", json.dumps({name: seen(spark.sql(query)) for name, query in json.loads(sys.argv[1]).items()}))
spark.stop()
