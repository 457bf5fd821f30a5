"""bin/hdfs2oss4emr.sh, with a spark-submit that only writes down how it was called."""

import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import time

import pytest

from hdfs2oss.commandline.handover import answer
from hdfs2oss.model.handover import read_handover, split_secrets
from hdfs2oss.model.uri import UriSecrets
from tests.spark.conftest import JOB, OURS, PROJECT, WRAPPER
from tests.unit.model.test_handover import FORMS, HARMLESS, MALFORMED

pytestmark = pytest.mark.slow

SPY = """
seen = [text for one in ours() for text in one]
if any("handover" in word for word in sys.argv):
    with open({record!r}, "w") as file:
        json.dump(seen, file)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.parametrize(("word", "clean", "keys"), FORMS.values(), ids=FORMS)
def test_keys_go_into_the_environment_and_nowhere_else(submitted, word, clean, keys):
    done, seen = submitted("/source", word)
    assert done.returncode == 0, done.stderr
    assert seen["argv"] == [JOB, "/source", clean]
    assert read_handover(seen["environment"]) == {"bucket": UriSecrets(*keys)}
    assert any(JOB in line for line in seen["processes"])
    assert keys[1] not in "".join(seen["processes"]) or keys[1] in clean
    assert done.stdout == done.stderr == ""


@pytest.mark.parametrize("word", [word for word in HARMLESS if word != ""])
def test_what_holds_no_key_is_passed_on_as_it_is(submitted, word):
    _, seen = submitted("/source", word)
    assert seen["argv"] == [JOB, "/source", word]
    assert "HDFS2OSS_KEYS" not in seen["environment"]


@pytest.mark.parametrize("word", MALFORMED)
def test_keys_that_cannot_be_told_apart_are_refused_without_repeating_them(submitted, word):
    done, seen = submitted("/source", word)
    assert done.returncode == 2
    assert seen is None
    assert done.stderr
    assert "hush" not in done.stdout + done.stderr


def test_words_with_blanks_stars_and_quotes_arrive_unchanged(submitted):
    words = ["/a b", "/c*", "$(touch x)", "it's", '"q"', "", "-filters", "new\nline"]
    _, seen = submitted(*words, "oss://ID:SECRET@bucket/x y")
    assert seen["argv"] == [JOB, *words, "oss://bucket/x y"]


@pytest.mark.parametrize(
    "words",
    [
        ["-Dfs.oss.accessKeyId=ID", "-Dfs.oss.accessKeySecret=S=/@"],
        ["-D", "fs.oss.accessKeyId=ID", "--property", "fs.oss.accessKeySecret=S=/@"],
        ["--property=fs.oss.accessKeyId=ID", "-Dfs.oss.accesskeysecret=S=/@"],
        ["--conf", "spark.hadoop.fs.oss.accessKeyId=ID", "--conf=spark.hadoop.fs.oss.accessKeySecret=S=/@"],
    ],
)
def test_definitions_of_keys_go_into_the_environment(submitted, words):
    done, seen = submitted(*words, "-Dx=y", "/a", "oss://bucket/b")
    assert done.returncode == 0, done.stderr
    assert seen["argv"] == [JOB, "-Dx=y", "/a", "oss://bucket/b"]
    assert read_handover(seen["environment"]) == {"*": UriSecrets("ID", "S=/@")}


@pytest.mark.parametrize(
    "words",
    [
        ["-Dfs.oss.accessKeySecret=hush"],
        ["-D", "fs.s3a.secret.key=hush"],
        ["-D", "fs.oss.accessKeySecret", "hush"],
        ["--conf", "spark.hadoop.fs.oss.accessKeySecret", "hush"],
        ["--oss-endpoint", "https://ID:hush@host"],
    ],
)
def test_other_or_half_secrets_are_refused_without_repeating_them(submitted, words):
    done, seen = submitted(*words, "/a", "oss://bucket/b")
    assert done.returncode == 2
    assert seen is None
    assert "hush" not in done.stdout + done.stderr


def test_the_python_and_the_wrapper_split_alike(submitted):
    words = ["/a", "oss://A:one@bucket-1.host/x@y", "oss://STS.B:t/w@o:to/k=@bucket-2/z", "-Dfs.oss.endpoint=h"]
    _, seen = submitted(*words)
    argv, keys = split_secrets(words)
    assert seen["argv"] == [JOB, *argv]
    assert read_handover(seen["environment"]) == keys


def test_keys_handed_over_before_are_kept(submitted):
    _, seen = submitted("/a", "oss://ID:SECRET@bucket/b", HDFS2OSS_KEYS="other A one - -\nbucket B two - -\n")
    assert read_handover(seen["environment"]) == {"other": UriSecrets("A", "one"), "bucket": UriSecrets("ID", "SECRET")}


def test_options_of_spark_submit_are_known_by_name(submitted):
    words = [
        "-update",
        "--master",
        "yarn",
        "/a",
        "--conf=a=b c",
        "-m",
        "5",
        "--files",
        "f",
        "oss://bucket/b",
        "--supervise",
    ]
    words += ["--queue", "q", "--files=g", "--executor-cores", "2", "--", "--master", "--name"]
    _, seen = submitted(*words, PYSPARK_PYTHON="/opt/python", PYSPARK_DRIVER_PYTHON="python3")
    assert seen["argv"] == [
        *("--master", "yarn", "--conf", "a=b c", "--supervise", "--queue", "q", "--executor-cores", "2"),
        *("--conf", "spark.executor.memoryOverhead=1408m", "--files", "f,g"),
        *(JOB, "-update", "/a", "-m", "5", "oss://bucket/b", "--master", "--name"),
    ]  # fmt: skip


def test_spark_submit_takes_the_wrappers_place(submitted):
    # The same test, and other wrappers, may run elsewhere on the machine.
    source, secret = f"/{os.urandom(8).hex()}", f"HUSH-{os.urandom(8).hex()}"
    done, seen = submitted(source, f"oss://ID:{secret}@bucket/b", EXIT_CODE="4")
    assert done.returncode == 4
    assert not any(secret in line for line in seen["processes"])
    (ours,) = [line for line in seen["processes"] if source in line]
    assert "/bin/spark-submit\0" in ours


def test_workers_get_the_projects_python_unless_one_is_named(submitted):
    _, seen = submitted("/a", "/b")
    assert seen["environment"]["PYSPARK_PYTHON"] == str(PROJECT / ".venv/bin/python")
    _, seen = submitted("/a", "/b", PYSPARK_PYTHON="/opt/python")
    assert seen["environment"]["PYSPARK_PYTHON"] == "/opt/python"


def test_print_command_runs_nothing_and_shows_no_secret(submitted):
    done, seen = submitted("--print-command", "--master", "local[2]", "/a b", "oss://ID:SECRET@bucket/b")
    assert done.returncode == 0
    assert seen is None
    assert done.stdout.endswith(f"/spark-submit --master 'local[2]' {JOB} '/a b' oss://bucket/b\n")
    assert "SECRET" not in done.stdout + done.stderr


def test_no_arguments_mean_usage(submitted):
    done, seen = submitted()
    assert (done.returncode, seen) == (2, None)
    assert done.stderr.startswith("usage: hdfs2oss4emr.sh")


def test_help_goes_to_standard_output(submitted):
    done, seen = submitted("--help")
    assert (done.returncode, seen) == (0, None)
    assert "--deploy-mode cluster" in done.stdout


def test_a_driver_on_yarn_gets_its_keys_in_a_file_of_its_owner(submitted, tmp_path):
    words = ["--master", "yarn", "--deploy-mode", "cluster", "--files", "/etc/hosts", "/a", "oss://ID:SECRET@bucket/b"]
    done, seen = submitted(*words, EXIT_CODE="1", OSS_ENDPOINT="host", PYSPARK_PYTHON="python3")
    assert done.returncode == 1, done.stderr
    ours = next(name for name in seen["contents"] if name.endswith("/hdfs2oss.keys"))
    assert seen["contents"][ours] == ["bucket ID SECRET - -\n", 0o600]
    assert "spark.yarn.appMasterEnv.HDFS2OSS_KEYS_FILE=hdfs2oss.keys" in seen["argv"]
    assert "spark.yarn.appMasterEnv.OSS_ENDPOINT=host" in seen["argv"]
    assert f"--files\0/etc/hosts,{ours}" in "\0".join(seen["argv"])
    assert "SECRET" not in "".join(seen["argv"])
    assert "HDFS2OSS_KEYS" not in seen["environment"]
    assert not any(path.name.startswith("hdfs2oss.") for path in tmp_path.iterdir())


def test_an_endpoint_with_keys_is_not_put_on_the_command_line_of_a_driver_in_the_cluster(submitted):
    words = ["--master", "yarn", "--deploy-mode", "cluster", "/a", "oss://bucket/b"]
    done, seen = submitted(*words, OSS_ENDPOINT="https://ID:hush@host", PYSPARK_PYTHON="python3")
    assert (done.returncode, seen) == (2, None)
    assert "OSS_ENDPOINT holds a user or keys before its host" in done.stderr
    assert "hush" not in done.stdout + done.stderr


def test_keys_of_the_environment_travel_to_a_driver_on_yarn_too(submitted):
    words = ["--conf", "spark.submit.deployMode=cluster", "/a", "oss://bucket/b"]
    _, seen = submitted(*words, OSS_ACCESS_KEY_ID="ID", OSS_ACCESS_KEY_SECRET="SECRET", PYSPARK_PYTHON="python3")
    (content,) = seen["contents"].values()
    assert read_handover({"HDFS2OSS_KEYS": content[0]}) == {"*": UriSecrets("ID", "SECRET")}


def test_other_clusters_get_no_keys(submitted):
    words = ["--master", "k8s://host", "--deploy-mode=cluster", "/a", "oss://ID:SECRET@bucket/b"]
    done, seen = submitted(*words, PYSPARK_PYTHON="python3")
    assert (done.returncode, seen) == (2, None)
    assert "cannot be handed safely" in done.stderr


def test_a_signal_removes_the_key_file(submitted, tmp_path):
    process = subprocess.Popen(
        [str(WRAPPER), "--master", "yarn", "--deploy-mode", "cluster", "/a", "oss://ID:SECRET@bucket/b"],
        env={
            **os.environ,
            "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
            "TMPDIR": str(tmp_path),
            "LINGER": "200",
            "PYSPARK_PYTHON": "python3",
        },
    )
    deadline = time.monotonic() + 100
    while not (tmp_path / "record.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.terminate()
    assert process.wait(100) == 143
    assert not any(path.name.startswith("hdfs2oss.") for path in tmp_path.iterdir())


@pytest.fixture(scope="module")
def asks_parser():
    """The wrapper's own `may_hold_keys`, asked about many words in one shell."""
    text = WRAPPER.read_text()
    function = text[text.index("may_hold_keys() {") : text.index("is_new_enough() {")]
    ask = f"{function}\nwhile IFS= read -r -d '' word; do may_hold_keys \"$word\" && echo y || echo n; done"

    def asks(words):
        given = b"".join(word.encode("utf-8", "surrogateescape") + b"\0" for word in words)
        done = subprocess.run(["bash", "-euc", ask], input=given, capture_output=True, check=True, timeout=60)
        assert done.stdout.count(b"\n") == len(words)
        return [line == b"y" for line in done.stdout.splitlines()]

    return asks


def test_the_parser_is_asked_about_every_word_that_it_would_take_or_refuse(asks_parser):
    pieces = [
        "oss://",
        "OSS://",
        "o\u017fs://",
        ":",
        "@",
        "/",
        ".",
        "b",
        "\n",
        " ",
        "\udcff",
        "\u0130",
        "-D",
        "=",
        "x=",
    ]
    pieces += ["--property=", "--conf=spark.hadoop.fs.oss.", "sEcret", "PASSWord", "securityToken", "access-KEY"]
    chosen = random.Random(7)
    words = [word for word, *_ in FORMS.values()] + [*MALFORMED]
    words += ["".join(some) for some in itertools.product(pieces, repeat=2)]
    words += ["".join(chosen.choices(pieces, k=chosen.randint(3, 8))) for _ in range(5000)]
    taken = [word for word in words if answer([word]) != ["clean", "", word]]
    assert len(taken) > 500
    assert [word for word, asks in zip(taken, asks_parser(taken), strict=True) if not asks] == []


@pytest.mark.parametrize("ends", ["exit 1", "exit 0"])
def test_where_keys_cannot_be_taken_off_nothing_is_started(submitted, tmp_path, ends):
    """By a Python that is new enough, and then fails, or says nothing."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncase "$*" in *version_info*) exit 0 ;; esac\n{ends}\n')
    python.chmod(0o755)
    done, seen = submitted("/a", "oss://ID:HUSH-HUSH@bucket/b", PYSPARK_PYTHON=str(python))
    assert (done.returncode, seen) == (2, None)
    assert done.stderr.startswith(f"hdfs2oss4emr.sh: keys cannot be taken off the command line: {python} ")
    assert "HUSH" not in done.stdout + done.stderr


def test_a_python_that_is_too_old_is_passed_over(submitted):
    words = ["/a", "oss://ID:SECRET@bucket/b"]
    done, seen = submitted(*words, PYSPARK_PYTHON="/bin/false")
    assert done.returncode == 0, done.stderr
    assert seen["argv"] == [JOB, "/a", "oss://bucket/b"]


def test_a_python_of_the_executors_that_is_not_here_takes_no_keys_off(submitted):
    _, seen = submitted("/a", "oss://ID:SECRET@bucket/b", PYSPARK_PYTHON="./environment/bin/python")
    assert read_handover(seen["environment"]) == {"bucket": UriSecrets("ID", "SECRET")}
    assert seen["environment"]["PYSPARK_PYTHON"] == "./environment/bin/python"


@pytest.fixture
def alone(submitted, tmp_path):
    """Runs a copy of the wrapper and the package, with nothing else on the PATH but what is named."""
    place = tmp_path / "alone"
    shutil.copytree(PROJECT / "hdfs2oss", place / "hdfs2oss", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PROJECT / "bin", place / "bin")
    (place / "path").mkdir()
    for tool in ("bash", "dirname", "readlink"):
        (place / "path" / tool).symlink_to(shutil.which(tool))
    (place / "path/spark-submit").symlink_to(tmp_path / "bin/spark-submit")

    def run(*words):
        command = [str(place / "bin/hdfs2oss4emr.sh"), *words]
        done = subprocess.run(
            command, env={"PATH": f"{place}/path"}, cwd=PROJECT / "jobs", capture_output=True, text=True, timeout=150
        )
        record = tmp_path / "record.json"
        return done, json.loads(record.read_text()) if record.exists() else None

    return place / "path", run


def test_a_plain_python3_and_the_projects_folder_are_enough(alone):
    path, run = alone
    (path / "python3").symlink_to(f"{sys.base_prefix}/bin/python3")
    done, seen = run("/a", "oss://ID:SECRET@bucket/b")
    assert done.returncode == 0, done.stderr
    assert seen["argv"][1:] == ["/a", "oss://bucket/b"]
    assert read_handover(seen["environment"]) == {"bucket": UriSecrets("ID", "SECRET")}


def test_without_any_python_nothing_is_started(alone):
    _, run = alone
    done, seen = run("/a", "oss://ID:HUSH-HUSH@bucket/b")
    assert (done.returncode, seen) == (2, None)
    said = "there are keys on the command line, and no Python 3.10 or newer on the PATH to take them off"
    assert said in done.stderr
    assert "HUSH" not in done.stdout + done.stderr


def test_no_process_is_given_a_key_while_they_are_taken_off(submitted, tmp_path):
    """A Python that writes down what every process but the wrapper itself can be seen to hold."""
    spy = tmp_path / "spy"
    spy.write_text((OURS + SPY).format(python=sys.executable, record=str(tmp_path / "spied.json")))
    spy.chmod(0o755)
    _, seen = submitted("/a", "oss://ID:HUSH-HUSH@bucket/b", PYSPARK_PYTHON=str(spy))
    assert read_handover(seen["environment"]) == {"bucket": UriSecrets("ID", "HUSH-HUSH")}
    spied = json.loads((tmp_path / "spied.json").read_text())
    assert any(str(spy) in line for line in spied)
    # The shells of a pipe are the wrapper forked, and bear the command line that it was started with.
    assert [line for line in spied if "HUSH" in line and "hdfs2oss4emr.sh" not in line] == []
