"""The words of `hdfs2oss submit`: a platform, its options, those of spark-submit, and the command that it is to run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..model.errors import UsageError
from ..model.handover import HANDOVER_VARIABLE, holds_secrets
from ..model.submission import JobDescription
from .command import CopyCommand, parse
from .retry_command import parse_retry
from .verify_switches import parse_verify

SPARK_SUBMIT, SERVERLESS, AWS = "spark-submit", "emr-serverless", "aws-emr"
USAGE = "hdfs2oss submit PLATFORM [options] [verify|retry] [options of hdfs2oss] SOURCE... TARGET"
HINT = "See hdfs2oss submit --help."
HELP = f"""usage: {USAGE}

Have a copy run on a cluster. PLATFORM is one of

  spark-submit     bin/hdfs2oss4emr.sh on this machine: YARN, standalone, or whatever --master names
  emr-serverless   Alibaba Cloud EMR Serverless Spark, as a job run of a workspace
  aws-emr          AWS EMR, as a step of a running cluster

Options of submit and of spark-submit are known by their names, and may stand anywhere before a lone --; all other words
are those of hdfs2oss, and are checked before anything is sent.

  --print             print what would be sent, and send nothing
  --wait              wait for the end of the job, and end as it did
  --wait-limit HOURS  wait no longer (24); the job goes on
  --follow ID         wait for a job that was submitted before; no other words are needed
  --name NAME         the name of the job (hdfs2oss)
  --entry-point URI   jobs/hdfs2oss.py, where the cluster finds it (emr-serverless, aws-emr)
  --region ID         of the platform, such as cn-hangzhou or eu-central-1
  --api-endpoint URL  another address of the platform's API
emr-serverless:
  --workspace ID      the workspace (w-...)
  --queue NAME        the resource queue
  --release NAME      the engine, such as "esr-4.3.0 (Spark 3.5.2, Scala 2.12)"
  --run-limit SECONDS the platform ends the job after that
aws-emr:
  --cluster ID        the cluster (j-...)
of spark-submit:
  --conf KEY=VALUE, --py-files, --archives, --files, --jars, --packages, --driver-memory, --driver-cores,
  --executor-memory, --executor-cores, --num-executors; with spark-submit and aws-emr also --master, --deploy-mode,
  --queue, --principal, --keytab, --properties-file

What a platform is told, anybody can read there: keys are refused. The API is called with ALIBABA_CLOUD_ACCESS_KEY_ID
and ALIBABA_CLOUD_ACCESS_KEY_SECRET, else those of OSS_..., or in the way of boto3; they do not travel. docs/submit.md
says how the job comes by its own.

Exit codes: 0 it was submitted, with --wait: it succeeded; 1 it failed or was cancelled, and the platform tells no more;
2 cannot be carried out as written; 3 nothing was submitted; 9 it was submitted, or may have been, and how it ended is
not known; any other: that of hdfs2oss itself, where the platform tells it.
"""
_FLAGS = {"--print": "prints", "--wait": "waits"}
_VALUES = {
    "--wait-limit": "wait_limit", "--follow": "follow", "--name": "name", "--entry-point": "entry_point",
    "--region": "region", "--api-endpoint": "endpoint", "--workspace": "workspace", "--release": "release",
    "--run-limit": "run_limit", "--cluster": "cluster",
}  # fmt: skip
_EVERYWHERE = {
    "--conf", "--py-files", "--archives", "--files", "--jars", "--packages", "--driver-memory", "--driver-cores",
    "--executor-memory", "--executor-cores", "--num-executors", "--queue",
}  # fmt: skip
_ON_YARN = {"--master", "--deploy-mode", "--principal", "--keytab", "--properties-file"}
_NEEDED = {
    SPARK_SUBMIT: (),
    SERVERLESS: ("workspace", "region", "queue", "release", "entry_point"),
    AWS: ("cluster", "region", "entry_point"),
}
_TO_FOLLOW = {SPARK_SUBMIT: (), SERVERLESS: ("workspace", "region"), AWS: ("cluster", "region")}
_OF_ONE = {"workspace": SERVERLESS, "release": SERVERLESS, "run_limit": SERVERLESS, "cluster": AWS}
_TEXTS = ("follow", "region", "endpoint", "workspace", "queue", "release", "cluster")
_SECRET_SETTING = re.compile(r"(?i)secret|passw|token|access[._-]?key")
_SECRETS_HINT = "Keys reach the job by a credential provider, a RAM role or a credentials file there: docs/submit.md."
_PARSERS = {"copy": parse, "verify": parse_verify, "retry": parse_retry}


class SubmitOrder(NamedTuple):
    """What is asked of `submit`; texts are "" where nothing was said."""

    platform: str
    job: JobDescription
    prints: bool = False
    waits: bool = False
    wait_limit_seconds: float = 24 * 3600.0
    follow: str = ""
    region: str = ""
    endpoint: str = ""
    workspace: str = ""
    queue: str = ""
    release: str = ""
    run_limit_seconds: int = 0
    cluster: str = ""


def parse_submit(argv: Sequence[str], environment: Mapping[str, str]) -> SubmitOrder:
    """Read the words behind `hdfs2oss submit`; the command within is checked as well. Raises UsageError.

    What the environment says of OSS, and the job would not know, becomes words: the endpoint, region and signature.
    """
    platform, *rest = argv or [""]
    if platform not in _NEEDED:
        raise UsageError(f"{platform or 'nothing'} is no platform: there are {', '.join(_NEEDED)}", f"usage: {USAGE}")
    asked, spark, words = _sort(rest, platform)
    _refuse_foreign(platform, asked)
    if asked.get("follow") and words:
        raise UsageError("--follow waits for a job that was submitted before, and takes no places", HINT)
    if asked.get("follow") and platform == SPARK_SUBMIT:
        raise UsageError("--follow asks a platform; of a job on YARN, yarn application -status APPLICATION tells", HINT)
    queue = next((value for name, value in spark if name == "--queue"), "")
    if platform == SERVERLESS:
        spark = [one for one in spark if one[0] != "--queue"]
    given = {**asked, "queue": queue}
    _refuse_incomplete(platform, given)
    if not asked.get("follow"):
        _refuse_secrets(words, spark, environment, platform)
        words = _checked(words, platform, environment)
    job = JobDescription(asked.get("name", "hdfs2oss"), tuple(words), asked.get("entry_point", ""), tuple(spark))
    return SubmitOrder(
        platform,
        job,
        bool(asked.get("prints")),
        bool(asked.get("waits") or asked.get("follow")),
        3600.0 * _positive(asked.get("wait_limit", "24"), "--wait-limit"),
        run_limit_seconds=int(_positive(asked["run_limit"], "--run-limit")) if asked.get("run_limit") else 0,
        **{field: given[field] for field in _TEXTS if field in given},
    )


def _sort(rest: Sequence[str], platform: str) -> tuple[dict[str, Any], list[tuple[str, str]], list[str]]:
    asked: dict[str, Any] = {}
    spark: list[tuple[str, str]] = []
    words: list[str] = []
    known = _EVERYWHERE | (_ON_YARN if platform != SERVERLESS else set())
    waiting = list(rest)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            return asked, spark, [*words, *waiting]
        name, equals, value = word.partition("=")
        if word in _FLAGS:
            asked[_FLAGS[word]] = True
        elif name in _VALUES or name in known:
            if not equals:
                if not waiting:
                    raise UsageError(f"the option {name} needs a value", HINT)
                value = waiting.pop(0)
            if name in _VALUES:
                asked[_VALUES[name]] = value
            else:
                spark.append((name, value))
        elif name in _ON_YARN:
            raise UsageError(f"{name} means nothing to {platform}", HINT)
        else:
            words.append(word)
    return asked, spark, words


def _refuse_foreign(platform: str, asked: Mapping[str, Any]) -> None:
    for field, owner in _OF_ONE.items():
        if field in asked and owner != platform:
            raise UsageError(f"--{field.replace('_', '-')} is an option of {owner}, not of {platform}", HINT)
    if platform == SPARK_SUBMIT:
        foreign = [name for name, field in _VALUES.items() if field in asked and field not in ("name", "follow")]
        if foreign:
            raise UsageError(f"{foreign[0]} means nothing to {platform}", HINT)


def _refuse_incomplete(platform: str, given: Mapping[str, Any]) -> None:
    needed = (_TO_FOLLOW if given.get("follow") else _NEEDED)[platform]
    missing = [f"--{field.replace('_', '-')}" for field in needed if not given.get(field)]
    if missing:
        raise UsageError(f"{platform} needs {', '.join(missing)}", HINT)


def _refuse_secrets(
    words: Sequence[str], spark: Sequence[tuple[str, str]], environment: Mapping[str, str], platform: str
) -> None:
    for name, value in spark:
        key = value.partition("=")[0] if name == "--conf" else ""
        if _SECRET_SETTING.search(key) and not key.endswith(".password-file"):
            raise UsageError(f"--conf {key} holds a secret, and anybody can read it", _SECRETS_HINT)
    if holds_secrets([*words, *(value for _, value in spark)]):
        raise UsageError("there are OSS keys among the words of the job, and anybody can read them", _SECRETS_HINT)
    if platform != SPARK_SUBMIT and environment.get(HANDOVER_VARIABLE):
        raise UsageError(f"keys stood in a path or in -D, and cannot be handed to {platform}", _SECRETS_HINT)


def _checked(words: list[str], platform: str, environment: Mapping[str, str]) -> list[str]:
    verb, rest = (words[0], words[1:]) if words and words[0] in _PARSERS else ("copy", words)
    command = _PARSERS[verb](rest)
    if command.options.get("run_async"):
        raise UsageError("-async starts a process of this machine; without --wait, submit returns at once anyway", HINT)
    if platform == SPARK_SUBMIT:
        return words
    _refuse_local(command, platform)
    return ([] if verb == "copy" else [verb]) + _told(command, environment) + rest


def _refuse_local(command: CopyCommand, platform: str) -> None:
    for place in (*command.paths, *(word for option in command.typed for word in option[1:]), command.source_list):
        if place.lower().startswith("file:"):
            raise UsageError(
                f"{place} lies on this machine, and {platform} runs elsewhere", "Put it on HDFS or OSS first."
            )


def _told(command: CopyCommand, environment: Mapping[str, str]) -> list[str]:
    if not any(path.lower().startswith("oss:") for path in command.paths):
        return []
    words: list[str] = []
    if environment.get("OSS_ENDPOINT") and not command.oss_endpoint:
        words += ["--oss-endpoint", environment["OSS_ENDPOINT"]]
    region, signature = environment.get("OSS_REGION", ""), environment.get("OSS_SIGNATURE_VERSION", "")
    if region and "fs.oss.region" not in command.properties:
        words += ["-D", f"fs.oss.region={region}"]
        signature = signature or "v4"
    if signature and "fs.oss.signatureversion" not in command.properties:
        words += ["-D", f"fs.oss.signatureversion={signature}"]
    return words


def _positive(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise UsageError(f"{name} takes a number above zero, not {text!r}", HINT)
    return value
