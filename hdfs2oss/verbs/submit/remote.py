"""A job on a platform that is reached by an API: shown, or submitted and waited for."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Mapping
from typing import TextIO

from ...commandline.ending import print_lines, print_refusal
from ...commandline.submit_command import AWS, SubmitOrder
from ...model.errors import Hdfs2ossError, Interrupted, LostSight, StoreError, SurveyError, Unreachable
from ...model.submission import Progress
from .platform import NotReached, Platform
from .rendering import refuse_planted
from .waiting import wait_for_end


def submit(
    order: SubmitOrder,
    environment: Mapping[str, str],
    out: TextIO,
    messages: TextIO,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Do what was asked; the exit code. Raises UsageError, SurveyError (nothing was submitted), LostSight."""
    platform = _platform(order, environment)
    if not order.follow:
        shown = json.dumps(platform.body(), indent=2, ensure_ascii=False)
        refuse_planted(shown, environment)
        if order.prints:
            print_lines([shown], out)
            return 0
    job_id = order.follow or _start(platform)
    again = follow_command(order, job_id)
    if not order.follow:
        print_lines([f"Submitted as {job_id}."], out)
    if not order.waits:
        print_lines(["To wait for its end:", f"  {again}"], out)
        return 0
    try:
        end = wait_for_end(
            lambda: platform.progress(job_id),
            order.wait_limit_seconds,
            f"To wait again: {again}",
            lambda line: print_lines([line], messages),
            sleep=sleep,
        )
    except KeyboardInterrupt:
        print_refusal(Interrupted("nobody waits any more; the job goes on", f"To wait again: {again}"), messages, False)
        return Interrupted.exit_code
    return _told(job_id, end, out, messages)


def follow_command(order: SubmitOrder, job_id: str) -> str:
    """The command that waits for a job that was submitted."""
    place = ["--cluster", order.cluster] if order.platform == AWS else ["--workspace", order.workspace]
    address = ["--api-endpoint", order.endpoint] if order.endpoint else []
    return shlex.join(
        ["hdfs2oss", "submit", order.platform, *place, "--region", order.region, *address, "--follow", job_id]
    )


def _platform(order: SubmitOrder, environment: Mapping[str, str]) -> Platform:
    if order.platform == AWS:
        from .aws_emr import AwsEmr

        return AwsEmr(order)
    from .emr_serverless import EmrServerless

    return EmrServerless(order, environment)


def _start(platform: Platform) -> str:
    try:
        return platform.start()
    except Unreachable as error:
        if not isinstance(error, NotReached):
            hint = "Look for it on the platform before you submit it again."
            raise LostSight(f"whether the job was submitted is not known: {error.message}", hint) from error
        raise SurveyError(
            f"nothing was submitted: {error.message}", "Look at --region, --api-endpoint and the network."
        ) from error
    except StoreError as error:
        raise SurveyError(f"nothing was submitted: {error.message}", error.hint) from error


def _told(job_id: str, end: Progress, out: TextIO, messages: TextIO) -> int:
    if end.succeeded:
        print_lines([f"{job_id} ended with {end.state}."], out)
        return 0
    code = end.exit_code or Hdfs2ossError.exit_code
    tells = f" (exit code {code} of hdfs2oss)" if end.exit_code else ""
    print_lines([f"{job_id} ended with {end.state}{tells}."], out)
    error = Hdfs2ossError(
        f"the job ended with {end.state}: {end.reason or 'the platform gives no reason'}",
        "What it printed is in the driver's log; hdfs2oss ledger SOURCE... TARGET tells what is on record of it.",
    )
    print_refusal(error, messages, False)
    return code
