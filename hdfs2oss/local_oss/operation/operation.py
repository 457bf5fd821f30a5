"""A request with what it may use: what every handler is given."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from hdfs2oss.local_oss.protocol.limits import Limits
from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.store.open_bucket import OpenBucket
from hdfs2oss.local_oss.store.refusals import NoSuchBucket
from hdfs2oss.local_oss.store.rows import Bucket
from hdfs2oss.local_oss.store.store import Store


@dataclass(frozen=True)
class Context:
    """What every operation may use: the store, the limits, and how this server was started."""

    store: Store
    limits: Limits
    region: str
    is_md5_wanted: bool
    clock: Callable[[], float] = time.time

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return int(self.clock() * 1000)


class Operation:
    """One request at work.

    Its bucket is looked up when it is first asked for, and is the same from then on, whatever others do to it.
    """

    __slots__ = ("_bucket", "_context", "limits", "request", "store")

    def __init__(self, context: Context, request: Request) -> None:
        self.request = request
        self.store = context.store
        self.limits = context.limits
        self._context = context
        self._bucket: Bucket | None = None

    @property
    def bucket(self) -> Bucket:
        """The bucket the request names. Raises NoSuchBucket."""
        if self._bucket is None:
            self._bucket = self.store.bucket(self.request.bucket)
        return self._bucket

    def require_bucket(self) -> None:
        """Raise NoSuchBucket now, before anything else is looked at."""
        _ = self.bucket

    @property
    def region(self) -> str:
        """Where this server says it is."""
        return self._context.region

    @property
    def is_md5_wanted(self) -> bool:
        """Whether bodies get an MD5 that nobody asked for."""
        return self._context.is_md5_wanted

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return self._context.now_ms()

    def reading(self) -> AbstractContextManager[OpenBucket]:
        """The bucket as it is, while nobody writes. Raises NoSuchBucket."""
        return self.store.reading(self.bucket)

    def writing(self) -> AbstractContextManager[OpenBucket]:
        """A transaction on the bucket. Raises NoSuchBucket."""
        return self.store.writing(self.bucket)

    def change_bucket(self, change: Callable[[Bucket], Bucket]) -> None:
        """Change properties of the bucket; what others changed meanwhile stays. Raises NoSuchBucket."""

        def changed(current: Bucket | None) -> Bucket:
            if current is None or current.id != self.bucket.id:
                raise NoSuchBucket(self.request.bucket)
            return change(current)

        self.store.put_bucket(self.request.bucket, changed)

    def document(self) -> bytes:
        """The body of the request, which must be small: an XML document. Raises EntityTooLarge."""
        return self.request.document(self.limits.max_document_bytes)


Handler = Callable[[Operation], Response]
"""What carries an operation out: a function of `handlers`, named as rules and logs name the operation."""
