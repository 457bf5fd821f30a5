"""Files named on the command line: what they hold, and how they are refused."""

from pathlib import Path

import pytest

from hdfs2oss.commandline.lists import read_filters, read_sources
from hdfs2oss.commandline.places import Places
from hdfs2oss.model.errors import UsageError
from hdfs2oss.rules.filters import parse_filters


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_source_list_has_a_path_a_line_and_each_counts_once(here) -> None:
    (here / "list").write_text("/b\n\n/a x\n/b\n")
    assert read_sources(Places({}, {}), f"file://{here}/list") == ["/b", "/a x"]


def test_blanks_around_a_source_and_what_editors_leave_mean_nothing(here) -> None:
    (here / "list").write_bytes("\ufeff/a \r\n \t\r\n\t/b c\t\n/a\n/d\u2028e\x0bf".encode())
    assert read_sources(Places({}, {}), f"file://{here}/list") == ["/a", "/b c", "/d\u2028e\x0bf"]


def test_filters_are_found_on_this_machine_without_a_scheme(here) -> None:
    (here / "filters").write_text(".*/tmp\n\n.*\\.x\n")
    for name in ("filters", f"{here}/filters", f"file://{here}/filters"):
        assert read_filters(Places({}, {}), name) == parse_filters(".*/tmp\n.*\\.x", "f")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "does not exist"),
        (b"\n\n", "the source list .* is empty"),
        (b"\xff\xfe", "is not UTF-8 text"),
    ],
)
def test_a_source_list_that_says_nothing_is_refused(here, content, reason) -> None:
    if content is not None:
        (here / "list").write_bytes(content)
    with pytest.raises(UsageError, match=reason):
        read_sources(Places({}, {}), f"file://{here}/list")
