"""Hadoop's connector, over the Java client: its file system contract, and the shell."""

from collections import Counter
from pathlib import Path

import pytest

from tests.conformance.hadoop_client import hadoop_fs, run_contract, write_core_site
from tests.conformance.place import Place

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(900)]

TESTS_OF_CLASS = {
    "BulkDeleteTest": 19,
    "ContentSummaryTest": 2,
    "CopyFromLocalTest": 15,
    "CreateTest": 16,
    "DeleteTest": 8,
    "EtagTest": 4,
    "GetFileStatusTest": 20,
    "MkdirTest": 8,
    "OpenTest": 27,
    "RenameTest": 10,
    "RootDirectoryTest": 9,
    "SeekTest": 18,
    "UnbufferTest": 6,
    "VectoredReadTest": 46,
}
# The connector's file status carries no ETag, whatever the server sends.
LEFT_OUT = {
    "EtagTest.testEtagConsistencyAcrossListAndHead",
    "EtagTest.testEtagsOfDifferentDataDifferent",
    "EtagTest.testLocatedStatusAlsoHasEtag",
}


@pytest.fixture
def conf(place: Place, tmp_path: Path) -> Path:
    folder = tmp_path / "conf"
    write_core_site(folder, place.endpoint, (place.key_id, place.key_secret), place.bucket)
    return folder


def test_hadoops_file_system_contract_holds(contract_jars, conf):
    run = run_contract(contract_jars, conf)
    failed = {name: cause for name, cause in run.causes.items() if cause and name not in LEFT_OUT}
    assert failed == {}
    assert {name for name, cause in run.causes.items() if cause} == LEFT_OUT
    assert Counter(name.partition(".")[0] for name in run.causes) == TESTS_OF_CLASS
    # Failures outside of any test, such as of a class that cannot start, are in the total only.
    assert (run.run_count, run.failure_count) == (sum(TESTS_OF_CLASS.values()), len(LEFT_OUT))


@pytest.mark.full
def test_hadoop_shell_puts_lists_renames_gets_and_removes(hadoop_jars, conf, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "é 1+1=2%.txt").write_bytes(b"one")
    (tmp_path / "in" / "part-0").write_bytes(bytes(300_000))

    def shell(*arguments: str) -> str:
        done = hadoop_fs(hadoop_jars, conf, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    shell("-put", str(tmp_path / "in"), "/a")
    shell("-mv", "/a", "/b")
    listed = [line.split(maxsplit=7) for line in shell("-ls", "-R", "/").splitlines()]
    assert [(row[4], row[7]) for row in listed] == [("0", "/b"), ("300000", "/b/part-0"), ("3", "/b/é 1+1=2%.txt")]
    shell("-get", "/b", str(tmp_path / "out"))
    for name in ("é 1+1=2%.txt", "part-0"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "in" / name).read_bytes()
    shell("-rm", "-r", "/b")
    assert shell("-ls", "/") == ""
