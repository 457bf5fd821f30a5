"""The rows of the table: what each fills, and what of DistCp is not there yet."""

import pytest

from hdfs2oss.cli import main
from hdfs2oss.commandline.command import CopyCommand, parse
from hdfs2oss.commandline.switches import OF_ACCESS, SWITCHES
from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.rules.packing import threads_for

PATHS = ("file:///a", "file:///b")
# What a command holds that no option gives, or that is not typed as a number or a word.
RESOLVED = {
    "proof_dir",
    "leaves_proof",
    "sources",
    "target",
    "log_path",
    "job_dir",
    "filters",
    "xtrack_path",
    "work_dir",
    "backup_dir",
    "from_diff",
    "retry_of",
}
# Told by -D alone.
RESOLVED |= {"compares_times"}


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.words[-1])
def test_each_row_fills_a_field_that_exists(switch) -> None:
    assert switch.field in {*CopyOptions.model_fields, *CopyCommand._fields}
    assert switch.help
    assert bool(switch.metavar) == bool(switch.takes or switch.glued)


def test_each_field_of_the_options_has_a_row_or_is_resolved() -> None:
    assert set(CopyOptions.model_fields) - RESOLVED == {one.field for one in SWITCHES} - set(CopyCommand._fields)


def test_no_word_belongs_to_two_rows() -> None:
    words = [word for switch in SWITCHES for word in switch.words]
    assert len(words) == len(set(words))


def test_what_the_number_of_threads_is_by_itself_is_said_as_it_is() -> None:
    (threads,) = (one for one in SWITCHES if one.field == "threads")
    assert threads.unset == f"{threads_for(0.0, None)}, or {threads_for(1.0, None)} onto HDFS"


@pytest.mark.parametrize(
    ("argv", "field", "value"),
    [
        (["-update"], "update", True),
        (["--overwrite"], "overwrite", True),
        (["-i"], "ignore_failures", True),
        (["-v"], "verbose", True),
        (["-m20"], "maps", 20),
        (["-m", "-3"], "maps", -3),
        (["-m", "1", "--maps=2"], "maps", 2),
        (["-bandwidth", "11.2"], "bandwidth_mb", 11.2),
        (["--threads", "2"], "threads", 2),
        (["--part-size", "1.5m"], "part_size_bytes", 3 << 19),
        (["--chunk-size=1g"], "chunk_size_bytes", 1 << 30),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_copy_is_told_what_was_given_and_nothing_else(argv, field, value) -> None:
    command = parse([*argv, *PATHS])
    assert command._replace(typed=()) == CopyCommand(list(PATHS), {field: value}, {})


def test_what_is_no_option_of_a_copy_stays_with_the_command() -> None:
    words = ["-f", "list", "-filters", "x", "-log", "l", "--job-dir", "j", "--oss-endpoint", "e", "--processes", "3"]
    command = parse([*words, "-Da=b=c", "-D", "d=", "target"])
    given = {"source_list": "list", "filter_list": "x", "log": "l", "job_dir": "j", "oss_endpoint": "e"}
    expected = CopyCommand(["target"], {}, {"a": "b=c", "d": ""}, **given, processes=3)
    assert command._replace(typed=()) == expected


def test_options_are_kept_as_they_can_be_typed_again_without_the_list_of_sources() -> None:
    typed = parse(["--update", "-m20", "-f", "list", "-Da=b", "--part-size=1m", "target"]).typed
    assert typed == [("-update",), ("-m", "20"), ("-D", "a=b"), ("--part-size", "1m")]


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (["-m", "hello", *PATHS], "option -m/--maps: invalid int value: 'hello'"),
        (["-bandwidth", "abc", *PATHS], "option -bandwidth/--bandwidth: invalid float value: 'abc'"),
        (["--part-size", "1x", *PATHS], "option --part-size: '1x' is not a size; write a number with an optional"),
        (["-D", "key", *PATHS], "-D key is not of the form KEY=VALUE"),
        (["-D=value", *PATHS], "-D  is not of the form KEY=VALUE"),
        ([], "no paths were given: a copy needs a source and a target"),
        (PATHS[:1], "only one path was given: a copy needs a source and a target"),
        (["-f", "list"], "with -f, exactly one path is given: the target"),
        (["-f", "list", *PATHS], "with -f, exactly one path is given: the target"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list | tuple) else None,
)
def test_what_cannot_be_carried_out_is_refused(argv, reason) -> None:
    with pytest.raises(UsageError) as caught:
        parse(argv)
    assert str(caught.value).startswith(reason)
    assert caught.value.hint == "See hdfs2oss --help."


def test_options_that_have_nothing_to_change_are_answered_with_what_is_done_instead() -> None:
    command = parse(["-direct", "-numListstatusThreads", "100", "--strategy", "Dynamic", *PATHS])
    assert command.options == {}
    assert [note.partition(":")[0] for note in command.notes] == ["-direct", "-numListstatusThreads", "-strategy"]
    assert "listings run in parallel" in command.notes[1]


@pytest.mark.parametrize(
    ("argv", "reason"),
    [(["-numListstatusThreads", "hello"], "invalid int value"), (["-strategy", "quick"], "'quick' is no strategy")],
)
def test_their_values_are_checked_all_the_same(argv, reason) -> None:
    with pytest.raises(UsageError, match=reason):
        parse([*argv, *PATHS])


@pytest.mark.parametrize("verb", ["copy", "verify", "retry", "ledger", "clean", "limits"])
def test_each_verb_has_what_says_how_stores_are_reached_and_tells_of_it(verb: str, capsys) -> None:
    assert main([verb, "--help"], "hdfs2oss") == 0
    shown = capsys.readouterr().out
    for switch in SWITCHES:
        if switch.field in OF_ACCESS:
            assert switch.words[0] in shown, switch.words
            given = [switch.words[0], *["a=b"] * switch.takes]
            main([verb, *given], "hdfs2oss")
            assert "is not known" not in capsys.readouterr().err, given
