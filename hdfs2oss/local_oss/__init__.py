"""A server that speaks the OSS protocol on loopback: for tests, demonstrations and benchmarks.

    server       the whole thing as an object; verbs/local_oss.py is its command
    protocol/    bytes: connections, HTTP, XML, addresses, bodies that are paced, cut or compressed
    signatures/  who sends a request: V1, V4, and that of the S3 dialect
    application  a request's way: address, identity, faults, operation; every failure an error document
    routing      the table of operations
    handlers/    what each operation does, a module a resource
    store/       an SQLite index and data files
    faults/      rules of what goes wrong on purpose; admin changes them while the server runs

An operation is a function in `handlers/` and a line in `routing`.
"""

from hdfs2oss.local_oss.limits import Limits
from hdfs2oss.local_oss.server import LocalOssServer

__all__ = ["Limits", "LocalOssServer"]
