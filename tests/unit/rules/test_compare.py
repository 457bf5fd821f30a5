"""The truth table of `decide`, row by row."""

import pytest

from hdfs2oss.model.known import Standing
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import DIRECTORY, FILE, SYMLINK, UNUSABLE, FileAction, FilePair, FileStatus
from hdfs2oss.rules.compare import decide, decide_again, decide_by_times, decide_listed, decide_single
from hdfs2oss.rules.filesum import Checks

PLAIN, UPDATE, OVERWRITE = (
    CopyOptions(target=Uri("oss", "b", "/t"), **fields)
    for fields in ({}, {"update": True}, {"overwrite": True})  # type: ignore[arg-type]
)
ALL = (PLAIN, UPDATE, OVERWRITE)


def file(length: int = 5, mtime_ms: int = 1000) -> FileStatus:
    return FileStatus("p", FILE, length, mtime_ms)


FOLDER = FileStatus("p", DIRECTORY)
DAMAGED = FileStatus("p", FILE, 5, 9000, etag="D")
BROKEN = FileStatus("p", UNUSABLE, problem="no name")
LINK = FileStatus("p", SYMLINK)
ROWS = [
    ("unusable any any", BROKEN, None, ALL, FileAction.CONFLICT),
    ("unusable any any (target there)", BROKEN, file(), ALL, FileAction.CONFLICT),
    ("unusable any any (link)", LINK, file(), ALL, FileAction.CONFLICT),
    ("directory file any", FOLDER, file(), ALL, FileAction.CONFLICT),
    ("file directory any", file(), FOLDER, ALL, FileAction.CONFLICT),
    ("directory missing any", FOLDER, None, ALL, FileAction.MKDIR),
    ("directory directory any", FOLDER, FOLDER, ALL, FileAction.SKIP),
    ("file missing any", file(), None, ALL, FileAction.COPY),
    ("file file any target damaged", file(), DAMAGED, ALL, FileAction.OVERWRITE),
    ("file file -overwrite", file(), file(), [OVERWRITE], FileAction.OVERWRITE),
    ("file file none", file(9, 9000), file(5, 1000), [PLAIN], FileAction.SKIP),
    ("file file -update sizes differ", file(6, 1), file(5, 9000), [UPDATE], FileAction.OVERWRITE),
    ("file file -update both empty", file(0, 9000), file(0, 1), [UPDATE], FileAction.SKIP),
    ("file file -update source not newer than target", file(5, 999), file(5, 1000), [UPDATE], FileAction.SKIP),
    ("file file -update source not newer than target (equal)", file(), file(), [UPDATE], FileAction.SKIP),
    ("file file -update source newer", file(5, 1001), file(5, 1000), [UPDATE], FileAction.OVERWRITE),
    ("missing any any", None, file(), ALL, FileAction.SKIP),
    ("missing any any (directory)", None, FOLDER, ALL, FileAction.SKIP),
]


@pytest.mark.parametrize(("source", "target", "options", "action"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS])
def test_decide(source, target, options, action) -> None:
    known = {("p", "D"), ("q", "E")}
    assert {decide(FilePair("p", source, target), one, known) for one in options} == {action}


BLOCKS = tuple(file(5, 1)._replace(block_size_bytes=size) for size in (1, 2))
ASKED = [
    ("file file -update -pb, other block sizes", *BLOCKS, {"preserve": "b"}, Checks.ALWAYS, FileAction.OVERWRITE),
    ("file file -update sizes differ", file(6), file(5), {}, Checks.ALWAYS, FileAction.OVERWRITE),
    ("file file -update both empty", file(0, 9000), file(0, 1), {}, Checks.ALWAYS, FileAction.SKIP),
    ("file file -update checks ALWAYS", file(5, 1), file(5, 9), {}, Checks.ALWAYS, FileAction.CHECK),
    ("file file -update checks ALWAYS (newer)", file(5, 9), file(5, 1), {}, Checks.ALWAYS, FileAction.CHECK),
    ("file file -update checks WHERE_NEWER", file(5, 9), file(5, 1), {}, Checks.WHERE_NEWER, FileAction.CHECK),
    ("(older)", file(5, 1), file(5, 9), {}, Checks.WHERE_NEWER, FileAction.SKIP),
    ("(-skipcrccheck)", file(5, 1), file(5, 9), {"skip_crc": True}, Checks.ALWAYS, FileAction.SKIP),
    ("(-skipcrccheck, newer)", file(5, 9), file(5, 1), {"skip_crc": True}, Checks.ALWAYS, FileAction.OVERWRITE),
    ("(no times)", file(5, 9), file(5, 1), {"compares_times": False}, Checks.NEVER, FileAction.SKIP),
    ("(no times, asked)", file(5, 9), file(5, 1), {"compares_times": False}, Checks.ALWAYS, FileAction.CHECK),
    ("(no times, newer)", file(5, 9), file(5, 1), {"compares_times": False}, Checks.WHERE_NEWER, FileAction.SKIP),
]


SAME = file(5, 9), file(5, 9)
STANDING = [
    ("file file -update proven, as it was", Standing.PROVEN, (file(5, 9), file(5, 1)), {}, "ALWAYS", "SKIP"),
    ("(sizes differ)", Standing.PROVEN, (file(6), file(5)), {}, "ALWAYS", "OVERWRITE"),
    ("(-pb)", Standing.PROVEN, BLOCKS, {"preserve": "b"}, "ALWAYS", "OVERWRITE"),
    ("(-skipcrccheck)", Standing.PROVEN, (file(5, 9), file(5, 1)), {"skip_crc": True}, "NEVER", "SKIP"),
    ("(-overwrite)", Standing.PROVEN, SAME, {"overwrite": True}, "ALWAYS", "OVERWRITE"),
    ("file file -update proven, target changed since", Standing.TARGET_CHANGED, SAME, {}, "NEVER", "CHECK"),
    ("file file -update proven, source changed since", Standing.SOURCE_CHANGED, SAME, {}, "WHERE_NEWER", "CHECK"),
    ("file file -update proven, source changed, NEVER", Standing.SOURCE_CHANGED, SAME, {}, "NEVER", "OVERWRITE"),
    ("(source, no checksums, no times)", Standing.SOURCE_CHANGED, SAME, {"compares_times": False}, "NEVER", "SKIP"),
    ("(target, -skipcrccheck)", Standing.TARGET_CHANGED, SAME, {"skip_crc": True}, "ALWAYS", "SKIP"),
    ("(source, -skipcrccheck)", Standing.SOURCE_CHANGED, SAME, {"skip_crc": True}, "ALWAYS", "SKIP"),
    ("(both empty)", Standing.TARGET_CHANGED, (file(0), file(0)), {}, "ALWAYS", "SKIP"),
    ("(unknown)", Standing.UNKNOWN, SAME, {}, "WHERE_NEWER", "SKIP"),
]


@pytest.mark.parametrize(
    ("standing", "ends", "fields", "checks", "action"), [row[1:] for row in STANDING], ids=[row[0] for row in STANDING]
)
def test_what_the_ledger_knows_decides_before_checksums_and_times(standing, ends, fields, checks, action) -> None:
    options = UPDATE.model_copy(update=fields)
    assert decide(FilePair("p", *ends), options, (), Checks[checks], 0, standing) is FileAction[action]


@pytest.mark.parametrize(
    ("source", "target", "fields", "checks", "action"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED]
)
def test_what_listings_cannot_answer_is_asked_where_the_stores_can_tell(source, target, fields, checks, action) -> None:
    options = UPDATE.model_copy(update=fields)
    assert decide(FilePair("p", source, target), options, (), checks) is action


GROWN = UPDATE.model_copy(update={"append": True})


@pytest.mark.parametrize(
    ("source", "target", "options", "appends_from", "action"),
    [
        (file(6), file(5), GROWN, 1, FileAction.APPEND),
        (file(6), file(5), GROWN, 5, FileAction.APPEND),
        (file(6), file(5), GROWN, 6, FileAction.OVERWRITE),
        (file(6), file(5), GROWN, 0, FileAction.OVERWRITE),
        (file(6), file(5), UPDATE, 1, FileAction.OVERWRITE),
        (file(6), file(0), GROWN, 1, FileAction.OVERWRITE),
        (file(5), file(6), GROWN, 1, FileAction.OVERWRITE),
        (file(5), file(5), GROWN, 1, FileAction.SKIP),
        (file(6), DAMAGED, GROWN, 1, FileAction.OVERWRITE),
    ],
)
def test_append_is_for_a_target_that_is_shorter_and_long_enough(source, target, options, appends_from, action) -> None:
    assert decide(FilePair("p", source, target), options, {("p", "D")}, Checks.NEVER, appends_from) is action


@pytest.mark.parametrize("checks", list(Checks))
def test_without_update_nothing_is_asked(checks) -> None:
    assert decide(FilePair("p", file(5, 9), file(5, 1)), PLAIN, (), checks) is FileAction.SKIP
    assert decide(FilePair("p", file(5, 9), file(5, 1)), OVERWRITE, (), checks) is FileAction.OVERWRITE


@pytest.mark.parametrize(
    ("source_ms", "action"), [(2, FileAction.OVERWRITE), (1, FileAction.SKIP), (0, FileAction.SKIP)]
)
def test_times_decide_where_checksums_say_nothing(source_ms, action) -> None:
    assert decide_by_times(source_ms, 1, UPDATE) is action
    assert decide_by_times(source_ms, 1, UPDATE.model_copy(update={"compares_times": False})) is FileAction.SKIP


def test_a_target_of_the_same_etag_in_another_place_is_not_the_damaged_one() -> None:
    assert decide(FilePair("q", file(), DAMAGED), UPDATE, {("p", "D"), ("q", "E")}) is FileAction.SKIP


def test_every_row_of_the_docstring_has_a_case() -> None:
    assert decide.__doc__ is not None
    table = [line.split() for line in decide.__doc__.splitlines()]
    rows = {tuple(words[:-1]) for words in table if words and words[-1] in FileAction.__members__}
    rows.remove(("file", "file", "-append", "target", "shorter"))
    assert rows == {
        tuple(name.partition(" (")[0].split()) for name, *_ in (*ROWS, *ASKED, *STANDING) if not name.startswith("(")
    }


@pytest.mark.parametrize(
    ("target", "action"), [(file(), FileAction.OVERWRITE), (None, FileAction.COPY)], ids=["onto a file", "onto nothing"]
)
def test_a_lone_file_is_always_copied(target, action) -> None:
    assert decide_single(FilePair("p", file(), target)) is action


@pytest.mark.parametrize(
    ("letters", "blocks", "action"),
    [("b", (1, 2), FileAction.OVERWRITE), ("b", (1, 1), FileAction.SKIP), ("b", (1, 0), FileAction.SKIP),
     ("b", (0, 1), FileAction.SKIP), ("ugp", (1, 2), FileAction.SKIP)],
)  # fmt: skip
def test_with_pb_a_file_in_other_blocks_is_copied_again_between_stores_that_have_blocks(
    letters, blocks, action
) -> None:
    source, target = (file(5, 1)._replace(block_size_bytes=size) for size in blocks)
    options = UPDATE.model_copy(update={"preserve": letters})
    assert decide(FilePair("p", source, target), options) is action


@pytest.mark.parametrize(
    ("source", "target", "finding", "action"),
    [
        (FileStatus("a", FILE, 1), None, "MISSING", FileAction.COPY),
        (FileStatus("a", FILE, 1), None, "CHECKSUM", FileAction.COPY),
        (FileStatus("a", FILE, 1), FileStatus("a", FILE, 1), "CHECKSUM", FileAction.OVERWRITE),
        (FileStatus("a", FILE, 1), FileStatus("a", FILE, 1), "MISSING", FileAction.OVERWRITE),
        (FileStatus("a", FILE, 1), FileStatus("a", FILE, 1), "UNPROVEN", FileAction.OVERWRITE),
        (FileStatus("a", FILE, 1), FileStatus("a", FILE, 1), "METADATA", FileAction.SKIP),
        (FileStatus("a", FILE, 1), FileStatus("a", DIRECTORY), "TYPE", FileAction.CONFLICT),
        (FileStatus("a", DIRECTORY), FileStatus("a", FILE, 1), "MISSING", FileAction.CONFLICT),
        (FileStatus("a", DIRECTORY), FileStatus("a", DIRECTORY), "METADATA", FileAction.SKIP),
        (FileStatus("a", DIRECTORY), None, "MISSING", FileAction.MKDIR),
        (FileStatus("a", SYMLINK), None, "MISSING", FileAction.CONFLICT),
        (None, FileStatus("a", FILE), "EXTRA", FileAction.SKIP),
    ],
)
def test_what_is_listed_as_different_is_written_anew(source, target, finding, action) -> None:
    assert decide_listed(FilePair("a", source, target), finding) is action


@pytest.mark.parametrize(
    ("failed", "by_now", "action"),
    [
        ("OVERWRITE", FileAction.SKIP, FileAction.OVERWRITE),
        ("CHECK", FileAction.SKIP, FileAction.CHECK),
        ("APPEND", FileAction.SKIP, FileAction.CHECK),
        ("COPY", FileAction.SKIP, FileAction.SKIP),
        ("MKDIR", FileAction.SKIP, FileAction.SKIP),
        ("OVERWRITE", FileAction.COPY, FileAction.COPY),
        ("CHECK", FileAction.CONFLICT, FileAction.CONFLICT),
    ],
)
def test_what_failed_is_decided_anew_and_not_passed_over_by_its_time(failed, by_now, action) -> None:
    assert decide_again(failed, by_now) is action
