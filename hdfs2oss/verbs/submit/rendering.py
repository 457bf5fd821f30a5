"""A job as each platform wants to hear of it. Pure: what --print shows is what is sent.

platform         form
--------------   --------------------------------------------------------------------------------------
spark-submit     words for bin/hdfs2oss4emr.sh: options of spark-submit, --, words of hdfs2oss
emr-serverless   the body of StartJobRun (API version 2023-08-08)
aws-emr          a step of AddJobFlowSteps: command-runner.jar with the words of spark-submit
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ...commandline.submit_command import SubmitOrder
from ...model.errors import UsageError
from ...model.submission import JobDescription

# Of the strings of a step, all together (AWS EMR), and of sparkSubmitParameters and arguments (EMR Serverless Spark).
_MOST_STEP_CHARACTERS = 10_240
_MANY_SOURCES = "Write many sources into a file on HDFS or OSS, and give that as -f FILE."
_SHORTEST_SECRET = 6
_SECRET_VARIABLES = re.compile(r"(?i)SECRET|TOKEN|PASSW|HDFS2OSS_KEYS$|ACCESS_KEY")


def wrapper_words(job: JobDescription, waits: bool) -> list[str]:
    """The words for the wrapper. In cluster mode spark-submit on YARN waits only if that is asked for."""
    options = [("--name", job.name), *job.spark_options]
    is_in_cluster = ("--deploy-mode", "cluster") in options or ("--conf", "spark.submit.deployMode=cluster") in options
    if is_in_cluster and not waits:
        options.append(("--conf", "spark.yarn.submit.waitAppCompletion=false"))
    return [word for option in options for word in option] + ["--", *job.words]


def job_run(order: SubmitOrder) -> dict[str, Any]:
    """The body of StartJobRun, without the token that makes it safe to send twice. Raises UsageError."""
    job = order.job
    parameters = " ".join(f"{name} {_plain(name, value)}" for name, value in job.spark_options)
    body: dict[str, Any] = {
        "name": job.name,
        "codeType": "PYTHON",
        "releaseVersion": order.release,
        "resourceQueueId": order.queue,
        "jobDriver": {
            "sparkSubmit": {
                "entryPoint": job.entry_point,
                "entryPointArguments": list(job.words),
                "sparkSubmitParameters": parameters,
            }
        },
    }
    if order.run_limit_seconds:
        body["executionTimeoutSeconds"] = order.run_limit_seconds
    return body


def step(job: JobDescription) -> dict[str, Any]:
    """A step of AWS EMR; the cluster goes on when it fails. Raises UsageError where it is too long."""
    options = [word for option in job.spark_options for word in option]
    words = ["spark-submit", *options, job.entry_point, *job.words]
    length = sum(map(len, words)) + len(job.name)
    if length > _MOST_STEP_CHARACTERS:
        raise UsageError(f"the step has {length} characters, and AWS EMR takes {_MOST_STEP_CHARACTERS}", _MANY_SOURCES)
    return {
        "Name": job.name,
        "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {"Jar": "command-runner.jar", "Args": words},
    }


def refuse_planted(text: str, environment: Mapping[str, str]) -> None:
    """Refuse to send a text that holds what the environment keeps secret. Raises UsageError, naming the variable."""
    for name, value in environment.items():
        if not _SECRET_VARIABLES.search(name) or name.endswith("_ID"):
            continue
        # Quotes and backslashes stand in the text as JSON has them.
        forms = [(one, json.dumps(one, ensure_ascii=False)[1:-1]) for one in value.split()]
        if any(len(one) >= _SHORTEST_SECRET and (one in text or shown in text) for one, shown in forms):
            raise UsageError(
                f"the value of {name} stands in what would be sent, where anybody can read it",
                "Take it out; keys reach the job in another way: docs/submit.md.",
            )


def _plain(name: str, value: str) -> str:
    """A value in the one string that holds them all: how that is taken apart again nobody has written down."""
    if re.search(r"[\s\"'\\]", value) or not value:
        raise UsageError(f"{name} {value!r} holds white space or quotes, and EMR Serverless Spark takes one string")
    return value
