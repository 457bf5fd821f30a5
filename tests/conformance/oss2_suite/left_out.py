"""The list of oss2's tests that are left out, read from left_out.ini, and what a run says about it.

    [test_object]                          a file; every file of the suite has a section
    Class.test = reason                    fails, and may: with both versions of signatures
    Class.test (v4) = reason               with this version only
    Class.test (not run) = reason          is not even started
    * = reason                             all tests of the file not named here fail
    * (not run) = reason                   the file is not started

The list may only shrink: a listed test that passes is as much a failure as an unlisted one that does not.
"""

import configparser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.oss2_suite.running import PASSED

LIST = Path(__file__).with_name("left_out.ini")
SIGNATURES = ("v1", "v4")
EVERY_TEST = "*"
NOT_RUN = "not run"


@dataclass(frozen=True)
class LeftOut:
    """What is left out of one file with one version of signatures: test -> reason."""

    failing: Mapping[str, str]
    not_run: Mapping[str, str]

    @property
    def is_whole_file(self) -> bool:
        return EVERY_TEST in self.not_run

    def complaints(self, outcomes: Mapping[str, str]) -> Iterator[str]:
        """A line for each test whose outcome is not what the list says."""
        for name, outcome in sorted(outcomes.items()):
            is_listed = name in self.failing or EVERY_TEST in self.failing
            if outcome == PASSED and is_listed:
                yield f"{name} passes now: take it off {LIST.name}"
            if outcome != PASSED and not is_listed:
                yield f"{name} {outcome}"
        for name in sorted(self.failing.keys() - outcomes.keys() - {EVERY_TEST}):
            yield f"{name} is in {LIST.name}, but there is no such test"


def read_left_out() -> dict[tuple[str, str], LeftOut]:
    """The list, as parse_left_out gives it."""
    return parse_left_out(LIST.read_text())


def parse_left_out(text: str) -> dict[tuple[str, str], LeftOut]:
    """(file, version of signatures) -> what is left out of it. Raises ValueError for an entry of no known form."""
    parser = configparser.ConfigParser(delimiters=("=",), comment_prefixes=("#",), interpolation=None)
    parser.optionxform = str  # names keep their capitals
    parser.read_string(text, LIST.name)
    return {(file, version): _of(parser[file], version) for file in parser.sections() for version in SIGNATURES}


def _of(section: configparser.SectionProxy, version: str) -> LeftOut:
    failing, not_run = {}, {}
    for entry, reason in section.items():
        name, _, condition = entry.partition(" (")
        condition = condition.rstrip(")")
        if not reason or condition not in ("", NOT_RUN, *SIGNATURES):
            raise ValueError(f"{LIST.name}: [{section.name}] {entry}: no reason, or an unknown condition")
        if condition == NOT_RUN:
            not_run[name] = reason
        elif condition in ("", version):
            failing[name] = reason
    return LeftOut(failing, not_run)
