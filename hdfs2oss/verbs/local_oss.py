"""`hdfs2oss local-oss`: run the local OSS server until a signal ends it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from hdfs2oss.local_oss.faults.rule import Rule, parse_rules
from hdfs2oss.local_oss.protocol.limits import Limits
from hdfs2oss.local_oss.server import ETAG_MODES, LocalOssServer
from hdfs2oss.local_oss.store.synthetic import parse_synthetic
from hdfs2oss.model.errors import UsageError

_LIMITS = {field.name: float if isinstance(field.default, float) else int for field in fields(Limits)}
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
        limits=_limits(arguments.limit),
        cnames=dict(arguments.cname),
        faults=_faults(arguments.faults),
        admin_port=arguments.admin_port,
        request_log=arguments.request_log,
        is_forgetful=arguments.null,
        has_s3=arguments.s3,
        synthetic=[parse_synthetic(text) for text in arguments.synthetic],
        certificate=arguments.certificate,
        certificate_key=arguments.key,
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
        if server.admin_port is not None:
            sys.stdout.write(f"admin: http://127.0.0.1:{server.admin_port}\n")
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
    _add_test_options(parser)
    return parser.parse_args(argv)


def _add_test_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("for tests and benchmarks")
    group.add_argument(
        "--limit", action="append", default=[], type=_pair, metavar="NAME=VALUE", help=f"one of {', '.join(_LIMITS)}"
    )
    group.add_argument(
        "--cname", action="append", default=[], type=_pair, metavar="HOST=BUCKET", help="a host name that is a bucket"
    )
    group.add_argument(
        "--faults", type=Path, metavar="FILE", help="JSON rules of what goes wrong; fields in local_oss/faults/rule.py"
    )
    group.add_argument("--admin-port", type=int, help="serves the rules on loopback, 0 takes a free port")
    group.add_argument("--request-log", type=Path, metavar="FILE", help="gets a JSON line for each request")
    group.add_argument(
        "--s3",
        action="store_true",
        help="take also what S3 clients such as rclone and s5cmd send; some insist on --etag md5",
    )
    group.add_argument("--null", action="store_true", help="take bodies and forget them")
    group.add_argument(
        "--synthetic", action="append", default=[], metavar="BUCKET/PREFIX:COUNT:SIZE", help="objects made on reading"
    )
    group.add_argument("--certificate", type=Path, metavar="FILE", help="serve HTTPS with this chain (PEM)")
    group.add_argument("--key", type=Path, metavar="FILE", help="its key, if not in the same file")


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    return name, value


def _limits(pairs: Sequence[tuple[str, str]]) -> Limits:
    values: dict[str, Any] = {}
    for name, text in pairs:
        try:
            values[name] = _LIMITS[name](text)
        except (KeyError, ValueError):
            raise UsageError(f"--limit {name}={text} is not one of {', '.join(_LIMITS)} with a number") from None
    return Limits(**values)


def _faults(path: Path | None) -> list[Rule]:
    if path is None:
        return []
    try:
        return parse_rules(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read the fault rules: {error}") from error


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
