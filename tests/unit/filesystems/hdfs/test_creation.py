"""What new files and directories are given: umask, replication, block size."""

import pytest

from hdfs2oss.filesystems.hdfs.creation import Creation, read_creation
from hdfs2oss.model.errors import UsageError


def test_without_a_configuration_it_is_hadoops_umask_and_what_the_namenode_has() -> None:
    assert read_creation({}) == Creation(0o644, 0o755, None, None)


@pytest.mark.parametrize(
    ("umask", "files", "directories"),
    [
        ("027", 0o640, 0o750),
        ("0077", 0o600, 0o700),
        ("0", 0o666, 0o777),
        ("2", 0o664, 0o775),
        (" 022 ", 0o644, 0o755),
        ("u=rwx,g=r-x,o=r-x", 0o644, 0o755),
        ("u=rwx,g=rwx,o=", 0o660, 0o770),
        ("u=rwx", 0o600, 0o700),
        ("ug=rwx, o=x", 0o660, 0o771),
        ("a=rx", 0o444, 0o555),
        ("=rwx", 0o666, 0o777),
        ("", 0o644, 0o755),
    ],
)
def test_a_umask_takes_its_bits_away(umask: str, files: int, directories: int) -> None:
    made = read_creation({"fs.permissions.umask-mode": umask})
    assert (made.file_permission, made.directory_permission) == (files, directories)


def test_replication_and_block_size_are_those_of_the_configuration() -> None:
    made = read_creation({"dfs.replication": "2", "dfs.blocksize": "256m"})
    assert (made.replication, made.block_size_bytes) == (2, 256 << 20)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fs.permissions.umask-mode", "028"),
        ("fs.permissions.umask-mode", "u+w"),
        ("dfs.replication", "0"),
        ("dfs.replication", "two"),
        ("dfs.blocksize", "large"),
        ("dfs.blocksize", "1000"),
        ("dfs.blocksize", "0"),
    ],
)
def test_a_value_that_means_nothing_is_refused_by_the_name_of_its_key(key: str, value: str) -> None:
    with pytest.raises(UsageError, match=key):
        read_creation({key: value})
