"""What is left out of the copy listing: -filters, and our own work.

A file of Java's regular expressions, one a line. As in DistCp a pattern must match the *whole* path, so `tmp`
excludes nothing and `.*/tmp` does; what Python would read otherwise is translated or refused. Two things
differ from DistCp: a pattern is tried on the qualified path (`hdfs://nn:8020/a/b`) and on the bare one
(`/a/b`), and an excluded directory takes all below it along.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..model.errors import UsageError
from ..model.uri import Uri
from .java_regex import python_pattern

JOB_DIRECTORY_NAME = ".hdfs2oss"
WORK_PREFIX = ".hdfs2oss-work-"

PathFilter = Callable[[Uri], bool]


def make_filter(patterns: Sequence[str]) -> PathFilter:
    """A predicate: whether a path is excluded by one of the patterns, as `parse_filters` gives them."""
    compiled = [re.compile(pattern) for pattern in patterns]

    def is_excluded(uri: Uri) -> bool:
        if not compiled:
            return False
        text = str(uri)
        return any(pattern.fullmatch(text) or pattern.fullmatch(uri.path) for pattern in compiled)

    return is_excluded


def is_own_work(name: str) -> bool:
    """Whether a path element is a job directory or a work file of this tool, finished or left behind."""
    return name == JOB_DIRECTORY_NAME or name.startswith(WORK_PREFIX)


def work_path_beside(path: str, name: str) -> str:
    """Where the bytes for `path` land first: in its directory, under a name that takes part in no listing."""
    return f"{path.rpartition('/')[0]}/{WORK_PREFIX}{name}"


def parse_filters(text: str, file_name: str) -> tuple[str, ...]:
    """The patterns of a filter file, for Python; blank lines mean nothing.

    Raises UsageError with the line that is no regular expression, or not one that means here what it means in Java.
    """
    patterns = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            patterns.append(python_pattern(line))
        except ValueError as error:
            raise UsageError(
                f"line {number} of the filter file {file_name}, {line}, cannot be used: {error}",
                "Each line is one regular expression that must match a whole path, such as .*/_temporary.*",
            ) from None
    return tuple(patterns)
