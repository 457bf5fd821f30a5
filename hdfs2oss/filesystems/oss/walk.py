"""A bucket's keys as a tree.

    key         rows                                        key            rows
    a/b         directory a, file a/b                       a/ (empty)     directory a
    a and a/b   file a, directory a, file a/b               a/ (bytes)     directory a, unusable a/
    a//b  /b    unusable: an empty name                     a/../b  ./b    unusable: `.` or `..`
    symlink     symlink                                     .dlsdata/...   one unusable row, not entered

A directory is given just before its first key. Nobody sorts anything: the listing is in key order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.errors import NotFound
from ...model.tally import Tally
from ...model.values import DIRECTORY, FILE, SYMLINK, UNUSABLE, FileStatus, new_row
from ...rules.keys import BEHIND_ALL, KeyRange, just_before
from ..walk import Portions, Walk
from .client import OssClient
from .listing import PAGE_KEYS, OssEntry, list_entries

# Where OSS-HDFS keeps its blocks: neither ours to read nor to delete.
INTERNAL_DIRECTORY = ".dlsdata"
_NO_NAMES = ("", ".", "..")


class OssWalk(Walk):
    """The keys under `prefix` ("" or ending in a slash), flat; by levels after `stop_descending`."""

    def __init__(self, client: OssClient, prefix: str, after: str, until: str) -> None:
        self.given = Tally()
        self._client = client
        self._prefix = prefix
        self._children = KeyRange(after, until)
        self._last: FileStatus | None = None
        self._seen = False
        self._wanted_from = ""
        self._has_leapt = False
        # Where rows come from, and the directory whose keys these are by now.
        self._listing: Portions[OssEntry] | None = None
        self._directory = ""
        self._rows = self._flat()

    def seek(self, key: str) -> None:
        """Taken up once a page's worth of rows was passed over; fewer come faster than a new page would."""
        self._wanted_from = key

    def __next__(self) -> FileStatus:
        row = next(self._rows, None)
        if row is None:
            self._check_existence()
            raise StopIteration
        self._last = row
        self._seen = True
        self.given.add(row)
        return row

    def files(self) -> Sequence[FileStatus]:
        if self._listing is None or self._last is None or self._last.kind != FILE or self._wanted_from:
            return ()
        base = self._prefix + (self._directory + "/" if self._directory else "")
        begin, skip, is_top = len(base), len(self._prefix), not self._directory and self._children.until

        def is_file(entry: OssEntry) -> bool:
            key = entry.key
            return (
                key.startswith(base)
                and key.find("/", begin) < 0
                and entry.type != "Symlink"
                and key[begin:] not in _NO_NAMES
                and not (is_top and self._is_beyond(key[skip:]))
            )

        rows = [
            new_row(
                FileStatus, (key[skip:], FILE, size, mtime_ms, 0, "", "", None, 0, 0, "", etag, storage_class, "", "")
            )
            for key, size, mtime_ms, etag, _, storage_class, _ in self._listing.take_while(is_file)
        ]
        if rows:
            self._last = rows[-1]
            self.given.add_files(rows)
        return rows

    def stop_descending(self) -> None:
        # What is at hand of the listing so far comes again in those of the levels.
        self._listing = None
        self._rows = self._rest_of_open_levels(self._last)

    def _check_existence(self) -> None:
        if self._seen or not self._prefix:
            return
        self._seen = True
        if not any(list_entries(self._client, self._prefix, limit=1)):
            raise NotFound(f"cannot list /{self._prefix[:-1]}: there is no such directory in {self._client.bucket}")

    def _entries(self, start_after: str, prefix: str = "", delimiter: str = "") -> Portions[OssEntry]:
        # What lies behind the end of a range is another's: its first page may be one too many. And who has leapt once,
        # over keys that nobody wants, may do so again behind any page.
        is_for_all = not self._children.until and not self._has_leapt
        self._listing = list_entries(self._client, self._prefix + prefix, start_after, delimiter, is_for_all=is_for_all)
        return self._listing

    def _start(self) -> str:
        """The key behind which the walk begins."""
        after = self._children.after
        if not after:
            return ""
        return self._prefix + after + (BEHIND_ALL if after.endswith("/") else "")

    def _is_beyond(self, path: str) -> bool:
        name, slash, _ = path.partition("/")
        return self._children.ends_before(name + slash)

    def _flat(self) -> Iterator[FileStatus]:
        skip = len(self._prefix)
        entries = self._entries(self._start())
        passed_over = 0
        while (entry := next(entries, None)) is not None:
            path = entry.key[skip:]
            if self._children.until and self._is_beyond(path):
                return
            if path < self._wanted_from:
                passed_over += 1
                if passed_over == PAGE_KEYS:
                    self._has_leapt = True
                    entries = self._entries(self._prefix + just_before(self._wanted_from))
                continue
            passed_over, self._wanted_from = 0, ""
            parent, _, name = path.rpartition("/")
            if parent == self._directory and name not in _NO_NAMES and path[0] != "/":
                yield file_row(path, entry)
                continue
            if self._prefix == "" and path.startswith(INTERNAL_DIRECTORY + "/"):
                yield _internal()
                entries = self._entries(INTERNAL_DIRECTORY + "/" + BEHIND_ALL)
                continue
            if not path:
                self._seen = True
                if entry.size:
                    yield _unusable("", "a directory marker that holds bytes")
                continue
            good = leading_directories(path)
            given, self._directory = self._directory, good
            yield from _directories(given, good, entry if path == good + "/" else None)
            yield from _row_within(path, good, entry)

    def _rest_of_open_levels(self, last: FileStatus | None) -> Iterator[FileStatus]:
        """From the row given last: the rest of its directory, then that of the one above, up to the root."""
        if last is None:
            yield from self._level("", self._start())
            return
        reached = last.key
        level = leading_directories(last.path)
        while True:
            base = level + "/" if level else ""
            name, slash, _ = reached[len(base) :].partition("/")
            behind = BEHIND_ALL if slash else ""
            yield from self._level(base, self._prefix + base + name + slash + behind)
            if not level:
                return
            level = level.rpartition("/")[0]

    def _level(self, base: str, start_after: str) -> Iterator[FileStatus]:
        """The children of one directory (`base` is "" or ends in a slash)."""
        skip = len(self._prefix)
        entries = self._entries(start_after, base, "/")
        self._directory = base[:-1]
        for entry in entries:
            path = entry.key[skip:]
            if self._children.until and self._is_beyond(path):
                return
            if path == base:
                self._seen = True
                if entry.size and not base:
                    yield _unusable("", "a directory marker that holds bytes")
            elif not entry.is_prefix:
                yield from _row_within(path, base[:-1], entry)
            elif self._prefix == "" and path == INTERNAL_DIRECTORY + "/":
                yield _internal()
            elif path[len(base) : -1] in _NO_NAMES:
                yield _unusable(path, _problem(path))
            else:
                yield FileStatus(path[:-1], DIRECTORY)


class OssChildren(OssWalk):
    """Only the children of one directory."""

    def __init__(self, client: OssClient, prefix: str, after: str, until: str) -> None:
        super().__init__(client, prefix, after, until)
        self._rows = self._level("", self._start())

    def stop_descending(self) -> None:
        """Nothing is entered anyway."""


def leading_directories(path: str) -> str:
    """The directories above the last element, as far as they can be such: `a/b` of `a/b//c`."""
    good = []
    for name in path.split("/")[:-1]:
        if name in _NO_NAMES:
            break
        good.append(name)
    return "/".join(good)


def _directories(given: str, wanted: str, marker: OssEntry | None) -> Iterator[FileStatus]:
    """Rows of the directories on the way to `wanted` that do not lead to `given` as well."""
    before = given.split("/") if given else []
    names = wanted.split("/") if wanted else []
    shared = 0
    while shared < min(len(before), len(names)) and before[shared] == names[shared]:
        shared += 1
    for depth in range(shared + 1, len(names) + 1):
        mtime_ms = marker.mtime_ms if marker and depth == len(names) else 0
        yield FileStatus("/".join(names[:depth]), DIRECTORY, mtime_ms=mtime_ms)


def _row_within(path: str, directory: str, entry: OssEntry) -> Iterator[FileStatus]:
    """The row of a key, once its directory was given; a marker has none of its own."""
    name = path[len(directory) + 1 :] if directory else path
    if not name and directory:
        if entry.size:
            yield _unusable(path, "a directory marker that holds bytes")
    elif "/" in name or name in _NO_NAMES:
        yield _unusable(path, _problem(path))
    else:
        yield file_row(path, entry)


def file_row(path: str, entry: OssEntry) -> FileStatus:
    """The row of an object, under this path."""
    kind = SYMLINK if entry.type == "Symlink" else FILE
    return FileStatus(path, kind, entry.size, entry.mtime_ms, etag=entry.etag, storage_class=entry.storage_class)


def _unusable(path: str, problem: str) -> FileStatus:
    return FileStatus(path, UNUSABLE, problem=problem)


def _internal() -> FileStatus:
    return _unusable(INTERNAL_DIRECTORY + "/", "blocks of OSS-HDFS, to be reached through its own endpoint only")


def _problem(path: str) -> str:
    names = path.split("/")
    if "." in names or ".." in names:
        return "the key has an element `.` or `..`"
    return "the key has an element without a name"
