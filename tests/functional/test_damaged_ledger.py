"""A ledger that a disk has damaged, or a person: no run fails for it for ever, and none believes what it says."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hdfs2oss.model.counters import LEDGER_FILES_UNREADABLE, OWN
from hdfs2oss.model.errors import SurveyError
from hdfs2oss.runs.report import Report
from tests.functional.conftest import IN_THIS_PROCESS
from tests.functional.test_known_files import job_dir_of, known
from tests.trees import Place

pytestmark = IN_THIS_PROCESS
TREE = {f"f{number:02d}": str(number).encode() for number in range(20)}


def truncated(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    """One byte of a page, which makes other rows of it for who does not look at checksums, and no error."""
    rows = pq.read_table(pa.BufferReader(data))
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with suppress(ValueError, OSError):
            if not pq.read_table(pa.BufferReader(changed)).equals(rows):
                return changed
    raise AssertionError("no byte of the pages can be changed unnoticed")


def newer(data: bytes) -> bytes:
    table = pq.read_table(pa.BufferReader(data))
    footer = {name: value.replace(b'"version": 1', b'"version": 2') for name, value in table.schema.metadata.items()}
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(footer), sink)
    return bytes(sink.getvalue())


def ledger_of(report: Report) -> Path:
    return Path(job_dir_of(report).path, "ledger")


def damage(ledger: Path, how: Callable[[bytes], bytes]) -> None:
    (file,) = ledger.iterdir()
    data = file.read_bytes()
    file.unlink()
    file.write_bytes(how(data))


@pytest.mark.slow
@pytest.mark.parametrize("with_runs", [True, False], ids=["runs on record", "runs gone"])
@pytest.mark.parametrize("how", [truncated, flipped])
def test_the_next_run_says_so_and_begins_a_new_one(copy, upload_ends, how, with_runs: bool) -> None:
    source, target = upload_ends
    ledger = ledger_of(copy(source.make(TREE).settle(), target, update=True))
    damage(ledger, how)
    if not with_runs:
        shutil.rmtree(ledger.parent / "runs")
    source.make({"new": b"1"}).settle()
    report = copy(source, target, update=True)
    assert report.exit_code == 0
    assert [one for one in report.notices if ledger.name in one], report.notices
    assert target.read() == {**TREE, "new": b"1"}
    assert "new" in known(report)
    again = copy(source, target, update=True)
    assert (again.exit_code, again.notices) == (0, [])
    assert again.counters.get(OWN, LEDGER_FILES_UNREADABLE) == 0


def test_rows_of_a_killed_run_that_cannot_be_read_are_passed_over_and_said(copy, upload_ends) -> None:
    source, target = upload_ends
    ledger = ledger_of(copy(source.make(TREE).settle(), target, update=True))
    shutil.rmtree(ledger)
    (rows,) = ledger.parent.glob("runs/*/ledger/copy-*.parquet")
    data = rows.read_bytes()
    rows.unlink()
    rows.write_bytes(truncated(data))
    report = copy(source, target, update=True)
    assert report.exit_code == 0
    assert [one for one in report.notices if rows.name in one], report.notices
    assert copy(source, target, update=True).notices == []


def test_one_of_a_newer_version_is_not_replaced_unless_it_is_to_be_ignored(
    copy, upload_ends: tuple[Place, Place]
) -> None:
    source, target = upload_ends
    first = copy(source.make(TREE).settle(), target, update=True)
    damage(ledger_of(first), newer)
    files = sorted(ledger_of(first).iterdir())
    for _ in range(2):
        with pytest.raises(SurveyError, match="another version"):
            copy(source, target, update=True)
    assert sorted(ledger_of(first).iterdir()) == files
    assert copy(source, target, update=True, ignore_ledger=True).exit_code == 0
    assert copy(source, target, update=True).notices == []


def test_where_the_lock_was_removed_by_hand_the_ledger_goes_on(copy, upload_ends) -> None:
    source, target = upload_ends
    for number in range(3):
        report = copy(source.make({f"f{number}": b"1"}).settle(), target, update=True)
    shutil.rmtree(ledger_of(report).parent / "_lock")
    source.make({"later": b"1"}).settle()
    for _ in range(2):
        report = copy(source, target, update=True)
        assert sorted(known(report)) == ["f0", "f1", "f2", "later"]
