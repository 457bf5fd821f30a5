"""Requests to one bucket: signed by oss2, sent again when that makes sense, errors as ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import oss2
import oss2.credentials
from oss2.exceptions import OssError

from ...model.errors import StoreError
from ...rules.retry import RetryPolicy, StorePause, call_with_retries
from ..credentials import OssAccess
from .errors import translate
from .session import OssResponse, OssSession

T = TypeVar("T")

# An endpoint that cannot be reached is reported within half a minute; one that asks for patience gets it.
RETRIES = RetryPolicy(attempts=8, deadline_seconds=20.0, throttled_attempts=12, throttled_seconds=180.0)


class OssClient:
    """One bucket at one endpoint; safe for threads."""

    def __init__(self, bucket: str, access: OssAccess, session: OssSession, retries: RetryPolicy = RETRIES) -> None:
        self.bucket = bucket
        self.endpoint = access.endpoint
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
        """A request that may safely be sent twice, with its whole answer; repeated when that makes sense."""

        def once() -> tuple[OssResponse, bytes]:
            response = self.request(what, method, key, params, headers, data)
            return response, response.read()

        return self.again(once)

    def again(self, function: Callable[[], T]) -> T:
        """Run a function of requests under the retry rule of this client."""
        return self._pause.call(lambda: call_with_retries(function, self._retries))

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()
