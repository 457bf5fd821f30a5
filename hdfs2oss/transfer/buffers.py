"""The memory that a task's threads may fill with file contents."""

from __future__ import annotations

import ctypes
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

# Of <malloc.h>.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_KEEP_BYTES = 1024 * 1024 * 1024


@cache
def keep_freed_memory() -> bool:
    """Have the C library keep freed buffers for the next ones; False where that is not glibc. Once a process.

    It gives buffers of some MiB back to the system each time, and the page faults of getting fresh ones cost
    more than reading and checksumming what goes into them. The process grows to its largest need at once,
    which `BufferBudget` bounds, and stays there.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    settings = ((_M_MMAP_THRESHOLD, _KEEP_BYTES), (_M_TRIM_THRESHOLD, _KEEP_BYTES), (_M_ARENA_MAX, 1))
    return all(mallopt(ctypes.c_int(name), ctypes.c_int(value)) == 1 for name, value in settings)


# The system's own choice, 8 MiB, would be 4 GiB of addresses for a task with hundreds of files under way.
_STACK_BYTES = 1024 * 1024


def keep_stacks_small() -> None:
    """Have the threads that this process begins from now on take little of its address space."""
    threading.stack_size(_STACK_BYTES)


def is_address_space_limited() -> bool:
    """Whether this process may only have so many addresses, as under spark.executor.pyspark.memory."""
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


class BufferBudget:
    """At most `limit_bytes` of buffers at once; one request larger than that waits until it is alone."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, size_bytes: int) -> Iterator[None]:
        """Wait for room, keep it for the block, give it back."""
        with self._changed:
            self._changed.wait_for(lambda: self._used == 0 or self._used + size_bytes <= self._limit)
            self._used += size_bytes
        try:
            yield
        finally:
            with self._changed:
                self._used -= size_bytes
                self._changed.notify_all()
