"""Where things land: DistCp's path rules, for sources as arguments and as a list."""

import getpass

import pytest

MODES = pytest.mark.parametrize("flags", [(), ("-update",)], ids=["plain", "update"])


@MODES
def test_a_file_onto_a_missing_target_becomes_the_target(command, ends, give, flags) -> None:
    source, target = ends
    file = (source / "file1").put(b"one")
    done = command(*flags, *give(file), target)
    assert (done.code, done["COPY"]) == (0, 1)
    assert target.content() == b"one"


@MODES
def test_a_file_onto_a_file_replaces_it(command, ends, give, flags) -> None:
    source, target = ends
    file = (source / "file1").put(b"one")
    (target / "file2").put(b"two, which is longer")
    (target / "file1").put(b"decoy")
    done = command(*flags, *give(file), target / "file2")
    assert (done.code, done["COPY"], done["SKIP"]) == (0, 1, 0)
    assert target.read() == {"file2": b"one", "file1": b"decoy"}


@MODES
def test_a_file_onto_a_directory_goes_into_it(command, ends, give, flags) -> None:
    source, target = ends
    file = (source / "file2").put(b"two")
    target.make({"other": b""})
    assert command(*flags, *give(file), str(target) + "/").code == 0
    assert target.read() == {"file2": b"two", "other": b""}


@MODES
def test_a_directory_onto_a_missing_target_gives_its_contents(command, ends, give, flags) -> None:
    source, target = ends
    source.make({"dir1/": None, "file": b"1"})
    assert command(*flags, *give(str(source) + "/"), target).code == 0
    assert target.read() == {"dir1/": None, "file": b"1"}


def test_a_directory_onto_a_directory_goes_into_it(command, ends, give) -> None:
    source, target = ends
    (source / "singledir").make({"dir1/": None, "d/b": b"1"})
    target.make({"other": b""})
    assert command(*give(source / "singledir"), target).code == 0
    assert target.read() == {"singledir/dir1/": None, "singledir/d/b": b"1", "other": b""}


@pytest.mark.parametrize("flag", ["-update", "-overwrite"])
def test_sync_of_a_directory_onto_a_directory_gives_its_contents(command, ends, give, flag) -> None:
    source, target = ends
    (source / "Usingledir").make({"Udir1/": None, "d/b": b"1"})
    target.make({"other": b""})
    assert command(flag, *give(source / "Usingledir"), target).code == 0
    assert target.read() == {"Udir1/": None, "d/b": b"1", "other": b""}


@MODES
@pytest.mark.parametrize("exists", [False, True], ids=["missing", "present"])
def test_three_files_go_into_the_target(command, ends, give, flags, exists) -> None:
    source, target = ends
    files = [(source / f"file{number}").put(b"%d" % number) for number in (3, 4, 5)]
    if exists:
        target.make({"other": b""})
    done = command(*flags, *give(*files), target)
    assert (done.code, done["COPY"]) == (0, 3)
    assert target.read() == {"file3": b"3", "file4": b"4", "file5": b"5", **({"other": b""} if exists else {})}


@pytest.mark.parametrize("exists", [False, True], ids=["missing", "present"])
def test_two_directories_keep_their_names(command, ends, give, exists) -> None:
    source, target = ends
    (source / "multifile").make({"file3": b"3", "file4": b"4"})
    (source / "singledir").make({"dir1/": None})
    if exists:
        target.make({"other": b""})
    assert command(*give(source / "multifile", source / "singledir"), target).code == 0
    expected = {"multifile/file3": b"3", "multifile/file4": b"4", "singledir/dir1/": None}
    assert target.read() == {**expected, **({"other": b""} if exists else {})}


@pytest.mark.parametrize("exists", [False, True], ids=["missing", "present"])
def test_update_of_two_directories_merges_their_contents(command, ends, give, exists) -> None:
    source, target = ends
    (source / "multifile").make({"file3": b"3", "file4": b"4", "file5": b"5"})
    (source / "singledir").make({"dir1/": None})
    if exists:
        target.make({"other": b""})
    assert command("-update", *give(source / "multifile", source / "singledir"), target).code == 0
    expected = {"file3": b"3", "file4": b"4", "file5": b"5", "dir1/": None}
    assert target.read() == {**expected, **({"other": b""} if exists else {})}


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ((), {"multifile/file3": b"3", "multifile/file4": b"4", "singledir/dir2/file6": b"6"}),
        (("-update",), {"file3": b"3", "file4": b"4", "dir2/file6": b"6"}),
    ],
    ids=["plain", "update"],
)
def test_a_pattern_over_two_directories(command, ends, give, flags, expected) -> None:
    source, target = ends
    source.make({"multifile/file3": b"3", "multifile/file4": b"4", "singledir/dir2/file6": b"6"})
    assert command(*flags, *give(source / "*"), target).code == 0
    assert target.read() == expected


@pytest.mark.parametrize(
    ("flags", "prefix"), [((), "dir3/"), (("-update",), "")], ids=["plain names the directory", "update flattens"]
)
def test_a_pattern_over_two_levels_with_files_and_a_directory(command, ends, give, flags, prefix) -> None:
    source, target = ends
    source.make(
        {
            "multifile/file3": b"3",
            "multifile/file4": b"4",
            "multifile/file5": b"5",
            "singledir/dir3/file7": b"7",
            "singledir/dir3/file8": b"8",
            "singledir/dir3/file9": b"9",
        }
    )
    assert command(*flags, *give(source / "*" / "*"), target).code == 0
    assert target.read() == {
        "file3": b"3",
        "file4": b"4",
        "file5": b"5",
        f"{prefix}file7": b"7",
        f"{prefix}file8": b"8",
        f"{prefix}file9": b"9",
    }


def test_a_pattern_with_one_match_behaves_as_that_directory_alone(command, ends) -> None:
    source, target = ends
    source.make({"only/x": b"1"})
    assert command(source / "o*", target).code == 0
    assert target.read() == {"x": b"1"}


def test_each_path_is_kept_below_the_root_also_for_empty_directories(command, ends) -> None:
    source, target = ends
    tree = {f"{a}/{b}/": None for a in "123" for b in "456"} | {f"{a}/{b}.txt": a.encode() for a in "123" for b in "78"}
    source.make(tree)
    assert command(source, target).code == 0
    assert target.read() == tree


def test_several_sources_onto_a_file_are_refused(command, ends, give) -> None:
    source, target = ends
    files = [(source / name).put(b"1") for name in ("f1", "f2")]
    target.put(b"stays")
    done = command(*give(*files), target)
    assert (done.code, target.content()) == (2, b"stays")
    assert "is a file, and 2 sources cannot go into a file" in done.text


def test_a_directory_onto_a_file_is_refused(command, ends, give) -> None:
    source, target = ends
    source.make({"x": b"1"})
    target.put(b"stays")
    done = command(*give(source), target)
    assert (done.code, target.content()) == (2, b"stays")
    assert "is a file, and a directory cannot go into a file" in done.text


def test_the_same_source_given_twice_is_one_source(command, ends, give) -> None:
    source, target = ends
    source.make({"x": b"1"})
    done = command(*give(source, str(source) + "/"), target)
    assert (done.code, done["COPY"]) == (0, 1)
    assert target.read() == {"x": b"1"}


def test_a_pattern_that_brings_one_file_twice_is_refused_and_nothing_is_written(command, ends, give) -> None:
    source, target = ends
    source.make({"src1/1.txt": b"a", "src2/1.txt": b"b", "src2/2.txt": b"c"})
    done = command(*give(source / "*" / "*"), target)
    assert done.code == 2
    assert "the same file '1.txt'" in done.text
    assert not target.exists()


def test_update_of_two_directories_with_one_common_file_is_refused(command, ends, give) -> None:
    source, target = ends
    source.make({"s1/x": b"1", "s1/same": b"2", "s2/y": b"3", "s2/same": b"4"})
    done = command("-update", *give(source / "s1", source / "s2"), target)
    assert done.code == 2
    assert f"{source}/s1/same and {source}/s2/same" in done.text
    assert not target.exists()


def test_directories_that_share_a_sub_directory_merge(command, ends, give) -> None:
    source, target = ends
    source.make({"p/d/x": b"1", "q/d/y": b"2"})
    assert command("-update", *give(source / "p", source / "q"), target).code == 0
    assert target.read() == {"d/x": b"1", "d/y": b"2"}


def test_a_plain_copy_run_twice_nests_the_second_one_and_counts_the_same(command, ends) -> None:
    source, target = ends
    source.make({"x": b"1", "d/y": b"2"})
    first = command(source, target)
    second = command(source, target)
    assert (first.code, second.code, first["COPY"], second["COPY"]) == (0, 0, 2, 2)
    assert target.read() == {"x": b"1", "d/y": b"2", "source/x": b"1", "source/d/y": b"2"}


def test_a_missing_source_is_refused(command, ends, give) -> None:
    source, target = ends
    source.make({"x": b"1"})
    done = command(*give(source, source / "gone"), target)
    assert done.code == 3
    assert f"the source does not exist: {source}/gone" in done.text
    assert not target.exists()


def test_a_pattern_that_matches_nothing_is_refused(command, ends, give) -> None:
    source, target = ends
    source.make({"x": b"1"})
    done = command(*give(source / "nothing*"), target)
    assert done.code == 3
    assert "the pattern matches nothing" in done.text
    assert not target.exists()


@pytest.mark.parametrize("flags", [(), ("-update",), ("-overwrite",)], ids=["plain", "update", "overwrite"])
def test_an_empty_directory_makes_an_empty_target(command, ends, flags) -> None:
    source, target = ends
    source.make({})
    assert command(*flags, source, target).code == 0
    assert (target.exists(), target.read()) == (True, {})


def test_names_of_any_script_and_with_any_punctuation_stay_as_they_are(command, ends, give) -> None:
    source, target = ends
    names = ["with space", "a+b", "a#b", "100%", "50%20", "数据/文件", "q?uestion"]
    tree = {name: name.encode() for name in names}
    source.make(tree)
    assert command(*give(source), target).code == 0
    assert target.read() == tree


def test_a_target_inside_its_source_is_refused(command, ends, make_place) -> None:
    source, _ = ends
    source.make({"x": b"1"})
    done = command(source, source / "sub")
    assert done.code == 2
    assert "lies inside the source" in done.text
    assert source.read() == {"x": b"1"}


def test_a_list_with_a_pattern_and_blank_lines_is_expanded(command, ends, tmp_path) -> None:
    source, target = ends
    source.make({"d1/x": b"1", "d2/y": b"2"})
    listing = tmp_path / "listing"
    listing.write_text(f"\n{source}/d*\n\n{source}/d1\n")
    done = command("-f", f"file://{listing}", target)
    assert done.code == 0, done.text
    assert target.read() == {"d1/x": b"1", "d2/y": b"2"}


def test_an_empty_or_missing_list_is_refused(command, local_ends, tmp_path) -> None:
    _, target = local_ends
    (tmp_path / "empty").write_text("\n")
    for name, reason in (("empty", "is empty"), ("missing", "does not exist")):
        done = command("-f", f"file://{tmp_path}/{name}", target)
        assert (done.code, target.exists()) == (2, False)
        assert reason in done.text


@pytest.mark.hdfs
@pytest.mark.parametrize("exists", [False, True], ids=["missing", "present"])
def test_the_root_as_source_goes_straight_into_the_target(
    command, hdfs_place, sandbox, monkeypatch, tmp_path, exists
) -> None:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    mark, target = hdfs_place("hdfs", "mark"), hdfs_place("oss", "target")
    mark.put(b"found")
    if exists:
        target.make({"other": b""})
    done = command(mark.uri._replace(path="/"), target, "--job-dir", f"file://{tmp_path}/jobs")
    assert done.code == 0, done.text
    assert target.read()[mark.uri.path[1:]] == b"found"


@pytest.mark.hdfs
def test_a_relative_path_counts_from_the_home_directory(command, hdfs_place, sandbox, monkeypatch) -> None:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    source, target = hdfs_place("hdfs", "source"), hdfs_place("oss", "target")
    source.make({"x": b"1"})
    relative = source.uri.path.split("/", 3)[3]
    done = command(relative, target)
    assert done.code == 0, done.text
    assert target.read() == {"x": b"1"}
    records = target.uri._replace(scheme="hdfs", authority=source.uri.authority, path="/user/" + getpass.getuser())
    assert f"Records: {records}/.hdfs2oss/" in done.text, "the job directory lies in the HDFS home"
