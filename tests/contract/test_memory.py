"""The contract on the file system in memory, as every kind of store."""

import pytest

from hdfs2oss.filesystems.base import FileSystem
from tests.stores.contract import FileSystemContract, MultipartContract, StreamContract
from tests.stores.memory import EVERYTHING, LIKE_HDFS, LIKE_OSS, MemoryFileSystem


class TestMemory(FileSystemContract, StreamContract, MultipartContract):
    @pytest.fixture
    def store(self) -> FileSystem:
        return MemoryFileSystem(EVERYTHING)


class TestMemoryLikeHdfs(FileSystemContract, StreamContract):
    @pytest.fixture
    def store(self) -> FileSystem:
        return MemoryFileSystem(LIKE_HDFS)


class TestMemoryLikeOss(FileSystemContract, MultipartContract):
    @pytest.fixture
    def store(self) -> FileSystem:
        return MemoryFileSystem(LIKE_OSS)
