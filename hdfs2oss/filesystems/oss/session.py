"""The wire to one bucket: kept connections, time-outs, a proxy where one was asked for, nothing from the environment.

Connections and bodies are http.client's. The session that oss2 brings takes a password out of ~/.netrc in place of
the signature, follows proxy variables, and costs more time than the rest of a small request.
"""

from __future__ import annotations

import collections
import http.client
import socket
import ssl
import time
from collections.abc import Iterator, Mapping

from ... import __version__
from ...model.errors import AuthenticationFailed, StoreError, Unreachable
from ...rules.checksum import Buffer
from ..body import Body
from ..proxy import PROXY_HINT, Proxy
from .address import Address
from .response import Answer, Connection, OssResponse, describe

CONNECT_SECONDS = 6.0
READ_SECONDS = 60.0
# The store closes a connection that was idle for a minute; one about to be closed is not worth taking.
_IDLE_SECONDS = 40.0
# A body up to here goes out together with the head, by one system call and in one packet or two.
_TOGETHER_BYTES = 64 * 1024
# Pieces go out by one system call up to here, where the connection is not encrypted.
_GATHERED_PIECES, _GATHERED_BYTES = 64, 1024 * 1024

_AGENT = f"User-Agent: hdfs2oss/{__version__}"


class CertificateRefused(Unreachable):
    """The server is not who it should be; asking again changes nothing, now or later."""

    asked_again = False
    retryable = False


class OssSession:
    """Connections to one endpoint, shared by threads: each request takes one and gives it back.

    `keep` is how many idle ones are kept, at least the number of threads. Through a proxy https goes by a tunnel,
    and http by requests that name the whole URL.
    """

    def __init__(
        self,
        keep: int = 16,
        proxy: Proxy | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._keep = keep
        self._proxy = proxy
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._idle: collections.deque[Connection] = collections.deque()
        self._certificates: ssl.SSLContext | None = None

    def exchange(
        self, address: Address, method: str, target: str, headers: Mapping[str, str], body: Body | None
    ) -> OssResponse:
        """Send a request and give the answer, whatever its status. What comes without a body has none (GET, HEAD ...).

        Raises Unreachable. A kept connection that turns out to be closed is replaced at once.
        """
        head = self._head(address, method, target, headers, body)
        is_repeated = False
        while True:
            connection = self._take(address)
            try:
                answer = self._exchange(connection, method, head, body)
            except (ConnectionError, http.client.RemoteDisconnected) as error:
                connection.http.close()
                if connection.used:
                    is_repeated = True
                    continue
                raise Unreachable(f"the connection to {address.host} broke: {describe(error)}") from None
            except (OSError, http.client.HTTPException) as error:
                connection.http.close()
                raise Unreachable(f"no answer from {address.host}: {describe(error)}") from None
            except BaseException:
                # The body could not be read to its end, so the store is still waiting for the rest of it.
                connection.http.close()
                raise
            connection.used = True
            response = OssResponse(connection, answer, self.give_back)
            response.is_repeated = is_repeated
            return response

    def give_back(self, connection: Connection) -> None:
        """Keep a connection for the next request."""
        if len(self._idle) >= self._keep:
            connection.http.close()
            return
        connection.idle_since = time.monotonic()
        self._idle.append(connection)

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().http.close()

    def _take(self, address: Address) -> Connection:
        oldest_useful = time.monotonic() - _IDLE_SECONDS
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._connect(address.scheme, address.host)
            if connection.idle_since > oldest_useful and not connection.has_something_to_say():
                return connection
            connection.http.close()

    def _connect(self, scheme: str, host: str) -> Connection:
        connection = self._make(scheme, host)
        try:
            connection.connect()
            assert connection.sock is not None
            connection.sock.settimeout(self._read_seconds)
        except ssl.SSLCertVerificationError as error:
            connection.close()
            raise CertificateRefused(
                f"the certificate of {host} is not accepted: {error.verify_message}",
                "Install the authority's certificate on every node, or correct the endpoint.",
            ) from None
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if self._proxy and "failed: 407" in str(error):
                raise AuthenticationFailed(f"the proxy {self._proxy} wants to know who asks", PROXY_HINT) from None
            way = f" through the proxy {self._proxy}" if self._proxy else ""
            raise Unreachable(
                f"cannot connect to {host}{way}: {describe(error)}",
                f"Check the endpoint{' and the proxy,' if way else ''} and that this node reaches it.",
            ) from None
        return Connection(connection)

    def _make(self, scheme: str, host: str) -> http.client.HTTPConnection:
        proxy = self._proxy
        at = f"{proxy.host}:{proxy.port}" if proxy else host
        if scheme == "https":
            if self._certificates is None:
                self._certificates = ssl.create_default_context()
            secure = http.client.HTTPSConnection(at, timeout=self._connect_seconds, context=self._certificates)
            if proxy:
                known = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
                secure.set_tunnel(host, headers=known)
            return secure
        return http.client.HTTPConnection(at, timeout=self._connect_seconds)

    def _head(self, address: Address, method: str, target: str, headers: Mapping[str, str], body: Body | None) -> bytes:
        """All before the body. What a proxy is asked for is the whole URL; through a tunnel it is a path again."""
        lines = [f"{name}: {value}" for name, value in headers.items()]
        if self._proxy is not None and address.scheme == "http":
            target = f"http://{address.host}{target}"
            if self._proxy.authorization:
                lines.append(f"Proxy-Authorization: {self._proxy.authorization}")
        if body is not None:
            lines.append(f"Content-Length: {body.size}")
        text = "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {address.host}", _AGENT, *lines, "", ""])
        # Whatever is kept with a file may be among them, and a line of its own would be a header of its own.
        if text.count("\n") != len(lines) + 4 or text.count("\r") != len(lines) + 4:
            raise StoreError("a header that was to be sent holds the end of a line")
        return text.encode()

    def _exchange(self, connection: Connection, method: str, head: bytes, body: Body | None) -> Answer:
        wire = connection.http.sock
        assert wire is not None
        is_sent = True
        if body is None or not body.size:
            wire.sendall(head)
        elif body.size <= _TOGETHER_BYTES:
            wire.sendall(b"".join((head, *body.pieces())))
        else:
            wire.sendall(head)
            is_sent = self._send_body(wire, body)
        answer = Answer(wire, method=method)
        try:
            answer.begin()
            if not is_sent and answer.status < 300:
                raise http.client.HTTPException("it was answered before all of it was sent")
        except BaseException:
            answer.close()
            raise
        return answer

    def _send_body(self, wire: socket.socket, body: Body) -> bool:
        """Whether all of it was sent: a server that refuses a body may answer and hang up before it has read it."""
        try:
            # The time-out of a socket counts for a whole sendall, so a large body goes out in pieces.
            for pieces in _gathered(body.pieces(), isinstance(wire, ssl.SSLSocket)):
                _send_all(wire, pieces)
        except ConnectionError:
            wire.settimeout(1.0)
            return False
        return True


def _gathered(pieces: Iterator[Buffer], is_single: bool) -> Iterator[list[Buffer]]:
    """Pieces that go out together, none of them copied; each by itself where they cannot."""
    held: list[Buffer] = []
    held_bytes = 0
    for piece in pieces:
        held.append(piece)
        held_bytes += len(piece)
        if is_single or len(held) >= _GATHERED_PIECES or held_bytes >= _GATHERED_BYTES:
            yield held
            held, held_bytes = [], 0
    if held:
        yield held


def _send_all(wire: socket.socket, pieces: list[Buffer]) -> None:
    if len(pieces) == 1:
        wire.sendall(pieces[0])
        return
    sent = wire.sendmsg(pieces)
    for piece in pieces:
        if sent < len(piece):
            wire.sendall(memoryview(piece)[sent:])
        sent = max(0, sent - len(piece))
