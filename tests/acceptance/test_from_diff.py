"""A list of differences is fed back: the commands that a verify prints are run, and do what they say."""

import json
import shlex

import pytest

from tests.acceptance.test_verify import READ, TREE, found
from tests.trees import Place

CHANGED = {"MISSING", "LENGTH", "CHECKSUM"}


def pasted(text: str) -> list[str]:
    """The words of the command that was printed as the next one, without the program and what the fixture gives."""
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("Next: run this"))
    words = shlex.split(lines[at + 1])
    start = next(number for number, word in enumerate(words) if word in ("hdfs2oss", "-m")) + 1
    words = words[start + (words[start] == "hdfs2oss") :]
    at = words.index("--processes")
    return words[:at] + words[at + 2 :]


def spoil(source: Place, target: Place) -> None:
    """Make the target differ in every way that a copy mends, and in one that it does not."""
    (target / "d/b").put(b"twx" * 1000)
    (target / "d/e/c").put(b"threefold")
    target.make({"more/g": b"g"})
    source.make({"new/h": b"h", "new/hollow/": None})


@pytest.mark.slow
@pytest.mark.parametrize(
    "ends",
    ["file to oss", "oss to file", pytest.param("hdfs to oss", marks=[pytest.mark.hdfs, pytest.mark.full])],
    indirect=True,
)
def test_what_verify_prints_mends_what_it_found_and_touches_nothing_else(ends, command) -> None:
    source, target = ends[0].make(TREE), ends[1]
    assert command(source, target).code == 0
    spoil(source, target)
    kept = (target / "a").mtime_ms()
    output = target.uri.parent.join("differences")
    first = command("verify", READ, source, target)
    assert first.code == 7
    # The first advice puts the list where a copy can read it.
    words = pasted(first.text)
    assert words[0] == "verify"
    at = words.index("--output")
    words[at + 1] = str(output)
    second = command(*[word for word in words if word not in command.extra])
    assert second.code == 7
    words = pasted(second.text)
    assert words[:2] == ["--from-diff", str(output)]
    mended = command(*[word for word in words if word not in command.extra])
    assert mended.code == 0, mended.text
    assert (mended["COPY"], mended["FILES_LISTED"], mended["DIRECTORIES_MADE"]) == (3, 3, 1)
    assert "are left as they are" in mended.text
    assert (target / "a").mtime_ms() == kept
    last = command("verify", READ, source, target)
    assert {difference for difference, _ in found(last.text)} == {"EXTRA"}


def report(command, source: Place, target: Place, output: Place, *more: str) -> None:
    assert command("verify", READ, *more, "--output", output, source, target).code == 7


@pytest.fixture
def differing(local_ends, command):
    source, target = local_ends[0].make(TREE), local_ends[1]
    assert command(source, target).code == 0
    spoil(source, target)
    output = Place(target.uri.parent.join("out"), target.stores)
    report(command, source, target, output)
    return source, target, output


def test_lines_of_the_list_are_a_list(differing, command) -> None:
    source, target, output = differing
    lines = (output / "differences.jsonl").local.read_text().splitlines(keepends=True)
    (output / "some.jsonl").put("".join(line for line in lines if "CHECKSUM" in line).encode())
    done = command("--from-diff", output / "some.jsonl", source, target)
    assert (done.code, done["COPY"]) == (0, 1), done.text
    assert (target / "d/b").content() == TREE["d/b"]
    assert not (target / "new/h").exists()


def test_what_only_the_target_has_goes_only_with_delete_and_all_its_brakes(differing, command) -> None:
    source, target, output = differing
    assert command("--from-diff", output, source, target).code == 0
    assert (target / "more/g").exists()
    done = command("--from-diff", output, "-update", "-delete", "--max-delete", "1", source, target)
    assert done.code == 6, done.text
    assert (target / "more/g").exists()
    done = command("--from-diff", output, "-update", "-delete", source, target)
    assert (done.code, done["FILES_DELETED"], done["DIRECTORIES_DELETED"]) == (0, 1, 1), done.text
    assert command("verify", READ, source, target).code == 0


def test_what_has_come_up_at_a_source_by_now_is_not_deleted(differing, command) -> None:
    source, target, output = differing
    source.make({"more/g": b"g"})
    done = command("--from-diff", output, "-update", "-delete", source, target)
    assert (target / "more/g").exists()
    assert done["FILES_KEPT"] == 1


def test_lines_alone_are_no_ground_for_deleting(differing, command) -> None:
    source, target, output = differing
    done = command("--from-diff", output / "differences.jsonl", "-update", "-delete", source, target)
    assert done.code == 2
    assert (target / "more/g").exists()


def test_a_list_of_other_places_is_refused_before_anything_is_touched(differing, command) -> None:
    source, target, output = differing
    other = Place(source.uri.parent.join("other"), source.stores).make(TREE)
    before = target.read()
    for diff in (output, output / "differences.jsonl"):
        done = command("--from-diff", diff, other, target)
        assert done.code == 2, done.text
        assert command("--from-diff", diff, "--layout", "named", source, target).code == 2
    assert target.read() == before


@pytest.mark.parametrize(
    "content", [b"{}\n", b"not json\n", b'{"path": "a", "pair": "x", "difference": "WORSE", "kind": "F"}\n']
)
def test_what_is_no_list_is_refused(differing, command, content) -> None:
    source, target, output = differing
    (output / "bad.jsonl").put(content)
    assert command("--from-diff", output / "bad.jsonl", source, target).code == 2
    assert command("--from-diff", output / "nowhere", source, target).code == 2


def test_a_type_conflict_stays_one_and_nothing_is_put_below_a_file(local_ends, command, make_place) -> None:
    source, target = local_ends[0].make({**TREE, "t/x/y": b"y"}), make_place("oss", "target")
    assert command(source, target).code == 0
    place = Place(target.uri.join("t/x"), target.stores)
    from hdfs2oss.filesystems.registry import open_filesystem

    open_filesystem(place.uri, place.stores).remove(place.uri.path, recursive=True)
    place.put(b"a file")
    output = Place(source.uri.parent.join("out"), source.stores)
    report(command, source, target, output)
    rows = [json.loads(line) for line in (output / "differences.jsonl").local.read_text().splitlines()]
    assert {(row["difference"], row["path"]) for row in rows} == {("TYPE", "t/x"), ("MISSING", "t/x/y")}
    done = command("--from-diff", output, source, target)
    assert done.code == 4, done.text
    assert place.content() == b"a file"
    assert not Place(target.uri.join("t/x/y"), target.stores).exists()


@pytest.mark.slow
def test_other_attributes_are_given_with_p(local_ends, command) -> None:
    source, target = local_ends[0].make(TREE), local_ends[1]
    (source / "a").local.chmod(0o640)
    assert command("-pp", source, target).code == 0
    for name in ("a", "d"):
        (target / name).local.chmod(0o700)
    output = Place(target.uri.parent.join("out"), target.stores)
    report(command, source, target, output, "-pp")
    done = command("--from-diff", output, "-pp", source, target)
    assert (done.code, done["FILES_REFRESHED"], done["DIRECTORIES_REFRESHED"]) == (0, 1, 1), done.text
    assert command("verify", READ, "-pp", source, target).code == 0


def test_a_dry_run_tells_what_would_be_done(differing, command) -> None:
    source, target, output = differing
    before = target.read()
    done = command("--dry-run", "--from-diff", output, source, target)
    assert done.code == 0
    assert "COPY" in done.text
    assert "OVERWRITE" in done.text
    assert target.read() == before
