"""AWS EMR, through boto3, which is imported only here and only when it is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ...commandline.submit_command import SubmitOrder
from ...model.errors import AuthenticationFailed, StoreError, Throttled, Unreachable
from ...model.submission import Progress
from .platform import NotReached, exit_code_in, missing_package
from .rendering import step

T = TypeVar("T")

_TIMEOUT_SECONDS = 60
_ENDS = {"COMPLETED": True, "FAILED": False, "CANCELLED": False, "INTERRUPTED": False}
_REFUSED = {
    "AccessDeniedException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "ExpiredTokenException",
}


class AwsEmr:
    """A running cluster. A step is sent once: nothing would tell its second copy from another step."""

    def __init__(self, order: SubmitOrder) -> None:
        self._order = order

    def body(self) -> dict[str, Any]:
        return {"JobFlowId": self._order.cluster, "Steps": [step(self._order.job)]}

    def start(self) -> str:
        client = self._open(attempts=1)
        answer = self._ask("submit the job", lambda: client.add_job_flow_steps(**self.body()))
        return str(answer["StepIds"][0])

    def progress(self, job_id: str) -> Progress:
        client = self._open(attempts=3)
        answer = self._ask(
            "ask how the job is", lambda: client.describe_step(ClusterId=self._order.cluster, StepId=job_id)
        )
        status = answer["Step"]["Status"]
        succeeded = _ENDS.get(status["State"])
        told = (status.get("FailureDetails") or {}, status.get("StateChangeReason") or {})
        reason = " ".join(value for found in told for key in ("Reason", "Code", "Message") if (value := found.get(key)))
        return Progress(status["State"], succeeded, reason, exit_code_in(reason) if succeeded is False else None)

    def _open(self, attempts: int) -> Any:
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise missing_package("boto3", "aws-emr") from None
        config = Config(
            connect_timeout=10,
            read_timeout=_TIMEOUT_SECONDS,
            retries={"total_max_attempts": attempts, "mode": "standard"},
        )
        return boto3.session.Session().client(
            "emr", region_name=self._order.region, endpoint_url=self._order.endpoint or None, config=config
        )

    def _ask(self, what: str, call: Callable[[], T]) -> T:
        from botocore import exceptions

        try:
            return call()
        except exceptions.ClientError as error:
            raise _error_of(what, error) from error
        except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
            hint = "Give them in one of the ways of boto3, such as AWS_PROFILE or the role of this instance."
            raise AuthenticationFailed(f"cannot {what}: {error}", hint) from None
        except (exceptions.EndpointConnectionError, exceptions.ConnectTimeoutError) as error:
            raise NotReached(f"cannot {what}: {error}") from error
        except exceptions.BotoCoreError as error:
            raise Unreachable(f"cannot {what}: {error}") from error


def _error_of(what: str, error: Any) -> StoreError:
    said, status = error.response.get("Error", {}), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = said.get("Code", "")
    text = f"cannot {what}: {code}: {said.get('Message', '').partition(chr(10))[0]}"
    if status == 429 or "Throttl" in code:
        return Throttled(text)
    if status >= 500:
        return Unreachable(text)
    if code in _REFUSED or status in (401, 403):
        return AuthenticationFailed(text, "Check the keys that boto3 finds, and their policy.")
    return StoreError(text, "Look at --cluster and --region.")
