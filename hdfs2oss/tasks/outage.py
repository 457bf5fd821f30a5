"""A store that has gone: so many failures in a row, none of them the file's own fault."""

from __future__ import annotations

import threading

from ..model.errors import Hdfs2ossError


class Outage:
    """Found by the threads of a task together. Once there is one, it lasts as long as the task does.

    what happened                                  failures in a row
    --------------------------------------------   -----------------
    a failure that another try might have mended   one more
    a failure of the file's own                    none: the store has answered
    a success                                      none
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._in_a_row = 0
        self._lock = threading.Lock()
        # Why the rest of a task is not tried; empty while the store is there.
        self.reason = ""

    def failed(self, error: Hdfs2ossError) -> None:
        """An item has failed for good."""
        with self._lock:
            self._in_a_row = self._in_a_row + 1 if error.retryable else 0
            if self._in_a_row >= self._limit and not self.reason:
                self.reason = f"not tried, because {self._in_a_row} files in a row failed; the last one: {error}"

    def succeeded(self) -> None:
        """An item has arrived."""
        with self._lock:
            self._in_a_row = 0
