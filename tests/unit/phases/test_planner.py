"""What the planner writes down of a pair, beside what was decided."""

from __future__ import annotations

import pytest

from hdfs2oss.model.known import KnownFile
from hdfs2oss.model.values import FILE, FileAction, FilePair, FileStatus
from hdfs2oss.phases.survey.planner import Planner
from hdfs2oss.records.planfile import read_slices
from hdfs2oss.tasks.desk import TaskDesk

KNOWN = KnownFile("f", "hdfs://nn/s/f", 5, 1000, "", 5, "E", 9, 64, 32, 64, None, None, "transfer", 0, "run")


@pytest.mark.parametrize(
    ("known", "mtime_ms", "action", "is_new"),
    [
        (KNOWN, 999, FileAction.CHECK, True),
        (KNOWN, 1000, FileAction.CHECK, False),
        (KNOWN._replace(proof="length"), 999, FileAction.CHECK, False),
        (None, 999, FileAction.CHECK, False),
        (KNOWN, 999, FileAction.OVERWRITE, False),
    ],
)
def test_a_row_that_is_to_be_checked_says_whether_another_version_of_its_source_was_copied(
    make_context, memory, known, mtime_ms, action, is_new
) -> None:
    context = make_context(memory, ["/s"], "/t", update=True)
    desk = TaskDesk(context, "survey-00000", "1")
    planner = Planner(desk, lambda pair: action)
    planner.take(FilePair("f", FileStatus("f", FILE, 5, mtime_ms), FileStatus("f", FILE, 5, 2000), known=known))
    (item,) = read_slices(desk.job_dir, tuple(planner.publish().slices))
    assert (item.action, item.is_new_version) == (action, is_new)
