"""What only WebHDFS tells without a JVM: a directory's erasure-coding policy, and whether a file is still written to.

The native client is given both by the NameNode and keeps them to itself. WebHDFS may be switched off, want Kerberos
over HTTP, or not be reachable from here: then nobody can be asked, and whoever asks is told so (`silent_because`).
Once it has answered, it counts as there: a question that then fails is an error, never "nothing speaks against it".
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from ...model.errors import StoreError, Unreachable
from ...rules.retry import RetryPolicy, call_with_retries

_TIMEOUT_SECONDS = 5.0
_RETRIES = RetryPolicy(attempts=4, deadline_seconds=30.0)
_DEFAULT_PORTS = {"dfs.namenode.http-address": 9870, "dfs.namenode.https-address": 9871}
_ANY_HOST = ("", "0.0.0.0", "[::]")


class WebAddress(NamedTuple):
    """Where one NameNode answers HTTP."""

    host: str
    port: int
    is_secure: bool = False

    def __str__(self) -> str:
        return f"http{'s' if self.is_secure else ''}://{self.host}:{self.port}"


class WebHdfs:
    """Questions to WebHDFS of one HDFS; safe for threads."""

    def __init__(self, addresses: Sequence[WebAddress], user: str, retries: RetryPolicy = _RETRIES) -> None:
        self._addresses = list(addresses)
        self._user = user
        self._retries = retries
        self._lock = threading.Lock()
        self._silent_because: str | None = None

    def silent_because(self) -> str:
        """Why nobody can be asked; "" when somebody answers. Found out once."""
        with self._lock:
            if self._silent_because is None:
                try:
                    self._call("/", "GETFILESTATUS")
                    self._silent_because = ""
                except StoreError as error:
                    self._silent_because = str(error)
            return self._silent_because

    def policy_of(self, path: str) -> str | None:
        """The erasure-coding policy that files in a directory get, "" for none; None where there is no such directory.

        Raises StoreError when nobody can tell.
        """
        answer = self._ask(path, "GETFILESTATUS")
        return None if answer is None else str(_object(answer, "FileStatus", path).get("ecPolicy") or "")

    def is_being_written(self, path: str) -> bool:
        """Whether somebody has the file open for writing. Raises StoreError when nobody can tell."""
        answer = self._ask(path, "GET_BLOCK_LOCATIONS")
        if answer is None:
            return False
        blocks = _object(answer, "LocatedBlocks", path)
        if not isinstance(blocks.get("isUnderConstruction"), bool):
            raise Unreachable(f"WebHDFS does not say whether {path} is being written")
        return bool(blocks["isUnderConstruction"])

    def _ask(self, path: str, operation: str) -> dict[str, Any] | None:
        return call_with_retries(lambda: self._call(path, operation), self._retries)

    def _call(self, path: str, operation: str) -> dict[str, Any] | None:
        """The answer of the first NameNode that has one; None when there is no such path."""
        if not self._addresses:
            raise StoreError("the Hadoop configuration names no dfs.namenode.http-address for it")
        failures = []
        for address in list(self._addresses):
            try:
                answer = self._request(address, path, operation)
            except StoreError as error:
                failures.append(error)
                continue
            if address != self._addresses[0]:
                # The active NameNode is asked first from now on.
                self._addresses = [address, *(one for one in self._addresses if one != address)]
            return answer
        raise failures[0]

    def _request(self, address: WebAddress, path: str, operation: str) -> dict[str, Any] | None:
        query = {"op": operation, **({"user.name": self._user} if self._user else {})}
        kind = http.client.HTTPSConnection if address.is_secure else http.client.HTTPConnection
        connection = kind(address.host, address.port, timeout=_TIMEOUT_SECONDS)
        what = f"ask WebHDFS at {address} for {operation} of {path}"
        try:
            connection.request("GET", f"/webhdfs/v1{quote(path)}?{urlencode(query)}", headers={"Connection": "close"})
            response = connection.getresponse()
            status, body = response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"cannot {what}: {type(error).__name__}: {error}") from None
        finally:
            connection.close()
        return _answer_of(what, status, body)


def _answer_of(what: str, status: int, body: bytes) -> dict[str, Any] | None:
    """A document that is whole, or None for a path that is not there. Raises StoreError."""
    try:
        answer = json.loads(body)
        if not isinstance(answer, dict):
            raise ValueError("no object")
    except ValueError:
        problem = f"cannot {what}: status {status} and no answer of WebHDFS"
        raise (Unreachable if status in (200, 500, 502, 503, 504) else StoreError)(problem) from None
    if status == 200:
        return answer
    refusal = answer.get("RemoteException")
    told = refusal if isinstance(refusal, dict) else {}
    if status == 404 and told.get("exception") == "FileNotFoundException":
        return None
    message = " ".join(str(told.get("message", "")).split())
    problem = f"cannot {what}: {told.get('exception', f'status {status}')}: {message}"
    raise (Unreachable if told.get("exception") in ("StandbyException", "RetriableException") else StoreError)(problem)


def _object(answer: Mapping[str, Any], name: str, path: str) -> dict[str, Any]:
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
    the default file system   dfs.namenode.http-address, else its port 9870
    any other                 nobody

    With dfs.http.policy HTTPS_ONLY it is https-address and 9871. The host 0.0.0.0 means the NameNode's.
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
        stated = conf.get(key + suffix) or ("" if suffix else f":{_DEFAULT_PORTS[key]}")
        host, _, port = stated.rpartition(":")
        if port.isdigit():
            named = conf.get(rpc + suffix, authority)
            found.append(
                WebAddress(named.rpartition(":")[0] or named if host in _ANY_HOST else host, int(port), is_secure)
            )
    return found
