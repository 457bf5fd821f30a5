"""What is printed after a failure is run in a shell, as it stands, and brings what an undisturbed run brings."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.local_oss import Rule

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
OLD = {"old": b"was there"}
ROWS = {
    # sources, options, what the target was
    "a file to a missing target": (["fl/bad"], [], None),
    "a file onto a file": (["fl/bad"], [], b"old"),
    "a file into a directory": (["fl/bad"], [], OLD),
    "a directory to a missing target": (["fl"], [], None),
    "a directory into a directory": (["fl"], [], OLD),
    "a directory updating a directory": (["fl"], ["-update"], OLD),
    "a directory overwriting a directory": (["fl"], ["-overwrite"], {**OLD, "d/good": b"of old"}),
    "files and a directory to a missing target": (["fl", "more/z"], [], None),
    "files and a directory into a directory": (["fl", "more/z"], [], OLD),
    "two directories to a missing target": (["fl", "more"], [], None),
    "two directories into a directory": (["fl", "more"], [], OLD),
    "two directories updating a missing target": (["fl", "more"], ["-update"], None),
    "a directory, its contents, to a missing target": (["fl"], ["--layout", "contents"], None),
    "a directory, its contents, into a directory": (["fl"], ["--layout", "contents"], OLD),
    "a directory, named, to a missing target": (["fl"], ["--layout", "named"], None),
    "a directory, named, updating a directory": (["fl"], ["--layout", "named", "-update"], OLD),
    "a file, named, to a missing target": (["fl/bad"], ["--layout", "named"], None),
    "a pattern with one match": (["f*"], [], None),
    "a list with one directory": (["-f", "fl"], [], None),
    "with filters and records elsewhere": (["fl"], ["-filters", "FILTERS", "--job-dir", "JOBS"], None),
}


@pytest.fixture
def rules(oss_server):
    yield oss_server.plan
    oss_server.plan.replace([])


def printed(done) -> str:
    lines = done.text.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("Next: ")]
    return lines[at + 1].strip()


def in_a_shell(line: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["sh", "-c", line],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def in_this_process(command, line: str) -> subprocess.CompletedProcess:
    words = shlex.split(line)
    assert words[:3] == [sys.executable, "-m", "hdfs2oss"]
    done = command(*words[3:])
    return subprocess.CompletedProcess(words, done.code, done.text, "")


# What a shell makes of the words is seen where they are odd ones; the others are split as it splits them.
ODD = ("a list with one directory", "with filters and records elsewhere")


def ways() -> Iterator[object]:
    for row in ROWS:
        for flow in ("file to oss", "oss to file"):
            yield pytest.param(row, flow, "in this process")
            is_odd = row in ODD and flow == "file to oss"
            yield pytest.param(
                row, flow, "in a shell", marks=[pytest.mark.faults, *([] if is_odd else [pytest.mark.full])]
            )


@pytest.mark.parametrize(("row", "flow", "how"), list(ways()))
def test_the_printed_command_brings_the_rest_to_where_it_belongs(
    command, make_place, rules, tmp_path, row, flow, how
) -> None:
    given, options, before = ROWS[row]
    source, _, target = flow.split(" ")
    lake = make_place(source, "landing").make(
        {"fl/bad": b"late", "fl/d/good": b"early", "fl/left_out": b"!", "more/z": b"z"}
    )
    (tmp_path / "filters").write_text(".*/left_out\n")
    names = {"FILTERS": f"file://{tmp_path}/filters", "JOBS": f"file://{tmp_path}/the jobs"}
    options = [names.get(word, word) for word in options]
    sources = [str(lake / name) for name in given if name != "-f"]
    if "-f" in given:
        (tmp_path / "list").write_text("\n".join(sources))
        sources = ["-f", f"file://{tmp_path}/list"]
    ends = [make_place(target, name) for name in ("undisturbed", "the target")]
    for end in ends:
        if before is not None:
            end.put(before) if isinstance(before, bytes) else end.make(before)
    assert command(*options, *sources, ends[0]).code == 0

    operation = "put_object" if target == "oss" else "get_object"
    # The second name is that of a lone file on its way to a target that is missing or a file.
    rules.replace([Rule("error", operation=operation, key=key, status=403) for key in ("*/bad", "*/the target")])
    done = command(*options, *sources, ends[1])
    assert done.code == 4, done.text
    rules.replace([])

    again = in_a_shell(printed(done)) if how == "in a shell" else in_this_process(command, printed(done))
    assert again.returncode == 0, done.text + again.stderr
    assert again.stdout.rstrip().endswith("does succeed !!!")
    if before is None or isinstance(before, bytes):
        assert (ends[1].is_file(), ends[1].exists()) == (ends[0].is_file(), True)
    if ends[0].is_file():
        assert ends[1].content() == ends[0].content() == b"late"
    else:
        assert ends[1].read() == ends[0].read()
        assert b"late" in ends[1].read().values()


def test_what_is_printed_can_be_pasted_into_a_shell(command, make_place, rules) -> None:
    source, target = make_place("file", "the source").make({"bad": b"1", "x": b"2"}), make_place("oss", "target")
    rules.replace([Rule("error", operation="put_object", key="*/bad", status=403)])
    done = command(source, target)
    rules.replace([])
    assert done.code == 4
    assert printed(done) == f"{sys.executable} -m hdfs2oss -update --processes 0 '{source}' {target}"
    assert in_a_shell(printed(done)).returncode == 0
    assert target.read() == source.read()


@pytest.mark.parametrize("options", [[], ["-update"]])
def test_a_run_whose_plan_has_gone_goes_on_or_names_the_command_that_does(command, make_place, home, options) -> None:
    source, target = (
        make_place("file", "fl").make({f"{number:02d}": b"x" for number in range(30)}),
        make_place("oss", "t"),
    )
    assert command(*options, source, target).code == 0
    (run,) = home.glob(".hdfs2oss/*/runs/*")
    for path in (run / "report.json", *(run / "ledger").iterdir(), *(run / "plan").iterdir()):
        path.unlink()
    shutil.rmtree(run.parents[1] / "ledger")
    store = open_filesystem(target.uri, target.stores)
    store.remove((target / "07").uri.path)
    done = command(*options, source, target)
    if options:
        assert (done.code, "is not gone on with: the plan file" in done.text) == (0, True), done.text
    else:
        # It would go to t/fl by now.
        assert (done.code, "has gone or is damaged" in done.text) == (6, True), done.text
        words = shlex.split(done.text.partition("which keeps what has arrived there:")[2].splitlines()[1])
        assert words[1:] == ["-m", "hdfs2oss", "copy", "--fresh", "-update", *words[6:]]
        assert in_a_shell(shlex.join(words)).returncode == 0
    assert target.read() == source.read()


@pytest.mark.faults
def test_an_interrupted_copy_prints_the_command_that_goes_on(command, make_place, home, tmp_path) -> None:
    source = make_place("file", "fl").make({f"d/{number}": os.urandom(2 << 20) for number in range(4)})
    target = make_place("oss", "target").make({"old": b"1"})
    process = subprocess.Popen(
        [sys.executable, "-m", "hdfs2oss", "-bandwidth", "1", "--threads", "1", str(source), str(target)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not list(home.glob(".hdfs2oss/*/runs/*/plan/*")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert re.match(r"Job \S+ failed with state KILLED due to: .*\n((Copied|Limits) .*\n)*Counters: ", out)
    assert out.endswith(f"\ncopy from {source} to {target} does fail !!!\n")
    assert err.count("hdfs2oss: ") == 1
    line = err.partition("Next: ")[2].splitlines()[1].strip()
    again = in_a_shell(line.replace("-bandwidth 1", ""))
    assert again.returncode == 0, again.stderr
    assert target.read() == {"old": b"1", **{f"fl/{path}": data for path, data in source.read().items()}}
