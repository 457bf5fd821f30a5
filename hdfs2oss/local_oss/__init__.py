"""A server that speaks the OSS protocol on loopback: for tests, demonstrations and benchmarks.

    server       the whole thing as an object; verbs/local_oss.py is its command
    application  a request's way: address, identity, faults, operation; every failure an error document
    s3           the S3 dialect, translated on its way in and out
    routing      the table of operations
    signatures/  who sends a request: V1, V4, and that of the S3 dialect
    faults/      rules of what goes wrong on purpose; its admin port changes them while the server runs
    handlers/    what each operation does, a module a resource; they do not know each other
    operation/   one request at work: what handlers are given, and what they share
    store/       an SQLite index and data files; refuses in its own words, which operation/answers translates
    protocol/    bytes: connections, HTTP, XML, addresses, limits, bodies that are paced, cut or compressed

Imports point down this list, and `make check` holds them to it. An operation is a function in `handlers/` and
a line in `routing`.
"""

from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.local_oss.protocol.limits import Limits
from hdfs2oss.local_oss.server import LocalOssServer

__all__ = ["Limits", "LocalOssServer", "Rule"]
