"""Moving one file: read once, checksum on the way, write, compare with what the store says, then publish.

The steps of each of the three ways (a small file whole, a stream, parts):
1. open the source and compare its version and length with the plan's;
2. read, and update CRC-64/XZ and CRC-32C over the same bytes;
3. write where nobody sees it yet;
4. look at the source again: a changed one is an outcome of its own, never a mixed file;
5. compare length and checksum with the store's, and publish.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from ..filesystems.base import FileSystem, Reader, Stored
from ..model.attributes import NOTHING, Attributes
from ..model.errors import (
    Hdfs2ossError,
    Interrupted,
    ReadError,
    StoreError,
    Throttled,
    Unreachable,
)
from ..model.units import MIB
from ..model.values import FILE, CopyItem, StoredPart
from ..rules.checksum import compose_crc32c, compose_crc64, crc32c, crc64
from ..rules.proof import Evidence
from ..rules.throttle import Throttle
from .buffers import BufferBudget
from .ends import Ends, reading, refuse_changed, refuse_other_version, source_open, writing
from .handfuls import Fetched
from .lanes import Lanes
from .parts import PartJob, PartSender, SentPart
from .preserve import Preservation
from .proving import (
    UNASKED,
    Copied,
    SourceSaid,
    SourceWord,
    Statement,
    ask,
    evidence_written,
    notes_of,
    verify,
    verify_statement,
)

# Streams are read, checksummed and written in pieces that stay in the processor's cache for the most part.
STREAM_PIECE_BYTES = 4 * MIB
# Before each further try of a Complete; the client has asked again by itself in each of them.
COMPLETE_PAUSES = (0.2, 2.0, 10.0)


def nothing() -> None:
    """A checkpoint that lets everything pass."""


@dataclass(frozen=True)
class Transfer:
    """Copies files between two stores; shared by the threads of a task.

    `pool` runs reads ahead of writes and parts beside each other; it must not be the pool that calls `copy`.
    """

    source: FileSystem
    target: FileSystem
    throttle: Throttle
    buffers: BufferBudget
    pool: Executor
    parts_at_once: int = 4
    # Called between parts, and before a file is published; what it raises ends the copy.
    checkpoint: Callable[[], None] = nothing
    preservation: Preservation | None = None
    # Threads that ask for the checksums of whole files meanwhile; None where nobody wants to know (`--proof`).
    witnesses: Executor | None = None
    # Those who call `copy` may hold one; a file that only waits for its store gives it up.
    lanes: Lanes = field(default_factory=lambda: Lanes(1))

    def copy(self, ends: Ends, item: CopyItem, fetched: Fetched | Hdfs2ossError | None = None) -> Copied:
        """Copy a whole file, a small one as `fetching` gave it. Raises ReadError, WriteError, VerifyError or
        SourceChanged, naming both ends."""
        if isinstance(fetched, Hdfs2ossError):
            # Who waited in vain for an errand knows neither end.
            with reading(ends):
                raise fetched
        if fetched is not None:
            return self._put(ends, item, fetched)
        # A file that is `put` has its name before its store could be asked.
        is_put = self.witnesses is None or self.target.capabilities.atomic_put
        if item.length <= item.part_size_bytes and is_put:
            return self._copy_whole(ends, item)
        with self.open_source(ends, item) as reader:
            word = self.word_of_source(ends, item.length, reader.crc64)
            kept = self.kept(ends, reader)
            if self.target.capabilities.multipart:
                copied = self._copy_parts(ends, item, reader, kept, word)
            else:
                copied = self.copy_range(ends, item._replace(offset=0, size=item.length), reader, kept, word)
            return copied._replace(source_etag=reader.etag)

    def word_of_source(self, ends: Ends, length: int, crc64: int | None) -> SourceWord:
        """What the source's store says of a whole file, whose CRC-64 came along; if not, it is asked, if wanted."""
        asked = None
        if self.witnesses is not None and crc64 is None:
            asked = self.witnesses.submit(ask, self.source, ends.source.path, length)
        return SourceWord(self.source.capabilities.reads_checked, crc64, asked)

    @contextmanager
    def open_source(self, ends: Ends, item: CopyItem) -> Iterator[Reader]:
        """The source, open, as planned. Who reads all of it compares its `SourceWord`, or who joins its chunks."""
        with reading(ends):
            reader = self.source.open_reader(ends.source.path, item.length)
        with reader:
            reader.compares = False  # a second CRC-64 of the bytes would be a tenth of what a large file costs
            refuse_other_version(ends, item, reader.etag)
            if reader.length != item.length:
                self.refuse_changed_source(ends, item)
                raise source_open(ends, f"it says {item.length} bytes and gives {reader.length}")
            yield reader

    def send_range(
        self, ends: Ends, item: CopyItem, reader: Reader, upload_id: str, sent: dict[int, SentPart] | None = None
    ) -> list[SentPart]:
        """Send the bytes [offset, offset + size) of a file as parts, some at once; the first error ends it.

        `sent` are parts by number that are there already, read from the same version; those that arrive are added.
        """
        step = item.part_size_bytes
        end = item.offset + item.size
        jobs = [
            PartJob(item.first_part + number, offset, min(step, end - offset))
            for number, offset in enumerate(range(item.offset, end, step))
        ]
        sent = {} if sent is None else sent
        sender = PartSender(
            ends,
            self.target,
            upload_id,
            lambda offset, size, piece_bytes: self._pieces(ends, reader, offset, size, piece_bytes),
            reader.piece_bytes,
            self.pool,
            self.buffers,
            self.checkpoint,
        )
        sender.send([job for job in jobs if job.number not in sent], self.parts_at_once, sent)
        return [sent[job.number] for job in jobs]

    def refuse_changed_source(self, ends: Ends, item: CopyItem, read_etag: str = "") -> None:
        """See `refuse_changed`."""
        refuse_changed(self.source, ends, item, read_etag)

    def kept(self, ends: Ends, reader: Reader) -> Attributes:
        """What the target is to have of the source beside its bytes."""
        if self.preservation is None:
            return NOTHING
        with reading(ends):
            return self.preservation.wanted(ends.source.path, FILE, reader)

    @contextmanager
    def fetching(self, small: Sequence[tuple[Ends, CopyItem]]) -> Iterator[list[Fetched | Hdfs2ossError]]:
        """Small files, fetched by one errand, for as long as the block lasts: what `copy` takes, for each in its order.

        They end with the first one that cannot be had, and with its error; those behind it are left to `copy`.
        """
        found: list[Fetched] = []
        failure: list[Hdfs2ossError] = []

        def fetch() -> None:
            for ends, item in small:
                found.append(self._fetch(ends, item))

        with self.buffers.hold(sum(item.length for _, item in small)):
            try:
                self.checkpoint()
                self.source.together(fetch)
            except Interrupted:
                raise
            except Hdfs2ossError as error:
                failure.append(error)
            except Exception:  # noqa: BLE001 - met again, and told, where that file is copied by itself
                pass
            # A list of its own: an errand that was left behind still has the other one.
            yield [*found, *failure]

    def _copy_whole(self, ends: Ends, item: CopyItem) -> Copied:
        with self.buffers.hold(item.length):
            with reading(ends):
                fetched = self.source.together(lambda: self._fetch(ends, item))
            return self._put(ends, item, fetched)

    def _put(self, ends: Ends, item: CopyItem, fetched: Fetched) -> Copied:
        sums = crc64(fetched.data), crc32c(fetched.data)
        said = fetched.word.compare(ends, *sums)
        notes = notes_of(*sums)
        self.checkpoint()
        if not self.target.capabilities.atomic_put:
            # Writing so few bytes is nothing beside waiting for the file to be closed.
            self.lanes.leave()
        with writing(ends):
            stored = self.target.put(ends.target.path, fetched.data, ends.work_path, notes, fetched.kept)
        verify(ends, item.length, sums[0], stored)
        return self.arrived(stored, sums, said)._replace(source_etag=fetched.etag)

    def _fetch(self, ends: Ends, item: CopyItem) -> Fetched:
        """All bytes of a small file in the version of the plan.

        On HDFS that takes two calls to the NameNode. What is read through one open file is one version of it, or an
        error: its blocks are those of when it was opened, and what replaces a file has others. But nothing of what
        opening it tells says which version that is, so that it is still the plan's is what the second one is for, and
        coming last, it vouches for all that was read before.
        """
        started = time.monotonic()
        with self.open_source(ends, item) as reader:
            word = self.word_of_source(ends, item.length, reader.crc64)
            kept = self.kept(ends, reader)
            data = self._read(ends, reader, 0, item.length)
            self.refuse_changed_source(ends, item, reader.etag)
            return Fetched(data, kept, word, reader.etag, time.monotonic() - started)

    def copy_range(
        self, ends: Ends, item: CopyItem, reader: Reader, kept: Attributes, word: SourceWord | None = None
    ) -> Copied:
        """Copy the bytes [offset, offset + size) of a file as a stream, into a file of their own.

        Where they are the whole file, `word` is what its store says of it; who joins ranges compares that by himself.
        """
        said, stated = SourceSaid(Evidence.NOTHING), UNASKED
        sum64 = sum32 = 0
        with writing(ends):
            writer = self.target.open_writer(ends.published_path, ends.work_path, kept)
        # One piece is written while the next one is read.
        with writer, self.buffers.hold(2 * STREAM_PIECE_BYTES):
            for piece in self.read_ahead(ends, reader, item.offset, item.size):
                self.checkpoint()
                sum64, sum32 = crc64(piece, sum64), crc32c(piece, sum32)
                with writing(ends):
                    writer.write(piece)

            def check(stored: Stored) -> None:
                self.refuse_changed_source(ends, item, reader.etag)
                verify(ends, item.size, sum64, stored)
                if word is not None:
                    nonlocal said, stated
                    said = word.compare(ends, sum64, sum32)
                    stated = self._target_said(ends, ends.work_path, item.size, sum32, stored)

            self.checkpoint()
            with writing(ends):
                stored = writer.commit(check)
        return self.arrived(stored, (sum64, sum32), said, stated)

    def _target_said(self, ends: Ends, path: str, length: int, sum32: int, stored: Stored) -> Statement:
        """What the target's store states of a file that has no CRC-64, where that is wanted. Raises VerifyError."""
        if self.witnesses is None or stored.crc64 is not None:
            return UNASKED
        return verify_statement(ends, sum32, ask(self.target, path, length))

    def _copy_parts(self, ends: Ends, item: CopyItem, reader: Reader, kept: Attributes, word: SourceWord) -> Copied:
        whole = item._replace(offset=0, size=item.length, first_part=1)
        path = ends.target.path
        with writing(ends):
            upload_id = self.target.begin_upload(path, kept)
        try:
            sent = self.send_range(ends, whole, reader, upload_id)
            self.refuse_changed_source(ends, item, reader.etag)
            sum32 = compose_crc32c((one.crc32c, one.part.length) for one in sent)
            parts = [one.part for one in sent]
            said = word.compare(ends, compose_crc64((part.crc64, part.length) for part in parts), sum32)
            return self.join(ends, upload_id, item.length, parts, sum32, said)
        except BaseException:
            self.drop_upload(path, upload_id)
            raise

    def join(
        self, ends: Ends, upload_id: str, length: int, parts: list[StoredPart], sum32: int, said: SourceSaid
    ) -> Copied:
        """Publish parts as one file, verified; its CRC-32C becomes a note, as it was not known at the start."""
        sum64 = compose_crc64((part.crc64, part.length) for part in parts)
        self.checkpoint()
        with writing(ends):
            stored = self._complete(ends.target.path, upload_id, parts)
        verify(ends, length, sum64, stored)
        warning = ""
        try:
            self.target.keep_note(ends.target.path, notes_of(sum64, sum32))
        except StoreError as error:
            # The file is there and proven; only a later comparison will have to do without its CRC-32C.
            warning = f"copying {ends.source} to {ends.target}: its checksums could not be kept as tags: {error}"
        return self.arrived(stored, (sum64, sum32), said)._replace(warning=warning, part_count=len(parts))

    def arrived(self, stored: Stored, sums: tuple[int, int], said: SourceSaid, stated: Statement = UNASKED) -> Copied:
        """What arrived, with what is known of it, and what the stores said, compared before."""
        return Copied(stored, *sums, said, evidence_written(self.target, stored, stated), target=stated)

    def _complete(self, path: str, upload_id: str, parts: list[StoredPart]) -> Stored:
        """Hours of sending hang on this request, so a store that is busy or away is asked again."""
        for pause_seconds in COMPLETE_PAUSES:
            try:
                return self.target.complete_upload(path, upload_id, parts)
            except (Throttled, Unreachable):
                self.checkpoint()
                time.sleep(pause_seconds)
        return self.target.complete_upload(path, upload_id, parts)

    def drop_upload(self, path: str, upload_id: str) -> None:
        """Give up an upload. That this fails too must not hide why it is given up."""
        with suppress(StoreError):
            self.target.abort_upload(path, upload_id)

    def _pieces(self, ends: Ends, reader: Reader, offset: int, size: int, piece_bytes: int) -> Iterator[bytes]:
        """The bytes [offset, offset + size), all of them, no faster than the throttle allows."""
        left = size
        with reading(ends):
            piece_bytes = min(size, self.throttle.piece_bytes or piece_bytes, piece_bytes)
            for piece in self.throttle.paced(reader.stream(offset, size, piece_bytes), size, piece_bytes):
                left -= len(piece)
                yield piece
        if left:
            # Before anything is published: a small file would already be there when the target is looked at.
            raise ReadError(f"copying {ends.source} to {ends.target}: {size - left} of {size} bytes could be read")

    def _read(self, ends: Ends, reader: Reader, offset: int, size: int) -> bytes:
        """One buffer of bytes."""
        pieces = list(self._pieces(ends, reader, offset, size, size)) if size else []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read_ahead(self, ends: Ends, reader: Reader, offset: int, size: int) -> Iterator[bytes]:
        """The bytes [offset, offset + size) in pieces, the next one being read while the caller writes the last."""
        piece_bytes = min(STREAM_PIECE_BYTES, self.throttle.piece_bytes or STREAM_PIECE_BYTES)
        # Paid for before it is read, hence one piece ahead of what the caller writes.
        pieces = self.throttle.paced(reader.stream(offset, size, piece_bytes), size, piece_bytes)
        coming = self.pool.submit(next, pieces, b"")
        while True:
            with reading(ends):
                piece = coming.result()
            if not piece:
                return
            coming = self.pool.submit(next, pieces, b"")
            yield piece
