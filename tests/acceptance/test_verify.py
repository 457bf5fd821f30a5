"""`hdfs2oss verify`, as an operator types it: what differs is found, what is equal is proven, nothing is changed."""

import json
import re
import shutil

import pyarrow.parquet as pq
import pytest

from tests.trees import Place

TREE = {
    "a": b"one",
    "d/b": b"two" * 1000,
    "d/e/c": b"three",
    "d/empty": b"",
    "hollow/": None,
    "odd name #?%41+ä": b"x",
    "e-f": b"4",
    "e/f": b"5",
}
FEW = {"a": b"one", "d/b": b"two" * 1000, "d/c": b"three"}
# Nobody states checksums of local files.
READ = "--read-unproven"
NO_LEDGER = "--ignore-ledger"
# On a real HDFS, where each file written takes a moment, a few files do for a start.
WAYS = [
    "file to oss",
    "oss to file",
    "file to file",
    pytest.param("hdfs to oss", marks=[pytest.mark.hdfs, pytest.mark.full]),
    pytest.param("oss to hdfs", marks=[pytest.mark.hdfs, pytest.mark.full]),
    pytest.param("hdfs to hdfs", marks=[pytest.mark.hdfs, pytest.mark.full]),
]


def found(text: str) -> set[tuple[str, str]]:
    """The differences that were printed: what, and below which name of the target."""
    rows = re.findall(
        r"^([A-Z]+) +(?:file|oss|hdfs)://\S*?/target(?:/([^\n]*?))?/?(?: \([^\n]*\))?$", text, re.MULTILINE
    )
    return {(difference, path) for difference, path in rows if difference != "NOTE"}


@pytest.mark.parametrize("ends", WAYS, indirect=True)
def test_a_copied_tree_is_equal_and_every_way_to_differ_is_found_and_told(ends, command) -> None:
    source, target = ends[0].make(TREE), ends[1]
    assert command(source, target).code == 0
    done = command("verify", READ, source, target)
    assert (done.code, found(done.text)) == (0, set()), done.text
    assert f"verify from {source} to {target} does succeed !!!" in done.text
    (target / "d/b").put(b"twx" * 1000)
    (target / "d/e/c").put(b"threefold")
    target.make({"more/g": b"g", "bare/": None})
    source.make({"new/h": b"h", "e/f2": b"f"})
    (source / "t").make({"x": b"x"})
    target.make({"t": b"no directory"})
    done = command("verify", READ, source, target)
    expected = {("CHECKSUM", "d/b"), ("LENGTH", "d/e/c"), ("EXTRA", "more/g"), ("EXTRA", "bare")}
    expected |= {("MISSING", "new/h"), ("MISSING", "e/f2"), ("MISSING", "t/x"), ("TYPE", "t")}
    implied = {("EXTRA", "more")} if target.uri.scheme != "oss" else set()
    assert (done.code, found(done.text)) == (7, expected | implied), done.text
    assert f"verify from {source} to {target} does fail !!!" in done.text


@pytest.mark.parametrize("scheme", ["file", "oss"])
def test_what_is_said_is_also_written_to_any_store(command, make_place, tmp_path, scheme) -> None:
    source, target = make_place("file", "source").make(TREE), make_place(scheme, "target")
    assert command(source, target).code == 0
    (target / "a").put(b"other")
    output = target.uri.parent.join("differences")
    done = command("verify", READ, "--output", output, source, target)
    assert done.code == 7
    place = Place(output, target.stores)
    files = place.read()
    report = json.loads(files["report.json"])
    assert (report["exit_code"], report["differences"]["LENGTH"]["files"]) == (7, 1)
    row = json.loads(files["differences.jsonl"])
    assert (row["path"], row["difference"], row["source_length"], row["target_length"]) == ("a", "LENGTH", 3, 5)
    (part,) = [data for path, data in files.items() if path.startswith("differences/")]
    (tmp_path / "part.parquet").write_bytes(part)
    assert pq.read_table(tmp_path / "part.parquet").column("path").to_pylist() == ["a"]
    # Two lists must never become one.
    assert command("verify", READ, "--output", output, source, target).code == 2


@pytest.mark.parametrize(
    ("copied", "verified", "works"),
    [
        ((), (), "contents"),
        (("-update",), ("-update",), "contents"),
        (("-update",), (), "contents"),
        (("--layout", "named"), (), "named"),
        (("--layout", "named"), ("--layout", "named"), "named"),
    ],
)
def test_the_trees_that_are_compared_are_those_that_were_copied(local_ends, command, copied, verified, works) -> None:
    source, target = local_ends[0].make(TREE), local_ends[1]
    assert command(*copied, source, target).code == 0
    assert (target / "source").exists() is (works == "named")
    done = command("verify", READ, *verified, source, target)
    assert done.code == 0, done.text
    assert "Comparing" in done.text


def test_a_plain_copy_into_a_directory_that_is_there_is_looked_for_under_its_name(local_ends, command) -> None:
    source, target = local_ends[0].make(TREE), local_ends[1].make({"other": b"o"})
    assert command(source, target).code == 0
    done = command("verify", READ, source, target)
    assert done.code == 0, done.text
    assert f"under its name, as {target}/source is there: see --layout" in done.text


def test_where_both_layouts_may_have_been_nothing_is_guessed(local_ends, command) -> None:
    source, target = local_ends[0].make({**TREE, "source/x": b"x"}), local_ends[1]
    assert command(source, target).code == 0
    done = command("verify", READ, source, target)
    assert done.code == 2
    assert "--layout" in done.text
    assert command("verify", READ, "--layout", "contents", source, target).code == 0


def test_several_sources_and_a_list_of_them_and_a_lone_file(local_ends, command, tmp_path) -> None:
    source, target = local_ends
    one, two = (source / "one").make({"a": b"1"}), (source / "two").make({"a": b"2", "b": b"3"})
    assert command(one, two, target).code == 0
    (tmp_path / "list").write_text(f"{one}\n{two}\n")
    assert command("verify", READ, "-f", f"file://{tmp_path}/list", target).code == 0
    (target / "two/a").put(b"4")
    assert found(command("verify", READ, one, two, target).text) == {("CHECKSUM", "two/a")}
    lone = source / "two/b"
    assert command(lone, target / "lone").code == 0
    assert command("verify", READ, lone, target / "lone").code == 0
    assert command("verify", READ, lone, target / "two").code == 0


def test_what_the_copy_left_out_is_left_out(local_ends, command) -> None:
    source, target = local_ends[0].make(TREE), local_ends[1]
    assert command("--exclude", "d/", "--include", "*", source, target).code == 0
    assert command("verify", READ, "--exclude", "d/", source, target).code == 7  # hollow did not come along
    assert command("verify", READ, "--exclude", "d/", "--include", "*", source, target).code == 0
    assert {path for _, path in found(command("verify", READ, source, target).text)} > {"d/b", "d/e/c"}


def test_length_alone_is_no_proof_unless_it_is_accepted(local_ends, command) -> None:
    source, target = local_ends[0].make(TREE), local_ends[1]
    assert command(source, target).code == 0
    done = command("verify", NO_LEDGER, source, target)
    assert done.code == 7
    assert {difference for difference, _ in found(done.text)} == {"UNPROVEN"}
    assert "--read-unproven" in done.text
    assert command("verify", "--accept", "length", NO_LEDGER, source, target).code == 0
    (target / "d/b").put(b"twx" * 1000)
    assert command("verify", "--accept", "length", source, target).code == 0
    assert command("verify", "--accept", "length", "--sample", "100", source, target).code == 7


def test_what_was_proven_when_it_was_copied_is_equal_and_an_object_that_others_overwrote_is_found(
    make_place, command, home
) -> None:
    source, target = make_place("file", "source").make(TREE), make_place("oss", "target")
    assert command(source, target).code == 0
    done = command("verify", source, target)
    assert (done.code, found(done.text)) == (0, set()), done.text
    assert re.search(r"equal +6 files .* equal, as proven when copied on record", done.text)
    assert {difference for difference, _ in found(command("verify", NO_LEDGER, source, target).text)} == {"UNPROVEN"}
    (target / "d/b").put(b"twx" * 1000)
    done = command("verify", source, target)
    assert (done.code, found(done.text)) == (7, {("CHECKSUM", "d/b")}), done.text
    # What was left at the target tells it as well; without any record nothing does.
    shutil.rmtree(home / ".hdfs2oss")
    done = command("verify", source, target)
    assert (done.code, found(done.text)) == (7, {("CHECKSUM", "d/b")}), done.text
    assert "/.hdfs2oss/proofs/" in done.text
    # A source that is another by now is not what was proven.
    (source / "a").put(b"two")
    done = command("verify", source, target)
    assert found(done.text) == {("CHECKSUM", "d/b"), ("UNPROVEN", "a")}


@pytest.mark.parametrize("layout", ["named", "contents"])
def test_what_is_known_is_looked_up_where_the_copy_put_it(make_place, command, layout) -> None:
    source, target = make_place("file", "source").make(TREE), make_place("oss", "target").make({"other": b"o"})
    assert command("--layout", layout, source, target).code == 0
    for given in (("--layout", layout), () if layout == "named" else ("-update",)):
        done = command("verify", "--accept", "extra", *given, source, target)
        assert done.code == 0, done.text
        assert re.search(r"equal +6 files .* equal, as proven when copied on record", done.text)


def test_what_only_the_target_has_may_be_accepted_and_is_told_all_the_same(local_ends, command) -> None:
    source, target = local_ends[0].make(TREE), local_ends[1]
    assert command(source, target).code == 0
    target.make({"more": b"m"})
    done = command("verify", READ, "--accept", "extra", source, target)
    assert (done.code, found(done.text)) == (0, {("EXTRA", "more")})


def test_options_of_the_copy_may_stay_and_what_would_compare_other_trees_is_refused(local_ends, command) -> None:
    source, target = local_ends[0].make(TREE), local_ends[1]
    assert command("-update", "-delete", "-m", "3", source, target).code == 0
    done = command("verify", "-update", "-delete", "-m", "3", "--max-delete", "5", READ, source, target)
    assert done.code == 0
    assert "Nothing to change for a verify: -delete --max-delete" in done.text
    assert command("verify", "-update", "-diff", "s1", "s2", source, target).code == 2


def test_other_attributes_are_told_where_they_are_asked_for(local_ends, command) -> None:
    source, target = local_ends[0].make(TREE), local_ends[1]
    (source / "a").local.chmod(0o640)
    assert command("-pp", source, target).code == 0
    assert command("verify", READ, "-pp", source, target).code == 0
    (target / "a").local.chmod(0o600)
    (target / "d").local.chmod(0o700)
    done = command("verify", READ, "-pp", source, target)
    assert (done.code, found(done.text)) == (7, {("METADATA", "a"), ("METADATA", "d")})
    assert "permission 640 at the source, 600 at the target" in done.text
    assert command("verify", READ, source, target).code == 0


def test_more_differences_than_are_shown_are_counted(local_ends, command) -> None:
    source, target = local_ends[0].make({f"f{number}": b"1" for number in range(30)}), local_ends[1].make({})
    done = command("verify", "--layout", "contents", "--show", "5", source, target)
    assert len(found(done.text)) == 5
    assert "... and 25 more" in done.text
    assert re.search(r"MISSING +30 files", done.text)


def test_a_source_that_is_not_there_ends_with_3(local_ends, command) -> None:
    source, target = local_ends[0].make(TREE), local_ends[1]
    assert command(source, target).code == 0
    assert command("verify", READ, source.uri.join("nowhere"), target).code == 3


def test_nothing_of_ours_stays(local_ends, command, home) -> None:
    source, target = local_ends[0].make(TREE), local_ends[1]
    assert command(source, target).code == 0
    before = target.read()
    (target / "a").put(b"other")
    assert command("verify", READ, source, target).code == 7
    assert not list((home / ".hdfs2oss/verify/runs").iterdir())
    assert {**before, "a": b"other"} == target.read()


@pytest.mark.hdfs
def test_between_hdfs_and_oss_no_byte_is_read(hdfs_pair, command) -> None:
    source, target = hdfs_pair
    assert command(source, target).code == 0
    done = command("verify", source, target)
    assert done.code == 0, done.text
    assert re.search(r"equal +3 files .* as proven when copied on record", done.text)
    done = command("verify", NO_LEDGER, source, target)
    assert done.code == 0, done.text
    assert re.search(r"equal +3 files .* by checksums of the stores", done.text)
    # Others wrote it, so nothing is kept with it that HDFS could be asked about.
    (target / "d/b").put(b"twx" * 1000)
    done = command("verify", NO_LEDGER, source, target)
    assert (done.code, found(done.text)) == (7, {("UNPROVEN", "d/b")})
    assert found(command("verify", NO_LEDGER, READ, source, target).text) == {("CHECKSUM", "d/b")}
    assert found(command("verify", source, target).text) == {("CHECKSUM", "d/b")}


@pytest.mark.hdfs
def test_a_file_on_hdfs_is_the_one_that_was_copied_until_others_write_it(hdfs_pair, hdfs_place, command) -> None:
    _, source = hdfs_pair
    source.make(FEW)
    target = hdfs_place("hdfs", "copied")
    assert command(source, target).code == 0
    done = command("verify", source, target)
    assert done.code == 0, done.text
    assert re.search(r"equal +3 files .* as proven when copied on record", done.text)
    (target / "d/b").put(b"twx" * 1000)
    done = command("verify", source, target)
    assert (done.code, {what for what, _ in re.findall(r"^([A-Z]+) +hdfs://\S*/(d/b)", done.text, re.MULTILINE)}) == (
        7,
        {"CHECKSUM"},
    ), done.text


@pytest.fixture
def hdfs_pair(hdfs_place, sandbox, home, command, monkeypatch) -> tuple[Place, Place]:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    command.extra = ["--job-dir", f"file://{home}/jobs"]
    return hdfs_place("hdfs", "source").make(FEW), hdfs_place("oss", "target")


def test_an_object_that_has_the_name_of_a_directory_beside_it_is_something_more(make_place, command) -> None:
    source, target = make_place("file", "source").make({"d/x": b"x", "hollow/": None}), make_place("oss", "target")
    assert command(source, target).code == 0
    for name in ("d", "hollow"):
        (target / name).put(b"1")
    done = command("verify", READ, source, target)
    assert (done.code, found(done.text)) == (7, {("EXTRA", "d"), ("EXTRA", "hollow")}), done.text
    assert command("verify", READ, "--accept", "extra", source, target).code == 0


def test_what_is_not_compared_at_the_target_is_told(make_place, command) -> None:
    source, target = make_place("file", "source").make({"x": b"x"}), make_place("oss", "target")
    assert command(source, target).code == 0
    assert "left out" not in command("verify", READ, source, target).text
    target.make({".Trash/y": b"1"})
    done = command("verify", READ, source, target)
    assert (done.code, "left out" in done.text) == (0, True), done.text
