"""What a container needs beside the heap of its JVM."""

import pytest

from hdfs2oss.model.units import MIB
from hdfs2oss.rules.memory import overhead_mib, task_mib


@pytest.mark.parametrize(
    ("threads", "part_mib", "task"),
    [
        (16, 16, 512),  # as it is by default: the buffers are full
        (4, 16, 320),
        (4, 64, 384),  # of larger parts no more than 32 MiB are held
        (256, 16, 512),  # threads wait for room
        (1, 0.1, 257),
    ],
)
def test_a_task_needs_what_its_threads_hold_of_parts_beside_python(threads, part_mib, task):
    assert task_mib(threads, int(part_mib * MIB)) == task
    assert overhead_mib(1, threads, int(part_mib * MIB)) == 384 + task
    assert overhead_mib(4, threads, int(part_mib * MIB)) == 384 + 4 * task


def test_what_is_not_known_counts_as_the_most():
    assert task_mib() == task_mib(None, 5 * MIB) == task_mib(3, None) == 512
