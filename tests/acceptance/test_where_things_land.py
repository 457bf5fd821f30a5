"""Where things land: DistCp's path rules, as arguments and as a list, in all directions.

Numbers in front of a case are those of the catalogue that these tests follow: 01-27 are cases of DistCp's own tests,
P1-P31 what the real DistCp was seen to do. Where a case ends otherwise here, its test says that it differs.
"""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from tests.trees import Place, Tree

LAKE = {
    "s/a": b"A",
    "s/d/b": b"BB",
    "s/e/": None,
    "two/multi/file3": b"3",
    "two/multi/file4": b"44",
    "two/multi/file5": b"555",
    "two/single/dir2/file6": b"6666",
    "levels/multi/file3": b"3",
    "levels/single/dir3/file7": b"77",
    "levels/single/dir3/file8": b"88",
    "only/x": b"1",
    "hidden/.dot/x": b"1",
    "hidden/_under": b"2",
    "p/d/x": b"1",
    "q/d/y": b"2",
    "same/s1/both": b"1",
    "same/s1/x": b"2",
    "same/s2/both": b"3",
    "void/": None,
    "deep/1/4/": None,
    "deep/1/5/": None,
    "deep/2/7.txt": b"7",
    "deep/3.txt": b"3",
    "names/with space": b"1",
    "names/a+b": b"2",
    "names/a#b": b"3",
    "names/100%": b"4",
    "names/50%20": b"5",
    "names/数据/文件": b"6",
    "names/q?uestion": b"7",
}
OTHER = {"other": b"was there"}
FILES = ("two/multi/file3", "two/multi/file4", "two/multi/file5")
THREE = {"file3": b"3", "file4": b"44", "file5": b"555"}
PLAIN, UPDATE, OVERWRITE = (), ("-update",), ("-overwrite",)


class Row(NamedTuple):
    """What is given (below the lake), and the tree that it makes below the target; bytes where that becomes a file."""

    id: str
    give: Sequence[str]
    after: Tree | bytes
    copied: int
    directories: int
    flags: Sequence[str] = PLAIN
    before: Tree | None = None
    to: str = ""


def below(path: str) -> dict[str, bytes | None]:
    """A directory of the lake."""
    return {name[len(path) + 1 :]: data for name, data in LAKE.items() if name.startswith(path + "/")}


def named(path: str) -> dict[str, bytes | None]:
    return {f"{path.rpartition('/')[2]}/{name}": data for name, data in below(path).items()}


TWO_NAMED = {**named("two/multi"), **named("two/single")}
TWO_MERGED = {**below("two/multi"), **below("two/single")}
ROWS = [
    Row("01 P5 a file to a missing target", ["s/a"], b"A", 1, 0),
    Row("01 P5 -update of a file to a missing target", ["s/a"], b"A", 1, 0, UPDATE),
    Row("P6 a file to a target whose parents are missing", ["s/a"], b"A", 1, 0, to="x/y"),
    Row(
        "02 19 P8 a file onto a file",
        ["s/a"],
        {"a": b"decoy", "f": b"A"},
        1,
        0,
        PLAIN,
        {"a": b"decoy", "f": b"AB"},
        "f",
    ),
    Row("02 P8 -update of a file onto a file", ["s/a"], {"f": b"A"}, 1, 0, UPDATE, {"f": b"longer"}, "f"),
    Row("03 P7 a file into a directory", ["s/a"], {**OTHER, "a": b"A"}, 1, 0, PLAIN, OTHER, "/"),
    Row("03 P7 -update of a file into a directory", ["s/a"], {**OTHER, "a": b"A"}, 1, 0, UPDATE, OTHER),
    Row("04 P1 a directory to a missing target", ["s"], below("s"), 2, 3),
    Row("04 P4 -update of a directory to a missing target", ["s/"], below("s"), 2, 2, UPDATE),
    Row("P4 -overwrite of a directory to a missing target", ["s"], below("s"), 2, 2, OVERWRITE),
    Row("05 P2 a directory into a directory", ["s"], {**OTHER, **named("s")}, 2, 3, PLAIN, OTHER),
    Row("05 P2 slashes at the end mean nothing", ["s/"], {**OTHER, **named("s")}, 2, 3, PLAIN, OTHER, "/"),
    Row("06 P4 -update of a directory into a directory", ["s"], {**OTHER, **below("s")}, 2, 2, UPDATE, OTHER),
    Row("06 P4 -overwrite of a directory into a directory", ["s"], {**OTHER, **below("s")}, 2, 2, OVERWRITE, OTHER),
    Row("07 P11 files to a missing target", FILES, THREE, 3, 0),
    Row("07 P11 -update of files to a missing target", FILES, THREE, 3, 0, UPDATE),
    Row("07 P11 files into a directory", FILES, {**OTHER, **THREE}, 3, 0, PLAIN, OTHER),
    Row("07 P11 -update of files into a directory", FILES, {**OTHER, **THREE}, 3, 0, UPDATE, OTHER),
    Row("08 P12 two directories to a missing target", ["two/multi", "two/single"], TWO_NAMED, 4, 3),
    Row(
        "08 P12 two directories into a directory",
        ["two/multi", "two/single"],
        {**OTHER, **TWO_NAMED},
        4,
        3,
        PLAIN,
        OTHER,
    ),
    Row("09 P13 -update of two directories to a missing target", ["two/multi", "two/single"], TWO_MERGED, 4, 1, UPDATE),
    Row(
        "09 P13 -update of two directories into a directory",
        ["two/multi", "two/single"],
        {**OTHER, **TWO_MERGED},
        4,
        1,
        UPDATE,
        OTHER,
    ),
    Row("10 P18 a pattern over two directories", ["two/*"], TWO_NAMED, 4, 3),
    Row("11 -update of a pattern over two directories", ["two/*"], TWO_MERGED, 4, 1, UPDATE),
    Row(
        "12 a pattern over files and a directory", ["levels/*/*"], {"file3": b"3", **named("levels/single/dir3")}, 3, 1
    ),
    Row(
        "13 -update of a pattern over files and a directory",
        ["levels/*/*"],
        {"file3": b"3", **below("levels/single/dir3")},
        3,
        0,
        UPDATE,
    ),
    Row("15 each path is the one below its source, empty directories as well", ["deep"], below("deep"), 2, 5),
    Row("17 P17 a pattern with one match is that directory alone", ["onl*"], {"x": b"1"}, 1, 1),
    Row("20 P16 the same source twice is one source", ["s", "s/"], below("s"), 2, 3),
    Row("26 P21 an empty directory makes an empty target", ["void"], {}, 0, 1),
    Row("27 P31 names keep every character", ["names"], below("names"), 7, 2),
    Row("P19 a pattern matches names with a dot or an underscore", ["hidden/*"], below("hidden"), 2, 1),
]
DIFFERENT = [
    Row("26 P22 -update of an empty directory makes the target", ["void"], {}, 0, 0, UPDATE),
    Row("26 P23 -update -delete of an empty directory makes the target", ["void"], {}, 0, 0, ("-update", "-delete")),
    Row("P14 directories of one name within two sources merge", ["p", "q"], {"d/x": b"1", "d/y": b"2"}, 2, 2, UPDATE),
    Row("P15 two sources of one name merge", ["p/d", "q/d"], {"d/x": b"1", "d/y": b"2"}, 2, 1),
    Row("P27 a path twice is one source, in a list as well", ["s/a", "only/x", "s/a"], {"a": b"A", "x": b"1"}, 2, 0),
]


@pytest.fixture
def lake_and_target(ends, stock) -> tuple[Place, Place]:
    return stock(LAKE), ends[1]


def check(row: Row, command, lake: Place, target: Place, give) -> None:
    if row.before is not None:
        target.make(row.before)
    sources = [lake / path if not path.endswith("/") else f"{lake / path[:-1]}/" for path in row.give]
    done = command(*row.flags, *give(*sources), f"{target}/{row.to}" if row.to else target)
    assert (done.code, done["COPY"], done["DIR_COPY"], done["SKIP"]) == (0, row.copied, row.directories, 0), done.text
    if isinstance(row.after, bytes):
        assert (target / row.to if row.to else target).content() == row.after
    else:
        assert (target.exists(), target.read()) == (True, row.after)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_it_lands_where_distcp_puts_it(command, lake_and_target, give, row) -> None:
    """14: as a list, each case lays out the same tree."""
    check(row, command, *lake_and_target, give)


@pytest.mark.parametrize("row", DIFFERENT, ids=lambda row: row.id)
def test_on_purpose_it_differs_from_distcp(command, lake_and_target, give, row) -> None:
    check(row, command, *lake_and_target, give)


@pytest.mark.parametrize(
    ("sources", "flags", "onto_file", "code", "reason"),
    [
        pytest.param(["s"], PLAIN, True, 2, "is a file, and a directory cannot go into a file", id="18 P9"),
        pytest.param(FILES, UPDATE, True, 2, "is a file, and 3 sources cannot go into a file", id="17 P10"),
        pytest.param(["same/*/*"], PLAIN, False, 2, "the same file 'both'", id="21"),
        pytest.param(["same/s1", "same/s2"], UPDATE, False, 2, "same/s1/both and ", id="22"),
        pytest.param(["s", "gone"], PLAIN, False, 3, "the source does not exist: ", id="24"),
        pytest.param(["gone*"], PLAIN, False, 3, "the pattern matches nothing", id="24 P20"),
    ],
)
def test_it_is_refused_as_by_distcp_and_nothing_is_written(
    command, lake_and_target, give, sources, flags, onto_file, code, reason
) -> None:
    """DistCp's 255 and 254 are 2 and 3 here."""
    lake, target = lake_and_target
    if onto_file:
        target.put(b"stays")
    done = command(*flags, *give(*(lake / path for path in sources)), target)
    assert done.code == code, done.text
    assert reason in done.text
    assert target.content() == b"stays" if onto_file else not target.exists()


def test_23_P3_a_plain_copy_run_twice_nests_the_second_one_and_counts_the_same(command, ends) -> None:
    source, target = ends
    source.make({"x": b"1", "d/y": b"2"})
    first = command(source, target)
    second = command(source, target)
    assert (first.code, second.code, first["COPY"], second["COPY"]) == (0, 0, 2, 2)
    assert target.read() == {"x": b"1", "d/y": b"2", "source/x": b"1", "source/d/y": b"2"}
    assert f"Copying {source}/* -> {target}/*  (its contents, as the target does not exist yet" in first.text
    assert f"Copying {source}/* -> {target}/source/*  (under its name, as the target is there" in second.text


@pytest.mark.parametrize(
    ("rules", "after"), [("contents", {"x": b"1"}), ("named", {"source/x": b"1"})], ids=["contents", "named"]
)
def test_with_a_layout_a_second_run_lands_where_the_first_one_did(command, ends, rules, after) -> None:
    source, target = ends
    source.make({"x": b"1"})
    done = [command("--layout", rules, *flags, source, target) for flags in ((), ("-overwrite",))]
    assert [(one.code, one["COPY"]) for one in done] == [(0, 1), (0, 1)]
    assert target.read() == after


def test_with_delete_a_layout_says_what_is_cleared_up(command, local_ends) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    target.make({"source/gone": b"2", "neighbour/y": b"3"})
    assert command("-update", "-delete", "--layout", "named", source, target).code == 0
    assert target.read() == {"source/x": b"1", "neighbour/y": b"3"}


def test_a_source_inside_the_target_is_refused_with_delete(command, ends) -> None:
    place, _ = ends
    (place / "deep" / "s").make({"x": b"1"})
    done = command("-update", "-delete", place / "deep" / "s", place)
    assert done.code == 2
    assert f"the source {place}/deep/s lies inside the target {place}: -delete would delete it" in done.text
    assert place.read() == {"deep/s/x": b"1"}


@pytest.mark.parametrize("path", ["sub", "d"], ids=["missing", "present"])
def test_P30_differs_a_target_inside_its_source_is_refused(command, ends, path) -> None:
    source, _ = ends
    source.make({"x": b"1", "d/y": b"2"})
    for flags in (PLAIN, UPDATE, ("--layout", "named")):
        done = command(*flags, source, source / path)
        assert done.code == 2
        assert "lies inside the source" in done.text
    assert source.read() == {"x": b"1", "d/y": b"2"}


LISTS = {
    "P24 one line": ("{lake}/s\n", below("s")),
    "P25 a pattern": ("{lake}/two/*\n", TWO_NAMED),
    "P26 differs: blank lines mean nothing": ("\n{lake}/p\n  \n\n{lake}/q\n", {**named("p"), **named("q")}),
    "P27 differs: a repeated line counts once": ("{lake}/two/*\n{lake}/two/multi\n{lake}/two/single/\n", TWO_NAMED),
    "P28 differs: blanks at the ends of a line mean nothing": ("{lake}/s \r\n", below("s")),
    "no line feed at the end": ("{lake}/s", below("s")),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_list_of_sources(command, lake_and_target, tmp_path, case) -> None:
    lake, target = lake_and_target
    text, after = LISTS[case]
    (tmp_path / "listing").write_bytes(text.format(lake=lake).encode())
    done = command("-f", f"file://{tmp_path}/listing", target)
    assert done.code == 0, done.text
    assert target.read() == after


def test_P28_an_empty_or_missing_list_is_refused(command, local_ends, tmp_path) -> None:
    _, target = local_ends
    (tmp_path / "empty").write_text("\n")
    for name, reason in (("empty", "is empty"), ("missing", "does not exist")):
        done = command("-f", f"file://{tmp_path}/{name}", target)
        assert (done.code, target.exists()) == (2, False)
        assert reason in done.text


@pytest.mark.hdfs
@pytest.mark.parametrize("exists", [False, True], ids=["missing", "present"])
def test_16_P29_the_root_as_source_goes_straight_into_the_target(
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
def test_25_a_relative_path_counts_from_the_home_directory(command, hdfs_place, sandbox, monkeypatch) -> None:
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
