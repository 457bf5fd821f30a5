"""rclone carries a tree to the server and back over the S3 dialect, and finds nothing to do the second time."""

import json
import os
import re
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.conformance, pytest.mark.full, pytest.mark.timeout(1200)]

KEY_ID, KEY_SECRET, BUCKET = "s3-id", "s3-secret", "lake"
START_SECONDS = 30
LARGE_BYTES = 12_000_000
Rclone = Callable[..., dict[str, int]]


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[str]:
    """The server as an operator starts it for clients of that dialect."""
    command = [sys.executable, "-m", "hdfs2oss", "local-oss", "--s3", "--port", "0"]
    command += ["--dir", str(tmp_path / "oss"), "--bucket", BUCKET]
    environment = {**os.environ, "OSS_ACCESS_KEY_ID": KEY_ID, "OSS_ACCESS_KEY_SECRET": KEY_SECRET}
    environment.pop("OSS_SESSION_TOKEN", None)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            ready, _, _ = select.select([server.stdout], [], [], START_SECONDS)
            line = server.stdout.readline() if ready else ""
            found = re.search(r"http://\S+", line)
            assert found, f"the server did not say where it listens, but {line!r}"
            yield found.group()
        finally:
            server.terminate()


@pytest.fixture
def run(rclone: Path, endpoint: str, tmp_path: Path) -> Rclone:
    """Run rclone; the numbers of its last statistics, such as `transfers` and `checks`."""
    remote = {
        "TYPE": "s3",
        "PROVIDER": "Alibaba",
        "ENDPOINT": endpoint,
        "ACCESS_KEY_ID": KEY_ID,
        "SECRET_ACCESS_KEY": KEY_SECRET,
        "FORCE_PATH_STYLE": "true",
        "CHUNK_SIZE": "5Mi",
        "UPLOAD_CUTOFF": "5Mi",
    }
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "RCLONE_CONFIG": "/nonexistent"}
    environment |= {f"RCLONE_CONFIG_O_{name}": value for name, value in remote.items()}

    def call(*arguments: str) -> dict[str, int]:
        command = [str(rclone), *arguments, "--use-json-log", "--stats", "1h", "--stats-log-level", "NOTICE"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
        return next(line["stats"] for line in reversed(lines) if "stats" in line)

    return call


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "in"
    bodies = {f"small/{number % 7}/part-{number:03}": os.urandom(number * 37) for number in range(60)}
    bodies |= {"odd/a b+c é?&%=#.txt": b"odd", "odd/empty": b"", "large": os.urandom(LARGE_BYTES)}
    for name, body in bodies.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(body)
    return root


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_tree_goes_there_and_back_and_a_repeat_copies_nothing(run: Rclone, tree: Path, tmp_path: Path):
    wanted = contents(tree)
    there = run("copy", str(tree), f"o:{BUCKET}/tree")
    assert (there["transfers"], there["errors"]) == (len(wanted), 0)
    again = run("copy", str(tree), f"o:{BUCKET}/tree")
    assert (again["transfers"], again["checks"]) == (0, len(wanted))
    run("check", str(tree), f"o:{BUCKET}/tree", "--download")
    run("copy", f"o:{BUCKET}/tree", str(tmp_path / "out"))
    assert contents(tmp_path / "out") == wanted
    assert run("copy", f"o:{BUCKET}/tree", str(tmp_path / "out"))["transfers"] == 0


def test_sync_removes_what_the_source_lost(run: Rclone, tree: Path):
    run("sync", str(tree), f"o:{BUCKET}/tree")
    (tree / "odd" / "empty").unlink()
    (tree / "large").write_bytes(b"small now")
    changed = run("sync", str(tree), f"o:{BUCKET}/tree")
    assert (changed["transfers"], changed["deletes"]) == (1, 1)
    run("check", str(tree), f"o:{BUCKET}/tree", "--download")
