"""The digests, made again after the recipe of the docstring."""

import hashlib

from hdfs2oss.model.known import KnownFile
from hdfs2oss.rules.ledger_digest import DigestMaker


def known(path: str, length: int, crc64: int | None, crc32c: int | None) -> KnownFile:
    return KnownFile(path, "any", 1, 2, "a", length, "b", 3, crc64, crc32c, None, None, None, "transfer", 0, "run")


def test_a_digest_is_the_sha_256_of_paths_lengths_and_checksums() -> None:
    maker = DigestMaker()
    for row in (known("a/ü", 10, 255, 16), known("b", 0, None, 0)):
        maker.take(row)
    found = maker.digest()
    over64 = b"a/\xc3\xbc\x0010\x0000000000000000ff\nb\x000\x00-\n"
    over32 = b"a/\xc3\xbc\x0010\x0000000010\nb\x000\x0000000000\n"
    assert found.crc64 == hashlib.sha256(over64).hexdigest()
    assert found.crc32c == hashlib.sha256(over32).hexdigest()
    assert found.lines() == [
        f"crc64 {found.crc64} of 2 files, 10 bytes (1 without one)",
        f"crc32c {found.crc32c} of 2 files, 10 bytes",
    ]


def test_of_no_files_it_is_that_of_nothing() -> None:
    assert DigestMaker().digest().crc64 == hashlib.sha256(b"").hexdigest()
