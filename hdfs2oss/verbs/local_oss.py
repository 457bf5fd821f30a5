"""`hdfs2oss local-oss`: run the local OSS server until a signal ends it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from hdfs2oss.local_oss.server import ETAG_MODES, LocalOssServer
from hdfs2oss.model.errors import UsageError

_ID, _SECRET = "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"


def run(argv: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT; 0 after a clean stop.

    Raises UsageError for a missing key pair, a directory in use or a port that is taken.
    """
    arguments = _parse(argv)
    server = LocalOssServer(
        arguments.dir,
        *_key_pair(),
        security_token=os.environ.get("OSS_SESSION_TOKEN", ""),
        host=arguments.host,
        port=arguments.port,
        buckets=arguments.bucket,
        region=arguments.region,
        etag=arguments.etag,
    )
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        server.start()
    except OSError as error:
        raise UsageError(f"cannot serve {arguments.dir} on {arguments.host}:{arguments.port}: {error}") from error
    try:
        if arguments.port_file:
            _write_atomically(arguments.port_file, f"{server.port}\n")
        sys.stdout.write(f"local OSS server: {server.endpoint}\n")
        sys.stdout.flush()
        stopped.wait()
    finally:
        server.stop()
    return 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="hdfs2oss local-oss",
        description="Serve the OSS protocol on loopback, over a directory.",
        epilog=f"The key pair comes from {_ID} and {_SECRET}, the token, if any, from OSS_SESSION_TOKEN.",
    )
    parser.add_argument("--dir", type=Path, required=True, help="where the data is kept; made if absent")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--bucket", action="append", default=[], help="made at the start; may be repeated")
    parser.add_argument("--region", default="cn-hangzhou", help="what V4 signatures name (default %(default)s)")
    parser.add_argument("--etag", choices=ETAG_MODES, default="md5", help="fast computes no MD5")
    parser.add_argument("--port-file", type=Path, help="gets the port once the server listens")
    return parser.parse_args(argv)


def _key_pair() -> tuple[str, str]:
    missing = [name for name in (_ID, _SECRET) if not os.environ.get(name)]
    if missing:
        raise UsageError(
            f"{' and '.join(missing)} must be set in the environment",
            f"export {_ID}=... {_SECRET}=...; any pair will do, clients must use the same.",
        )
    return os.environ[_ID], os.environ[_SECRET]


def _write_atomically(path: Path, text: str) -> None:
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text)
    temporary.replace(path)
