"""A verify that is told to stop leaves nothing behind, and says so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.spark.conftest import PROJECT

pytestmark = pytest.mark.faults


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=str)
def test_an_interrupted_verify_takes_its_files_along(tmp_path, number, code) -> None:
    for side in ("source", "target"):
        (tmp_path / side).mkdir()
        for name in range(20):
            (tmp_path / side / f"f{name}").write_bytes(b"x" * 100_000 + side.encode() * (name < 3))
    places = [f"file://{tmp_path}/{name}" for name in ("source", "target")]
    words = ["verify", "--read", "-bandwidth", "0.05", "--layout", "contents", "--processes", "0"]
    words += ["--job-dir", f"file://{tmp_path}/jobs", "--output", f"file://{tmp_path}/out"]
    process = subprocess.Popen(
        [sys.executable, "-m", "hdfs2oss", *words, *places],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("jobs/verify/runs/*/plan/*.parquet")):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        said, _ = process.communicate(timeout=150)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == code, said
    assert "the verify was interrupted" in said
    assert "does fail !!!" in said
    assert not list(tmp_path.glob("jobs/verify/runs/*"))
    assert not list(tmp_path.glob("out/**/*.parquet"))
