"""Operations of WebHDFS: the NameNode's own words over HTTP, where the native client has no call for them.

WebHDFS may be switched off, want Kerberos over HTTP, or not be reachable from here: then nobody can be asked, and
whoever asks is told so (`silent_because`). Once it has answered it counts as there, and a call that fails is an error.

HTTP methods go by operation, as Hadoop's documentation lists them: GET looks, PUT changes, POST adds (CONCAT, APPEND),
DELETE removes.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from ...model.errors import AuthenticationFailed, NotFound, PermissionDenied, StoreError, Throttled, Unreachable
from ...rules.retry import RetryPolicy, call_with_retries
from ..hadoop_errors import error_of_java

Method = Literal["GET", "PUT", "POST", "DELETE"]
# Names that come up more than once (`xattr.name`) need the second form.
Parameters = Mapping[str, str] | Sequence[tuple[str, str]]
Answer = dict[str, Any]

TIMEOUT_SECONDS = 5.0
_RETRIES = RetryPolicy(attempts=4, deadline_seconds=30.0, throttled_attempts=6, throttled_seconds=30.0)
# Of Hadoop 3, and of Hadoop 2.
_DEFAULT_PORTS = {"dfs.namenode.http-address": (9870, 50070), "dfs.namenode.https-address": (9871, 50470)}
# Older servers tell where an exception came from as well.
_STACK_TRACE = re.compile(r"\s*\n\s*at .*", re.DOTALL)
_ANY_HOST = ("", "0.0.0.0", "[::]")
_MOST_REDIRECTS = 3
_NOWHERE = "it is passed on to what is no address"
_PREFIX = "/webhdfs/v1"
# Hadoop 3.1.0 to 3.1.2 and 3.2.0 undo the escapes of a path twice when they are asked (GET; HDFS-14423), and answer for
# `/a b` in place of `/a+b`. Of a path that cannot be undone twice they say so.
_UNLIKE_TWICE = "%+"
_NOT_TWICE = "/%"
_TOLD_TWICE = "URLDecoder"
# For a host: headers and parameters that show who asks.
Prove = Callable[[str], tuple[Mapping[str, str], Sequence[tuple[str, str]]]]
# Servers that guard against forged requests of browsers want to see this header with every change.
_HEADERS = {"Connection": "close", "X-XSRF-HEADER": ""}


class WebAddress(NamedTuple):
    """Where one NameNode answers HTTP."""

    host: str
    port: int
    is_secure: bool = False

    def __str__(self) -> str:
        return f"http{'s' if self.is_secure else ''}://{self.host}:{self.port}"


class Unanswered(Unreachable):
    """A change was sent and no answer came: it may have been made, so it is not sent again."""

    asked_again = False


class Call(NamedTuple):
    """One operation on one path."""

    method: Method
    path: str
    operation: str
    parameters: Parameters = ()
    may_repeat: bool = True
    timeout_seconds: float = TIMEOUT_SECONDS


class WebHdfs:
    """WebHDFS of one HDFS; safe for threads.

    `get` and `change` give the document of an answer that came whole. They raise NotFound for a path that is not
    there, and otherwise what `hdfs.errors` makes of the exception that the NameNode names; Unreachable, after several
    tries, when nobody answers. Where the NameNode sends to a DataNode, that one is asked.

    A NameNode believes the name of `user`; with Kerberos it is "", and `prove` shows who asks.
    """

    def __init__(
        self,
        addresses: Sequence[WebAddress],
        user: str,
        retries: RetryPolicy = _RETRIES,
        prove: Prove = lambda host: ({}, ()),
    ) -> None:
        self._addresses = list(addresses)
        self._user = user
        self._prove = prove
        self._retries = retries
        self._lock = threading.Lock()
        self._silent_because: str | None = None
        self._reads_twice: dict[WebAddress, bool] = {}

    def silent_because(self) -> str:
        """Why nobody can be asked; "" when somebody answers. Found out once."""
        with self._lock:
            if self._silent_because is None:
                try:
                    self._call(Call("GET", "/", "GETFILESTATUS"))
                    self._silent_because = ""
                except StoreError as error:
                    self._silent_because = str(error)
            return self._silent_because

    def get(
        self, path: str, operation: str, parameters: Parameters = (), timeout_seconds: float = TIMEOUT_SECONDS
    ) -> Answer:
        """Look at something: `get("/d", "GETXATTRS", {"encoding": "hex"})`."""
        call = Call("GET", path, operation, parameters, timeout_seconds=timeout_seconds)
        return call_with_retries(lambda: self._call(call), self._retries)

    def change(
        self,
        method: Method,
        path: str,
        operation: str,
        parameters: Parameters = (),
        may_repeat: bool = False,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> Answer:
        """Change something: `change("PUT", "/d", "CREATESNAPSHOT", {"snapshotname": "s"})`; {} for an empty answer.

        A change that `may_repeat` is sent again when no answer came; of any other nobody knows then whether it was
        made: Unanswered.
        """
        call = Call(method, path, operation, parameters, may_repeat, timeout_seconds)
        return call_with_retries(lambda: self._call(call), self._retries)

    def _call(self, call: Call) -> Answer:
        """The answer of the first NameNode that has one."""
        if not self._addresses:
            raise StoreError("the Hadoop configuration names no dfs.namenode.http-address for it")
        failures: list[StoreError] = []
        for address in list(self._addresses):
            try:
                answer = self._ask(address, call)
            except (Unreachable, Throttled) as error:
                if isinstance(error, Unanswered):
                    raise
                failures.append(error)
                continue
            if address != self._addresses[0]:
                # The active NameNode is asked first from now on.
                self._addresses = [address, *(one for one in self._addresses if one != address)]
            return answer
        raise failures[0]

    def _ask(self, address: WebAddress, call: Call) -> Answer:
        path = quote(call.path)
        may_be_taken_for_another = call.method == "GET" and any(one in call.path for one in _UNLIKE_TWICE)
        if may_be_taken_for_another and self._is_read_twice(address):
            path = quote(path)
        return self._send(address, call, path)

    def _is_read_twice(self, address: WebAddress) -> bool:
        """Whether this NameNode undoes the escapes of a path twice, when asked about it. Raises StoreError when nobody
        can tell."""
        if address not in self._reads_twice:
            try:
                self._send(address, Call("GET", _NOT_TWICE, "GETFILESTATUS"), quote(_NOT_TWICE))
                self._reads_twice[address] = False
            except (NotFound, PermissionDenied):
                self._reads_twice[address] = False
            except StoreError as error:
                if _TOLD_TWICE not in error.message:
                    raise
                self._reads_twice[address] = True
        return self._reads_twice[address]

    def _send(self, address: WebAddress, call: Call, escaped_path: str) -> Answer:
        pairs = call.parameters.items() if isinstance(call.parameters, Mapping) else call.parameters
        # What a NameNode sends on to a DataNode has a token of its own.
        headers, proof = self._prove(address.host)
        query = [("op", call.operation), *pairs, *([("user.name", self._user)] if self._user else []), *proof]
        target = f"{_PREFIX}{escaped_path}?{urlencode(query, quote_via=quote)}"
        what = f"ask WebHDFS at {address} for {call.operation} of {call.path}"
        for _ in range(_MOST_REDIRECTS):
            status, answered, body = _exchange(address, call, target, what, headers)
            location = answered.get("Location") or ""
            if status != 307 or not location:
                return _answer_of(call, what, status, body)
            try:
                where = urlsplit(location)
                is_secure = where.scheme == "https"
                address = WebAddress(where.hostname or "", where.port or (443 if is_secure else 80), is_secure)
            except ValueError:
                raise StoreError(f"cannot {what}: {_NOWHERE}") from None
            # A NameNode writes characters as they are that a DataNode wants to have escaped.
            passed_on = f"{_PREFIX}{escaped_path}" if where.path.startswith(f"{_PREFIX}/") else where.path
            target, headers = f"{passed_on}?{where.query}", {}
        raise StoreError(f"cannot {what}: it is passed on and on")


def _exchange(
    address: WebAddress, call: Call, target: str, what: str, headers: Mapping[str, str]
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Status, headers and body. Raises Unreachable, or Unanswered for a change that was sent and may not be again."""
    kind = http.client.HTTPSConnection if address.is_secure else http.client.HTTPConnection
    connection = kind(address.host, address.port, timeout=call.timeout_seconds)
    failure: type[StoreError] = Unreachable
    try:
        connection.connect()
        failure = Unreachable if call.may_repeat else Unanswered
        connection.request(call.method, target, headers={**_HEADERS, **headers})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    except (http.client.InvalidURL, UnicodeError):
        # What it says repeats the address, with the token in it.
        raise StoreError(f"cannot {what}: {_NOWHERE}") from None
    except (OSError, http.client.HTTPException) as error:
        raise failure(f"cannot {what}: {type(error).__name__}: {error}") from None
    finally:
        connection.close()


def _answer_of(call: Call, what: str, status: int, body: bytes) -> Answer:
    """A document that is whole. Raises StoreError."""
    # Some changes are answered by their status alone, which comes once they were made.
    if status == 200 and not body and call.method != "GET":
        return {}
    try:
        answer = json.loads(body)
        if not isinstance(answer, dict):
            raise ValueError("no object")
    except ValueError:
        problem = f"cannot {what}: status {status} and no answer of WebHDFS"
        if status == 401:
            raise AuthenticationFailed(f"{problem}: it does not take who asks") from None
        may_pass = status in (200, 500, 502, 503, 504)
        raise ((Unreachable if call.may_repeat else Unanswered) if may_pass else StoreError)(problem) from None
    if status == 200:
        return answer
    refusal = answer.get("RemoteException")
    told = refusal if isinstance(refusal, dict) else {}
    name, message = str(told.get("exception", f"status {status}")), _STACK_TRACE.sub("", str(told.get("message", "")))
    message = " ".join(message.split())
    raise error_of_java(name, message, f"cannot {what}: {name}: {message}")


def member(answer: Mapping[str, Any], name: str, path: str) -> Answer:
    """The object `name` of an answer. Raises Unreachable where there is none: that is no answer."""
    found = answer.get(name)
    if not isinstance(found, dict):
        raise Unreachable(f"WebHDFS says nothing of {path}: its answer has no {name}")
    return found


def web_addresses(authority: str, conf: Mapping[str, str]) -> list[WebAddress]:
    """Where the NameNodes of `authority` answer HTTP, as Hadoop's configuration tells; none when it does not.

    authority                 asked are
    -----------------------   --------------------------------------------------------------------
    a name service            dfs.namenode.http-address.SERVICE.NODE of each of its NameNodes
    a NameNode of a service   dfs.namenode.http-address.SERVICE.NODE of that one
    the default file system   dfs.namenode.http-address, else its ports 9870 and 50070 (Hadoop 2)
    any other                 nobody

    With dfs.http.policy HTTPS_ONLY it is https-address, 9871 and 50470. The host 0.0.0.0 means the NameNode's.
    """
    is_secure = conf.get("dfs.http.policy", "").upper() == "HTTPS_ONLY"
    key = f"dfs.namenode.http{'s' if is_secure else ''}-address"
    rpc = "dfs.namenode.rpc-address"
    nodes = [node.strip() for node in conf.get(f"dfs.ha.namenodes.{authority}", "").split(",") if node.strip()]
    suffixes = [f".{authority}.{node}" for node in nodes]
    suffixes = suffixes or [
        name[len(rpc) :] for name, value in conf.items() if name.startswith(rpc) and value == authority
    ]
    if not suffixes and conf.get("fs.defaultFS", "").removeprefix("hdfs://").rstrip("/") == authority:
        suffixes = [""]
    found = []
    for suffix in suffixes:
        stated = conf.get(key + suffix)
        named = conf.get(rpc + suffix, authority)
        for address in [stated] if stated else [] if suffix else [f":{port}" for port in _DEFAULT_PORTS[key]]:
            host, _, port = address.rpartition(":")
            if port.isdigit():
                host = named.rpartition(":")[0] or named if host in _ANY_HOST else host
                found.append(WebAddress(host, int(port), is_secure))
    return found
