import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hdfs2oss.cli import main
from hdfs2oss.commandline.output import SteadyOutput, steady_output

PROJECT = Path(__file__).parents[3]
FULL = "/dev/full"


def test_what_can_be_written_is_written() -> None:
    stream = io.StringIO()
    output = SteadyOutput(stream)
    assert output.write("text\n") == 5
    output.flush()
    assert (stream.getvalue(), output.isatty()) == ("text\n", False)


@pytest.mark.parametrize("broken", ["full", "closed", "none", "no reader"])
def test_what_cannot_be_written_is_dropped(broken, tmp_path) -> None:
    if broken == "none":
        output = SteadyOutput(None)
    elif broken == "no reader":
        reader, writer = os.pipe()
        os.close(reader)
        output = SteadyOutput(os.fdopen(writer, "w"))
    else:
        stream = open(FULL if broken == "full" else tmp_path / "file", "w")  # noqa: SIM115
        if broken == "closed":
            stream.close()
        output = SteadyOutput(stream)
    for _ in range(3):
        output.write("x" * 100_000)
        output.flush()
    assert not output.isatty()


def test_a_name_that_the_encoding_cannot_express_is_shown_with_backslashes() -> None:
    raw = io.BytesIO()
    output = SteadyOutput(io.TextIOWrapper(raw, "ascii"))
    output.write("/数据/\udcff")
    output.flush()
    assert raw.getvalue() == rb"/\u6570\u636e/\udcff"


def test_the_streams_of_the_process_are_steady_for_the_block_only() -> None:
    before = sys.stdout, sys.stderr
    with steady_output():
        assert isinstance(sys.stdout, SteadyOutput)
        assert isinstance(sys.stderr, SteadyOutput)
    assert (sys.stdout, sys.stderr) == before


def test_a_full_disk_behind_the_messages_does_not_change_the_exit_code(monkeypatch, tmp_path) -> None:
    with open(FULL, "w") as out, open(FULL, "w") as err:
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        assert main(["--version"]) == 0
        assert main(["--no-such-option"]) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "where",
    [
        f">{FULL} 2>&1",
        ">&- 2>&- <&-",
        *(pytest.param(way, marks=pytest.mark.faults) for way in (f">{FULL}", ">&-", "2>&-", "| true")),
    ],
)
def test_a_copy_ends_as_it_does_wherever_its_words_go(where, home, tmp_path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/a").write_bytes(b"1" * 100_000)
    copy = f"'{sys.executable}' -m hdfs2oss --processes 0 file://{tmp_path}/source file://{tmp_path}/target"
    done = subprocess.run(
        ["bash", "-c", f"{copy} {where}; exit ${{PIPESTATUS[0]}}"],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, "Exception" in done.stderr) == (0, False), done.stderr
    assert (tmp_path / "target/a").read_bytes() == b"1" * 100_000
    assert len(list(home.glob(".hdfs2oss/*/runs/*/report.json"))) == 1
