"""What passes the edge of a store: the File System Counters of one file system object."""

from __future__ import annotations

import threading

from ..model.errors import StoreError, Throttled


class Traffic:
    """What was measured at the store's edge: the File System Counters of one file system object."""

    __slots__ = (
        "_lock",
        "bytes_read",
        "bytes_written",
        "in_flight_sum",
        "large_read_operations",
        "limited_requests",
        "queued_seconds",
        "read_operations",
        "refused_requests",
        "repeated_requests",
        "throttled_seconds",
        "write_operations",
    )

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.bytes_read = 0
        self.bytes_written = 0
        self.read_operations = 0
        self.large_read_operations = 0
        self.write_operations = 0
        self.repeated_requests = 0
        self.refused_requests = 0
        self.throttled_seconds = 0.0
        self.queued_seconds = 0.0
        self.limited_requests = 0
        self.in_flight_sum = 0

    def read(self, size_bytes: int = 0, operations: int = 1) -> None:
        """Bytes or metadata came in."""
        with self._lock:
            self.bytes_read += size_bytes
            self.read_operations += operations

    def listed(self) -> None:
        """A page of a listing came in: Hadoop's large read."""
        with self._lock:
            self.read_operations += 1
            self.large_read_operations += 1

    def wrote(self, size_bytes: int = 0, operations: int = 1) -> None:
        """Bytes or a change went out."""
        with self._lock:
            self.bytes_written += size_bytes
            self.write_operations += operations

    def repeated(self, error: StoreError, seconds: float) -> None:
        """A request failed and is sent again after a pause, which the store asked for if it was Throttled."""
        with self._lock:
            self.repeated_requests += 1
            if isinstance(error, Throttled):
                self.throttled_seconds += seconds

    def refused(self) -> None:
        """The store asked for patience in place of an answer."""
        with self._lock:
            self.refused_requests += 1

    def limited(self, seconds: float, in_flight: int) -> None:
        """A request is sent, one of so many then in flight, after it waited for its turn."""
        with self._lock:
            self.queued_seconds += seconds
            self.limited_requests += 1
            self.in_flight_sum += in_flight

    def snapshot(self) -> dict[str, int]:
        """The values by Hadoop's counter names (without the store's prefix), and by our own."""
        with self._lock:
            return {
                "BYTES_READ": self.bytes_read,
                "BYTES_WRITTEN": self.bytes_written,
                "READ_OPS": self.read_operations,
                "LARGE_READ_OPS": self.large_read_operations,
                "WRITE_OPS": self.write_operations,
                "REQUESTS_REPEATED": self.repeated_requests,
                "REQUESTS_THROTTLED": self.refused_requests,
                "THROTTLED_MILLISECONDS": round(self.throttled_seconds * 1000),
                "QUEUED_MILLISECONDS": round(self.queued_seconds * 1000),
                "REQUESTS_LIMITED": self.limited_requests,
                "REQUESTS_IN_FLIGHT_SUM": self.in_flight_sum,
            }
