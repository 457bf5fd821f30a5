"""A server that speaks the OSS protocol on loopback: for tests, demonstrations and benchmarks."""

from hdfs2oss.local_oss.limits import Limits
from hdfs2oss.local_oss.server import LocalOssServer

__all__ = ["Limits", "LocalOssServer"]
