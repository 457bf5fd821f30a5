"""Requests to one bucket: signed, counted, sent again when that makes sense, errors as ours."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import TypeVar

from ...model.errors import StoreError, Unreachable
from ...rules.retry import RetryPolicy, StorePause, call_with_retries
from ..ahead import Ahead
from ..body import Body, Checked, body_of
from ..in_flight import InFlight
from ..keys.credentials import OssAccess
from ..pace import REQUESTS
from ..traffic import Traffic
from .address import address_of
from .answers import document_of, refuse_other_bytes
from .errors import KeysRefused, action_of, refusal
from .keys import KeysInUse
from .response import OssResponse
from .session import OssSession
from .signing import Request, Signer

T = TypeVar("T")

# An endpoint that cannot be reached is reported within half a minute; one that asks for patience gets it.
RETRIES = RetryPolicy(attempts=8, deadline_seconds=20.0, throttled_attempts=12, throttled_seconds=180.0)
# Among ETags of damaged answers: there was one that nobody has seen.
UNANSWERED = ""


def key_of(path: str) -> str:
    """The path `/a/b` is the key `a/b`."""
    return path.strip("/")


class OssClient:
    """One bucket at one endpoint; safe for threads. What is asked is counted in `traffic`, once however often sent:

                counts as      counted              sent again
    call        read, write    when it is asked     yes
    ask         read           when it is asked     yes
    post        write          when it is asked     yes
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
        self.in_flight = InFlight(self.traffic)
        self._keys = KeysInUse(access)
        self._signer = Signer(access.signature, access.region)
        self._address = address_of(access.endpoint, bucket)

    def request(
        self,
        what: str,
        method: str,
        key: str,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        data: bytes | Body | None = None,
    ) -> OssResponse:
        """One request, answered with success; its body is the caller's to read.

        Sent again only when its keys were refused, so that nothing was done, and there are others by now.
        """
        while True:
            version = self._keys.version
            REQUESTS.take()
            try:
                with self.in_flight.one():
                    response = self._send_once(what, method, key, params, headers, data)
            except KeysRefused as refusal:
                self._keys.renew(version, refusal)
                continue
            self._keys.accept(version)
            return response

    def _send_once(
        self,
        what: str,
        method: str,
        key: str,
        params: dict[str, str] | None,
        headers: dict[str, str] | None,
        data: bytes | Body | None,
    ) -> OssResponse:
        named = params or {}
        keys = self._keys.current(what)
        signed = self._signer.sign(Request(method, f"/{self.bucket}/{key}", named, headers or {}), keys)
        if data is None and method in ("PUT", "POST"):
            data = b""
        body = body_of(data) if isinstance(data, bytes) else data
        try:
            response = self._session.exchange(self._address, method, self._address.target(key, named), signed, body)
        except StoreError as error:
            raise type(error)(f"cannot {what}: {error.message}", error.hint) from None
        if response.status >= 300:
            raise refusal(response, what, self.bucket, self.endpoint, action_of(method, key, named))
        return response

    def call(
        self,
        what: str,
        method: str,
        key: str,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
    ) -> OssResponse:
        """A request that may safely be sent twice, and whose answer came whole, though its body says nothing."""
        if method in ("GET", "HEAD"):
            self.traffic.read()
        else:
            self.traffic.wrote()

        def once() -> OssResponse:
            response = self.request(what, method, key, params, headers, data)
            response.read_whole()
            return response

        return self.again(once)

    def ask(self, what: str, key: str, params: dict[str, str], root: str) -> ET.Element:
        """A GET that is answered by an XML document with this root; anything else is no answer."""
        self.traffic.read()
        return self.again(lambda: document_of(self.request(what, "GET", key, params).read_whole(), root, what))

    def post(
        self,
        what: str,
        key: str,
        params: dict[str, str],
        root: str,
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
    ) -> tuple[OssResponse, ET.Element]:
        """A POST that may safely be sent twice, likewise; an empty body is an answer that says nothing more."""
        self.traffic.wrote()

        def once() -> tuple[OssResponse, ET.Element]:
            response = self.request(what, "POST", key, params, headers, data)
            body = response.read_whole()
            return response, document_of(body, root, what) if body else ET.Element(root)

        return self.again(once)

    def page(
        self, what: str, params: dict[str, str], parse: Callable[[bytes], T], coming: Ahead[bytes] | None = None
    ) -> T:
        """One page of a listing; one that `parse` finds incomplete is asked for again. `coming` is its first try, where
        that is under way."""
        tries = [coming.answer] if coming is not None else []

        def once() -> T:
            return parse(tries.pop()() if tries else self._list(what, params))

        page = self.again(once)
        self.traffic.listed()
        return page

    def page_ahead(self, what: str, params: dict[str, str]) -> Ahead[bytes]:
        """Begin to ask for a page. What comes is taken apart by who wants it: two threads of Python at once cost more
        than they bring."""
        return Ahead(lambda: self._list(what, params))

    def _list(self, what: str, params: dict[str, str]) -> bytes:
        return self.request(what, "GET", "", params).read_whole()

    def open(self, what: str, method: str, key: str) -> OssResponse:
        """An object that is going to be read; ranges that are asked for later belong to the same operation."""
        response = self.again(lambda: self.request(what, method, key))
        self.traffic.read()
        if method == "HEAD":
            response.read_whole()
        return response

    def send(
        self,
        name: str,
        key: str,
        body: Body,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        damaged: set[str] | None = None,
    ) -> tuple[OssResponse, int]:
        """PUT the bytes of an object or part; gives the answer and the CRC-64 of what was sent.

        Raises CorruptData when the store states another CRC-64; the ETags of such answers are kept in `damaged`, and
        UNANSWERED where a try of it had no answer.
        """
        going, answers = Checked(body), 0

        def once() -> OssResponse:
            nonlocal answers
            try:
                response = self.request(f"write {name}", "PUT", key, params, headers, going.as_body())
                response.read_whole()
            except Unreachable:
                raise
            except StoreError:
                answers += 1
                raise
            answers += 1
            refuse_other_bytes(name, response, going.crc64, damaged)
            return response

        try:
            response = self.again(once)
        except StoreError:
            # The session by itself sends again what a kept connection gave no answer to.
            if damaged is not None and going.times > answers:
                damaged.add(UNANSWERED)
            raise
        self.traffic.wrote(body.size)
        return response, going.crc64

    def again(self, function: Callable[[], T]) -> T:
        """Run a function of requests under the retry rule of this client."""
        return self._pause.call(lambda: call_with_retries(function, self._retries, on_repeat=self.traffic.repeated))

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()
