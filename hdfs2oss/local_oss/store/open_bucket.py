"""A bucket while the index is held: what everything that reads or changes its rows is given."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from hdfs2oss.local_oss.store.rows import Bucket


class OpenBucket(NamedTuple):
    """A bucket and the connection to its rows. Good only inside the block that gave it.

    Nobody else reads or writes meanwhile, so all that is seen through it is of one moment; what is changed
    through one that `Store.writing` gave is committed at the end of the block, or not at all.
    """

    connection: sqlite3.Connection
    bucket: Bucket

    def beside(self, other: Bucket) -> OpenBucket:
        """Another bucket at the same moment."""
        return OpenBucket(self.connection, other)
