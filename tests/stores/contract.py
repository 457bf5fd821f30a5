"""What every file system must do. A test class inherits the suite and gives `store` (and `root`):

    class TestMemory(FileSystemContract):
        @pytest.fixture
        def store(self): return MemoryFileSystem()

`root` is a directory that exists for the length of one test. Where stores differ, their capabilities say so.
"""

from __future__ import annotations

from tests.stores.contract_attributes import AttributesContract
from tests.stores.contract_reading import ReadContract, StatusContract, WalkContract
from tests.stores.contract_writing import ChangeContract, MultipartContract, StreamContract, WriteContract

__all__ = ["FileSystemContract", "MultipartContract", "StreamContract"]


class FileSystemContract(StatusContract, WalkContract, ReadContract, WriteContract, ChangeContract, AttributesContract):
    """Everything but streams and parts: a store has the one or the other."""
