"""One Python task that does nothing, for spark-submit: what Spark takes by itself."""

from pyspark import SparkContext

if __name__ == "__main__":
    context = SparkContext(appName="trivial")
    print(context.parallelize([1], 1).map(lambda number: number + 1).collect())
    context.stop()
