"""The command line by the catalogue (28-45): what DistCp refuses with 255 is refused with 2, and nothing is touched."""

from __future__ import annotations

import shlex

import pytest

REFUSED = [
    ("28", "-update -overwrite", "mutually exclusive"),
    ("29", "-atomic -update", "-atomic|Atomic"),
    ("30", "-atomic -delete", "-delete|Delete|-atomic"),
    ("31", "-delete", "-delete|Delete"),
    ("32", "-tmp file:///x", "-tmp"),
    ("33", "-append", "-append|Append"),
    ("33", "-append -skipcrccheck -update", "-append|Append"),
    ("34", "-diff s1 s2", "-diff"),
    ("34", "-diff s1 s2 -update -delete", "-diff|-delete"),
    ("34", "-update -diff s1 -rdiff s2 s1", "the option -diff needs 2 values"),
    ("34", "-update -diff s1 s2 -rdiff s2 s1", "-diff"),
    ("35", "-v", "-v is valid only with -log option"),
    ("36", "-bandwidth 0", "-bandwidth must be a number above 0"),
    ("36", "-bandwidth -11", "-bandwidth must be a number above 0"),
    ("36", "-bandwidth nan", "-bandwidth must be a number above 0"),
    ("36", "-bandwidth abc", "invalid float value: 'abc'"),
    ("37", "-m hello", "invalid int value: 'hello'"),
    ("38", "-numListstatusThreads hello", "invalid int value: 'hello'"),
    ("39", "-f list", "with -f, exactly one path is given"),
    ("40", "-pabcd", "-p"),
    ("42", "-copybuffersize x", "invalid int value: 'x'"),
    ("43", "-D distcp.map.bandwidth.mb=0", "-bandwidth must be a number above 0"),
    ("45 differs:", "-strategy quick", "'quick' is no strategy; there are uniformsize, dynamic, static"),
]
ACCEPTED = [
    ("36", "-bandwidth 11.2", ""),
    ("37", "-m 0", ""),
    ("37", "-m20", ""),
    ("38", "-numListstatusThreads 100", "-numListstatusThreads: listings run in parallel by themselves"),
    ("38", "--numListstatusThreads 0", "-numListstatusThreads: listings run in parallel by themselves"),
    ("42", "-copybuffersize -1", "-copybuffersize: buffers follow --part-size"),
    ("43", "-D distcp.map.bandwidth.mb=11.2", ""),
    ("45", "-strategy Dynamic", "-strategy: tasks are always balanced"),
    ("94", "-direct", "-direct: files are always published at once"),
    ("1.2", "-filelimit 3 -sizelimit 5", "-sizelimit: DistCp ignores its number of bytes"),
    ("1.4", "-D distcp.dynamic.split.ratio=3", "-D distcp.dynamic.split.ratio: not used; tasks are always balanced"),
    ("1.4", "-D mapreduce.job.name=nightly", "-D mapreduce.job.name: not used; a name for the job is --name"),
]


@pytest.mark.parametrize(("number", "words", "reason"), REFUSED, ids=[f"{one} {words}" for one, words, _ in REFUSED])
def test_it_is_refused(command, local_ends, number, words, reason) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    done = command(*shlex.split(words), source, target)
    assert (done.code, target.exists()) == (2, False)
    assert any(one in done.text for one in reason.split("|")), done.text


@pytest.mark.parametrize(("number", "words", "said"), ACCEPTED, ids=[f"{one} {words}" for one, words, _ in ACCEPTED])
def test_it_is_accepted_and_what_it_cannot_change_is_said(command, local_ends, number, words, said) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    done = command(*shlex.split(words), source, target)
    assert (done.code, target.read()) == (0, {"x": b"1"})
    assert said in done.text


@pytest.mark.parametrize("words", ["-f list", "", "file:///target", "-m -f x"])
def test_39_a_command_without_a_source_or_a_target_is_refused(command, words) -> None:
    done = command(*shlex.split(words))
    assert done.code == 2
    assert "See hdfs2oss --help." in done.text


def test_44_differs_an_option_behind_the_paths_is_an_option(command, local_ends) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    target.make({})
    assert command(source, target, "-update").code == 0
    assert target.read() == {"x": b"1"}


def test_1_1_differs_an_unknown_option_is_no_path(command, local_ends) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    done = command("-foo", source, target)
    assert (done.code, target.exists()) == (2, False)
    assert "the option -foo is not known" in done.text


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        (
            "-pbugpcax -m 1000 -bandwidth 30 hdfs://oldclusterip:8020 /user/hive/warehouse /user/hive/warehouse",
            "-pbugpcax -m 1000 -bandwidth 30 hdfs://oldclusterip:8020/user/hive/warehouse /user/hive/warehouse",
        ),
        (
            "-pbugpcax -m 1000 -bandwidth 30 -update \u2013delete hdfs://oldclusterip:8020 /user/hive/warehouse "
            "/user/hive/warehouse",
            "-pbugpcax -m 1000 -bandwidth 30 -update -delete hdfs://oldclusterip:8020/user/hive/warehouse "
            "/user/hive/warehouse",
        ),
    ],
    ids=["a blank behind the port", "and a dash that is none"],
)
def test_a_command_pasted_from_a_migration_guide_is_shown_as_it_was_meant(command, pasted, meant) -> None:
    done = command(*shlex.split(pasted))
    assert done.code == 2
    assert done.text.endswith(f" -m hdfs2oss --processes 0 {meant}\n")
