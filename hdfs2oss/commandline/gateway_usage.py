"""What bin/hdfs2oss4emr.sh says of itself."""

USAGE = """\
usage: hdfs2oss4emr.sh [options] SOURCE... TARGET

Runs hdfs2oss through spark-submit. Options of spark-submit are known by their names (--master,
--deploy-mode, --conf, --queue, --num-executors, --executor-cores, --executor-memory, --driver-memory,
--name, --properties-file, --archives, --files, --py-files, --jars, --principal, --keytab, ...) and may
stand anywhere before a lone --; all others go to hdfs2oss. "hdfs2oss --help" lists those.

  --environment FILE  the packed environment that make dist makes, on this machine or as a URL (hdfs://...);
                      HDFS2OSS_ENVIRONMENT says the same
  --print-command     print the command that would run, without secrets, and do nothing
  --help              this text

Keys: oss://id:secret[:token]@bucket.endpoint/path, -Dfs.oss.accessKeyId=... and
--conf spark.hadoop.fs.oss.accessKeyId=... are taken off the command line before anything is started, and
handed over in the environment (HDFS2OSS_KEYS). Your shell's history still has them; OSS_ACCESS_KEY_ID,
OSS_ACCESS_KEY_SECRET and OSS_SESSION_TOKEN in the environment are better.

Spark 3.5 or newer: that of SPARK_HOME, else of the PATH, else of the pyspark beside the project's Python.
Python of the nodes: PYSPARK_PYTHON, spark.pyspark.python or --archives, as they are; else --environment;
else python3, where python3 here has all packages; else the environment in dist/, if make dist made one; else
the project's .venv, which must then be at this path on every node. In client mode the driver has the same.
Memory: spark.executor.memoryOverhead follows from cores, --threads and --part-size unless it is set.

The exit code is that of hdfs2oss, 143 or 130 after SIGTERM or SIGINT. With --deploy-mode cluster the
application's id is printed, at the end where its report is, and a signal kills the application. While a queue
of YARN is full the command waits, and says so; a signal takes the application out of it. Files of this
machine that -f file:///... and -filters name go along. On YARN keys go along as a file that only its owner
can read (--files), removed here at the end; the nodes keep copies for the containers' user in YARN's cache
until it is cleaned, so client mode, or a Hadoop credential provider, is better. On other clusters the
wrapper refuses to send keys.

  hdfs2oss4emr.sh --master yarn --num-executors 10 -update hdfs:///data oss://bucket/data
"""
