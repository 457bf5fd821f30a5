"""A local OSS server beside the sandbox, for what needs one of its own kind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUCKET = "bench"
KEYS = {"OSS_ACCESS_KEY_ID": "bench-id", "OSS_ACCESS_KEY_SECRET": "bench-secret"}


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[str]:
    """Its endpoint; data lies in `folder`, which holds `requests.log` too. It has one bucket."""
    words = [sys.executable, "-m", "hdfs2oss", "local-oss", "--dir", str(folder / "oss"), "--port", "0"]
    words += ["--bucket", BUCKET, "--etag", "fast", "--request-log", str(folder / "requests.log"), *options]
    server = subprocess.Popen(words, env={**os.environ, **KEYS}, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline().rpartition(':')[2])}"
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()
