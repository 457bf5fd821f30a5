"""From a request to its answer: address, identity, operation; every failure becomes an error document."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from hdfs2oss.local_oss.faults.effect import answer_with_faults
from hdfs2oss.local_oss.faults.plan import FaultPlan
from hdfs2oss.local_oss.operation.answers import answer_to
from hdfs2oss.local_oss.operation.conditions import NotModified
from hdfs2oss.local_oss.operation.operation import Context, Handler, Operation
from hdfs2oss.local_oss.protocol.addressing import Addressing, check_bucket_name, check_key
from hdfs2oss.local_oss.protocol.error_document import error_response
from hdfs2oss.local_oss.protocol.errors import OssError, access_denied, disk_failed, internal_error
from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.protocol.shaping import Dropped, ShapedBody, ShapedSource
from hdfs2oss.local_oss.protocol.stream import Truncated
from hdfs2oss.local_oss.protocol.subresource import selectors_of
from hdfs2oss.local_oss.protocol.traffic import pace_of
from hdfs2oss.local_oss.routing import handler_of
from hdfs2oss.local_oss.s3 import is_s3, translate_request, translate_response
from hdfs2oss.local_oss.signatures.authenticator import Authenticator
from hdfs2oss.local_oss.store.refusals import Refusal

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
        """The response to a request. Raises only Truncated and Dropped: the connection is of no more use."""
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
        except Refusal as refusal:
            return error_response(answer_to(refusal), request)
        except NotModified:
            return Response(304)
        except (Truncated, Dropped):
            raise
        except OSError as error:
            _LOG.warning("%s %s: cannot use the disk: %s", request.method, request.target, error)
            return error_response(disk_failed(error), request)
        except Exception:  # noqa: BLE001 - whatever goes wrong, the client gets an answer and the log a trace
            _LOG.exception("%s %s failed", request.method, request.target)
            return error_response(internal_error(), request)

    def _answer(self, request: Request) -> Response:
        self._address(request)
        operation = Operation(self.context, request)
        if not self.authenticator.authenticate(request):
            _check_public(operation)
        return self._serve(operation)

    def _answer_s3(self, request: Request) -> Response:
        self._address(request)
        self.authenticator.authenticate_s3(request)
        translate_request(request)
        return self._serve(Operation(self.context, request))

    def _address(self, request: Request) -> None:
        address = self.addressing.resolve(request.target, request.header("host"))
        request.bucket, request.key, request.query, request.endpoint = address
        if request.bucket:
            check_bucket_name(request.bucket)
        if request.key:
            check_key(request.key, self.context.limits.max_key_bytes)

    def _serve(self, operation: Operation) -> Response:
        request = operation.request
        handler = handler_of(request)
        request.operation = handler.__name__
        try:
            rules = self.faults.choose(request)
            if rules:
                return answer_with_faults(self.faults, rules, request, lambda: _perform(handler, operation))
            return _perform(handler, operation)
        finally:
            self.faults.done(request)


def _perform(handler: Handler, operation: Operation) -> Response:
    """Carry the operation out, at the pace its request asks for."""
    request = operation.request
    pace = pace_of(request)
    if pace is None:
        return handler(operation)
    request.body = ShapedSource(request.body, pace)
    response = handler(operation)
    if response.body:
        response.body = ShapedBody(response.body, pace)
    return response


def _check_public(operation: Operation) -> None:
    """Let an anonymous caller do what the ACL opens to everybody: object data, nothing else."""
    request = operation.request
    is_reading = request.method in ("GET", "HEAD")
    acl = _acl_of(operation) if request.key and not selectors_of(request.query) else ""
    is_open = acl == "public-read-write" or (acl == "public-read" and is_reading)
    if not is_open:
        raise access_denied("Anonymous access is forbidden for this operation.")


def _acl_of(operation: Operation) -> str:
    stored = operation.store.find(operation.bucket, operation.request.key)
    acl = stored.attributes.acl if stored else "default"
    return operation.bucket.acl if acl == "default" else acl
