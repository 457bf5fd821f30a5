"""The command that is told: as it was typed, quoted for a shell, and without secrets."""

import base64
import json
import os
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.commandline.invocation import Invocation, command_line, command_lines, invocation
from hdfs2oss.commandline.spark_words import sort_words
from hdfs2oss.commandline.wrapper_words import WRAPPER_VARIABLE, WrapperWords, read_words, wrapper_words, write_words
from hdfs2oss.model.handover import holds_secrets

SCRIPT = "/opt/x y/bin/hdfs2oss4emr.sh"
ODD = ["a b", "it's", '"q"', "*", "$(x)", "`x`", "new\nline", "\u4e2d", "\udcff", "", "~", "\\", "!1"]
TYPED = ["--master", "yarn", "--conf", "spark.a=b c*", "--files", "f,g", "--environment", "/e 1", "-update", "/a", "/b"]


def called(typed, names=None, entry="spark-submit"):
    """How a driver sees itself that the wrapper was called for."""
    text = write_words(wrapper_words(SCRIPT, sort_words(typed), names or {}))
    assert text.isascii()
    assert not set(text) & set("$'\"`*?{}<> \\\n")
    return invocation(entry, ["/opt/jobs/hdfs2oss.py"], {WRAPPER_VARIABLE: text})


def test_the_wrappers_own_command_is_told_with_all_its_options():
    line = command_line(called(TYPED), ["-update", "/a", "/b"])
    expected = ["--master", "yarn", "--conf", "spark.a=b c*", "--files", "f,g", "--environment", "/e 1"]
    assert shlex.split(line) == [SCRIPT, *expected, "-update", "/a", "/b"]


@pytest.mark.parametrize("words", [ODD, ["--master", "x", "/b"], ["--", "-a", "/b"], ["--print-command", "/b"], ["-c"]])
def test_the_wrapper_takes_the_told_words_for_those_of_hdfs2oss(words):
    told = shlex.split(command_line(called(TYPED), words))
    assert sort_words(told[1:]).tool == tuple(words)
    assert sort_words(told[1:]).spark == sort_words(TYPED).spark
    assert not sort_words(told[1:]).prints


@given(st.lists(st.text(), min_size=1), st.lists(st.tuples(st.sampled_from(["--conf", "--name"]), st.text())))
def test_any_words_arrive(words, options):
    flat = [word for option in options for word in option]
    words = [word.replace("\0", "") or "x" for word in words]
    told = shlex.split(command_line(called(flat), words))
    assert told[:1] == [SCRIPT]
    assert sort_words(told[1:]).tool == (("...",) if holds_secrets(words) else tuple(words))


def test_files_that_travelled_are_called_as_they_were_typed():
    names = {"file://./hdfs2oss.filters": "my filters"}
    line = command_line(called([], names), ["-filters", "file://./hdfs2oss.filters", "/a", "/b"])
    assert line == shlex.join([SCRIPT, "-filters", "my filters", "/a", "/b"])


def test_a_script_on_the_path_is_called_by_its_name(tmp_path, monkeypatch):
    script = tmp_path / "hdfs2oss4emr.sh"
    script.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert wrapper_words(str(script), sort_words([]), {}).program == ("hdfs2oss4emr.sh",)
    assert wrapper_words(SCRIPT, sort_words([]), {}).program == (SCRIPT,)


def test_a_secret_of_spark_is_not_repeated_and_that_is_said():
    started = called(["--conf", "spark.ssl.keyPassword=hush", "--name", "n"])
    command, remark = command_lines(started, ["/a", "/b"])
    assert shlex.split(command)[1:3] == ["--conf", "spark.ssl.keyPassword=***"]
    assert remark == "  *** stands for a secret that is not repeated here."
    assert "hush" not in str(started)


@pytest.mark.parametrize("variable", ["HDFS2OSS_KEYS", "HDFS2OSS_KEYS_FILE"])
def test_keys_that_were_handed_over_are_asked_for_and_the_endpoint_beside_them_comes_back(variable, tmp_path):
    line = "bucket ID hush - oss.example.com\n"
    (tmp_path / "keys").write_text(line)
    value = line if variable == "HDFS2OSS_KEYS" else str(tmp_path / "keys")
    command, keys = command_lines(Invocation(["hdfs2oss"], {variable: value}), ["/a", "oss://bucket/b"])
    assert command == "  hdfs2oss /a oss://bucket.oss.example.com/b"
    assert keys.startswith("  Give the OSS keys as before")


def test_words_with_a_secret_are_left_out_but_for_the_first():
    words = ["retry", "/a", "oss://ID:hush@bucket/b"]
    assert command_line(Invocation(["hdfs2oss"], {}), words, 1) == "hdfs2oss retry ..."


@pytest.mark.parametrize("value", ["", "x", "bm8=", "W10=", "WzEsMiwzXQ==", "e30="])
def test_what_no_wrapper_wrote_is_not_believed(value):
    assert read_words({WRAPPER_VARIABLE: value}) is None
    started = invocation("spark-submit", ["/opt/jobs/hdfs2oss.py"], {WRAPPER_VARIABLE: value, "SPARK_HOME": "/s"})
    assert started.wrapper is None
    assert list(started.program)[-1] == "/opt/jobs/hdfs2oss.py"


def forged(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "value",
    [
        *(
            [],
            [[], {}, False],
            [["x"], {}],
            [["x"], {}, False, 1],
            [[1], {}, False],
            ["x", {}, False],
            [None, {}, False],
        ),
        *([["x"], {"/a": 1}, False], [["x"], {"/a": None}, False], [["x"], [["/a", "/b"]], False], [["x"], {}, "no"]),
        *({"a": 1, "b": 2, "c": 3}, "abc", 7, None),
    ],
)
def test_what_is_not_of_the_form_that_a_wrapper_writes_is_not_believed(value):
    assert read_words({WRAPPER_VARIABLE: forged(value)}) is None


def test_what_would_be_read_too_deep_is_not_believed():
    deep = base64.urlsafe_b64encode(b"[" * 90_000).decode()
    assert read_words({WRAPPER_VARIABLE: deep}) is None


def test_what_is_told_a_shell_takes_for_the_very_words(tmp_path):
    """Of all but the name, which is one that prints them."""
    script = tmp_path / "my $script;'s"
    script.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"\n")
    script.chmod(0o755)
    odd = [*ODD, "-", "--", "-x=~/y", "{a,b}", "a=b", "#no", "tab\tend ", "&&", "-D=a;b"]
    started = Invocation([str(script), "--conf", "spark.a=b c*"], {}, "", WrapperWords((str(script),)))
    line = command_line(started, odd)
    shell = subprocess.run(["bash", "-c", os.fsencode(line)], capture_output=True, check=True, cwd=tmp_path)
    assert [os.fsdecode(word) for word in shell.stdout.split(b"\0")[:-1]] == ["--conf", "spark.a=b c*", "--", *odd]


def test_a_wrapper_around_something_else_is_not_told_of():
    assert called(TYPED, entry="hdfs2oss").wrapper is None


def test_what_is_too_long_for_a_variable_is_left_out():
    assert write_words(WrapperWords(("x" * 30_000,))) == ""
    assert write_words(WrapperWords(("x" * 20_000,)))
