"""What is kept of the snapshot that a target holds."""

from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.records.state import Held, PairState, read_state, work_path_of, write_state
from tests.stores.memory import MemoryFileSystem


def test_a_state_is_replaced_and_read_back() -> None:
    job_dir = JobDir(MemoryFileSystem(), "/jobs/pair", "run-1")
    assert read_state(job_dir) == PairState()
    on_its_way = PairState(Held("s1", 5, "p", "f"), Held("s2", 6, "p", "f"), "PLACE", 7)
    for state in (on_its_way, PairState(Held("s2", 6)), PairState()):
        write_state(job_dir, state)
        assert read_state(job_dir) == state._replace(run="run-1")
    assert job_dir.filesystem.status(work_path_of(job_dir)) is None
