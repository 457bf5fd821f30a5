"""How a pair of files stands to what the ledger knows: the table of `rules/standing.py`."""

import pytest

from hdfs2oss.model.known import KnownFile, Standing
from hdfs2oss.model.values import FILE, FileStatus
from hdfs2oss.rules.standing import recorded_sums, standing_of

SOURCE = FileStatus("p", FILE, 5, 1000, etag="")
OBJECT = FileStatus("p", FILE, 5, 9000, etag="E")
COPIED_FILE = FileStatus("p", FILE, 5, 9000)
KNOWN = KnownFile(
    "p", "hdfs://nn/p", 5, 1000, "", 5, "E", 9000, 64, 32, 64, None, None, "transfer", 0, "20260101-000000-1"
)
KNOWN_FILE = KNOWN._replace(target_etag="")


@pytest.mark.parametrize(
    ("known", "source", "target", "standing"),
    [
        (None, SOURCE, OBJECT, Standing.UNKNOWN),
        (KNOWN._replace(proof="none"), SOURCE, OBJECT, Standing.UNKNOWN),
        (KNOWN._replace(proof="length"), SOURCE, OBJECT, Standing.UNKNOWN),
        (KNOWN._replace(proof=""), SOURCE, OBJECT, Standing.UNKNOWN),
        (KNOWN, SOURCE, OBJECT, Standing.PROVEN),
        (KNOWN._replace(proof="end-to-end"), SOURCE, OBJECT, Standing.PROVEN),
        # An object goes by its ETag, whatever its time says.
        (KNOWN, SOURCE, OBJECT._replace(mtime_ms=9999), Standing.PROVEN),
        (KNOWN, SOURCE, OBJECT._replace(etag="F"), Standing.TARGET_CHANGED),
        (KNOWN, SOURCE, OBJECT._replace(etag=""), Standing.TARGET_CHANGED),
        (KNOWN, SOURCE, OBJECT._replace(length=6), Standing.TARGET_CHANGED),
        # A file goes by its time.
        (KNOWN_FILE, SOURCE, COPIED_FILE, Standing.PROVEN),
        (KNOWN_FILE, SOURCE, COPIED_FILE._replace(mtime_ms=9001), Standing.TARGET_CHANGED),
        (KNOWN_FILE, SOURCE, OBJECT, Standing.TARGET_CHANGED),
        (
            KNOWN_FILE._replace(target_mtime_ms=-1),
            SOURCE,
            COPIED_FILE._replace(mtime_ms=-1),
            Standing.TARGET_CHANGED,
        ),
        (KNOWN, SOURCE._replace(mtime_ms=999), OBJECT, Standing.SOURCE_CHANGED),
        (KNOWN, SOURCE._replace(mtime_ms=1001), OBJECT._replace(etag="F"), Standing.SOURCE_CHANGED),
        (KNOWN, SOURCE._replace(length=6), OBJECT, Standing.SOURCE_CHANGED),
        (KNOWN._replace(source_etag="A"), SOURCE._replace(etag="B"), OBJECT, Standing.SOURCE_CHANGED),
        (KNOWN._replace(source_etag="A"), SOURCE._replace(etag="A"), OBJECT, Standing.PROVEN),
        (KNOWN._replace(source_etag="A"), SOURCE, OBJECT, Standing.PROVEN),
    ],
)
def test_standing(known, source, target, standing) -> None:
    assert standing_of(known, source, target) is standing


def test_what_was_read_stands_for_a_source_that_was_not_changed_since() -> None:
    assert recorded_sums(KNOWN, SOURCE) == (64, 32)
    assert recorded_sums(KNOWN, SOURCE._replace(mtime_ms=999)) == (None, None)
    assert recorded_sums(KNOWN._replace(proof="length"), SOURCE) == (None, None)
    assert recorded_sums(None, SOURCE) == (None, None)
