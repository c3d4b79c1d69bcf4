"""A PySpark job whose one executor holds so many MiB for a while; `100-100` are two applications, one after another."""

import sys
import time

from pyspark.sql import SparkSession


def hold(mib: int) -> int:
    held = b"x" * (mib * 2**20)  # written, so that it is there
    time.sleep(1.5)
    return len(held)


for each in sys.argv[1].split("-"):
    spark = SparkSession.builder.appName("hold").getOrCreate()
    print("held", spark.sparkContext.parallelize([int(each)], 1).map(hold).sum())
    spark.stop()
