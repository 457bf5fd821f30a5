"""What the rules that hit a request do to it: before its operation, and to its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hdfs2oss.local_oss.faults.plan import FaultPlan
from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.local_oss.protocol.errors import OssError
from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.protocol.shaping import Dropped, Pace, ShapedBody, ShapedSource

_CODES = {500: "InternalError", 503: "ServiceUnavailable"}
_REFUSALS = {"qps": "TotalQpsLimitExceeded", "crowd": "ActiveRequestLimitExceeded"}
_CRC64 = "x-oss-hash-crc64ecma"
_UPLOADS = ("PUT", "POST")


def answer_with_faults(
    plan: FaultPlan, rules: Sequence[Rule], request: Request, operation: Callable[[], Response]
) -> Response:
    """The operation's answer, or what the rules make of it. Raises OssError and Dropped."""
    request.faults = tuple(rule.fault for rule in rules)
    for rule in rules:
        _before(plan, rule, request)
    response = operation()
    try:
        for rule in rules:
            _after(rule, request, response)
    except BaseException:
        if not isinstance(response.body, bytes):
            response.body.close()
        raise
    return response


def _before(plan: FaultPlan, rule: Rule, request: Request) -> None:
    if rule.fault in ("latency", "stall"):
        plan.sleep(rule.seconds)
    if rule.fault in ("stall", "reset-before-body"):
        raise Dropped
    if rule.fault == "reset-after-body":
        _drain(request)
        raise Dropped
    if rule.fault in ("error", "qps", "crowd"):
        default = _REFUSALS.get(rule.fault) or _CODES.get(rule.status, "InternalError")
        headers = {"x-oss-qos-delay-time": str(rule.qos_delay_ms)} if rule.qos_delay_ms else {}
        raise OssError(rule.status, rule.code or default, rule.message, headers=headers)
    if rule.fault == "slow":
        request.body = ShapedSource(request.body, Pace(rule.bytes_per_second, sleep=plan.sleep))
    if rule.fault == "flip" and request.method in _UPLOADS:
        request.body = ShapedSource(request.body, flip_at=_place(rule, request.body.length))


def _after(rule: Rule, request: Request, response: Response) -> None:
    if rule.fault == "lost-answer":
        raise Dropped
    if rule.fault == "wrong-crc" and _CRC64 in response.headers:
        response.headers[_CRC64] = str(int(response.headers[_CRC64]) ^ 1)
    if rule.fault == "no-crc":
        response.headers.pop(_CRC64, None)
    length = len(response.body) if isinstance(response.body, bytes) else response.body.length
    if rule.fault == "truncate" and length:
        response.body = ShapedBody(response.body, cut_at=_place(rule, length))
    if rule.fault == "flip" and length and request.method not in _UPLOADS:
        response.body = ShapedBody(response.body, flip_at=_place(rule, length))
    if rule.fault == "slow" and length:
        response.body = ShapedBody(response.body, Pace(rule.bytes_per_second))


def _place(rule: Rule, length: int | None) -> int:
    return rule.at if rule.at >= 0 else (length or 0) // 2


def _drain(request: Request) -> None:
    buffer = memoryview(bytearray(65536))
    while request.body.readinto(buffer):
        pass
