"""Alibaba Cloud EMR Serverless Spark, through its official SDK, which is imported only here, when it is asked."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ...commandline.submit_command import SubmitOrder
from ...filesystems.keys.chain import keys_of_vendor
from ...model.errors import AuthenticationFailed, StoreError, Throttled, Unreachable, UsageError
from ...model.submission import Progress
from ...rules.retry import RetryPolicy, call_with_retries
from .platform import NotReached, exit_code_in, missing_package
from .rendering import job_run

T = TypeVar("T")

_CONNECT_MILLISECONDS, _READ_MILLISECONDS = 10_000, 60_000
# The token of a request makes it one job however often it is sent.
_RETRIES = RetryPolicy(attempts=4, deadline_seconds=60.0)
# What the SDK's HTTP client says before it has a connection.
_UNSENT = re.compile("NewConnectionError|NameResolutionError|ConnectTimeout|Failed to establish|Cannot connect")
# It packs what happened into what it raises, as a text.
_CAUSE = re.compile(r"""(?s)Caused by .*?["'](.+?)\\?["']\)""")
# What the API says of a signature repeats the headers that were signed, the token among them.
_REPEATED = re.compile(r"(?is)[,;.]?\s*server (?:string|canonical).*")
_ENDS = {"success": True, "succeeded": True, "failed": False, "cancelled": False, "canceled": False}


class EmrServerless:
    """A workspace. Answers to requests that were not signed well, or may not be made, are AuthenticationFailed."""

    def __init__(self, order: SubmitOrder, environment: Mapping[str, str]) -> None:
        self._order = order
        self._environment = environment
        self._token = str(uuid.uuid4())

    def body(self) -> dict[str, Any]:
        return job_run(self._order)

    def start(self) -> str:
        client, models, runtime = self._open()
        document = {**self.body(), "clientToken": self._token}
        request = models.StartJobRunRequest().from_map(document)
        request.region_id = self._order.region
        response = self._ask(
            "submit the job",
            lambda: client.start_job_run_with_options(self._order.workspace, request, {}, runtime),
        )
        job_id = response.body.job_run_id
        if not job_id:
            raise StoreError(f"cannot submit the job: the answer names none (request {response.body.request_id})")
        return str(job_id)

    def progress(self, job_id: str) -> Progress:
        client, models, runtime = self._open()
        request = models.GetJobRunRequest(region_id=self._order.region)
        response = self._ask(
            "ask how the job is",
            lambda: client.get_job_run_with_options(self._order.workspace, job_id, request, {}, runtime),
        )
        run = response.body.job_run
        if run is None or not run.state:
            raise Unreachable("cannot ask how the job is: the answer names no state")
        succeeded = _ENDS.get(run.state.lower())
        why = run.state_change_reason
        reason = " ".join(filter(None, (why.code, why.message))) if why is not None else ""
        return Progress(run.state, succeeded, reason, exit_code_in(reason) if succeeded is False else None)

    def _open(self) -> tuple[Any, Any, Any]:
        try:
            from alibabacloud_emr_serverless_spark20230808 import models
            from alibabacloud_emr_serverless_spark20230808.client import Client
            from alibabacloud_tea_openapi.utils_models import Config
            from darabonba.runtime import RuntimeOptions
        except ImportError:
            raise missing_package("the SDK of EMR Serverless Spark", "emr-serverless") from None
        keys = keys_of_vendor(self._environment)
        scheme, _, host = self._order.endpoint.rpartition("://")
        config = Config(
            access_key_id=keys.access_key_id,
            access_key_secret=keys.access_key_secret,
            security_token=keys.security_token or None,
            region_id=self._order.region,
            endpoint=host or None,
            protocol="HTTP" if scheme == "http" else "HTTPS",
        )
        runtime = RuntimeOptions(
            connect_timeout=_CONNECT_MILLISECONDS, read_timeout=_READ_MILLISECONDS, autoretry=False
        )
        return Client(config), models, runtime

    def _ask(self, what: str, call: Callable[[], T]) -> T:
        def once() -> T:
            try:
                return call()
            except Exception as error:  # noqa: BLE001 - the SDK raises what its HTTP client raises, too
                # Its own message repeats the request, with the token in it.
                raise _error_of(what, error) from None

        return call_with_retries(once, _RETRIES)


def _error_of(what: str, error: Exception) -> StoreError | UsageError:
    """Without what the SDK adds to its messages: those of signatures repeat the request."""
    status = getattr(error, "status_code", None) or getattr(error, "statusCode", None)
    code, message = str(getattr(error, "code", "") or ""), str(getattr(error, "message", "") or error)
    message = _REPEATED.sub("", message)
    said = f"cannot {what}: {code}: {message.partition(' request id:')[0]}" if code else f"cannot {what}: {message}"
    if not isinstance(status, int):
        kind = NotReached if _UNSENT.search(message) else Unreachable
        cause = _CAUSE.search(message)
        return kind(f"cannot {what}: {cause[1] if cause else message.partition(chr(10))[0] or type(error).__name__}")
    if status == 429 or "throttl" in code.lower():
        return Throttled(said)
    if status >= 500:
        return Unreachable(said)
    if status in (401, 403) or "signature" in code.lower() or "accesskey" in code.lower():
        return AuthenticationFailed(said, "Check the keys that the API is called with, and their RAM policy.")
    return StoreError(said, "Look at --workspace, --queue, --release and --region.")
