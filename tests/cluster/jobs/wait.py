"""A PySpark job that runs until it is stopped."""

import time

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
print("running", flush=True)
time.sleep(600)
