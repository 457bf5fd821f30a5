"""Checksums computed here are those that stores state."""

import random

import pytest

from hdfs2oss.rules.digest import digest_for
from hdfs2oss.rules.filesum import FileChecksum

DATA = b"123456789" * 1000
# As Hadoop 3.5.0 and the local OSS server state them of DATA; in blocks of 4096 bytes, and in one.
STATED = [
    ("CRC-64", "323f2bd7e9ba23ca"),
    ("MD5-of-8MD5-of-512CRC32C", "7c0b4556245ad125d93e6b2f28715930"),
    ("MD5-of-0MD5-of-512CRC32C", "a0880ecb3a3729f65d6773574894bfa4"),
    ("COMPOSITE-CRC32C", "d601351d"),
]


@pytest.mark.parametrize(("algorithm", "value"), STATED)
@pytest.mark.parametrize("seed", range(3))
def test_a_digest_gives_what_hdfs_and_oss_state_however_the_bytes_come(algorithm, value, seed) -> None:
    digest, chance, at = digest_for(algorithm), random.Random(seed), 0
    assert digest is not None
    while at < len(DATA):
        step = chance.randrange(1, 2000)
        digest.update(DATA[at : at + step])
        digest.checksum()
        at += step
    assert digest.checksum() == FileChecksum(algorithm, value)


@pytest.mark.parametrize("algorithm", ["", "MD5", "MD5-of-0MD5-of-0CRC32", "COMPOSITE-CRC32", "SHA-256"])
def test_what_is_not_known_is_not_guessed(algorithm) -> None:
    assert digest_for(algorithm) is None
