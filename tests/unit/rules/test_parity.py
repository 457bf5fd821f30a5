import pytest

from hdfs2oss.rules.parity import is_written_rightly


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("", True),
        ("REPLICATION", True),
        ("RS-6-3-1024k", True),
        ("RS-3-2-1024k", True),
        ("RS-10-4-1024k", True),
        ("XOR-2-1-1024k", False),
        ("RS-LEGACY-6-3-1024k", False),
        ("LRC-12-2-2-1024k", False),
        ("my-own", False),
    ],
)
def test_only_replicas_and_plain_reed_solomon_are_written_rightly(policy: str, expected: bool) -> None:
    assert is_written_rightly(policy) is expected
