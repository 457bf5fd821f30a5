"""The wire to one bucket: kept connections, time-outs, a proxy where one was asked for, nothing from the environment.

The session that oss2 brings takes a password out of ~/.netrc in place of the signature, follows proxy
variables, and costs more time than the rest of a small request. This one has the same single method.
"""

from __future__ import annotations

import collections
import http.client
import ssl
import time
import urllib.parse
from typing import Any

from ...model.errors import AuthenticationFailed, Unreachable
from ..body import Body, body_of
from ..proxy import PROXY_HINT, Proxy
from .response import Connection, OssResponse, WholeHead, describe

CONNECT_SECONDS = 6.0
READ_SECONDS = 60.0
# The store closes a connection that was idle for a minute; one about to be closed is not worth taking.
_IDLE_SECONDS = 40.0


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

    def do_request(self, req: Any, timeout: object) -> OssResponse:
        """Send what oss2 has signed and give the answer, whatever its status.

        Raises Unreachable. A kept connection that turns out to be closed is replaced at once.
        """
        scheme, _, host, path = req.url.split("/", 3)
        # What a proxy is asked for is the whole URL; through a tunnel it is a path again.
        is_forwarded = self._proxy is not None and scheme == "http:"
        target = f"http://{host}/{path}" if is_forwarded else f"/{path}"
        if req.params:
            target += "?" + "&".join(_parameter(name, value) for name, value in req.params.items())
        while True:
            connection = self._take(scheme, host)
            try:
                response = self._exchange(connection, req, target)
            except (ConnectionError, http.client.RemoteDisconnected) as error:
                connection.http.close()
                if connection.used:
                    continue
                raise Unreachable(f"the connection to {host} broke: {describe(error)}") from None
            except (OSError, http.client.HTTPException) as error:
                connection.http.close()
                raise Unreachable(f"no answer from {host}: {describe(error)}") from None
            except BaseException:
                # The body could not be read to its end, so the store is still waiting for the rest of it.
                connection.http.close()
                raise
            connection.used = True
            return OssResponse(connection, response, self.give_back)

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

    def _take(self, scheme: str, host: str) -> Connection:
        oldest_useful = time.monotonic() - _IDLE_SECONDS
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._connect(scheme, host)
            if connection.idle_since > oldest_useful and not connection.has_something_to_say():
                return connection
            connection.http.close()

    def _connect(self, scheme: str, host: str) -> Connection:
        connection = self._make(scheme.rstrip(":"), host)
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
            secure.response_class = WholeHead
            if proxy:
                known = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
                secure.set_tunnel(host, headers=known)
            return secure
        plain = http.client.HTTPConnection(at, timeout=self._connect_seconds)
        plain.response_class = WholeHead
        return plain

    def _exchange(self, connection: Connection, req: Any, target: str) -> http.client.HTTPResponse:
        wire = connection.http
        wire.putrequest(req.method, target, skip_accept_encoding=True)
        if self._proxy and self._proxy.authorization and not target.startswith("/"):
            wire.putheader("Proxy-Authorization", self._proxy.authorization)
        for name, value in req.headers.items():
            if value is not None:
                wire.putheader(name, value.encode() if isinstance(value, str) else value)
        body = req.data if isinstance(req.data, Body) else body_of(req.data or b"")
        if req.data is not None or req.method in ("PUT", "POST"):
            wire.putheader("Content-Length", str(body.size))
        wire.endheaders()
        if body.size:
            self._send_body(wire, body)
        return wire.getresponse()

    def _send_body(self, wire: http.client.HTTPConnection, body: Body) -> None:
        # The time-out of a socket counts for a whole sendall, so a large body goes out in pieces.
        try:
            for piece in body.pieces():
                wire.send(piece)
        except ConnectionError:
            # A server that refuses a body may answer and hang up before it has read all of it.
            if wire.sock is None:
                raise
            wire.sock.settimeout(1.0)


def _parameter(name: str, value: object) -> str:
    quoted = urllib.parse.quote(name, safe="")
    return f"{quoted}={urllib.parse.quote(str(value), safe='')}" if value not in ("", None) else quoted
