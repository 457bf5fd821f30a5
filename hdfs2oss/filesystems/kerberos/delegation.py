"""Delegation tokens of Hadoop: what a container of YARN has in place of a ticket, in HADOOP_TOKEN_FILE_LOCATION.

The native client and Hadoop's own read that file by themselves. What is needed of it here: whose token it is, by which
address of a NameNode it goes, and the token as WebHDFS takes it.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from ...model.errors import AuthenticationFailed

VARIABLE = "HADOOP_TOKEN_FILE_LOCATION"
_KIND = "HDFS_DELEGATION_TOKEN"
_MAGIC = b"HDTS"
_WRITABLE, _PROTOBUF = 0, 1
# One that ends sooner is passed over, as by the native client.
_LEAST_LEFT_SECONDS = 60.0


class Token(NamedTuple):
    """`service` is an address of a NameNode, or `ha-hdfs:` and a name service."""

    identifier: bytes
    password: bytes
    kind: str
    service: str

    def __repr__(self) -> str:
        return f"Token({self.kind} for {self.service})"

    def owner(self) -> str:
        """Who asks with it: a principal, or a short name."""
        return self._read_identifier()[0]

    def ends_at(self) -> float:
        """When it cannot be renewed any more, in seconds since 1970."""
        return self._read_identifier()[1] / 1000

    def as_parameter(self) -> str:
        """The value of `delegation` in a query of WebHDFS."""
        written = b"".join(
            _number_bytes(len(part)) + part
            for part in (self.identifier, self.password, self.kind.encode(), self.service.encode())
        )
        return base64.urlsafe_b64encode(written).rstrip(b"=").decode()

    def _read_identifier(self) -> tuple[str, int]:
        """Owner and last date; between them renewer, real user and the date of issue."""
        rest = _Bytes(self.identifier[1:])
        owner = rest.text()
        rest.text()
        rest.text()
        rest.number()
        return owner, rest.number()


def read_tokens(environment: Mapping[str, str]) -> list[Token]:
    """The tokens of HDFS that this process was given; none without the variable. Raises AuthenticationFailed for a file
    that cannot be read."""
    path = environment.get(VARIABLE, "")
    if not path:
        return []
    try:
        with open(path, "rb") as file:
            content = file.read()
        return [token for token in parse_tokens(content) if token.kind == _KIND]
    except (OSError, ValueError, IndexError) as error:
        raise AuthenticationFailed(f"the delegation tokens of {path} ({VARIABLE}) cannot be read: {error}") from None


def parse_tokens(content: bytes) -> Iterator[Token]:
    """The tokens of a file in either form that Hadoop writes. Raises ValueError or IndexError for anything else."""
    if content[:4] != _MAGIC or content[4] not in (_WRITABLE, _PROTOBUF):
        raise ValueError("it is no file of tokens")
    rest = _Bytes(content[5:])
    if content[4] == _WRITABLE:
        for _ in range(rest.number()):
            rest.block()  # the name by which the file knows it
            yield Token(rest.block(), rest.block(), rest.text(), rest.text())
        return
    for number, pair in _fields(rest.take(rest.varint())):
        if number == 1:
            parts = dict(_fields(dict(_fields(pair)).get(2, b"")))
            yield Token(parts.get(1, b""), parts.get(2, b""), parts.get(3, b"").decode(), parts.get(4, b"").decode())


def token_among(tokens: Collection[Token], services: Collection[str], now: float = 0.0) -> Token | None:
    """The first that is for one of these services and has not come to its end."""
    latest = (now or time.time()) + _LEAST_LEFT_SECONDS
    return next((one for one in tokens if one.service in services and one.ends_at() > latest), None)


class _Bytes:
    """Read from the front, in Hadoop's own encoding and in that of protocol buffers."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, length: int) -> bytes:
        if length < 0 or self._at + length > len(self._content):
            raise ValueError("it breaks off")
        self._at += length
        return self._content[self._at - length : self._at]

    def number(self) -> int:
        """Small ones take one byte; of others that byte tells sign and length."""
        first = int.from_bytes(self.take(1), "big", signed=True)
        if first >= -112:
            return first
        is_negative = first < -120
        value = int.from_bytes(self.take(-first - (120 if is_negative else 112)), "big")
        return ~value if is_negative else value

    def block(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        return self.block().decode()

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def is_at_end(self) -> bool:
        return self._at == len(self._content)


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each field; those of tokens all have a length."""
    rest = _Bytes(message)
    while not rest.is_at_end():
        key = rest.varint()
        if key & 7 != 2:
            raise ValueError("it is no file of tokens")
        yield key >> 3, rest.take(rest.varint())


def _number_bytes(value: int) -> bytes:
    """A number that is not negative, as Hadoop writes it."""
    if value <= 127:
        return bytes([value])
    digits = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return (-112 - len(digits)).to_bytes(1, "big", signed=True) + digits
