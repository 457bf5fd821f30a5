"""-p over whole jobs: onto OSS as metadata, back again, and onto files that are there already."""

import os
import random

import pytest

from hdfs2oss.filesystems.local import LocalFileSystem
from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.filesystems.registry import close_filesystems, seat_filesystem
from hdfs2oss.model.attributes import Attributes
from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import DIRECTORY, FILE
from hdfs2oss.runners.local import LocalRunner
from tests.stores.faults import FlakyFileSystem

TREE = {"a": b"alpha", "d/b": b"beta", "d/e/c": b"", "empty/": None, "odd ü%41+;=/f": b"x"}
MTIME = 1_500_000_000


def set_attributes(root) -> None:
    """Times and modes of their own for everything, the deepest first."""
    for number, path in enumerate(sorted(root.rglob("*"), reverse=True)):
        path.chmod(0o700 + number)
        os.utime(path, (MTIME + 10 * number, MTIME + number))
    root.chmod(0o1751)
    os.utime(root, (MTIME, MTIME - 1))


def attributes(root) -> dict[str, tuple[int, float]]:
    """Mode and mtime of everything, the root included."""
    return {
        str(path.relative_to(root)): (path.stat().st_mode & 0o7777, path.stat().st_mtime)
        for path in [root, *root.rglob("*")]
    }


@pytest.fixture
def three(make_place):
    """A tree on disk with attributes, a prefix of the bucket, and a place to come back to."""
    source = make_place("file", "source").make(TREE)
    set_attributes(source.local)
    return source, make_place("oss", "there"), make_place("file", "back")


def test_a_tree_comes_back_from_oss_with_its_modes_and_times(copy, three) -> None:
    source, there, back = three
    before = attributes(source.local)
    assert copy(source, there, preserve="ugpt").exit_code == 0
    assert copy(there, back, preserve="ugpt").exit_code == 0
    assert back.read() == TREE
    assert attributes(back.local) == before


def test_from_disk_to_disk_everything_has_what_its_source_has(copy, three) -> None:
    source, _, back = three
    before = attributes(source.local)
    assert copy(source, back, preserve="pt").exit_code == 0
    assert attributes(back.local) == before


def test_without_p_no_metadata_of_it_is_written(copy, three) -> None:
    source, there, _ = three
    assert copy(source, there).exit_code == 0
    store = OssFileSystem(there.uri.authority, there.stores.oss[there.uri.authority])
    assert "hdfs2oss-attributes" not in store.read_notes(f"{there.uri.path}/a")
    assert store.read_attributes(f"{there.uri.path}/d", DIRECTORY, "ugpt") == Attributes()


def test_an_unchanged_tree_is_not_written_again_in_either_direction(copy, three, count) -> None:
    """On the way back the objects are newer than the files, which have their old times again."""
    source, there, back = three
    for one, other in ((source, there), (there, back)):
        copy(one, other, preserve="ugpt")
        report = copy(one, other, preserve="ugpt", update=True, update_root=True)
        assert report.exit_code == 0
        assert (count(report, "COPY"), count(report, "SKIP"), count(report, "BYTESCOPIED")) == (0, 4, 0)
        assert (count(report, "FILES_REFRESHED"), count(report, "DIRECTORIES_REFRESHED")) == (0, 0)


def test_changed_attributes_are_kept_without_sending_bytes(copy, three, count) -> None:
    source, there, _ = three
    copy(source, there, preserve="pt")
    (source.local / "a").chmod(0o604)
    (source.local / "d").chmod(0o705)
    report = copy(source, there, preserve="pt", update=True)
    assert (report.exit_code, count(report, "SKIP"), count(report, "COPY")) == (0, 4, 0)
    assert (count(report, "FILES_REFRESHED"), count(report, "DIRECTORIES_REFRESHED")) == (1, 1)
    assert count(report, "BYTES_SKIPPED") == sum(len(data or b"") for data in TREE.values())
    store = OssFileSystem(there.uri.authority, there.stores.oss[there.uri.authority])
    assert store.read_attributes(f"{there.uri.path}/a", FILE, "p").permission == 0o604
    assert store.read_bytes(f"{there.uri.path}/a") == b"alpha"
    assert "hdfs2oss-crc32c" in store.read_notes(f"{there.uri.path}/a")


def test_a_file_with_other_bytes_is_not_given_the_attributes_of_those_that_stay_behind(copy, three) -> None:
    source, _, back = three
    back.make({"source/a": b"something longer"})
    before = (back.local / "source/a").stat().st_mode
    copy(source, back, preserve="p")
    assert (back.local / "source/a").read_bytes() == b"something longer"
    assert (back.local / "source/a").stat().st_mode == before


@pytest.mark.parametrize("chunk", ["one upload of a task", "chunks of several tasks"])
def test_large_files_carry_their_attributes_too(copy, make_place, chunk) -> None:
    source, there, back = make_place("file", "source"), make_place("oss", "there"), make_place("file", "back")
    data = random.Random(1).randbytes(700_000)
    source.make({"large": data})
    set_attributes(source.local)
    before = attributes(source.local)
    sizes = {"part_size_bytes": 102_400, "chunk_size_bytes": 204_800 if "chunks" in chunk else 1 << 30}
    assert copy(source, there, preserve="pt", **sizes).exit_code == 0
    assert copy(there, back, preserve="pt", **sizes).exit_code == 0
    assert back.read() == {"large": data}
    assert attributes(back.local) == before


@pytest.mark.parametrize(("update_root", "mode"), [(False, 0o700), (True, 0o1751)])
def test_update_leaves_the_root_alone_but_with_update_root(copy, three, update_root, mode) -> None:
    source, _, back = three
    back.make({})
    back.local.chmod(0o700)
    assert copy(source, back, preserve="p", update=True, update_root=update_root).exit_code == 0
    assert back.local.stat().st_mode & 0o7777 == mode
    assert (back.local / "d").stat().st_mode == (source.local / "d").stat().st_mode


def test_objects_of_others_bring_the_time_at_which_they_were_stored(copy, make_place, count) -> None:
    there, back = make_place("oss", "there").make({"f": b"1"}), make_place("file", "back")
    assert copy(there, back, preserve="ugpt").exit_code == 0
    assert (back / "f").mtime_ms() == (there / "f").mtime_ms()
    report = copy(there, back, preserve="ugpt", update=True)
    assert (report.exit_code, count(report, "SKIP"), count(report, "FILES_REFRESHED")) == (0, 1, 0)


@pytest.mark.parametrize("letters", ["pa", "x"])
def test_what_a_disk_has_not_is_refused_before_anything_is_copied(copy, three, letters) -> None:
    source, there, _ = three
    with pytest.raises(
        UsageError, match=rf"-p{letters[-1]} cannot be carried out: file:/// has no .*nothing was copied"
    ):
        copy(source, there, preserve=letters)
    assert not there.exists()


def test_what_a_bare_p_has_in_excess_for_a_store_is_said(copy, three) -> None:
    source, there, _ = three
    report = copy(source, there, preserve="rbugpct")
    assert report.exit_code == 0
    assert report.notices == [
        "of file:///: it has no replication, no block sizes, no checksum types, so nothing of that is kept"
    ]


@pytest.mark.parametrize("side", ["a source", "a target"])
def test_raw_paths_are_refused_with_the_reason(copy, make_place, oss_stores, side) -> None:
    raw, other = make_place("file", "x"), make_place("oss", "y").make({"f": b"1"})
    raw = type(raw)(Uri("file", "", "/.reserved/raw/zone"), oss_stores)
    seat_filesystem(raw.uri, oss_stores, _Anything())
    try:
        with pytest.raises(UsageError, match="raw form of encrypted files"):
            copy(*((raw, other) if side == "a source" else (other, raw)))
    finally:
        close_filesystems()


class _Anything(LocalFileSystem):
    """Says of every path that it is a directory."""

    def status(self, path):
        return super().status("/")


@pytest.mark.parametrize("preserve", ["", "pt"])
def test_oss_is_asked_for_no_attributes_of_files_that_it_sends_anyway(home, three, preserve) -> None:
    source, there, back = three
    runner = LocalRunner(0, pause_seconds=0.0)
    try:
        run = _copier(runner, home)
        run(source, there, preserve="pt")
        flaky = FlakyFileSystem(OssFileSystem(there.uri.authority, there.stores.oss[there.uri.authority], 8))
        seat_filesystem(there.uri, there.stores, flaky)
        assert run(there, back, preserve=preserve).exit_code == 0
        asked = [path for operation, path in flaky.calls if operation == "attributes"]
        base = there.uri.path
        directories = [base, f"{base}/d", f"{base}/d/e", f"{base}/empty", f"{base}/odd ü%41+;="]
        assert sorted(asked) == (directories if preserve else [])
        assert not [operation for operation, _ in flaky.calls if operation == "keep"]
    finally:
        runner.close()
        close_filesystems()
        flaky.close()


def _copier(runner, home):
    import io

    from hdfs2oss.model.options import CopyOptions
    from hdfs2oss.runs.progress import Progress
    from hdfs2oss.verbs.copy.job import CopyJob

    def run(source, target, **options):
        checked = CopyOptions(sources=(source.uri,), target=target.uri, **options)
        return CopyJob(checked, target.stores, runner, Progress(io.StringIO()), [Uri("file", "", str(home))]).run()

    return run
