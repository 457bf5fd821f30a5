"""What came of an item, as a row of the ledger."""

from __future__ import annotations

from ..model.errors import Hdfs2ossError, SourceChanged, SourceOpen
from ..model.values import CopyItem, CopyResult, Outcome, Work
from .proving import Copied


def result_of(item: CopyItem, outcome: Outcome) -> CopyResult:
    """A row that says no more than what the item was and how it ended."""
    return CopyResult(
        path=item.path,
        root=item.root,
        kind=item.kind,
        action=item.action,
        outcome=outcome.value,
        source_length=item.length,
        source_mtime_ms=item.mtime_ms,
        offset=item.offset,
        size=item.size,
        upload_id=item.upload_id,
        work=item.work,
        surveyed_length=item.surveyed_length,
        source_etag=item.etag,
        not_compared=item.problem if item.work is not Work.REFUSED else "",
    )


def copied_result(item: CopyItem, copied: Copied) -> CopyResult:
    """A file that arrived, with what the next run may compare; `message` is a warning, if any."""
    return result_of(item, Outcome.COPIED)._replace(
        bytes_copied=item.length,
        target_etag=copied.stored.etag,
        target_mtime_ms=copied.stored.mtime_ms,
        crc64=copied.crc64,
        crc32c=copied.crc32c,
        proof=copied.proof.value,
        source_crc32c=copied.source.crc32c,
        target_crc32c=copied.target.crc32c,
        # Of two objects the published one counts: the ETag of the other says which version was read.
        stored_crc64=copied.source.crc64 if copied.stored.crc64 is None else copied.stored.crc64,
        part_count=copied.part_count,
        not_proven=copied.why_not_more,
        message=copied.warning,
        source_etag=copied.source_etag or item.etag,
    )


def skipped_result(item: CopyItem) -> CopyResult:
    """Nothing was to be done; of a file whose checksums were compared, with what the next run may rely on."""
    result = result_of(item, Outcome.SKIPPED)
    if item.crc64 is None and item.crc32c is None:
        return result
    return result._replace(
        target_etag=item.target_etag, target_mtime_ms=item.target_mtime_ms, crc64=item.crc64, crc32c=item.crc32c
    )


def failed_result(item: CopyItem, error: Hdfs2ossError) -> CopyResult:
    """A file that did not arrive; one whose source changed, or is open, has an outcome of its own."""
    outcome = Outcome.OPEN if isinstance(error, SourceOpen) else Outcome.FAILED
    outcome = Outcome.CHANGED if isinstance(error, SourceChanged) else outcome
    return result_of(item, outcome)._replace(
        error_class=type(error).__name__,
        message=str(error),
        advice=error.hint,
        retryable=error.retryable,
        skippable=error.skippable,
        left_etags=" ".join(error.left_etags),
    )
