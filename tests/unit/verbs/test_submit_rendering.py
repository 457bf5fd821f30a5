"""One job, as each platform wants to hear of it."""

import json

import pytest

from hdfs2oss.commandline.submit_command import parse_submit
from hdfs2oss.model.errors import UsageError
from hdfs2oss.verbs.submit.emr_serverless import _error_of
from hdfs2oss.verbs.submit.platform import exit_code_in
from hdfs2oss.verbs.submit.rendering import job_run, refuse_planted, step, wrapper_words

JOB = "--name nightly --conf spark.executor.cores=4 --archives oss://code/env.tar.gz#environment -- -update hdfs://nn/a oss://b/c"
SERVERLESS = "emr-serverless --workspace w-1 --region cn-x --queue root --release esr --run-limit 3600 --entry-point oss://code/j.py"
AWS = "aws-emr --cluster j-1 --region eu --entry-point s3://code/j.py"


def order(platform: str, job: str = JOB):
    return parse_submit(f"{platform} {job}".split(), {})


def test_emr_serverless_spark_gets_a_job_run() -> None:
    assert job_run(order(SERVERLESS)) == {
        "name": "nightly",
        "codeType": "PYTHON",
        "releaseVersion": "esr",
        "resourceQueueId": "root",
        "executionTimeoutSeconds": 3600,
        "jobDriver": {
            "sparkSubmit": {
                "entryPoint": "oss://code/j.py",
                "entryPointArguments": ["-update", "hdfs://nn/a", "oss://b/c"],
                "sparkSubmitParameters": "--conf spark.executor.cores=4 --archives oss://code/env.tar.gz#environment",
            }
        },
    }


def test_aws_emr_gets_a_step() -> None:
    assert step(order(AWS).job) == {
        "Name": "nightly",
        "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {
            "Jar": "command-runner.jar",
            "Args": [
                *("spark-submit", "--conf", "spark.executor.cores=4"),
                *("--archives", "oss://code/env.tar.gz#environment", "s3://code/j.py"),
                *("-update", "hdfs://nn/a", "oss://b/c"),
            ],
        },
    }


@pytest.mark.parametrize(
    ("options", "waits", "added"),
    [
        ("--master yarn", False, []),
        ("--master yarn --deploy-mode cluster", True, []),
        (
            "--master yarn --deploy-mode cluster",
            False,
            ["--conf", "spark.yarn.submit.waitAppCompletion=false"],
        ),
        (
            "--conf spark.submit.deployMode=cluster",
            False,
            ["--conf", "spark.yarn.submit.waitAppCompletion=false"],
        ),
    ],
)
def test_the_wrapper_gets_the_words_and_waits_in_cluster_mode_only_if_asked(options, waits, added) -> None:
    job = order(f"spark-submit {options}", "-- -update hdfs://nn/a oss://b/c").job
    words = ["--name", "hdfs2oss", *options.split(), *added, "--", "-update", "hdfs://nn/a", "oss://b/c"]
    assert wrapper_words(job, waits) == words


def test_a_step_of_more_characters_than_aws_takes_is_refused_with_the_way_out() -> None:
    sources = " ".join(f"hdfs://nn/{number:04d}" for number in range(800))
    with pytest.raises(UsageError, match="AWS EMR takes 10240") as caught:
        step(order(AWS, f"-- {sources} oss://b/c").job)
    assert "-f FILE" in caught.value.hint


@pytest.mark.parametrize("value", ["spark.x=a b", 'spark.x="a"', "spark.x=a\\"])
def test_a_setting_that_would_not_survive_in_one_string_is_refused(value) -> None:
    with pytest.raises(UsageError, match="white space or quotes"):
        job_run(parse_submit([*SERVERLESS.split(), "--conf", value, "hdfs://nn/a", "oss://b/c"], {}))


@pytest.mark.parametrize(
    ("name", "value", "is_refused"),
    [
        ("OSS_ACCESS_KEY_SECRET", "HUSH-HUSH", True),
        ("AWS_SESSION_TOKEN", "HUSH-HUSH", True),
        ("HDFS2OSS_KEYS", "b id HUSH-HUSH - -", True),
        ("OSS_ACCESS_KEY_ID", "HUSH-HUSH", False),
        ("OSS_ACCESS_KEY_SECRET", "HUSH", False),
        ("HOME", "HUSH-HUSH", False),
        ("proxy_password", "HUSH-HUSH", True),
    ],
)
def test_what_the_environment_keeps_secret_is_found_in_what_would_be_sent(name, value, is_refused) -> None:
    if not is_refused:
        refuse_planted("a HUSH-HUSH b", {name: value})
        return
    with pytest.raises(UsageError, match=f"the value of {name} stands in") as caught:
        refuse_planted("a HUSH-HUSH b", {name: value})
    assert "HUSH-" not in str(caught.value)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("User application exited with status 4", 4),
        ("driver exit code: 8", 8),
        ("Application finished with exitCode 143 (SIGTERM)", 143),
        ("exited with an error code 1", None),
        ("exit code 127", None),
        ("code 4 of the catalogue", None),
        ("", None),
    ],
)
def test_our_exit_code_is_taken_out_of_what_the_platform_says_where_it_tells_something(reason, code) -> None:
    assert exit_code_in(reason) == code


def test_a_secret_with_quotes_is_found_as_json_writes_it() -> None:
    with pytest.raises(UsageError, match="the value of A_PASSWORD"):
        refuse_planted(json.dumps({"word": 'x HU"SH\\HUSH'}), {"A_PASSWORD": 'HU"SH\\HUSH'})


def test_what_an_api_repeats_of_a_request_is_not_told() -> None:
    class Refused(Exception):
        status_code, code = 400, "SignatureDoesNotMatch"
        message = (
            "Specified signature does not match. server CanonicalRequest is [x-acs-security-token:HUSH] request id: 1"
        )

    told = str(_error_of("submit the job", Refused()))
    assert "SignatureDoesNotMatch: Specified signature does not match" in told
    assert "HUSH" not in told
