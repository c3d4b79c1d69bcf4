"""The small PySpark job of the demo and the tests: counts in the cluster, prints the sum; exit status: its argument."""

import sys

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
print("sum", spark.sparkContext.parallelize(range(100), 2).sum())
spark.stop()
sys.exit(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
