"""The command that goes on lays out the same tree, whatever the run has left."""

import itertools
import shlex

import pytest

from hdfs2oss.commandline.advice import Invocation, advice, failures_on_record, needs_update, with_java
from hdfs2oss.commandline.again import copy_lines
from hdfs2oss.commandline.command import parse
from hdfs2oss.commandline.ledger_command import parse_ledger
from hdfs2oss.commandline.request import resolve
from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri, parse_uri
from hdfs2oss.model.values import DIRECTORY, FILE
from hdfs2oss.rules.layout import Layout, SourceFact, lay_out
from hdfs2oss.runs.unfinished import described

TARGET = Uri("oss", "b", "/t")
BEFORE = (None, FILE, DIRECTORY)
SOURCES = [
    [SourceFact(Uri("hdfs", "nn", path), kind) for path, kind in facts]
    for facts in (
        [("/s/one", FILE)], [("/s/dir", DIRECTORY)], [("/", DIRECTORY)],
        [("/s/one", FILE), ("/s/two", FILE)], [("/s/dir", DIRECTORY), ("/s/two", FILE)],
        [("/s/dir", DIRECTORY), ("/s/more", DIRECTORY)],
    )
]  # fmt: skip


def left_by(layout: Layout, before: str | None) -> list[str | None]:
    """What may stand at the target once a run of this layout has begun."""
    if before is not None:
        return [before]
    return [None, FILE if layout.base != TARGET else DIRECTORY]


@pytest.mark.parametrize("before", BEFORE, ids=str)
@pytest.mark.parametrize("rules", ["distcp", "contents", "named"])
@pytest.mark.parametrize("flags", [{}, {"update": True}, {"overwrite": True}], ids=str)
@pytest.mark.parametrize("facts", SOURCES, ids=lambda facts: " ".join(f"{one.uri.path}:{one.kind}" for one in facts))
def test_the_same_tree_is_laid_out_again(facts, flags, rules, before) -> None:
    options = CopyOptions(sources=tuple(one.uri for one in facts), target=TARGET, layout=rules, **flags)
    try:
        layout = lay_out(facts, TARGET, before, options.sync, rules)
    except UsageError:
        return
    sync = options.sync or needs_update(layout, options)
    for now in left_by(layout, before):
        assert lay_out(facts, TARGET, now, sync, rules).roots == layout.roots
        assert lay_out(facts, TARGET, now, sync, rules).base == layout.base
    assert rules == "distcp" or not needs_update(layout, options)


def test_update_is_asked_for_only_where_the_plain_command_would_nest() -> None:
    asked = [
        (facts[0].uri.path, len(facts), before)
        for facts, before in itertools.product(SOURCES, (None, DIRECTORY))
        if needs_update(lay_out(facts, TARGET, before, False), CopyOptions(sources=(), target=TARGET))
    ]
    assert asked == [("/s/dir", 1, None)]


def command_of(line: str, before: str | None = None, **environment: str) -> list[str]:
    """What is printed after a run of this command line, whose one source is the directory hdfs://nn/a/dir."""
    command = parse(shlex.split(line))
    target = parse_uri(command.paths[-1]).uri
    flags = {name: value for name, value in command.options.items() if name in ("update", "overwrite")}
    options = CopyOptions(sources=(), target=target, **flags)
    layout = lay_out([SourceFact(Uri("hdfs", "nn", "/a/dir"), DIRECTORY)], target, before, options.sync)
    return list(advice(command, options, layout, Invocation(["hdfs2oss"], environment)))


def test_options_are_kept_and_quoted_for_the_shell() -> None:
    line = "hdfs://nn/a/dir -m4 --filters='my filters' -i -D a=b --job-dir oss://jobs/x oss://b/t"
    assert command_of(line, DIRECTORY) == [
        "Next: mend the cause and run this; what arrived is not copied again:",
        "  hdfs2oss -m 4 -filters 'my filters' -i -D a=b --job-dir oss://jobs/x hdfs://nn/a/dir oss://b/t",
    ]
    assert command_of(line)[1].startswith("  hdfs2oss -update -m 4 ")


def test_a_pattern_or_a_list_that_brought_one_directory_becomes_that_directory() -> None:
    for given in ("'hdfs://nn/a/d*'", "-f list"):
        assert command_of(f"{given} oss://b/t")[1] == "  hdfs2oss -update hdfs://nn/a/dir oss://b/t"
        assert command_of(f"{given} oss://b/t", DIRECTORY)[1] == f"  hdfs2oss {given} oss://b/t"


def test_a_source_whose_name_is_a_pattern_stays_that_source() -> None:
    command = parse(["hdfs://nn/a/*", "oss://b/t"])
    options = CopyOptions(sources=(), target=TARGET)
    layout = lay_out([SourceFact(Uri("hdfs", "nn", "/a/[x]"), DIRECTORY)], TARGET, None, False)
    lines = list(advice(command, options, layout, Invocation(["hdfs2oss"], {})))
    assert shlex.split(lines[1]) == ["hdfs2oss", "-update", "hdfs://nn/a/\\[x]", "oss://b/t"]


def test_overwrite_stays_and_it_is_said_that_every_file_is_copied_again() -> None:
    first, second = command_of("-overwrite hdfs://nn/a/dir oss://b/t", DIRECTORY)
    assert "copies every file again" in first
    assert second == "  hdfs2oss -overwrite hdfs://nn/a/dir oss://b/t"


def test_an_endpoint_that_left_the_command_line_with_its_keys_is_back_and_the_keys_are_not() -> None:
    keys = "b id hush - oss.example.com\n"
    _, line, hint = command_of("hdfs://nn/a/dir oss://b/t", DIRECTORY, HDFS2OSS_KEYS=keys)
    assert line == "  hdfs2oss hdfs://nn/a/dir oss://b.oss.example.com/t"
    assert "OSS_ACCESS_KEY_SECRET" in hint
    assert "hush" not in line + hint


def test_a_path_that_bears_a_verbs_name_or_begins_with_a_dash_is_read_as_a_path_again() -> None:
    layout = lay_out([SourceFact(Uri("hdfs", "nn", "/a"), DIRECTORY)], TARGET, DIRECTORY, False)
    options = CopyOptions(sources=(), target=TARGET)
    for words, printed in (
        (["copy", "oss://b/t"], "  hdfs2oss copy copy oss://b/t"),
        (["--", "-a", "oss://b/t"], "  hdfs2oss -- -a oss://b/t"),
    ):
        assert list(advice(parse(words), options, layout, Invocation(["hdfs2oss"], {})))[1] == printed


def test_before_the_layout_is_known_nothing_was_copied_and_the_command_is_the_same() -> None:
    command = parse(["-i", "hdfs://nn/a", "oss://b/t"])
    lines = list(advice(command, CopyOptions(sources=(), target=TARGET), None, Invocation(["hdfs2oss"], {})))
    assert "nothing was copied" in lines[0]
    assert lines[1] == "  hdfs2oss -i hdfs://nn/a oss://b/t"


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        (
            ["-update", "--job-dir", "/jobs", "--part-size=1m", "-Da=b", "/s", "oss://b/t"],
            "hdfs2oss ledger --failed --job-dir /jobs -D a=b /s oss://b/t",
        ),
        (["-f", "list", "--credentials-file", "k", "/t"], "hdfs2oss ledger --failed --credentials-file k -f list /t"),
        (["/a b", "/c", "/t"], "hdfs2oss ledger --failed '/a b' /c /t"),
    ],
    ids=["options", "list", "blank"],
)
def test_what_failed_is_listed_by_a_command_that_finds_the_same_records(typed: list[str], printed: str) -> None:
    lines = list(failures_on_record(parse(typed), Invocation(["hdfs2oss"], {})))
    assert lines == ["Which files failed, one by one:", f"  {printed}"]
    words = shlex.split(printed)[2:]
    command, question = parse_ledger(words)
    assert question.failed
    assert (command.paths, command.source_list) == (parse(typed).paths, parse(typed).source_list)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["-update", "-delete", "--max-delete", "5%", "--backup-dir", "oss://b/old"],
        ["-pt", "--exclude", "a b", "--exclude", "c", "--include", "*.gz", "--layout", "named"],
        ["-update", "-diff", "s1", "s2", "--proof-dir", "none", "--proof", "end-to-end"],
        ["-update", "-D", "distcp.update.modification.time=false", "--part-size", "1M", "-i"],
    ],
)
def test_the_words_of_a_run_are_told_from_its_record(words) -> None:
    places = ["hdfs://nn/s", "oss://b/t"]
    keys = {"OSS_ENDPOINT": "http://h", "OSS_ACCESS_KEY_ID": "id", "OSS_ACCESS_KEY_SECRET": "secret"}
    record = described(resolve(parse([*words, *places]), keys, {}).options)
    (_, line) = copy_lines(parse(places), Invocation(["hdfs2oss"], {}), {"options": record}, "Run:")
    again = resolve(parse(shlex.split(line)[2:]), keys, {}).options
    assert described(again) == record


def test_the_command_that_goes_by_java_has_the_option_once() -> None:
    for words in (("-update", "/a", "/b"), ("--hdfs-client=native", "-update", "/a", "/b")):
        command = with_java(parse(words))
        assert list(command.typed) == [("--hdfs-client", "jvm"), ("-update",)]
        assert command.hdfs_client == "jvm"
