"""What the wrapper is answered; the parser itself is tested with the model."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hdfs2oss.commandline.handover import answer
from tests.unit.model.test_handover import FORMS, HARMLESS, MALFORMED

PROJECT = Path(__file__).parents[3]
PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from hdfs2oss.commandline.handover import main; main();"
    "sys.exit(sum(name.partition('.')[0] in ('pydantic', 'oss2', 'pyarrow', 'hdfs_native') for name in sys.modules))"
)


@pytest.mark.parametrize(("word", "clean", "keys"), FORMS.values(), ids=FORMS)
def test_words_come_back_without_keys_and_the_keys_beside_them(word, clean, keys) -> None:
    line = " ".join(("bucket", *(key or "-" for key in keys)))
    assert answer(["/a b", word, ""]) == ["clean", f"{line}\n", "/a b", clean, ""]


def test_words_without_keys_come_back_as_they_are() -> None:
    assert answer(HARMLESS) == ["clean", "", *HARMLESS]


@pytest.mark.parametrize("word", MALFORMED)
def test_a_refusal_names_no_secret(word) -> None:
    kind, message, hint = answer([word])
    assert kind == "refused"
    assert message
    assert "hush" not in message + hint


@pytest.mark.parametrize(
    "words", [["--conf", "{}"], ["-c", "{}"], ["--conf={}"]], ids=["two words", "short", "one word"]
)
def test_settings_of_spark_that_are_keys_of_oss_are_taken_off(words) -> None:
    pairs = ["spark.hadoop.fs.oss.accessKeyId=ID", "spark.hadoop.fs.oss.accessKeySecret=S=/@"]
    argv = [word.format(pair) for pair in pairs for word in words]
    assert answer([*argv, "/a"]) == ["clean", "* ID S=/@ - -\n", "/a"]


@pytest.mark.parametrize(
    "words",
    [
        ["--conf", "spark.ssl.keyStorePassword=x", "--conf=spark.executorEnv.X=y", "--conf"],
        ["--conf", "spark.hadoop.hadoop.security.credential.provider.path=jceks://hdfs@nn:8020/keys.jceks"],
        ["-c", "spark.hadoop.fs.s3a.aws.credentials.provider=org.acme.Keys", "--conf=spark.hadoop.fs.s3a.endpoint=h"],
        ["--conf", "spark.hadoop.hadoop.security.credstore.java-keystore-provider.password-file=/etc/password"],
        ["--conf", "spark.hadoop.fs.viewfs.mounttable.lake.link./secret=hdfs://nn/secret"],
    ],
)
def test_secrets_of_spark_itself_are_its_own_business_and_so_are_names_of_places(words) -> None:
    assert answer(words) == ["clean", "", *words]


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("fs.oss.other.secret", "OSS_ACCESS_KEY_ID"),
        ("fs.s3a.secret.key", "Hadoop's configuration on each node"),
        ("fs.s3a.bucket.lake.session.token", "Hadoop's configuration on each node"),
        ("fs.azure.account.key.lake.blob.core.windows.net", "Hadoop's configuration on each node"),
        ("ssl.server.keystore.password", "Hadoop's configuration on each node"),
    ],
)
@pytest.mark.parametrize("words", [["--conf", "{}"], ["-c", "{}"], ["--conf={}"]], ids=["two words", "short", "one"])
def test_other_secrets_that_spark_would_hand_on_to_hadoop_are_refused(words, key, advice) -> None:
    kind, message, hint = answer([word.format(f"spark.hadoop.{key}=hush") for word in words])
    assert (kind, message.partition(" holds a secret")[0]) == ("refused", f"--conf spark.hadoop.{key}")
    assert advice in hint
    assert "hush" not in message + hint


def test_a_bare_python_answers_in_bytes_as_they_came() -> None:
    words = [b"/a b\n", b"\xff\xfe", "ä".encode(), b"", b"oss://ID:S\xffC@bucket/x"]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROGRAM, str(PROJECT)],
        input=b"".join(word + b"\0" for word in words),
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.split(b"\0") == [b"clean", b"bucket ID S\xffC - -\n", *words[:-1], b"oss://bucket/x", b""]
