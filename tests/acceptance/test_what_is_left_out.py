"""What is left out: -filters as DistCp reads it, --include and --exclude; numbers are those of the catalogue."""

from __future__ import annotations

import re

import pytest

TREE = {
    "test-1/x": b"1",
    "a/my-test": b"2",
    "b/big": b"33",
    "c/_SUCCESS": b"",
    "c/kept": b"4",
    "user": b"5",
}
LOGS = {
    "logs/2026/11/a.gz": b"1",
    "logs/2026/11/a.txt": b"22",
    "logs/b.gz": b"3",
    "tables/t/_temporary/0/part.gz": b"4",
    "tables/t/part-0": b"5",
    "tables/empty/": None,
    "top.gz": b"6",
}


def left_out(done) -> tuple[int, int]:
    """Directories and files."""
    return done["DIRECTORIES_EXCLUDED"], done["FILES_EXCLUDED"]


@pytest.mark.parametrize(
    ("lines", "kept", "excluded"),
    [
        pytest.param(
            [".*HERE/.*test.*", "HERE/b.*", ".*/_SUCCESS"], ["a/", "c/kept", "user"], (2, 2), id="90 three patterns"
        ),
        pytest.param([".*"], None, (1, 0), id="90 everything"),
        pytest.param(["user", "kept", "test"], sorted(TREE), (0, 0), id="90 a part of a path is no match"),
        pytest.param(
            ["", ".*HERE/c"],
            ["a/my-test", "b/big", "test-1/x", "user"],
            (1, 0),
            id="differs: a directory takes all below it along",
        ),
    ],
)
def test_a_file_of_expressions(command, ends, stock, tmp_path, lines, kept, excluded) -> None:
    lake, (_, target) = stock(TREE), ends
    here = re.escape(lake.uri.path)
    (tmp_path / "patterns").write_text("".join(line.replace("HERE", here) + "\n" for line in lines))
    done = command("-filters", tmp_path / "patterns", lake, target)
    assert (done.code, left_out(done)) == (0, excluded), done.text
    assert (sorted(target.read()) if target.exists() else None) == kept


@pytest.mark.parametrize("text", [None, "fine\n*bad\n"], ids=["93 differs: missing", "broken"])
def test_a_file_of_expressions_that_cannot_be_used_is_refused(command, local_ends, tmp_path, text) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    if text is not None:
        (tmp_path / "patterns").write_text(text)
    done = command("-filters", tmp_path / "patterns", source, target)
    assert (done.code, target.exists()) == (2, False)
    assert ("does not exist" if text is None else "line 2") in done.text


def test_91_differs_a_filter_of_ones_own_in_java_is_refused_with_the_reason(command, local_ends) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    done = command("-Ddistcp.filters.class=org.example.Mine", source, target)
    assert (done.code, target.exists()) == (2, False)
    assert "no Java class is loaded" in done.text


@pytest.mark.parametrize(
    ("words", "kept", "excluded"),
    [
        pytest.param(
            ["--exclude", "_temporary/", "--exclude", "*.txt"],
            ["logs/2026/11/a.gz", "logs/b.gz", "tables/empty/", "tables/t/part-0", "top.gz"],
            (1, 1),
            id="exclude",
        ),
        pytest.param(
            ["--include", "*.gz"],
            ["logs/2026/11/a.gz", "logs/b.gz", "tables/t/_temporary/0/part.gz", "top.gz"],
            (1, 2),
            id="include at any depth, and no directory for its own sake",
        ),
        pytest.param(["--include", "/logs/**/*.gz"], ["logs/2026/11/a.gz", "logs/b.gz"], (1, 2), id="include below"),
        pytest.param(["--include", "/*.gz"], ["top.gz"], (2, 0), id="include at the top only"),
        pytest.param(
            ["--include", "tables/", "--exclude", "_*"], ["tables/t/part-0"], (3, 4), id="include and exclude"
        ),
        pytest.param(
            ["--exclude=*.{gz,txt}", "--exclude=logs"],
            ["tables/empty/", "tables/t/_temporary/0/", "tables/t/part-0"],
            (1, 2),
            id="braces, and an emptied directory",
        ),
    ],
)
def test_globs(command, ends, stock, words, kept, excluded) -> None:
    lake, (_, target) = stock(LOGS), ends
    done = command(*words, lake, target)
    assert done.code == 0, done.text
    assert left_out(done) == excluded
    assert sorted(target.read()) == kept


def test_globs_count_from_each_source_wherever_it_goes(command, local_ends) -> None:
    source, target = local_ends
    source.make({"p/keep/x": b"1", "p/x": b"2", "q/keep/y": b"3", "q/y": b"4", "keep/z": b"5"})
    done = command("--include", "/keep/*", source / "p", source / "q", source / "keep", target)
    assert done.code == 0
    assert target.read() == {"p/keep/x": b"1", "q/keep/y": b"3"}


def test_what_is_excluded_stays_at_the_target_as_it_is(command, local_ends) -> None:
    source, target = local_ends
    source.make({"x": b"new", "old/y": b"new", "z.tmp": b"new"})
    target.make({"old/y": b"kept", "z.tmp": b"kept"})
    done = command("-overwrite", "--exclude", "old", "--exclude", "*.tmp", source, target)
    assert (done.code, done["COPY"]) == (0, 1)
    assert target.read() == {"x": b"new", "old/y": b"kept", "z.tmp": b"kept"}


@pytest.mark.parametrize("word", ["--include", "--exclude"])
def test_a_glob_that_cannot_be_read_is_refused(command, local_ends, word) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    done = command(word, "a**", source, target)
    assert (done.code, target.exists()) == (2, False)
    assert "'a**' has ** beside other characters" in done.text
