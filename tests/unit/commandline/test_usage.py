"""What --help and README say is what the code does."""

import re
from pathlib import Path

import pytest

from hdfs2oss.commandline.switches import SWITCHES
from hdfs2oss.commandline.usage import exit_codes, help_text
from hdfs2oss.commandline.verify_switches import HELP_GROUPS
from hdfs2oss.model import errors

README = Path(__file__).parents[3] / "README.md"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "2000")


def test_the_table_of_exit_codes_in_the_readme_is_that_of_the_errors() -> None:
    rows = re.findall(r"^\| (\d[\d, ]*) \| (.*) \|$", README.read_text(), re.MULTILINE)
    assert rows == list(exit_codes().items())


def test_the_tree_of_errors_bears_the_codes_of_its_classes() -> None:
    drawn = re.findall(r"^ *(\w+) +(\d+) +\w", errors.__doc__ or "", re.MULTILINE)
    assert len(drawn) > 10
    assert drawn == [(name, str(getattr(errors, name)("").exit_code)) for name, _ in drawn]


def test_help_prints_every_exit_code_with_its_meaning() -> None:
    for code, meaning in exit_codes().items():
        assert f"{code} {meaning}" in help_text()


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.words[-1])
def test_help_shows_every_option_as_its_row_has_it(switch) -> None:
    (line,) = [line for line in help_text().splitlines() if line.endswith(switch.help) or f"  {switch.help} (" in line]
    assert line


@pytest.mark.parametrize(
    ("words", "default"),
    [
        ("--maps N", "(default 20)"),
        ("--bandwidth MB", "(default: no limit)"),
        ("--part-size SIZE", "(default 16m)"),
        ("--chunk-size SIZE", "(default 1g)"),
        ("--job-dir DIR", "(default: .hdfs2oss in your HDFS home)"),
    ],
)
def test_help_shows_the_default_of_the_field_or_what_holds_without_one(words, default) -> None:
    assert re.search(rf"{words}\s[^(]*{re.escape(default)}\n", help_text())


def test_help_tells_of_the_version() -> None:
    assert re.search(r"--version +print the version", help_text())


def test_help_shows_no_default_where_nothing_holds() -> None:
    assert re.search(r"-blocksperchunk N\s[^(]*\n", help_text())


def test_help_of_a_verify_says_of_no_option_that_it_copies() -> None:
    shown = [switch for group in HELP_GROUPS for switch in group.switches]
    assert [switch.words for switch in shown if re.match("copy |keep (the attributes|replication)", switch.help)] == []
    assert {group.title for group in HELP_GROUPS}.isdisjoint({"what is copied", "copy or skip"})
