"""A PySpark job that caches and shuffles a table, writes `done` into a folder, its argument, and waits for `stop`."""

import sys
import time
from pathlib import Path

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
table = spark.range(200_000).selectExpr("id", "id % 100 AS key").repartition(4).cache()
table.groupBy("key").sum("id").collect()
folder = Path(sys.argv[1])
(folder / "done").touch()
while not (folder / "stop").exists():
    time.sleep(0.1)
spark.stop()
