"""XML in and out, as the service writes it and its clients expect it.

Out: a document is a tree of (name, children or text) pairs, without a namespace, in the order given.
In: request documents are small, may carry a namespace, and may hold control characters in keys, raw or as
numbers, which XML 1.0 forbids but the service takes; those pass through the parser disguised. U+0000 does not.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Union
from urllib.parse import quote
from xml.etree import ElementTree

from hdfs2oss.local_oss.protocol.errors import malformed_xml

Node = tuple[str, Union[str, int, bool, "Sequence[Node]"]]

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"} | {
    # A parser would turn a raw line end into \n and drop other control characters' keys altogether.
    code: f"&#{code};"
    for code in range(32)
    if code not in (9, 10)
}
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Control characters of a request travel through the parser as two characters: a mark, and the picture of the
# one that is meant. The mark itself travels in the same way, so that nothing else is ever taken for a disguise.
_MARK, _PICTURES = "\uf8ff", 0x2400
_FORBIDDEN = (*(code for code in range(1, 32) if code not in (9, 10, 13)), ord(_MARK))
_DISGUISE = {code: _MARK + chr(_PICTURES + code % 256) for code in _FORBIDDEN}
_UNDISGUISE = {disguised: chr(code) for code, disguised in _DISGUISE.items()}
_DISGUISED = re.compile(f"{_MARK}.")
_REFERENCE = re.compile(r"<!\[CDATA\[.*?]]>|&#(?:x0*([0-9A-Fa-f]{1,6})|0*([0-9]{1,7}));", re.DOTALL)


def document(root: Node) -> bytes:
    """The UTF-8 bytes of a document."""
    pieces = [_DECLARATION]
    _write(root, pieces)
    return "".join(pieces).encode("utf-8", "surrogateescape")


def parse(body: bytes, root: str) -> ElementTree.Element:
    """The root element of a request document, namespaces removed.

    Raises MalformedXML if it is not well-formed, has a DOCTYPE, or its root is not named `root`.
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise malformed_xml()
    try:
        text = body.decode("utf-8-sig").translate(_DISGUISE)
        element = ElementTree.fromstring(_REFERENCE.sub(_disguised_reference, text) if "&#" in text else text)
    except (ElementTree.ParseError, ValueError):
        raise malformed_xml() from None
    for node in element.iter():
        node.tag = node.tag.rpartition("}")[2]
    if element.tag != root:
        raise malformed_xml()
    return element


def text_of(element: ElementTree.Element, name: str) -> str | None:
    """The text of a child, '' if it is empty, None if there is none."""
    child = element.find(name)
    if child is None:
        return None
    text = child.text or ""
    return _DISGUISED.sub(lambda match: _UNDISGUISE[match[0]], text) if _MARK in text else text


def _disguised_reference(match: re.Match[str]) -> str:
    hexadecimal, decimal = match.groups()
    if not (hexadecimal or decimal):  # in CDATA, it is no reference
        return match[0]
    return _DISGUISE.get(int(hexadecimal, 16) if hexadecimal else int(decimal), match[0])


def url_encoded(text: str) -> str:
    """What `encoding-type=url` makes of a key or prefix."""
    return quote(text.encode("utf-8", "surrogateescape"), safe="-_.~/")


def printable(text: str) -> str:
    """The text with a mark in place of each character that no XML may hold: what errors repeat of a request."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def iso_date(milliseconds: int) -> str:
    """A time as lists show it. The milliseconds are always .000: clients insist."""
    return _iso_date(milliseconds // 1000)


@lru_cache(maxsize=1024)
def _iso_date(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def _write(node: Node, pieces: list[str]) -> None:
    name, content = node
    if isinstance(content, str):
        pieces.append(f"<{name}>{content.translate(_ESCAPES)}</{name}>")
    elif isinstance(content, bool):
        pieces.append(f"<{name}>{'true' if content else 'false'}</{name}>")
    elif isinstance(content, int):
        pieces.append(f"<{name}>{content}</{name}>")
    else:
        pieces.append(f"<{name}>")
        for child in content:
            _write(child, pieces)
        pieces.append(f"</{name}>")
