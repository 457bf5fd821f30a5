"""A bulk copier for data lakes: HDFS to OSS, back, and between HDFS clusters."""

__version__ = "0.1.0"
