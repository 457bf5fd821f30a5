"""Pages of a bucket listing.

A page of 1,000 keys is taken apart by one regular expression when it has the usual shape, which is
several times faster than an XML parser, and by the parser otherwise.
"""

from __future__ import annotations

import calendar
import functools
import re
import xml.etree.ElementTree as ET
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, pairwise, takewhile
from operator import lt
from typing import NamedTuple
from urllib.parse import unquote

from ...model.errors import StoreError, Unreachable
from ...model.values import new_row
from ...rules.keys import just_before, out_of_order
from ..ahead import Ahead
from ..walk import Portions
from .client import OssClient

PAGE_KEYS = 1000
_THREADS = 8
_KEYS_A_THREAD = 125

_CONTENTS = re.compile(
    r"<Contents>\s*<Key>([^<]*)</Key>\s*<LastModified>([^<]*)</LastModified>\s*<ETag>(?:&quot;|\")?([^<&\"]*)(?:&quot;|\")?</ETag>\s*"
    r"<Type>([^<]*)</Type>\s*<Size>(\d+)</Size>\s*<StorageClass>([^<]*)</StorageClass>"
)
_PREFIXES = re.compile(r"<CommonPrefixes>\s*<Prefix>([^<]*)</Prefix>\s*</CommonPrefixes>")
_TRUNCATED = re.compile(r"<IsTruncated>(true|false)</IsTruncated>")
_COUNT = re.compile(r"<KeyCount>(\d+)</KeyCount>")
_END = "</ListBucketResult>"
_TOKEN = re.compile(r"<NextContinuationToken>([^<]*)</NextContinuationToken>")


class OssEntry(NamedTuple):
    """A key of a listing, or (with `is_prefix`) all keys below one that ends in a slash."""

    key: str
    size: int = 0
    mtime_ms: int = 0
    etag: str = ""
    type: str = ""
    storage_class: str = ""
    is_prefix: bool = False


# Entries, and the token for the next page or "".
Page = tuple[list[OssEntry], str]


def list_entries(
    client: OssClient,
    prefix: str,
    start_after: str = "",
    delimiter: str = "",
    limit: int = 0,
    is_for_all: bool = False,
) -> Portions[OssEntry]:
    """Keys under a prefix in key order, page by page; with `limit` only the first so many.

    With the delimiter `/` keys further down appear as one entry for each prefix. Who `is_for_all` takes them to the
    end: then each page is asked for while the one before it is dealt with. Raises SurveyError when the store's order
    is not that of keys.
    """
    return Portions(_pages(client, prefix, start_after, delimiter, limit, is_for_all))


def _pages(
    client: OssClient, prefix: str, start_after: str, delimiter: str, limit: int, is_for_all: bool
) -> Iterator[list[OssEntry]]:
    params = {"list-type": "2", "encoding-type": "url", "max-keys": str(limit or PAGE_KEYS)}
    if prefix:
        params["prefix"] = prefix
    if delimiter:
        params["delimiter"] = delimiter
    if start_after:
        params["start-after"] = start_after
    previous, left = "", limit
    coming: Ahead[bytes] | None = None
    what = f"list /{prefix}"
    try:
        while True:
            entries, token = client.page(what, dict(params), lambda body: parse_page(_text_of(body)), coming)
            coming = None
            keys = [previous, *(entry.key for entry in entries)]
            if not all(map(lt, keys, keys[1:])):
                raise next(out_of_order(one, other) for one, other in pairwise(keys) if other <= one)
            previous = keys[-1]
            # A page may hold less than was asked for, or nothing at all, and yet not be the last one.
            left -= len(entries)
            params["max-keys"] = str(min(left, PAGE_KEYS) if limit else PAGE_KEYS)
            params["continuation-token"] = token
            params.pop("start-after", None)
            if token and is_for_all:
                coming = client.page_ahead(what, dict(params))
            yield entries
            if not token or (limit and left <= 0):
                return
    finally:
        if coming is not None:
            coming.leave()


def find_entries(client: OssClient, keys: Sequence[str]) -> list[OssEntry | None]:
    """What stands at each of these keys, by ranges of the listing: one page for as many as it holds, and never more
    pages than keys, however far apart they are. Asked for by several threads."""
    ordered = sorted(set(keys))
    found: dict[str, OssEntry] = {}
    with ThreadPoolExecutor(_THREADS, "look") as pool:
        ranges = (ordered[start : start + _KEYS_A_THREAD] for start in range(0, len(ordered), _KEYS_A_THREAD))
        for several in pool.map(lambda some: _find_in_range(client, some), ranges):
            found |= several
    return [found.get(key) for key in keys]


def _find_in_range(client: OssClient, keys: Sequence[str]) -> dict[str, OssEntry]:
    pairs = zip(keys[0].split("/")[:-1], keys[-1].split("/")[:-1], strict=False)
    prefix = "".join(f"{one}/" for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    wanted, found = set(keys), {}
    at, reached = 0, ""
    while at < len(keys):
        start = max(just_before(keys[at]), reached)
        rows = 0
        for entry in islice(list_entries(client, prefix, start), PAGE_KEYS):
            rows, reached = rows + 1, entry.key
            if entry.key in wanted:
                found[entry.key] = entry
        if rows < PAGE_KEYS:
            break  # There is no further key.
        at = bisect_right(keys, reached)
    return found


def parse_page(text: str) -> Page:
    """The entries of one page in key order, and the token for the next page or "".

    Raises Unreachable for a page that is not whole: one without its end, that does not say whether it is the last
    one, or that holds fewer rows than it counts.
    """
    if not text.rstrip().endswith(_END):
        raise _incomplete("its end is missing")
    entries, token = _match_page(text) or _parse_with_parser(text)
    stated = _COUNT.search(text)
    if stated and int(stated[1]) != len(entries):
        raise _incomplete(f"it holds {len(entries)} of {stated[1]} rows")
    return entries, token


def _match_page(text: str) -> Page | None:
    """The same by regular expressions; None where the page has not quite the usual shape."""
    found = _CONTENTS.findall(text)
    truncated = _TRUNCATED.findall(text)
    if "<EncodingType>url</EncodingType>" not in text or len(found) != text.count("<Contents>") or len(truncated) != 1:
        return None
    entries = [
        new_row(OssEntry, (key, int(size), _milliseconds(modified), etag, kind, storage_class, False))
        for key, modified, etag, kind, size, storage_class in found
    ]
    if "%" in text:
        entries = [entry._replace(key=unquote(entry.key)) if "%" in entry.key else entry for entry in entries]
    if "<CommonPrefixes>" in text:
        prefixes = _PREFIXES.findall(text)
        if len(prefixes) != text.count("<CommonPrefixes>"):
            return None
        entries += [OssEntry(unquote(name), is_prefix=True) for name in prefixes]
        entries.sort()
    if truncated == ["false"]:
        return entries, ""
    token = _TOKEN.search(text)
    return (entries, unquote(token[1])) if token and token[1] else None


def _parse_with_parser(text: str) -> Page:
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise _incomplete(str(error)) from None
    if root.findtext("IsTruncated") not in ("true", "false"):
        raise _incomplete("it does not say whether it is the last one")
    encoded = root.findtext("EncodingType") == "url"

    def decode(name: str | None) -> str:
        return unquote(name or "") if encoded else name or ""

    entries = [
        OssEntry(
            decode(contents.findtext("Key")),
            int(contents.findtext("Size") or 0),
            _milliseconds(contents.findtext("LastModified") or ""),
            _bare(contents.findtext("ETag") or ""),
            contents.findtext("Type") or "",
            contents.findtext("StorageClass") or "",
        )
        for contents in root.iter("Contents")
    ]
    entries += [OssEntry(decode(part.findtext("Prefix")), is_prefix=True) for part in root.iter("CommonPrefixes")]
    entries.sort()
    token = decode(root.findtext("NextContinuationToken")) if root.findtext("IsTruncated") == "true" else ""
    if root.findtext("IsTruncated") == "true" and not token:
        raise _incomplete("it says that more follow, but not where")
    return entries, token


def _text_of(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _incomplete(f"it is not UTF-8: {error}") from None


def _incomplete(cause: str) -> Unreachable:
    return Unreachable(f"a page of the listing is not whole: {cause}", "Check that the endpoint is one of OSS.")


def _bare(etag: str) -> str:
    return etag.replace("&quot;", "").strip('"')


@functools.lru_cache(maxsize=65_536)
def _milliseconds(text: str) -> int:
    """`2026-01-31T23:59:58.000Z` in ms since 1970."""
    try:
        return _minute_ms(text[:16]) + int(text[17:19]) * 1000 + (int(text[20:23]) if text[19:20] == "." else 0)
    except ValueError:
        raise StoreError(f"a page of the listing holds the odd time {text!r}") from None


@functools.lru_cache(maxsize=4096)
def _minute_ms(text: str) -> int:
    parts = (int(text[0:4]), int(text[5:7]), int(text[8:10]), int(text[11:13]), int(text[14:16]), 0)
    return calendar.timegm(parts) * 1000
