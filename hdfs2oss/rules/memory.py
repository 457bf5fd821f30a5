"""What a task holds in memory, and what a container needs for it beside the heap of its JVM. Pure; the one place of it.

overhead of an executor = 384 MiB, the JVM's own  +  tasks at once x task
task                    = 256 MiB, Python with its libraries  +  the parts in its buffers
                          +  704 MiB, the JVM of the Java client (512 of them heap), where files go through it
parts in its buffers    = threads x part size, but at most 256 MiB, for then threads wait for room;
                          a part above 32 MiB is never held, but read again when it must be sent again
"""

from __future__ import annotations

from ..model.units import MIB

# What the buffers of one task may hold together.
BUFFER_BYTES = 256 * MIB
# Up to here a part is held in memory, as it may have to be sent again; a larger one is read again then.
HELD_PART_BYTES = 32 * MIB
_JVM_MIB = 384
_PYTHON_MIB = 256
_JAVA_CLIENT_MIB = 704


def task_mib(threads: int | None = None, part_size_bytes: int | None = None) -> int:
    """MiB of a task; where threads or part size are not known, of the largest there is."""
    if threads is None or part_size_bytes is None:
        return _PYTHON_MIB + BUFFER_BYTES // MIB
    held = min(BUFFER_BYTES, threads * min(part_size_bytes, HELD_PART_BYTES))
    return _PYTHON_MIB + -(-held // MIB)


def overhead_mib(
    tasks_at_once: int, threads: int | None = None, part_size_bytes: int | None = None, by_java: bool = False
) -> int:
    """MiB that a container needs beside its heap; that of a driver counts as one with one task."""
    return _JVM_MIB + tasks_at_once * (task_mib(threads, part_size_bytes) + by_java * _JAVA_CLIENT_MIB)
