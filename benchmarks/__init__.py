"""Side-by-side runs of hdfs2oss and other tools on the same stores; see README.md."""
