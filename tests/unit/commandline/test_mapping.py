"""What is said of the layout before anything is copied."""

import pytest

from hdfs2oss.commandline.mapping import mapping
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import DIRECTORY, FILE
from hdfs2oss.rules.layout import SourceFact, lay_out

TARGET = Uri("oss", "b", "/t")


def lines(*sources: tuple[str, str], kind: str | None = DIRECTORY, **given) -> list[str]:
    facts = [SourceFact(Uri("hdfs", "nn", path), what) for path, what in sources]
    options = CopyOptions(target=TARGET, **given)
    return list(mapping(lay_out(facts, TARGET, kind, options.sync, options.layout), options))


@pytest.mark.parametrize(
    ("path", "kind", "given", "line"),
    [
        (
            "/a",
            None,
            {},
            "hdfs://nn/a/* -> oss://b/t/*  (its contents, as the target does not exist yet: see --layout)",
        ),
        ("/a", DIRECTORY, {}, "hdfs://nn/a/* -> oss://b/t/a/*  (under its name, as the target is there: see --layout)"),
        ("/a", DIRECTORY, {"update": True}, "hdfs://nn/a/* -> oss://b/t/*  (its contents)"),
        ("/a", DIRECTORY, {"layout": "contents"}, "hdfs://nn/a/* -> oss://b/t/*  (its contents)"),
        ("/a", None, {"layout": "named"}, "hdfs://nn/a/* -> oss://b/t/a/*  (under its name)"),
        ("/", DIRECTORY, {}, "hdfs://nn/* -> oss://b/t/*  (its contents)"),
    ],
)
def test_a_directory_is_said_to_go(path, kind, given, line) -> None:
    assert lines((path, DIRECTORY), kind=kind, **given) == [f"Copying {line}"]


def test_a_dry_run_copies_nothing_and_says_so() -> None:
    assert lines(("/a/f", FILE), dry_run=True) == ["Would copy hdfs://nn/a/f -> oss://b/t/f"]


@pytest.mark.parametrize(("kind", "to"), [(None, "/t"), (FILE, "/t"), (DIRECTORY, "/t/f")])
def test_a_file_is_said_to_become_what_it_becomes(kind, to) -> None:
    assert lines(("/a/f", FILE), kind=kind) == [f"Copying hdfs://nn/a/f -> oss://b{to}"]


def test_of_many_sources_ten_are_named_and_the_rest_counted() -> None:
    said = lines(*((f"/d{number}", DIRECTORY) for number in range(13)))
    assert said[:2] == [
        f"Copying hdfs://nn/d{number}/* -> oss://b/t/d{number}/*  (under its name)" for number in (0, 1)
    ]
    assert (len(said), said[-1]) == (11, "... and 3 more sources")
