"""The keys of the RAM role of an ECS instance: temporary ones, which its metadata service renews by itself.

    PUT /latest/api/token                                a token for the next requests (the hardened mode)
    GET /latest/meta-data/ram/security-credentials/      the name of the role
    GET /latest/meta-data/ram/security-credentials/ROLE  its keys, as JSON, with their expiration

A service that gives no token is asked without one, unless that is forbidden (ALIBABA_CLOUD_IMDSV1_DISABLED).
"""

from __future__ import annotations

import http.client
import json
import re
import time
import urllib.parse
from collections.abc import Mapping
from typing import NamedTuple

from ...model.errors import AuthenticationFailed, UsageError
from .keys_file import Keys, parse_keys

METADATA_URL = "http://100.100.100.200"
# Any role that the instance has: it can have one.
ANY_ROLE = "auto"

_ROLES = "/latest/meta-data/ram/security-credentials/"
_TOKEN_PATH = "/latest/api/token"
_TOKEN_HEADER = "X-aliyun-ecs-metadata-token"
_TOKEN_SECONDS = 60
_TIMEOUT_SECONDS = 3.0
_MOST_BYTES = 64 * 1024
_URL = re.compile(r"^http://[A-Za-z0-9._-]+(:[0-9]{1,5})?\Z")
# What a header can hold: a page of a proxy that answers in its place is no token.
_TOKEN = re.compile(r"^[\x21-\x7e]+\Z")
_HINT = (
    "Attach the RAM role to this ECS instance, and look whether its metadata service is switched on "
    "(curl {url}{path}); elsewhere give OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, or --credentials-file FILE."
)


class RamRole(NamedTuple):
    """A role by its name, or ANY_ROLE, and the service that tells its keys."""

    name: str
    url: str = METADATA_URL
    # Never to be asked without a token.
    is_hardened: bool = False

    def __str__(self) -> str:
        named = "the RAM role of this ECS instance" if self.name == ANY_ROLE else f"the RAM role {self.name}"
        return f"{named} (metadata service {self.url})"


def named_role(name: str, environment: Mapping[str, str]) -> RamRole:
    """A role, asked as the environment says. Raises UsageError where that forbids it, or names no address."""
    if _is_true(environment.get("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "")):
        raise UsageError(
            f"the keys of the RAM role {name} are asked for, and ALIBABA_CLOUD_ECS_METADATA_DISABLED forbids that",
            "Unset it, or give keys in another way.",
        )
    url = (environment.get("HDFS2OSS_METADATA_URL") or METADATA_URL).rstrip("/")
    if not _URL.match(url):
        raise UsageError(
            "HDFS2OSS_METADATA_URL is not of the form http://host:port", f"Unset it for that of ECS, {METADATA_URL}."
        )
    return RamRole(name or ANY_ROLE, url, _is_true(environment.get("ALIBABA_CLOUD_IMDSV1_DISABLED", "")))


def fetch_keys(role: RamRole) -> Keys:
    """The keys of a role now. Raises AuthenticationFailed that names the service, what it said, and what to do."""
    path = _ROLES
    try:
        headers = _token_of(role)
        name = role.name if role.name != ANY_ROLE else _ask(role, "GET", path, headers).strip()
        if not name or "\n" in name:
            raise _Refused("it names no role")
        path += urllib.parse.quote(name, safe="")
        text = _ask(role, "GET", path, headers)
    except (OSError, http.client.HTTPException, _Refused) as error:
        reason = str(error) or type(error).__name__
        raise AuthenticationFailed(
            f"the keys of {role} cannot be had: {reason}", _HINT.format(url=role.url, path=path)
        ) from None
    keys = parse_keys(text)
    if keys is None or not keys.security_token:
        raise AuthenticationFailed(
            f"the keys of {role} cannot be had: {_code_of(text)}", _HINT.format(url=role.url, path=path)
        )
    return keys


class _Refused(Exception):
    """What the service answered in place of what it was asked for."""


def _token_of(role: RamRole) -> dict[str, str]:
    try:
        token = _ask(role, "PUT", _TOKEN_PATH, {f"{_TOKEN_HEADER}-ttl-seconds": str(_TOKEN_SECONDS)}).strip()
    except _Refused:
        if role.is_hardened:
            raise
        return {}
    if token and not _TOKEN.match(token):
        raise _Refused("what it gives as a token is none: something else may answer at this address")
    return {_TOKEN_HEADER: token} if token else {}


def _ask(role: RamRole, method: str, path: str, headers: Mapping[str, str]) -> str:
    """The text of an answer; the service is on the instance's own network, so never through a proxy."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(role.url).netloc, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request(method, path, headers=dict(headers))
        response = connection.getresponse()
        body, deadline = b"", time.monotonic() + _TIMEOUT_SECONDS
        while len(body) < _MOST_BYTES and (piece := response.read1(_MOST_BYTES)):
            body += piece
            if time.monotonic() > deadline:
                raise _Refused(f"the answer to {method} {path} was not there within {_TIMEOUT_SECONDS:.0f} seconds")
    finally:
        connection.close()
    if response.status != 200:
        raise _Refused(f"{method} {path} was answered with {response.status} {response.reason}")
    return body.decode("utf-8", "replace")


def _code_of(text: str) -> str:
    """Why an answer holds no keys, without repeating what it holds."""
    try:
        code = json.loads(text).get("Code", "")
    except (ValueError, AttributeError, RecursionError):
        return "the answer is no JSON object"
    return (
        f"the service says {code}"
        if code and isinstance(code, str) and code != "Success"
        else "the answer holds no keys with a token"
    )


def _is_true(text: str) -> bool:
    return text.strip().lower() in ("true", "1")
