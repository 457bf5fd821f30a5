"""A rule: which requests it hits, how often, and with what.

A rule is a JSON object. What it leaves out matches everything.

| field            | meaning                                                                          |
|------------------|----------------------------------------------------------------------------------|
| fault            | one of the kinds below; required                                                 |
| method           | GET, PUT ...                                                                     |
| operation        | put_object, get_object, upload_part, complete ... as the request log names them  |
| bucket, key      | patterns with * and ?                                                            |
| part             | a part number                                                                    |
| header, value    | a request header, such as user-agent, and a pattern of its value: who asks       |
| probability, seed| 0 to 1 (default 1), of every kind; the chances of a seed (default 0) repeat, and |
|                  | those of two rules of a list are independent                                     |
| after, count     | leave the first `after` matches alone, then hit `count` of them (default all)    |

| kind              | effect, and the fields that shape it                                            |
|-------------------|---------------------------------------------------------------------------------|
| error             | status (503), code, message, qos_delay_ms; nothing is done                      |
| qps               | the same for whatever exceeds per_second; with each_folder, counted by folder   |
| crowd             | the same for whatever comes while `in_flight` others are being answered         |
| latency           | the operation begins after `seconds`                                            |
| stall             | nothing happens for `seconds`, then the connection ends                         |
| reset-before-body | the connection is reset before the body is read                                 |
| reset-after-body  | ... after it is read, before anything is done                                   |
| lost-answer       | the operation is done, then the connection is reset                             |
| truncate          | the answer's body ends after `at` bytes (default half)                          |
| flip              | byte `at` (default the middle) changes, of what a PUT or POST brings, else of   |
|                   | the answer                                                                      |
| wrong-crc         | the answer's x-oss-hash-crc64ecma is another                                    |
| no-crc            | the answer has none, as copies and old objects may have none                    |
| slow              | both bodies at bytes_per_second                                                 |
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from hdfs2oss.local_oss.protocol.message import Request
from hdfs2oss.model.errors import UsageError

KINDS = (
    "error",
    "qps",
    "crowd",
    "latency",
    "stall",
    "reset-before-body",
    "reset-after-body",
    "lost-answer",
    "truncate",
    "flip",
    "wrong-crc",
    "no-crc",
    "slow",
)


@dataclass(frozen=True)
class Rule:
    """One rule, as above."""

    fault: str
    method: str = ""
    operation: str = ""
    bucket: str = "*"
    key: str = "*"
    part: int = 0
    header: str = ""
    value: str = "*"
    probability: float = 1.0
    seed: int = 0
    after: int = 0
    count: int = 0
    status: int = 503
    code: str = ""
    message: str = "Please reduce your request rate."
    qos_delay_ms: int = 0
    per_second: float = 1.0
    each_folder: bool = False
    in_flight: int = 1
    seconds: float = 1.0
    at: int = -1
    bytes_per_second: float = 1024.0 * 1024.0

    def matches(self, request: Request) -> bool:
        """Whether a request is one of those the rule is about."""
        return (
            (not self.method or self.method == request.method)
            and (not self.operation or self.operation == request.operation)
            and (not self.part or str(self.part) == request.query.get("partNumber"))
            and fnmatchcase(request.bucket, self.bucket)
            and fnmatchcase(request.key, self.key)
            and (not self.header or fnmatchcase(request.header(self.header.lower()), self.value))
        )


def parse_rules(text: str | bytes) -> list[Rule]:
    """Rules from a JSON list, or an object whose `rules` is one. Raises UsageError with the fault in it."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise UsageError(f"fault rules are not JSON: {error}") from None
    listed = given.get("rules") if isinstance(given, dict) else given
    if not isinstance(listed, list):
        raise UsageError("fault rules must be a JSON list of objects")
    return [_rule_of(number, item) for number, item in enumerate(listed, 1)]


def _rule_of(number: int, item: Any) -> Rule:
    if not isinstance(item, dict) or item.get("fault") not in KINDS:
        raise UsageError(f"fault rule {number}: `fault` must be one of {', '.join(KINDS)}")
    types = {field.name: type(field.default) for field in fields(Rule) if field.name != "fault"}
    for name, value in item.items():
        expected = types.get(name, str)
        is_number = expected is float and type(value) is int
        if name != "fault" and (name not in types or not (type(value) is expected or is_number)):
            raise UsageError(f"fault rule {number}: {name} = {value!r} is not understood")
    rule = Rule(**item)
    if rule.per_second <= 0 or rule.in_flight <= 0 or rule.bytes_per_second <= 0 or not 0 <= rule.probability <= 1:
        raise UsageError(f"fault rule {number}: rates must be above 0, a probability between 0 and 1")
    return rule
