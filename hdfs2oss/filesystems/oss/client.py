"""Requests to one bucket: signed by oss2, counted, sent again when that makes sense, errors as ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import oss2
import oss2.credentials
from oss2.exceptions import OssError

from ...model.errors import StoreError
from ...rules.checksum import crc64
from ...rules.retry import RetryPolicy, StorePause, call_with_retries
from ..base import Traffic
from ..credentials import OssAccess
from .answers import refuse_other_bytes
from .errors import translate
from .session import OssResponse, OssSession

T = TypeVar("T")

# An endpoint that cannot be reached is reported within half a minute; one that asks for patience gets it.
RETRIES = RetryPolicy(attempts=8, deadline_seconds=20.0, throttled_attempts=12, throttled_seconds=180.0)


def key_of(path: str) -> str:
    """The path `/a/b` is the key `a/b`."""
    return path.strip("/")


class OssClient:
    """One bucket at one endpoint; safe for threads. What is asked is counted in `traffic`, once however often sent:

                counts as      counted              sent again
    call        read, write    when it is asked     yes
    page        large read     when it is through   yes
    open        read           when it is through   yes; the body is read by the caller, who counts its bytes
    send        write, bytes   when it is through   yes
    request     nothing                             no
    """

    def __init__(self, bucket: str, access: OssAccess, session: OssSession, retries: RetryPolicy = RETRIES) -> None:
        self.bucket = bucket
        self.endpoint = access.endpoint
        self.traffic = Traffic()
        self._session = session
        self._retries = retries
        self._pause = StorePause()
        keys = oss2.credentials.StaticCredentialsProvider(
            access.access_key_id, access.access_key_secret, access.security_token or None
        )
        auth = oss2.ProviderAuthV4(keys) if access.signature == "v4" else oss2.ProviderAuth(keys)
        try:
            self._oss = oss2.Bucket(
                auth, access.endpoint, bucket, session=session, enable_crc=False, region=access.region or None
            )
        except OssError as error:
            raise translate(error, f"use the bucket {bucket}", bucket, access.endpoint) from None

    def request(
        self,
        what: str,
        method: str,
        key: str,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
    ) -> OssResponse:
        """One request, answered with success; its body is the caller's to read. Never sent again."""
        try:
            response: OssResponse = self._oss._do(method, self.bucket, key, params=params, headers=headers, data=data)
        except OssError as error:
            raise translate(error, what, self.bucket, self.endpoint) from None
        except StoreError as error:
            raise type(error)(f"cannot {what}: {error.message}", error.hint) from None
        return response

    def call(
        self,
        what: str,
        method: str,
        key: str,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
    ) -> tuple[OssResponse, bytes]:
        """A request that may safely be sent twice, with its whole answer."""
        if method in ("GET", "HEAD"):
            self.traffic.read()
        else:
            self.traffic.wrote()

        def once() -> tuple[OssResponse, bytes]:
            response = self.request(what, method, key, params, headers, data)
            return response, response.read()

        return self.again(once)

    def page(self, what: str, params: dict[str, str]) -> bytes:
        """One page of a listing."""
        body = self.again(lambda: self.request(what, "GET", "", params).read())
        self.traffic.listed()
        return body

    def open(self, what: str, method: str, key: str) -> OssResponse:
        """An object that is going to be read; ranges that are asked for later belong to the same operation."""
        response = self.again(lambda: self.request(what, method, key))
        self.traffic.read()
        return response

    def send(
        self,
        name: str,
        key: str,
        data: bytes,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        damaged: set[str] | None = None,
    ) -> tuple[OssResponse, int]:
        """PUT the bytes of an object or part; gives the answer and the CRC-64 of what was sent.

        Raises CorruptData when the store states another CRC-64; the ETags of such answers are kept in `damaged`.
        """
        expected = crc64(data)

        def once() -> OssResponse:
            response = self.request(f"write {name}", "PUT", key, params, headers, data)
            response.read()
            refuse_other_bytes(name, response, expected, damaged)
            return response

        response = self.again(once)
        self.traffic.wrote(len(data))
        return response, expected

    def again(self, function: Callable[[], T]) -> T:
        """Run a function of requests under the retry rule of this client."""
        return self._pause.call(lambda: call_with_retries(function, self._retries))

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()
