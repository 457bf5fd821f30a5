"""The HTTP proxy through which an endpoint is reached, as it was asked for."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import NamedTuple

from ..model.errors import UsageError

PROXY_HINT = "Give the proxy as http://user:password@host:port, or set fs.oss.proxy.username and fs.oss.proxy.password."

_HADOOPS = "fs.oss.proxy."
_WRITE = "Write it as http://host:port, or http://user:password@host:port."


class Proxy(NamedTuple):
    """`authorization` is the value of the header Proxy-Authorization, or "". Shown without it."""

    host: str
    port: int
    authorization: str = ""

    def __str__(self) -> str:
        return f"http://{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"Proxy({self})"


def find_proxy(endpoint: str, bucket: str, environment: Mapping[str, str], conf: Mapping[str, str]) -> Proxy | None:
    """The proxy for an endpoint (with scheme), or None.

    1. fs.oss.proxy.host, .port (443 or 80 where not set), .username and .password, whatever the endpoint.
    2. https_proxy, http_proxy by the endpoint's scheme, else all_proxy, in small letters or large, unless
       no_proxy has the host (by name, suffix, address or network) or the endpoint is on loopback.

    Raises UsageError for a proxy that cannot be used: it is never left out in silence.
    """
    scheme = endpoint.partition("://")[0]
    named = _hadoops(scheme, conf)
    if named is not None:
        return named
    host = urllib.parse.urlsplit(endpoint).hostname or ""
    for variable in (f"{scheme}_proxy", "all_proxy"):
        text = environment.get(variable) or environment.get(variable.upper()) or ""
        if text:
            excepted = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
            return None if _is_direct(host, bucket, excepted) else _parse(text, variable)
    return None


def _hadoops(scheme: str, conf: Mapping[str, str]) -> Proxy | None:
    values = {name: conf.get(_HADOOPS + name, "").strip() for name in ("host", "port", "username", "password")}
    if not values["host"]:
        if values["port"]:
            raise UsageError(f"{_HADOOPS}port is set and {_HADOOPS}host is not", f"Set {_HADOOPS}host too.")
        return None
    if any(conf.get(_HADOOPS + name) for name in ("domain", "workstation")):
        raise UsageError(f"{_HADOOPS}domain asks for an NTLM proxy, which is not supported", "Name another proxy.")
    if bool(values["username"]) != bool(values["password"]):
        raise UsageError(f"{_HADOOPS}username and {_HADOOPS}password come together or not at all")
    port = values["port"] or ("443" if scheme == "https" else "80")
    if not port.isdecimal():
        raise UsageError(f"{_HADOOPS}port is {port!r}, which is no port")
    return Proxy(values["host"], int(port), _authorization(values["username"], values["password"]))


def _is_direct(host: str, bucket: str, excepted: str) -> bool:
    """Whether the environment's proxy is not meant for this host."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host)
        return address.is_loopback or any(_holds(word, address) for word in excepted.split(","))
    names = {"no": excepted}
    return any(urllib.request.proxy_bypass_environment(name, names) for name in (host, f"{bucket}.{host}"))  # type: ignore[attr-defined]


def _holds(word: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if word.strip() == "*":
        return True
    try:
        return address in ipaddress.ip_network(word.strip(), strict=False)
    except ValueError:
        return False


def _parse(text: str, variable: str) -> Proxy:
    parts = urllib.parse.SplitResult("", "", "", "", "")
    try:
        parts = urllib.parse.urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        host, port = "", 0
    if parts.scheme != "http" or not host:
        what = f"speaks {parts.scheme}" if host else "names no host"
        raise UsageError(f"the proxy of {variable} {what}; only HTTP proxies can be used", _WRITE)
    user, password = (urllib.parse.unquote(word or "") for word in (parts.username, parts.password))
    return Proxy(host, port, _authorization(user, password))


def _authorization(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode() if user else ""
