"""Generations of the compacted ledger: what counts, what is looked up, and what is removed."""

from collections.abc import Iterator

import pytest

from hdfs2oss.model.errors import NotFound, SurveyError
from hdfs2oss.model.known import KnownFile
from hdfs2oss.records import generation as generations
from hdfs2oss.records.compaction import pieces_of
from hdfs2oss.records.generation import KNOWN_SCHEMA, Generation, KnownFiles, Series
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.records.tables import to_table
from tests.stores.faults import FlakyFileSystem
from tests.stores.memory import MemoryFileSystem

RUN = "20260101-000000-000001"


@pytest.fixture
def job_dir() -> JobDir:
    return JobDir(FlakyFileSystem(MemoryFileSystem()), "/jobs/pair", RUN)


def known(path: str, mtime_ms: int = 1) -> KnownFile:
    return KnownFile(
        path, f"hdfs://nn/{path}", 5, mtime_ms, "", 5, "E", 9, 2**64 - 1, 32, 64, None, 7, "transfer", 0, RUN
    )


def publish(job_dir: JobDir, fence: int, paths: list[str], rows_a_part: int = 3, mtime_ms: int = 1) -> Generation:
    table = to_table([known(path, mtime_ms) for path in sorted(paths)], KNOWN_SCHEMA)
    name = generations.name_of(fence, RUN, 1)
    parts = [
        generations.publish_part(job_dir, generations.part_name(name, 0, number), piece)
        for number, piece in enumerate(pieces_of(table, rows_a_part))
    ]
    new = Generation(name, "oss://b/t", (RUN,), tuple(parts))
    generations.publish(job_dir, new, KNOWN_SCHEMA.empty_table())
    return new


PATHS = [f"d/{number:05d}" for number in range(10)]


def test_before_the_first_run_there_is_none(job_dir) -> None:
    assert generations.current(job_dir) is None
    assert list(generations.read_all(job_dir)) == []


def test_what_was_published_is_read_in_order_and_looked_up(job_dir) -> None:
    new = publish(job_dir, 1, PATHS)
    assert generations.current(job_dir) == new
    assert (new.rows, len(new.parts)) == (10, 4)
    assert list(generations.read_all(job_dir)) == [known(path) for path in PATHS]
    files = KnownFiles(job_dir, new)
    assert [files.find(path) for path in PATHS] == [known(path) for path in PATHS]
    assert [files.find(path) for path in ("", "a", "d/00002a", "d/00004x", "z")] == [None] * 5


@pytest.mark.slow
def test_a_file_with_many_rows_is_looked_up_by_its_row_groups(job_dir) -> None:
    paths = [f"{number:06d}" for number in range(12_000)]
    files = KnownFiles(job_dir, publish(job_dir, 1, paths, 100_000))
    asked = ["011999", "000000", "005000", "004999", "007123", "009999", "010000"]
    assert [files.find(path) for path in asked] == [known(path) for path in asked]


def test_asked_in_order_a_file_is_read_once(job_dir) -> None:
    files = KnownFiles(job_dir, publish(job_dir, 1, PATHS))
    job_dir.filesystem.calls.clear()
    for path in PATHS:
        # A file waits until `name/` was passed, so it may come up behind others.
        assert files.find(path)
        assert files.find(PATHS[max(0, PATHS.index(path) - 2)])
    read = [path for operation, path in job_dir.filesystem.calls if operation.startswith("open")]
    assert len(read) == len(set(read)) == 4


def test_the_newest_head_counts_and_what_it_does_not_name_goes(job_dir) -> None:
    old = publish(job_dir, 1, PATHS)
    new = publish(job_dir, 2, ["x"])
    assert generations.current(job_dir) == new
    generations.remove_older(job_dir, new)
    names = job_dir.names_for_pair("ledger")
    assert sorted(names) == sorted([new.head, *(part.file for part in new.parts)])
    assert old.head not in names


def test_what_is_no_file_of_a_ledger_stays_whoever_has_listed_it(job_dir) -> None:
    foreign = ["-kept-by-hand", ".keep", "00 notes"]
    for name in foreign:
        job_dir.filesystem.wrapped.place(f"/jobs/pair/ledger/{name}", b"of somebody else")
    publish(job_dir, 1, PATHS)
    new = publish(job_dir, 2, ["x"])
    generations.remove_older(job_dir, new, job_dir.names_for_pair("ledger"))
    assert sorted(job_dir.names_for_pair("ledger")) == sorted([*foreign, new.head, *(part.file for part in new.parts)])


def test_who_holds_the_lock_lists_once_and_knows_what_was_published_since(job_dir) -> None:
    old = publish(job_dir, 1, PATHS)
    series = Series(job_dir)
    assert (series.newest_head, series.current(), series.current()) == (old.head, old, old)
    new = Generation(generations.name_of(2, RUN, 0), "oss://b/t", (RUN,), old.parts[:2])
    series.publish(new, KNOWN_SCHEMA.empty_table())
    assert (series.newest_head, series.current()) == (new.head, new)
    last = Generation(generations.name_of(2, RUN, 1), "oss://b/t", (RUN,), old.parts[:1])
    series.publish(last, KNOWN_SCHEMA.empty_table())
    assert [operation for operation, _ in job_dir.filesystem.calls].count("list") == 1
    assert sorted(job_dir.names_for_pair("ledger")) == sorted([last.head, old.parts[0].file])


def test_what_was_published_is_not_read_again_by_who_did(job_dir) -> None:
    series = Series(job_dir)
    new = Generation(generations.name_of(1, RUN, 1), "oss://b/t", (RUN,))
    series.publish(new, KNOWN_SCHEMA.empty_table())
    job_dir.filesystem.calls.clear()
    assert series.current() == new
    assert job_dir.filesystem.calls == []


def test_a_head_that_has_gone_since_it_was_listed_is_looked_for_anew(job_dir) -> None:
    new = publish(job_dir, 2, PATHS)
    assert generations.current(job_dir, f"{generations.name_of(1, RUN, 1)}.parquet") == new


def test_before_the_first_run_its_holder_finds_none_either(job_dir) -> None:
    series = Series(job_dir)
    assert (series.newest_head, series.current()) == ("", None)


def test_rows_of_a_head_that_is_open_are_looked_up_in_it_without_another_reading(job_dir) -> None:
    table = to_table([known(path) for path in PATHS], KNOWN_SCHEMA)
    name = generations.name_of(1, RUN, 1)
    head = Generation(name, "oss://b/t", (RUN,), (generations.part_of(f"{name}.parquet", table),))
    generations.publish(job_dir, head, table)
    files = KnownFiles(job_dir, *generations.open_current(job_dir))
    assert [files.find(path) for path in PATHS] == [known(path) for path in PATHS]
    assert [operation for operation, _ in job_dir.filesystem.calls].count("open") == 1


def test_parts_without_a_head_do_not_count(job_dir) -> None:
    old = publish(job_dir, 1, PATHS)
    table = to_table([known("later")], KNOWN_SCHEMA)
    generations.publish_part(job_dir, generations.part_name(generations.name_of(2, RUN, 1), 0, 0), table)
    assert generations.current(job_dir) == old


def test_a_run_that_lost_the_lock_removes_nothing_of_those_behind_it(job_dir) -> None:
    late = publish(job_dir, 1, ["a"])
    newer = publish(job_dir, 2, PATHS)
    generations.remove_older(job_dir, late)
    assert list(generations.read_all(job_dir)) == [known(path) for path in PATHS]
    assert generations.current(job_dir) == newer


def test_a_reader_goes_on_in_the_new_generation_where_the_old_one_was_removed(job_dir) -> None:
    publish(job_dir, 1, PATHS)
    reader: Iterator[KnownFile] = generations.read_all(job_dir)
    begun = [next(reader).path for _ in range(3)]
    generations.remove_older(job_dir, publish(job_dir, 2, [*PATHS, "a", "e"], 6, mtime_ms=2))
    rest = list(reader)
    assert begun + [row.path for row in rest] == [*PATHS, "e"]
    assert {row.source_mtime_ms for row in rest} == {2}


def test_a_ledger_that_is_none_is_damaged_and_says_what_follows(job_dir) -> None:
    job_dir.publish_for_pair("ledger/0000000001-x-1.parquet", b"no Parquet")
    with pytest.raises(SurveyError, match="is damaged") as caught:
        generations.current(job_dir)
    assert "goes on without" in caught.value.hint


@pytest.mark.parametrize("is_gone", [False, True])
def test_of_what_a_damaged_file_held_nothing_is_known_and_nobody_reads_past_it(job_dir, is_gone: bool) -> None:
    new = publish(job_dir, 1, PATHS)
    path = f"{job_dir.path}/ledger/{new.parts[1].file}"
    data = job_dir.filesystem.read_bytes(path)
    job_dir.filesystem.remove(path)
    if not is_gone:
        job_dir.filesystem.create_exclusive(path, data[:300] + bytes([data[300] ^ 1]) + data[301:])
    files = KnownFiles(job_dir, new)
    assert [files.find(path) is None for path in PATHS] == [False] * 3 + [True] * 3 + [False] * 4
    assert files.unreadable == {new.parts[1].file}
    with pytest.raises(NotFound if is_gone else generations.LedgerDamaged):
        list(generations.read_all(job_dir))


def test_the_names_of_generations_rise_also_where_fencing_numbers_begin_anew() -> None:
    first = generations.name_of(7, RUN, 1)
    for fence in (1, 7, 8):
        assert generations.name_of(fence, RUN, 1, f"{first}.parquet") > f"{first}.parquet"
    assert generations.name_of(9, RUN, 0, f"{first}.parquet") == generations.name_of(9, RUN, 0)
