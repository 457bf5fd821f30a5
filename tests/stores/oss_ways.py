"""The ways in which a bucket is reached: address, transport, keys and signature, each with a server that insists."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.local_oss import LocalOssServer

KEY_ID, KEY_SECRET, TOKEN, REGION, BUCKET = "test-id", "test-secret", "test-token", "cn-hangzhou", "lake"
# The server takes BUCKET.oss.local for a virtual host; no resolver knows the name.
DOMAIN = "oss.local"


class Way(NamedTuple):
    """How a bucket is reached."""

    signature: str = "v1"
    has_virtual_host: bool = False
    has_tls: bool = False
    has_token: bool = False


# What is not named is plain: signature v1, the bucket in the path, http, keys without a token.
WAYS = {
    "signature v4": Way("v4"),
    "virtual host": Way(has_virtual_host=True),
    "https with a private authority": Way(has_tls=True),
    "temporary keys": Way(has_token=True),
}
ALL_AT_ONCE = Way("v4", True, True, True)


@contextmanager
def reached(way: Way, folder: Path) -> Iterator[OssAccess]:
    """A server that wants to be reached in this way; gives what a client is told of it."""
    with pytest.MonkeyPatch.context() as patch:
        certificate = key = None
        if way.has_tls:
            authority, certificate, key = make_certificates(folder)
            patch.setenv("SSL_CERT_FILE", str(authority))
        if way.has_virtual_host:
            know_domain(patch)
        server = LocalOssServer(
            folder / "oss",
            KEY_ID,
            KEY_SECRET,
            security_token=TOKEN if way.has_token else "",
            region=REGION,
            buckets=[BUCKET],
            certificate=certificate,
            certificate_key=key,
        )
        with server:
            host = DOMAIN if way.has_virtual_host else "127.0.0.1"
            yield OssAccess(
                f"{'https' if way.has_tls else 'http'}://{host}:{server.port}",
                KEY_ID,
                KEY_SECRET,
                TOKEN if way.has_token else "",
                REGION,
                way.signature,
            )


def make_certificates(folder: Path) -> tuple[Path, Path, Path]:
    """An authority of our own; a certificate it signed for this machine and the domain; the key of that."""
    folder.mkdir(exist_ok=True)
    authority, authority_key = folder / "authority.pem", folder / "authority.key"
    certificate, key = folder / "server.pem", folder / "server.key"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1"
    names = f"subjectAltName=IP:127.0.0.1,DNS:{DOMAIN},DNS:*.{DOMAIN}"
    for words in (
        ["-subj", "/CN=authority", "-keyout", authority_key, "-out", authority],
        ["-subj", "/CN=server", "-addext", names, "-addext", "basicConstraints=critical,CA:FALSE",
         "-CA", authority, "-CAkey", authority_key, "-keyout", key, "-out", certificate],
    ):  # fmt: skip
        subprocess.run([*make.split(), *words], check=True, capture_output=True)
    return authority, certificate, key


def know_domain(patch: pytest.MonkeyPatch) -> None:
    """Let every name of the domain be this machine, as an entry of its resolver would."""
    resolve = socket.getaddrinfo

    def answer(host: Any, *words: Any, **named: Any) -> Any:
        return resolve("127.0.0.1" if str(host).endswith(DOMAIN) else host, *words, **named)

    patch.setattr(socket, "getaddrinfo", answer)
