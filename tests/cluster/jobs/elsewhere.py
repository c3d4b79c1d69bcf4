"""A PySpark job that sets its queue itself, to the one that it is told, and runs until it is stopped."""

import sys
import time

from pyspark.sql import SparkSession

spark = SparkSession.builder.config("spark.yarn.queue", sys.argv[1]).getOrCreate()
print("running", flush=True)
time.sleep(600)
