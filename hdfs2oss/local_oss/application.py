"""From a request to its answer: address, identity, operation; every failure becomes an error document."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from hdfs2oss.local_oss.conditions import NotModified
from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import OssError, access_denied
from hdfs2oss.local_oss.faults.effect import answer_with_faults
from hdfs2oss.local_oss.faults.plan import FaultPlan
from hdfs2oss.local_oss.protocol.addressing import Addressing, check_bucket_name, check_key
from hdfs2oss.local_oss.protocol.error_document import error_response
from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.protocol.shaping import Dropped, ShapedBody, ShapedSource
from hdfs2oss.local_oss.protocol.subresource import selectors_of
from hdfs2oss.local_oss.protocol.wire import Truncated
from hdfs2oss.local_oss.routing import Operation, operation_of
from hdfs2oss.local_oss.s3 import is_s3, translate_request, translate_response
from hdfs2oss.local_oss.signatures.authenticator import Authenticator
from hdfs2oss.local_oss.traffic import pace_of

_LOG = logging.getLogger("hdfs2oss.local_oss")


@dataclass(frozen=True)
class Application:
    """The protocol above HTTP."""

    context: Context
    authenticator: Authenticator
    addressing: Addressing
    faults: FaultPlan = field(default_factory=FaultPlan)
    has_s3: bool = False

    def answer(self, request: Request) -> Response:
        """The response to a request. Raises only Truncated, Dropped and OSError: the connection is of no more use."""
        if self.has_s3 and is_s3(request):
            response = self._try(request, self._answer_s3)
            translate_response(response)
            return response
        return self._try(request, self._answer)

    def _try(self, request: Request, answer: Callable[[Request], Response]) -> Response:
        try:
            return answer(request)
        except OssError as error:
            return error_response(error, request)
        except NotModified:
            return Response(304)
        except (Truncated, Dropped, OSError):
            raise
        except Exception:  # noqa: BLE001 - whatever goes wrong, the client gets an answer and the log a trace
            _LOG.exception("%s %s failed", request.method, request.target)
            failure = OssError(500, "InternalError", "We encountered an internal error. Please try again.")
            return error_response(failure, request)

    def _answer(self, request: Request) -> Response:
        self._address(request)
        if not self.authenticator.authenticate(request):
            self._check_public(request)
        return self._serve(request)

    def _answer_s3(self, request: Request) -> Response:
        self._address(request)
        self.authenticator.authenticate_s3(request)
        translate_request(request)
        return self._serve(request)

    def _address(self, request: Request) -> None:
        address = self.addressing.resolve(request.target, request.header("host"))
        request.bucket, request.key, request.query = address
        if request.bucket:
            check_bucket_name(request.bucket)
        if request.key:
            check_key(request.key, self.context.limits.max_key_bytes)

    def _serve(self, request: Request) -> Response:
        operation = operation_of(request)
        request.operation = operation.__name__
        rules = self.faults.choose(request)
        if rules:
            return answer_with_faults(self.faults, rules, request, lambda: self._perform(operation, request))
        return self._perform(operation, request)

    def _perform(self, operation: Operation, request: Request) -> Response:
        pace = pace_of(request)
        if pace is None:
            return operation(self.context, request)
        request.body = ShapedSource(request.body, pace)
        response = operation(self.context, request)
        if response.body:
            response.body = ShapedBody(response.body, pace)
        return response

    def _check_public(self, request: Request) -> None:
        """Let an anonymous caller do what the ACL opens to everybody: object data, nothing else."""
        is_reading = request.method in ("GET", "HEAD")
        acl = self._acl_of(request) if request.key and not selectors_of(request.query) else ""
        is_open = acl == "public-read-write" or (acl == "public-read" and is_reading)
        if not is_open:
            raise access_denied("Anonymous access is forbidden for this operation.")

    def _acl_of(self, request: Request) -> str:
        bucket = self.context.bucket(request)
        stored = self.context.store.find(bucket, request.key)
        acl = stored.attributes.acl if stored else "default"
        return bucket.acl if acl == "default" else acl
