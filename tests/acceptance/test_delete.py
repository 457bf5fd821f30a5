"""-delete: what only the target has goes, and nothing else; numbers are those of the catalogue (84-92)."""

import getpass

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.local_oss.faults.rule import Rule

TREE = {f"{a}/{b}": f"{a}{b}".encode() for a in "xyz" for b in "12"} | {"top": b"top", "e/": None}
EXTRA = {
    "old/deep/er/1": b"1",
    "old/deep/2": b"22",
    "old/empty/": None,
    "x/old": b"old",
    "x/1-old": b"-",
    "top-0": b"0",
}


def test_84_what_only_the_target_has_goes_and_a_second_run_finds_nothing(command, ends) -> None:
    source, target = ends
    source.make(TREE).settle()
    target.make({**EXTRA, "top": b"top"})
    done = command("-update", "-delete", source, target)
    assert done.code == 0, done.text
    assert target.read() == TREE
    assert (done["FILES_DELETED"], done["BYTES_DELETED"], done["DIRECTORIES_MISSING"]) == (
        5,
        8,
        done["DIRECTORIES_DELETED"],
    )
    directories = done["DIRECTORIES_DELETED"]
    assert f"{directories} {'directory' if directories == 1 else 'directories'}, 5 files" in done.text
    again = command("-update", "-delete", source, target)
    assert (again.code, again["FILES_MISSING"], again["DIRECTORIES_MISSING"], again["COPY"]) == (0, 0, 0, 0)


def test_85_flat_names_that_interleave(command, ends) -> None:
    source, target = ends
    source.make({name: name.encode() for name in "24579A"}).settle()
    target.make({name: name.encode() for name in "1345789"})
    done = command("-update", "-delete", source, target)
    assert (done.code, done["COPY"], done["SKIP"], done["FILES_DELETED"]) == (0, 2, 4, 3), done.text
    assert sorted(target.read()) == sorted("24579A")


def test_86_one_file_of_two_is_left(command, ends) -> None:
    source, target = ends
    source.make({"file1": b"1"})
    target.make({"file1": b"1", "file2": b"2"})
    done = command("-overwrite", "-delete", source, target)
    assert (done.code, done["COPY"], done["BYTESCOPIED"], done["FILES_DELETED"]) == (0, 1, 1, 1), done.text
    assert target.read() == {"file1": b"1"}


def test_87_a_lone_file_onto_a_file_deletes_nothing(command, ends) -> None:
    source, target = ends
    (source / "file").put(b"new")
    target.make({"file": b"old", "other": b"kept"})
    done = command("-update", "-delete", source / "file", target / "file")
    assert (done.code, target.read()) == (0, {"file": b"new", "other": b"kept"})
    assert (done["COPY"], done["BYTESCOPIED"], done["FILES_DELETED"]) == (1, 3, 0), done.text
    assert "NOTHING WAS DELETED: no source is a directory" in done.text


def test_two_sources_delete_nothing_that_either_has(command, ends, make_place) -> None:
    source, target = ends
    other = make_place("file", "other")
    source.make({"a/1": b"1", "both/x": b"x"})
    other.make({"b/2": b"2", "both/y": b"y"})
    target.make({"a/1": b"1", "b/2": b"2", "both/x": b"x", "both/y": b"y", "both/z": b"z", "c/3": b"3"})
    done = command("-update", "-delete", source, other, target)
    assert done.code == 0
    assert target.read() == {"a/1": b"1", "b/2": b"2", "both/x": b"x", "both/y": b"y"}
    assert done["FILES_DELETED"] == 2


def test_92_differs_a_filter_protects_what_it_keeps_from_being_copied(command, ends, tmp_path) -> None:
    source, target = ends
    source.make({"a": b"a", "left-out": b"s", "tmp/x": b"x"})
    target.make({"left-out": b"old", "tmp/x": b"old", "tmp/y": b"y", "d/tmp/z": b"z", "d/gone": b"g", "gone": b"g"})
    filters = tmp_path / "filters"
    filters.write_text(f"{source}/left-out\n.*/tmp\n")
    done = command("-update", "-delete", "-filters", filters, source, target)
    assert done.code == 0
    assert target.read() == {"a": b"a", "left-out": b"old", "tmp/x": b"old", "tmp/y": b"y", "d/tmp/z": b"z"}
    assert done["FILES_DELETED"] == 2


def test_what_globs_leave_out_stays(command, ends) -> None:
    source, target = ends
    source.make({"a.gz": b"a", "d/b.gz": b"b", "c.txt": b"c"})
    old = {"old/x.gz": b"x", "old/y.txt": b"y", "gone/x.gz": b"x", "tmp/x.gz": b"x", "d/z.gz": b"z", "empty/": None}
    target.make({**old, "c.txt": b"mine"})
    assert command("-update", "-delete", "--include", "*.gz", "--exclude", "tmp/", source, target).code == 0
    kept = {"old/y.txt": b"y", "tmp/x.gz": b"x", "c.txt": b"mine", "empty/": None}
    assert target.read() == {"a.gz": b"a", "d/b.gz": b"b", **kept}


def test_the_records_of_copies_stay_where_the_target_holds_them(command, local_ends) -> None:
    source, target = local_ends
    source.make({"a": b"a"})
    target.make({".hdfs2oss/pair/runs/1/report.json": b"{}", "gone": b"", "logs/x": b"x"})
    done = command("-update", "-delete", "--job-dir", target / "jobs/here", "-log", target / "logs", source, target)
    assert done.code == 0, done.text
    left = target.read()
    assert "gone" not in left
    assert left[".hdfs2oss/pair/runs/1/report.json"] == b"{}"
    assert left["logs/x"] == b"x"
    assert [path for path in left if path.endswith("report.json") and path.startswith("jobs/here/")]


def test_a_source_inside_the_target_is_never_deleted(command, local_ends) -> None:
    _, target = local_ends
    target.make({"inside/a": b"a", "gone": b""})
    assert command("-update", "-delete", target / "inside", target).code == 2
    assert target.read()["inside/a"] == b"a"


def test_more_than_the_limit_is_refused_and_the_next_command_goes_through(command, local_ends) -> None:
    source, target = local_ends
    source.make({"a": b"a", "b": b"b"}).settle()
    target.make({"gone/1": b"1", "gone/2": b"2"})
    done = command("-update", "-delete", "--max-delete", "2", source, target)
    assert done.code == 6
    assert "would remove 3 of 3 entries of the target, and with --max-delete 2 at most 2 may go" in done.text
    assert target.read() == {"a": b"a", "b": b"b", "gone/1": b"1", "gone/2": b"2"}
    assert (done["FILES_WITHHELD"], done["DIRECTORIES_WITHHELD"]) == (2, 1)
    assert f"-update -delete --max-delete 3 {source} {target}" in done.text
    assert command("-update", "-delete", "--max-delete", "3", source, target).code == 0
    assert target.read() == {"a": b"a", "b": b"b"}


def test_a_thousand_entries_may_go_without_a_word_and_one_more_not(command, local_ends) -> None:
    source, target = local_ends
    source.make({"a": b"a"})
    target.make({f"gone{number}": b"" for number in range(1001)})
    done = command("-update", "-delete", source, target)
    assert (done.code, len(target.read())) == (6, 1002)
    (target / "gone0").local.unlink()
    assert command("-update", "-delete", source, target).code == 0
    assert target.read() == {"a": b"a"}


def test_an_empty_source_empties_no_target_unless_that_is_meant(command, local_ends) -> None:
    source, target = local_ends
    source.make({"only/": None})
    target.make({"a": b"a", "d/b": b"b"})
    done = command("-update", "-delete", source, target)
    assert done.code == 6
    assert "no source holds a single file" in done.text
    assert "--allow-empty-source" in done.text
    assert target.read() == {"a": b"a", "d/b": b"b", "only/": None}
    assert command("-update", "-delete", "--allow-empty-source", source, target).code == 0
    assert target.read() == {"only/": None}


def test_a_file_that_fails_keeps_everything(command, local_ends) -> None:
    source, target = local_ends
    source.make({"a": b"a", "d": b"a file"})
    target.make({"d/x": b"a directory", "gone": b""})
    done = command("-update", "-delete", source, target)
    assert done.code == 4
    assert "NOTHING WAS DELETED: 1 entries failed" in done.text
    assert target.read() == {"a": b"a", "d/x": b"a directory", "gone": b""}


def test_a_limit_that_is_no_number_is_refused(command, local_ends) -> None:
    source, target = local_ends
    source.make({"a": b"a"})
    done = command("-update", "-delete", "--max-delete", "many", source, target)
    assert (done.code, target.exists()) == (2, False)
    assert "--max-delete many is neither a number of entries (500) nor a share (10%)" in done.text


@pytest.mark.hdfs
def test_on_hdfs_files_go_to_the_trash(command, hdfs_place, make_place, sandbox, monkeypatch, home) -> None:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    source, target = make_place("file", "source"), hdfs_place("hdfs", "trashed")
    source.make({"a": b"a"})
    target.make({"old/d/1": b"one", "old/2": b"two", "old/empty/": None})
    done = command("--job-dir", f"file://{home}/jobs", "-update", "-delete", source, target)
    assert done.code == 0, done.text
    assert target.read() == {"a": b"a"}
    assert done["FILES_IN_TRASH"] == 2
    assert "2 of them to the trash of HDFS" in done.text
    trash = target.uri._replace(path=f"/user/{getpass.getuser()}/.Trash/Current{target.uri.path}")
    store = open_filesystem(trash, target.stores)
    assert [row.path for row in store.walk(trash.path)] == ["old", "old/2", "old/d", "old/d/1"]
    assert store.read_bytes(trash.join("old/d/1").path) == b"one"


def test_what_is_deleted_from_a_bucket_is_copied_to_the_backup_directory_first(command, make_place) -> None:
    source, target, backup = make_place("file", "source"), make_place("oss", "target"), make_place("oss", "backup")
    source.make({"a": b"a"})
    target.make({"old/d/1": b"one", "old/é <&> 2": b"two", "old/empty/": None})
    done = command("-update", "-delete", "--backup-dir", backup, source, target)
    assert done.code == 0, done.text
    assert target.read() == {"a": b"a"}
    assert (done["FILES_DELETED"], done["FILES_BACKED_UP"]) == (2, 2)
    assert "2 of them to the backup directory" in done.text
    (run,) = {path.partition("/")[0] for path in backup.read()}
    assert (backup / run).read() == {"old/d/1": b"one", "old/é <&> 2": b"two"}


def test_what_cannot_be_copied_to_the_backup_directory_stays(command, make_place, oss_server) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    source.make({"a": b"a"})
    target.make({"old/1": b"one", "old/2": b"two"})
    oss_server.plan.replace([Rule("error", operation="copy_object", key="*/old/1", status=403, code="AccessDenied")])
    try:
        done = command("-update", "-delete", "--backup-dir", target / "kept", source, target)
    finally:
        oss_server.plan.replace([])
    assert done.code == 5, done.text
    left = target.read()
    assert (left["a"], left["old/1"], "old/2" in left) == (b"a", b"one", False)
    assert [data for path, data in left.items() if path.startswith("kept/")] == [b"two"]
    assert "deleting" in done.text
    assert "which no source has" in done.text
    # Another run leaves the backup alone.
    again = command("-update", "-delete", "--backup-dir", target / "kept", source, target)
    assert (again.code, again["FILES_DELETED"]) == (0, 1)
    assert sorted(path.rpartition("/")[2] for path in target.read()) == ["1", "2", "a"]


@pytest.mark.parametrize("where", ["file", "other bucket", "the target"])
def test_a_backup_directory_elsewhere_is_refused(command, make_place, where) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    source.make({"a": b"a"})
    backup = {"file": "file:///tmp/backup", "other bucket": "oss://other/backup", "the target": target}[where]
    done = command("-update", "-delete", "--backup-dir", backup, source, target)
    assert (done.code, target.exists()) == (2, False)
    assert "must be another directory of the target's bucket" in done.text


@pytest.mark.parametrize("scheme", ["file", "oss"])
def test_89_differs_track_writes_down_what_delete_would_delete(command, make_place, scheme) -> None:
    source, target, track = make_place("file", "source"), make_place(scheme, "target"), make_place(scheme, "track")
    source.make({"a": b"a", "new/n": b"n"})
    target.make({"z": b"z", "old/b": b"b", "old-b": b"-", "old/d/c": b"c", "a": b"a"})
    done = command("-update", "-xtrack", track, source, target)
    assert done.code == 0, done.text
    assert sorted(target.read()) == ["a", "new/n", "old-b", "old/b", "old/d/c", "z"]
    (name,) = track.read()
    assert name.endswith("/missing-00000.txt")
    found = [line for line in (track / name).content().decode().splitlines() if scheme == "file" or line[-1] != "/"]
    directories = ["old/", "old/d/"] if scheme == "file" else []
    assert found == [f"{target}/{path}" for path in sorted(["z", "old/b", "old-b", "old/d/c", *directories])]
    assert f"they are listed in {track}" in done.text
    assert command("-update", "-xtrack", track, source, target).code == 0
    assert len(track.read()) == 2


def test_track_of_equal_trees_is_an_empty_list(command, local_ends, make_place) -> None:
    source, target = local_ends
    track = make_place("file", "track")
    source.make({"a": b"a"})
    assert command("-update", "-xtrack", track, source, target).code == 0
    assert list(track.read().values()) == [b""]
