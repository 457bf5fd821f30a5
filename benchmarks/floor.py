"""The plain loop: each file by itself through oss2, one thread, nothing checked: `floor SOURCE TARGET`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import oss2
from hdfs_native import Client, FileReader, WriteOptions

_PIECE_BYTES = 1 << 20


def main() -> int:
    """Copy the contents of SOURCE into TARGET, one of them hdfs://, the other oss://."""
    source, target = (urlsplit(text) for text in sys.argv[1:])
    if source.scheme == "hdfs":
        client, bucket = Client(f"hdfs://{source.netloc}"), bucket_of(target.netloc)
        for one in client.list_status(source.path, True):
            if not one.isdir:
                with client.read(one.path) as file:
                    body = _Sized(file, one.length)
                    bucket.put_object(f"{target.path.strip('/')}{one.path.removeprefix(source.path)}", body)
        return 0
    client, bucket = Client(f"hdfs://{target.netloc}"), bucket_of(source.netloc)
    prefix = f"{source.path.strip('/')}/"
    for one in oss2.ObjectIteratorV2(bucket, prefix=prefix, max_keys=1000):
        with client.create(f"{target.path}/{one.key.removeprefix(prefix)}", WriteOptions(overwrite=True)) as out:
            for piece in _pieces(bucket.get_object(one.key)):
                out.write(piece)
    return 0


class _Sized:
    """A file whose length oss2 finds, so that it does not send chunks."""

    def __init__(self, file: FileReader, length: int) -> None:
        self._file = file
        self.len = length

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read(_PIECE_BYTES if size < 0 else max(size, _PIECE_BYTES))
        return data


def bucket_of(name: str) -> oss2.Bucket:
    """A bucket by the environment's endpoint and keys."""
    session = oss2.Session()
    session.session.trust_env = False
    keys = oss2.Auth(os.environ["OSS_ACCESS_KEY_ID"], os.environ["OSS_ACCESS_KEY_SECRET"])
    return oss2.Bucket(keys, os.environ["OSS_ENDPOINT"], name, session=session)


def _pieces(answer: oss2.models.GetObjectResult) -> Iterator[bytes]:
    while data := answer.read(_PIECE_BYTES):
        yield data


if __name__ == "__main__":
    sys.exit(main())
