"""Two NameNodes, one of which takes over while a copy goes on: no file is lost, mixed or left out."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hdfs2oss.filesystems.hadoop_conf import read_hadoop_conf
from hdfs2oss.filesystems.hdfs.filesystem import HdfsFileSystem
from tests.sandbox import Sandbox
from tests.sandbox.state import PROJECT

pytestmark = [pytest.mark.hdfs, pytest.mark.faults, pytest.mark.full, pytest.mark.timeout(1200)]

Done = subprocess.CompletedProcess[str]
# The dead NameNode's successor is active after so many seconds.
AWAY_SECONDS = 20.0
TREE = {f"d{number % 5}/f{number:03d}": os.urandom(20_000 + 37 * number) for number in range(160)}


def fail_over(sandbox: Sandbox) -> Callable[[], None]:
    """The active one hands over."""
    sandbox.failover()
    return lambda: None


def lose_one(sandbox: Sandbox) -> Callable[[], None]:
    """The active one is killed, and the other is made active some time later."""
    active = sandbox.active_namenode()
    assert active is not None
    sandbox.kill_namenode(active)
    time.sleep(AWAY_SECONDS)
    sandbox.failover()
    return lambda: sandbox.start_namenode(active)


def run_under(sandbox: Sandbox, fault: Callable[[Sandbox], Callable[[], None]], *words: str) -> Done:
    """A copy that is slowed down, and what befalls it once it copies."""
    command = [
        sys.executable,
        "-m",
        "hdfs2oss",
        "--total-bandwidth",
        "0.3",
        "--processes",
        "2",
        "--threads",
        "4",
        *words,
    ]
    environment = {**os.environ, **sandbox.env(), "PYTHONPATH": str(PROJECT)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    hang = threading.Timer(390, process.kill)
    hang.start()
    said: list[str] = []
    try:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if " copy: " in line:
                break
        mend = fault(sandbox)
        assert process.poll() is None, "the copy was over before"
        out, rest = process.communicate()
        mend()
        return subprocess.CompletedProcess(command, process.returncode, out, "".join(said) + rest)
    finally:
        hang.cancel()
        process.kill()


@pytest.mark.parametrize("fault", [fail_over, lose_one])
def test_copies_both_ways_outlive_a_namenode(
    ha_sandbox: Sandbox, tmp_path: Path, fault: "Callable[[Sandbox], Callable[[], None]]"
) -> None:
    source, back = tmp_path / "source", tmp_path / "back"
    for name, data in TREE.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(data)
    there, bucket = f"{ha_sandbox.env()['SANDBOX_HDFS']}/tmp/{tmp_path.name}", ha_sandbox.env()["SANDBOX_BUCKET"]
    assert there.startswith("hdfs://sandbox/")
    for words in ((f"file://{source}", there), (there, f"oss://{bucket}/{tmp_path.name}"), (there, f"file://{back}")):
        done = run_under(ha_sandbox, fault, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"FILES_COPIED={len(TREE)}" in done.stdout
    assert {str(path.relative_to(back)): path.read_bytes() for path in back.rglob("*") if path.is_file()} == TREE


def test_webhdfs_asks_the_namenode_that_is_active(ha_sandbox: Sandbox) -> None:
    store = HdfsFileSystem("sandbox", read_hadoop_conf(ha_sandbox.env()), "root")
    for number in range(3):
        store.make_directory(f"/tmp/web-{number}")
        answer = store.web.change("PUT", f"/tmp/web-{number}", "SETXATTR", xattr(number), may_repeat=True)
        assert answer == {}
        ha_sandbox.failover()
        found = store.attributes.read(f"/tmp/web-{number}", "x")
        assert dict(found.xattrs or ()) == {"user.number": str(number).encode()}
    store.close()


def xattr(number: int) -> dict[str, str]:
    return {"xattr.name": "user.number", "xattr.value": f'"{number}"', "flag": "CREATE,REPLACE"}
