"""What goes wrong at night: each time one clear message within a minute, the documented exit code, no stack trace.

A job directory that is away is waited for: hours of work may hang on one record.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from hdfs_native import Client, WriteOptions

from hdfs2oss.filesystems.registry import close_filesystems, open_filesystem
from tests.faults.storm import work_files
from tests.sandbox import Sandbox
from tests.sandbox_stores import SandboxStores

pytestmark = [pytest.mark.hdfs, pytest.mark.faults]

FILES, FILE_BYTES = 60, 1024 * 1024
WITHIN_SECONDS = 60.0
# A store that has gone is waited for, as an outage of minutes must cost no file.
WITH_PATIENCE_SECONDS = 420.0


class Ended(NamedTuple):
    """How a command ended; the seconds count from the fault."""

    code: int
    output: str
    seconds: float

    def line_with(self, text: str) -> str:
        found = [line for line in self.output.splitlines() if text in line]
        assert found, f"no line with {text!r} in:\n{self.output}"
        return found[0]


@pytest.fixture(scope="module")
def broken(sandbox_name: Callable[[], str]) -> Iterator[Sandbox]:
    """A sandbox of this module's own, because its servers are killed and frozen."""
    sandbox = Sandbox(sandbox_name())
    sandbox.up()
    client = Client(sandbox.env()["SANDBOX_HDFS"])
    data = os.urandom(FILE_BYTES)

    def write(number: int) -> None:
        with client.create(f"/lake/f{number:04d}", WriteOptions(overwrite=True)) as out:
            out.write(data)

    with ThreadPoolExecutor(FILES) as pool:
        list(pool.map(write, range(FILES)))
    yield sandbox
    sandbox.down()


def run(sandbox: Sandbox, *arguments: str, **environment: str) -> Ended:
    """`hdfs2oss ...` as an operator runs it."""
    return during(sandbox, lambda: None, *arguments, wait_for="", **environment)


def during(
    sandbox: Sandbox,
    fault: Callable[[], None],
    *arguments: str,
    wait_for: str,
    within_seconds: float = WITHIN_SECONDS,
    **environment: str,
) -> Ended:
    """The same, with a fault once its output shows `wait_for`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hdfs2oss", *arguments],
        env={**os.environ, **sandbox.env(), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    watchdog = threading.Timer(within_seconds + 90, process.kill)
    watchdog.start()
    lines = []
    started = time.monotonic()
    happened = False
    for line in process.stdout:
        lines.append(line)
        if wait_for and wait_for in line and not happened:
            happened = True
            fault()
            started = time.monotonic()
    code = process.wait()
    seconds = time.monotonic() - started
    watchdog.cancel()
    output = "".join(lines)
    assert not wait_for or happened, output
    assert "Traceback" not in output
    assert "THE ACCOUNTS DO NOT BALANCE" not in output
    assert output.splitlines()[-1].endswith(("does fail !!!", "does succeed !!!")), output
    assert seconds < within_seconds, output
    return Ended(code, output, seconds)


def bucket(sandbox: Sandbox) -> str:
    return f"oss://{sandbox.env()['SANDBOX_BUCKET']}"


@pytest.fixture(autouse=True)
def nothing_is_left(broken: Sandbox) -> Iterator[None]:
    """Whatever happened in between, the bucket has neither open uploads nor work files in the end."""
    yield
    place = SandboxStores(broken).oss("/")
    assert open_filesystem(place.uri, place.stores).find_uploads("/") == []
    assert work_files(place) == []
    close_filesystems()


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_datanode_that_dies_fails_its_files_and_no_other_thing(broken: Sandbox, tmp_path: Path) -> None:
    home = f"file://{tmp_path}"
    try:
        ended = during(
            broken,
            broken.kill_datanode,
            *("-bandwidth", "1", "--job-dir", home, "/lake", f"{bucket(broken)}/datanode"),
            wait_for=" copy: ",
            within_seconds=WITH_PATIENCE_SECONDS,
        )
    finally:
        broken.start_datanode()
    assert ended.code == 4
    failure = ended.line_with("FAILED: ")
    assert "/lake/" in failure
    assert f"{bucket(broken)}/datanode/" in failure
    assert "DataNode" in failure
    ended.line_with("Next: mend the cause and run this; what arrived is not copied again:")
    again = run(broken, "-update", "--job-dir", home, "/lake", f"{bucket(broken)}/datanode")
    assert again.code == 0, again.output


@pytest.fixture
def elsewhere(tmp_path: Path) -> str:
    """A source that is not on HDFS: only the job directory is."""
    for number in range(30):
        (tmp_path / f"f{number:02d}").write_bytes(os.urandom(FILE_BYTES))
    return f"file://{tmp_path}"


def away(broken: Sandbox, source: str, fault: Callable[[], None], mend: Callable[[], None], name: str) -> Ended:
    """A copy whose job directory is away for 50 s: longer than a call may take."""
    mended: list[threading.Timer] = []

    def strike() -> None:
        fault()
        mended.append(threading.Timer(50.0, mend))
        mended[0].start()

    words = ["-bandwidth", "1", "--job-dir", f"{broken.env()['SANDBOX_HDFS']}/jobs/{name}", source]
    try:
        return during(broken, strike, *words, f"{bucket(broken)}/{name}", wait_for=" copy: ", within_seconds=240.0)
    finally:
        for timer in mended:
            timer.join()


@pytest.mark.parametrize("server", [pytest.param("DataNode", marks=pytest.mark.full), "NameNode"])
def test_a_job_directory_that_is_away_for_a_while_ends_no_run(broken: Sandbox, elsewhere: str, server: str) -> None:
    if server == "DataNode":
        ended = away(broken, elsewhere, broken.kill_datanode, broken.start_datanode, "datanode")
    else:
        ended = away(broken, elsewhere, broken.freeze_namenode, broken.thaw_namenode, "namenode")
    assert ended.code == 0, ended.output
    ended.line_with("COPY=30")
    assert ended.output.count("is waited for, 5 m 00 s at most: ") == 1, ended.output
    assert ended.output.count("answers again, after ") == 1, ended.output


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_namenode_that_is_started_anew_costs_no_file(broken: Sandbox) -> None:
    """Source and job directory are away for half a minute, and then in safe mode."""
    mended: list[threading.Timer] = []

    def restart() -> None:
        broken.kill_namenode()
        mended.append(threading.Timer(30.0, broken.start_namenode))
        mended[0].start()

    words = ["-bandwidth", "1", "--job-dir", f"{broken.env()['SANDBOX_HDFS']}/jobs/restart", "/lake"]
    try:
        ended = during(
            broken,
            restart,
            *(*words, f"{bucket(broken)}/restart"),
            wait_for=" copy: ",
            within_seconds=WITH_PATIENCE_SECONDS,
        )
    finally:
        for timer in mended:
            timer.join()
    assert ended.code == 0, ended.output
    ended.line_with(f"COPY={FILES}")


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_job_directory_that_stays_away_is_named_and_the_account_is_printed(broken: Sandbox, elsewhere: str) -> None:
    words = ["-bandwidth", "1", "--job-dir", f"{broken.env()['SANDBOX_HDFS']}/jobs/lost", elsewhere]
    try:
        ended = during(
            broken, broken.freeze_namenode, *words, f"{bucket(broken)}/lost", wait_for=" copy: ", within_seconds=600.0
        )
    finally:
        broken.thaw_namenode()
    assert ended.code == 5, ended.output
    assert "NameNode" in ended.line_with("cannot go on without its job directory hdfs://")
    assert ended.output.count("is waited for, 5 m 00 s at most: ") == 1, ended.output
    ended.line_with("FILES_EXPECTED=30")


@pytest.mark.full
@pytest.mark.timeout(600)
def test_an_oss_server_that_dies_fails_the_rest_of_the_files(broken: Sandbox) -> None:
    try:
        ended = during(
            broken,
            broken.kill_oss,
            *("-bandwidth", "1", "/lake", f"{bucket(broken)}/oss"),
            wait_for=" copy: ",
            within_seconds=WITH_PATIENCE_SECONDS,
        )
    finally:
        broken.start_oss()
    assert ended.code == 4
    assert "cannot connect" in ended.line_with("FAILED: ")


@pytest.mark.full
@pytest.mark.timeout(600)
def test_an_oss_server_that_is_away_for_ninety_seconds_costs_no_file(broken: Sandbox) -> None:
    def go_and_come_back() -> None:
        broken.kill_oss()
        timer = threading.Timer(90, broken.start_oss)
        timer.daemon = True
        timer.start()

    ended = during(
        broken,
        go_and_come_back,
        *("-bandwidth", "1", "/lake", f"{bucket(broken)}/away"),
        wait_for=" copy: ",
        within_seconds=WITH_PATIENCE_SECONDS,
    )
    assert ended.code == 0, ended.output
    ended.line_with(f"COPY={FILES}")


def test_an_unreachable_endpoint_is_named(broken: Sandbox) -> None:
    ended = run(broken, "/lake", f"{bucket(broken)}/x", OSS_ENDPOINT="http://127.0.0.1:1")
    assert ended.code == 3
    assert "127.0.0.1:1" in ended.line_with("hdfs2oss: ")


def test_a_namenode_that_is_not_there_is_named(broken: Sandbox) -> None:
    ended = run(broken, "hdfs://127.0.0.1:1/lake", f"{bucket(broken)}/x")
    assert ended.code == 3
    assert "NameNode 127.0.0.1:1" in ended.line_with("hdfs2oss: ")


def test_a_wrong_key_is_named_without_being_shown(broken: Sandbox) -> None:
    ended = run(broken, "/lake", f"{bucket(broken)}/x", OSS_ACCESS_KEY_SECRET="not-the-secret")
    assert ended.code == 3
    assert "secret" in ended.line_with("SignatureDoesNotMatch")
    assert "not-the-secret" not in ended.output


def test_a_missing_bucket_and_a_missing_source_are_named(broken: Sandbox) -> None:
    ended = run(broken, "/lake", "oss://no-such-bucket/x")
    assert (ended.code, "no-such-bucket does not exist" in ended.output) == (3, True)
    ended = run(broken, "/no/such/lake", f"{bucket(broken)}/x")
    assert (ended.code, "/no/such/lake" in ended.line_with("does not exist")) == (3, True)


def test_a_name_that_oss_cannot_take_fails_alone(broken: Sandbox) -> None:
    client = Client(broken.env()["SANDBOX_HDFS"])
    deep = "/".join("d" * 250 for _ in range(4))
    for path in (f"/names/{deep}/too-long-for-a-key", "/names/good"):
        with client.create(path, WriteOptions(overwrite=True)) as out:
            out.write(b"x")
    ended = run(broken, "/names", f"{bucket(broken)}/names-of-more-than-1023-bytes")
    assert ended.code == 4
    assert "InvalidObjectName" in ended.line_with("FAILED: ")
    ended.line_with("COPY=1")


def test_a_directory_does_not_go_into_a_file(broken: Sandbox) -> None:
    ended = run(broken, "/lake", "/lake/f0001")
    assert ended.code == 2
    assert "is a file" in ended.line_with("hdfs2oss: ")
