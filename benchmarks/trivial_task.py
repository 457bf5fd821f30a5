"""One Python task that does nothing, for spark-submit: what Spark takes by itself."""

from pyspark.sql import SparkSession

if __name__ == "__main__":
    session = SparkSession.builder.appName("trivial").getOrCreate()
    print(session.sparkContext.parallelize([1], 1).map(lambda number: number + 1).collect())
    session.stop()
