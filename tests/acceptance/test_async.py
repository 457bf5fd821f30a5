"""-async: the copy goes on when the command has ended; what keeps it from beginning is still told at once."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hdfs2oss.model.errors import UsageError
from hdfs2oss.verbs.copy.detached import start_detached

PROJECT = Path(__file__).parents[2]


def start(*words: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "hdfs2oss", "-async", "--processes", "0", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def facts_of(said: str) -> tuple[int, Path, Path]:
    """The process, its output and its report."""
    found = re.fullmatch(
        r"The copy goes on in process (\d+) \(kill \1 ends it\)\.\nOutput: (.+)\nReport, at the end: file://(.+)\n",
        said,
    )
    assert found, said
    return int(found[1]), Path(found[2]), Path(found[3])


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 150
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_for_last_line(output: Path) -> str:
    deadline = time.monotonic() + 150
    while "\ncopy from " not in output.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return output.read_text()


@pytest.mark.slow
def test_the_command_ends_with_0_once_the_copy_has_begun_and_the_copy_comes_to_its_end(command, make_place) -> None:
    source, target = make_place("file", "source").make({"x": b"1"}), make_place("oss", "target")
    started = start(source, target)
    assert (started.returncode, started.stderr) == (0, "")
    _, output, report = facts_of(started.stdout)
    text = wait_for_last_line(output)
    assert text.endswith(f"copy from {source} to {target} does succeed !!!\n")
    assert f"Job {report.parent.name} completed successfully" in text
    assert '"success": true' in report.read_text()
    assert target.read() == {"x": b"1"}


@pytest.mark.slow
def test_what_keeps_the_copy_from_beginning_is_told_with_its_exit_code(command, local_ends, home) -> None:
    source, target = local_ends
    started = start(source, target)
    assert (started.returncode, started.stdout) == (3, "")
    assert f"the source does not exist: {source}" in started.stderr
    assert list((home / ".hdfs2oss" / "async").iterdir()) == []
    assert start("-update", "-overwrite", source, target).returncode == 2


@pytest.mark.slow
def test_without_a_home_the_output_goes_to_a_directory_of_its_own(command, make_place, home, tmp_path) -> None:
    source, target = make_place("file", "source").make({"x": b"1"}), make_place("file", "target")
    home.rmdir()
    home.write_text("a file")
    started = start("--job-dir", f"file://{tmp_path}/jobs", source, target)
    assert (started.returncode, started.stderr) == (0, "")
    _, output, _ = facts_of(started.stdout)
    assert wait_for_last_line(output).endswith("does succeed !!!\n")
    assert output.parent.name.startswith("hdfs2oss-")
    assert target.read() == {"x": b"1"}


@pytest.mark.faults
def test_a_second_one_at_the_same_time_ends_with_6_and_the_first_goes_on(command, make_place, home) -> None:
    source = make_place("file", "source").make({f"f{number}": bytes(2 << 20) for number in range(30)})
    target = make_place("oss", "target")
    words = ("-bandwidth", "1", "--threads", "1", source, target)
    process, output, _ = facts_of(start(*words).stdout)
    try:
        second = start(*words)
        assert (second.returncode, second.stdout) == (6, "")
        assert f"process {process}" in second.stderr
        assert list((home / ".hdfs2oss" / "async").iterdir()) == [output]
    finally:
        os.kill(process, signal.SIGTERM)
    wait_for_last_line(output)


@pytest.mark.faults
def test_the_copy_outlives_the_session_it_was_started_in_and_ends_when_it_is_killed(command, make_place) -> None:
    source = make_place("file", "source").make({f"f{number}": bytes(2 << 20) for number in range(30)})
    started = start("-bandwidth", "1", "--threads", "1", source, make_place("oss", "target"))
    process, output, report = facts_of(started.stdout)
    assert os.getsid(process) == process != os.getsid(0)
    os.kill(process, signal.SIGTERM)
    text = wait_for_last_line(output)
    assert f"Job {report.parent.name} failed with state KILLED due to: Interrupted" in text
    wait_for(report)


def test_under_spark_submit_the_way_to_leave_a_driver_alone_is_told() -> None:
    with pytest.raises(UsageError, match="would live in the driver") as caught:
        start_detached(sys.orig_argv[1:], "spark-submit", io.StringIO(), io.StringIO())
    assert "waitAppCompletion=false" in caught.value.hint


def test_who_is_not_the_program_of_this_process_starts_nothing(command, local_ends) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    assert command("-async", source, target).code == 2
    assert not target.exists()
