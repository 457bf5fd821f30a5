"""Where sources go: each row is a command, what was at the target, and where a file of the source ends up."""

from contextlib import nullcontext

import pytest

from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import DIRECTORY, FILE
from hdfs2oss.rules.layout import SourceFact, lay_out, refuse_to_delete_sources

SOURCES = {
    "s": DIRECTORY,
    "s1": DIRECTORY,
    "s2": DIRECTORY,
    "p/d": DIRECTORY,
    "q/d": DIRECTORY,
    "s/a": FILE,
    "f1": FILE,
    "f2": FILE,
    "": DIRECTORY,
}
MISSING = None


def place(path: str) -> Uri:
    return Uri("hdfs", "nn", f"/{path}")


def targets(sources: list[str], kind: str | None, sync: bool, target: str = "t", rules: str = "distcp") -> list[str]:
    """For each source, where a file `x` of it (or it itself, when it is a file) goes."""
    facts = [SourceFact(place(path), SOURCES[path]) for path in sources]
    layout = lay_out(facts, Uri("oss", "b", f"/{target}"), kind, sync, rules)
    found = []
    for root in layout.roots:
        path = root.prefix if root.is_file else f"{root.prefix}/x".lstrip("/")
        found.append(layout.target_of(path).path)
    return found


@pytest.mark.parametrize(
    ("sources", "kind", "sync", "expected"),
    [
        pytest.param(["s"], MISSING, False, ["/t/x"], id="a directory, target missing: its contents"),
        pytest.param(["s"], DIRECTORY, False, ["/t/s/x"], id="a directory, target there: named"),
        pytest.param(["s"], MISSING, True, ["/t/x"], id="sync of a directory, target missing: its contents"),
        pytest.param(["s"], DIRECTORY, True, ["/t/x"], id="sync of a directory, target there: its contents"),
        pytest.param(["s/a"], MISSING, False, ["/t"], id="a file, target missing: the target itself"),
        pytest.param(["s/a"], MISSING, True, ["/t"], id="sync of a file, target missing: the target itself"),
        pytest.param(["s/a"], DIRECTORY, False, ["/t/a"], id="a file, target a directory: named"),
        pytest.param(["s/a"], DIRECTORY, True, ["/t/a"], id="sync of a file, target a directory: named"),
        pytest.param(["s/a"], FILE, False, ["/t"], id="a file, target a file: the target itself"),
        pytest.param(["s/a"], FILE, True, ["/t"], id="sync of a file, target a file: the target itself"),
        pytest.param(["f1", "f2"], MISSING, False, ["/t/f1", "/t/f2"], id="two files, target missing"),
        pytest.param(["f1", "f2"], DIRECTORY, True, ["/t/f1", "/t/f2"], id="sync of two files, target there"),
        pytest.param(["s1", "s2"], MISSING, False, ["/t/s1/x", "/t/s2/x"], id="two directories, target missing"),
        pytest.param(["s1", "s2"], DIRECTORY, False, ["/t/s1/x", "/t/s2/x"], id="two directories, target there"),
        pytest.param(["s1", "s2"], MISSING, True, ["/t/x", "/t/x"], id="sync of two directories merges them"),
        pytest.param(["s1", "f1"], MISSING, True, ["/t/x", "/t/f1"], id="sync of a directory and a file"),
        pytest.param(["p/d", "q/d"], MISSING, False, ["/t/d/x", "/t/d/x"], id="two of the same name merge"),
        pytest.param(["s", "s"], MISSING, False, ["/t/x"], id="the same source twice is one source"),
        pytest.param([""], MISSING, False, ["/t/x"], id="the root, target missing: its contents"),
        pytest.param([""], DIRECTORY, False, ["/t/x"], id="the root, target there: its contents"),
        pytest.param(["", "s1"], DIRECTORY, False, ["/t/x", "/t/s1/x"], id="the root and another directory"),
    ],
)
def test_a_source_goes_to(sources: list[str], kind: str | None, sync: bool, expected: list[str]) -> None:
    assert targets(sources, kind, sync) == expected


@pytest.mark.parametrize("kind", [MISSING, DIRECTORY])
@pytest.mark.parametrize("sync", [False, True])
@pytest.mark.parametrize(
    ("sources", "contents", "named"),
    [
        (["s"], ["/t/x"], ["/t/s/x"]),
        (["s1", "s2"], ["/t/x", "/t/x"], ["/t/s1/x", "/t/s2/x"]),
        (["s/a"], ["/t/a"], ["/t/a"]),
        (["s1", "f1"], ["/t/x", "/t/f1"], ["/t/s1/x", "/t/f1"]),
        (["p/d", "q/d"], ["/t/x", "/t/x"], ["/t/d/x", "/t/d/x"]),
        ([""], ["/t/x"], ["/t/x"]),
    ],
)
def test_with_a_layout_named_only_the_source_decides(sources, contents, named, kind, sync) -> None:
    assert targets(sources, kind, sync, rules="contents") == contents
    assert targets(sources, kind, sync, rules="named") == named


@pytest.mark.parametrize("rules", ["contents", "named"])
@pytest.mark.parametrize("source", ["s/a", "s"])
def test_with_a_layout_named_nothing_goes_onto_a_file(source, rules) -> None:
    with pytest.raises(UsageError, match=f"is a file, and a .* with --layout {rules}"):
        targets([source], FILE, True, rules=rules)


@pytest.mark.parametrize(
    ("source", "target", "rules"),
    [("/t", "/", "named"), ("/s", "/s/x", "named"), ("/s", "/s/x", "contents"), ("/s", "/s", "contents")],
)
def test_what_is_mapped_decides_whether_a_target_lies_inside_its_source(source, target, rules) -> None:
    with pytest.raises(UsageError, match=r"lies inside|are the same"):
        lay_out([SourceFact(Uri("hdfs", "nn", source), DIRECTORY)], Uri("hdfs", "nn", target), None, True, rules)


def test_a_name_can_take_a_target_out_of_the_source() -> None:
    lay_out([SourceFact(Uri("hdfs", "nn", "/a/s"), DIRECTORY)], Uri("hdfs", "nn", "/a"), DIRECTORY, True, "contents")
    with pytest.raises(UsageError, match="are the same"):
        lay_out([SourceFact(Uri("hdfs", "nn", "/a/s"), DIRECTORY)], Uri("hdfs", "nn", "/a"), DIRECTORY, True, "named")


@pytest.mark.parametrize(
    ("sources", "target", "rules", "refused"),
    [
        (["/t/s"], "/t", "distcp", True),
        (["/s", "/t/d/f:file"], "/t", "distcp", True),
        (["/s", "/t/d"], "/t", "contents", True),
        (["/a/s", "/t/s/d"], "/t", "named", True),
        (["/t/d/s"], "/", "contents", True),
        (["/s"], "/t", "distcp", False),
        (["/ts", "/t-s"], "/t", "contents", False),
        (["/d/f:file"], "/d/g", "distcp", False),
        (["/t/d/s"], "/t", "named", False),
        (["/t/d/f:file", "/t/d/g:file"], "/t", "distcp", False),
    ],
)
def test_a_source_is_refused_where_deletion_would_meet_it(sources, target, rules, refused) -> None:
    facts = [
        SourceFact(Uri("hdfs", "nn", path.removesuffix(":file")), FILE if path.endswith(":file") else DIRECTORY)
        for path in sources
    ]
    layout = lay_out(facts, Uri("hdfs", "NN:8020", target), MISSING, True, rules)
    with pytest.raises(UsageError, match="-delete would delete it") if refused else nullcontext():
        refuse_to_delete_sources(layout)


@pytest.mark.parametrize("sync", [False, True])
@pytest.mark.parametrize("sources", [["s"], ["f1", "f2"], ["s1", "s2"]])
def test_only_a_lone_file_may_meet_a_target_file(sources: list[str], sync: bool) -> None:
    with pytest.raises(UsageError, match="is a file"):
        targets(sources, FILE, sync)


def test_a_lone_file_goes_below_missing_parents() -> None:
    assert targets(["s/a"], MISSING, False, "t/x/y") == ["/t/x/y"]


def test_a_lone_file_onto_a_file_is_marked_as_such() -> None:
    facts = [SourceFact(place("f1"), FILE)]
    assert lay_out(facts, Uri("oss", "b", "/t"), FILE, True).onto_file
    assert not lay_out(facts, Uri("oss", "b", "/t"), None, True).onto_file


def test_a_file_onto_the_root_of_a_missing_bucket_is_refused() -> None:
    with pytest.raises(UsageError, match="onto the root"):
        lay_out([SourceFact(place("f1"), FILE)], Uri("oss", "b", "/"), None, False)


@pytest.mark.parametrize(
    ("source", "kind", "target", "target_kind", "sync", "reason"),
    [
        ("/s", DIRECTORY, "/s", DIRECTORY, True, "are the same"),
        ("/s", DIRECTORY, "/s/sub", None, False, "lies inside"),
        ("/s", DIRECTORY, "/s", DIRECTORY, False, "lies inside"),
        ("/s/x", DIRECTORY, "/s", DIRECTORY, False, "are the same"),
        ("/s/f", FILE, "/s/f", FILE, False, "are the same"),
        ("/s/f", FILE, "/s", DIRECTORY, False, "are the same"),
        ("/", DIRECTORY, "/t", None, False, "lies inside"),
    ],
)
def test_a_target_inside_its_source_is_refused(source, kind, target, target_kind, sync, reason) -> None:
    with pytest.raises(UsageError, match=reason):
        lay_out([SourceFact(Uri("hdfs", "nn", source), kind)], Uri("hdfs", "nn", target), target_kind, sync)


@pytest.mark.parametrize(
    ("source", "target"), [("/s", "/s2"), ("/s/sub", "/s/other"), ("/a/b", "/a/bc"), ("/t/deep/s", "/t/deep")]
)
def test_namesakes_and_neighbours_of_the_source_are_fine(source, target) -> None:
    sync = source != "/t/deep/s"
    lay_out([SourceFact(Uri("hdfs", "nn", source), DIRECTORY)], Uri("hdfs", "nn", target + "x"), None, sync)


def test_the_same_path_on_another_store_is_another_place() -> None:
    lay_out([SourceFact(Uri("hdfs", "nn", "/s"), DIRECTORY)], Uri("hdfs", "other", "/s"), DIRECTORY, True)


def test_the_source_of_a_relative_path_is_found_again() -> None:
    layout = lay_out(
        [SourceFact(place("p/d"), DIRECTORY), SourceFact(place("f1"), FILE), SourceFact(place("s1"), DIRECTORY)],
        Uri("oss", "b", "/t"),
        None,
        False,
    )
    assert [layout.roots[number].prefix for number in range(3)] == ["d", "f1", "s1"]
    assert str(layout.source_of(0, "d/x/y")) == "hdfs://nn/p/d/x/y"
    assert str(layout.source_of(0, "d")) == "hdfs://nn/p/d"
    assert str(layout.source_of(1, "f1")) == "hdfs://nn/f1"
    assert str(layout.target_of("d/x/y")) == "oss://b/t/d/x/y"
