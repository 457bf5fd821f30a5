"""What the local OSS server costs: CPU-seconds of the server a GB, and small requests a CPU-second.

    python -m benchmarks.local_oss [--gigabytes 2] [--small 5000]

The client writes pre-made requests to a raw socket, so that it is never what is measured; the server is a
process of its own, whose CPU time comes from /proc. The targets are in the last column.
"""

from __future__ import annotations

import argparse
import base64
import hmac
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

ID, SECRET, BUCKET = "bench-id", "bench-secret", "bench"
PART_BYTES = 8 << 20
WARM_UPS = 16
"""PUTs before any is measured: a virtual machine takes as long to find a page of memory for the first time
as to write it, and the file cache needs as many as the keys that are written again and again."""
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A server process and one connection to it."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._pid = process.pid
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = memoryview(bytearray(1 << 20))

    def cpu_seconds(self) -> float:
        """What the server has used so far, user and system."""
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def send(self, method: str, key: str, body: bytes = b"") -> None:
        """One request and the whole of its answer, which must be a 200."""
        date = formatdate(usegmt=True)
        text = f"{method}\n\n\n{date}\n/{BUCKET}/{key}"
        signature = base64.b64encode(hmac.digest(SECRET.encode(), text.encode(), "sha1")).decode()
        head = (
            f"{method} /{BUCKET}/{key} HTTP/1.1\r\nHost: 127.0.0.1\r\nDate: {date}\r\n"
            f"Authorization: OSS {ID}:{signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        self._socket.sendall(head + body if len(body) < 65536 else head)
        if len(body) >= 65536:
            self._socket.sendall(body)
        self._read_answer()

    def _read_answer(self) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._socket.recv(65536)
        head, _, rest = received.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode())
        (length,) = (line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        left = int(length) - len(rest)
        while left > 0:
            left -= self._socket.recv_into(self._buffer[: min(left, len(self._buffer))])


@contextmanager
def serving(*options: str) -> Iterator[Server]:
    """A fresh server on a fresh directory."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as directory:
        command = [sys.executable, "-m", "hdfs2oss", "local-oss", "--dir", directory, "--port", "0"]
        environment = os.environ | {"OSS_ACCESS_KEY_ID": ID, "OSS_ACCESS_KEY_SECRET": SECRET}
        process = subprocess.Popen(
            [*command, "--bucket", BUCKET, *options], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        try:
            yield Server(process, int(process.stdout.readline().rpartition(":")[2]))
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


def large_puts(total: int, *options: str) -> float:
    """CPU-seconds a GB of 8 MiB PUTs, over a few keys again and again."""
    body = os.urandom(PART_BYTES)
    count = total // PART_BYTES
    with serving(*options) as server:
        for number in range(WARM_UPS):
            server.send("PUT", f"k{number % 8}", body)
        before = server.cpu_seconds()
        for number in range(count):
            server.send("PUT", f"k{number % 8}", body)
        return (server.cpu_seconds() - before) / (count * PART_BYTES / 1e9)


def file_writes(total: int) -> float:
    """CPU-seconds a GB of writing 8 MiB files: what the kernel takes of a PUT that is kept."""
    body = os.urandom(1 << 20)
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as directory:
        before = 0.0
        for number in range(WARM_UPS + total // PART_BYTES):
            if number == WARM_UPS:
                before = time.process_time()
            path = Path(directory, str(number % 8))
            path.unlink(missing_ok=True)
            with path.open("xb", buffering=0) as file:
                for _ in range(PART_BYTES // len(body)):
                    file.write(body)
        return (time.process_time() - before) / (total / 1e9)


def large_gets(total: int, *options: str) -> float:
    """CPU-seconds a GB of 8 MiB GETs."""
    count = total // PART_BYTES
    with serving("--etag", "fast", *options) as server:
        if not options:
            server.send("PUT", "k00000000", os.urandom(PART_BYTES))
        before = server.cpu_seconds()
        for _ in range(count):
            server.send("GET", "k00000000")
        return (server.cpu_seconds() - before) / (count * PART_BYTES / 1e9)


def small(method: str, count: int) -> float:
    """Requests of 1 KiB a CPU-second of the server."""
    with serving("--etag", "fast") as server:
        body = os.urandom(1024)
        for number in range(count if method != "PUT" else 1):
            server.send("PUT", f"small/{number:08d}", body)
        before = server.cpu_seconds()
        for number in range(count):
            server.send(method, f"small/{number:08d}", body if method == "PUT" else b"")
        return count / (server.cpu_seconds() - before)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--gigabytes", type=float, default=2.0, help="moved for each row (default %(default)s)")
    parser.add_argument("--small", type=int, default=5000, help="small requests for each row (default %(default)s)")
    arguments = parser.parse_args()
    total = int(arguments.gigabytes * 1e9)
    rows = [
        ("PUT 8 MiB, fast ETag", "CPU s/GB", large_puts(total, "--etag", "fast"), "<= 0.4"),
        ("PUT 8 MiB, --null", "CPU s/GB", large_puts(total, "--null"), ""),
        ("(writing such files alone)", "CPU s/GB", file_writes(total), ""),
        ("PUT 8 MiB, MD5", "CPU s/GB", large_puts(total), ""),
        ("GET 8 MiB", "CPU s/GB", large_gets(total), "<= 0.5"),
        ("GET 8 MiB, --synthetic", "CPU s/GB", large_gets(total, "--synthetic", f"{BUCKET}/k:1:8M"), ""),
        ("PUT 1 KiB", "requests a CPU s", small("PUT", arguments.small), ">= 1500"),
        ("GET 1 KiB", "requests a CPU s", small("GET", arguments.small), ""),
    ]
    for name, unit, value, target in rows:
        print(f"{name:28} {value:10.2f} {unit:18} {target}")


if __name__ == "__main__":
    main()
