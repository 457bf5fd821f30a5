"""What every operation may use."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from hdfs2oss.local_oss.limits import Limits
from hdfs2oss.local_oss.protocol.message import Request
from hdfs2oss.local_oss.store.rows import Bucket
from hdfs2oss.local_oss.store.store import Store
from hdfs2oss.local_oss.store.uploads import Uploads

OWNER_ID = "1234567890123456"
"""Every bucket and object belongs to one account."""


@dataclass(frozen=True)
class Context:
    """The store, the limits, and how this server was started."""

    store: Store
    uploads: Uploads
    limits: Limits
    region: str
    is_md5_wanted: bool
    clock: Callable[[], float] = time.time

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return int(self.clock() * 1000)

    def bucket(self, request: Request) -> Bucket:
        """The bucket a request names, else NoSuchBucket."""
        return self.store.bucket(request.bucket)
