"""The words of `hdfs2oss submit`."""

import pytest

from hdfs2oss.commandline.submit_command import SubmitOrder, parse_submit
from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.submission import JobDescription

SERVERLESS = [
    *("emr-serverless", "--workspace", "w-1", "--region", "cn-hangzhou", "--queue", "root"),
    *("--release", "esr-4.3.0", "--entry-point", "oss://code/job.py"),
]
AWS = ["aws-emr", "--cluster", "j-1", "--region", "eu-central-1", "--entry-point", "s3://code/job.py"]
PLACES = ["hdfs://nn/a", "oss://b/c"]


def order(*words: str, **environment: str) -> SubmitOrder:
    return parse_submit(words, environment)


def test_options_are_told_apart_by_their_names_wherever_they_stand() -> None:
    found = order(*SERVERLESS, "-update", "--conf", "a=b", *PLACES, "--wait", "--py-files=oss://code/x.zip", "-p")
    assert found.job == JobDescription(
        "hdfs2oss",
        ("-update", *PLACES, "-p"),
        "oss://code/job.py",
        (("--conf", "a=b"), ("--py-files", "oss://code/x.zip")),
    )
    assert (found.workspace, found.queue, found.release) == ("w-1", "root", "esr-4.3.0")
    assert (found.waits, found.prints, found.wait_limit_seconds) == (True, False, 24 * 3600)


def test_behind_a_lone_double_dash_all_words_are_those_of_the_job() -> None:
    assert order(*AWS, "--", "--include", "--wait", *PLACES).job.words == ("--include", "--wait", *PLACES)


@pytest.mark.parametrize("verb", ["verify", "retry"])
def test_other_verbs_that_run_tasks_can_be_submitted(verb) -> None:
    assert order(*AWS, verb, *PLACES).job.words == (verb, *PLACES)


def test_what_the_environment_says_of_oss_and_holds_no_secret_goes_along() -> None:
    environment = {"OSS_ENDPOINT": "https://e", "OSS_REGION": "cn-x", "OSS_ACCESS_KEY_SECRET": "hush-hush"}
    words = order(*AWS, "-update", *PLACES, **environment).job.words
    told = ("--oss-endpoint", "https://e", "-D", "fs.oss.region=cn-x", "-D", "fs.oss.signatureversion=v4")
    assert words == (*told, "-update", *PLACES)
    assert order(*AWS, "--oss-endpoint", "mine", *PLACES, OSS_ENDPOINT="https://e").job.words[:2] == (
        "--oss-endpoint",
        "mine",
    )


def test_a_job_that_was_submitted_is_followed_by_its_id_alone() -> None:
    found = order("aws-emr", "--cluster", "j-1", "--region", "eu-central-1", "--follow", "s-1")
    assert (found.follow, found.waits, found.job.words) == ("s-1", True, ())


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "nothing is no platform: there are spark-submit, emr-serverless, aws-emr"),
        (["emr"], "emr is no platform"),
        (["emr-serverless", "--region", "r", *PLACES], "needs --workspace, --queue, --release, --entry-point"),
        (["aws-emr", "--follow", "s-1"], "needs --cluster, --region"),
        ([*AWS, "--workspace", "w", *PLACES], "--workspace is an option of emr-serverless"),
        ([*SERVERLESS, "--master", "yarn", *PLACES], "--master means nothing to emr-serverless"),
        (["spark-submit", "--region", "r", *PLACES], "--region means nothing to spark-submit"),
        ([*AWS, "--updat", *PLACES], "the option --updat is not known"),
        ([*AWS, "oss://b/c"], "only one path was given"),
        ([*AWS, "-async", *PLACES], "-async starts a process of this machine"),
        ([*AWS, "--conf"], "the option --conf needs a value"),
        ([*AWS, "--wait-limit", "0", *PLACES], "--wait-limit takes a number above zero"),
        ([*AWS, "file:///a", "oss://b/c"], "file:///a lies on this machine"),
        ([*AWS, "-f", "file:///list", "oss://b/c"], "file:///list lies on this machine"),
        ([*AWS, "--follow", "s-1", *PLACES], "--follow waits for a job that was submitted before"),
        (["spark-submit", "--follow", "x"], "yarn application -status"),
    ],
)
def test_what_cannot_be_submitted_is_refused_before_anything_is_sent(words, reason) -> None:
    with pytest.raises(UsageError) as caught:
        order(*words)
    assert reason in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    "words",
    [
        ["oss://id:HUSH-HUSH@b/c"],
        ["-Dfs.oss.accessKeySecret=HUSH-HUSH", "oss://b/c"],
        ["--conf", "spark.hadoop.fs.oss.accessKeySecret=HUSH-HUSH", "oss://b/c"],
        ["--conf=spark.executorEnv.OSS_SESSION_TOKEN=HUSH-HUSH", "oss://b/c"],
        ["--files", "oss://id:HUSH-HUSH@code/keys", "oss://b/c"],
    ],
)
@pytest.mark.parametrize("platform", [SERVERLESS, AWS, ["spark-submit"]])
def test_a_secret_in_any_word_is_refused_and_not_repeated(platform, words) -> None:
    with pytest.raises(UsageError) as caught:
        order(*platform, "hdfs://nn/a", *words)
    assert "HUSH" not in f"{caught.value.message} {caught.value.hint}"


def test_keys_that_left_the_command_line_go_to_the_wrapper_and_nowhere_else() -> None:
    assert order("spark-submit", *PLACES, HDFS2OSS_KEYS="b i s - -\n").job.words == tuple(PLACES)
    with pytest.raises(UsageError, match="cannot be handed to aws-emr"):
        order(*AWS, *PLACES, HDFS2OSS_KEYS="b i s - -\n")


def test_the_place_of_a_password_is_no_secret() -> None:
    setting = "spark.hadoop.hadoop.security.credstore.java-keystore-provider.password-file=/etc/p"
    assert order(*AWS, "--conf", setting, *PLACES).job.spark_options == (("--conf", setting),)
