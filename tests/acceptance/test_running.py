"""How a copy runs, by the catalogue (98-104): options of DistCp that change the way and never the result."""

from __future__ import annotations

import re

import pytest

WIDE = {f"{a}/{b}/{c}": f"{a}{b}{c}".encode() for a in "12" for b in "12" for c in ("f1", "f2", "f3")} | {
    "top": b"0",
    "1/e/": None,
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["-useiterator", "-direct", "-m", "1"], id="98 94 100"),
        pytest.param(["-m", "7", "-strategy", "dynamic"], id="100 dynamic"),
        pytest.param(["-Ddistcp.simplelisting.randomize.files=false"], id="101"),
        pytest.param(["-numListstatusThreads", "1"], id="102 one thread"),
        pytest.param(["-numListstatusThreads", "20", "-Ddistcp.liststatus.threads=10"], id="102 twenty"),
    ],
)
def test_the_result_is_the_same(command, ends, stock, words) -> None:
    lake, (_, target) = stock(WIDE), ends
    done = command("-update", *words, lake, target)
    assert (done.code, done["COPY"], done["SKIP"], done["DIR_COPY"]) == (0, 13, 0, 7), done.text
    assert "\t\tMap input records=14\n" in done.text, "each file, and the directory that is empty, once"
    assert target.read() == WIDE
    again = command("-update", *words, lake, target)
    assert (again.code, again["COPY"], again["SKIP"]) == (0, 0, 13)


@pytest.mark.slow
@pytest.mark.parametrize("success", [True, False])
def test_103_the_run_is_named_and_leaves_nothing_but_its_records(command, ends, success) -> None:
    source, target = ends
    source.make({"x": b"1", "d/y": b"2"})
    if not success:
        target.make({"d": b"a file where a directory is due"})
    done = command("-update", source, target)
    assert done.code == (0 if success else 4)
    (run,) = re.findall(r"^Job (\S+) (?:completed|failed)", done.text, re.MULTILINE)
    assert re.search(rf"^Phases: .* Records: .*/runs/{run}$", done.text, re.MULTILINE)
    assert sorted(target.read()) == (["d/y", "x"] if success else ["d", "x"])


@pytest.mark.parametrize("verbose", [True, False])
def test_104_the_log_names_copied_files_only_with_v(command, local_ends, make_place, verbose) -> None:
    source, target = local_ends
    log = make_place("file", "log")
    source.make({"new": b"1", "same": b"2"}).settle()
    target.make({"same": b"2"})
    done = command("-update", "-log", log, *(["-v"] if verbose else []), source, target)
    assert done.code == 0
    text = b"".join(data or b"" for data in log.read().values()).decode()
    assert f"SKIP: {source}/same\n" in text
    assert (f"FILE_COPIED: source={source}/new" in text) is verbose
    assert (f"FILE_SKIPPED: source={source}/same" in text) is verbose
