"""How a NameNode is found, and listed to the end although a page fails."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from hdfs2oss.filesystems.hdfs.client import HdfsClient, address_of
from hdfs2oss.model.errors import NotFound, PermissionDenied, StoreError, Throttled

HA = {"dfs.nameservices": "ns", "dfs.ha.namenodes.ns": "nn1,nn2", "dfs.namenode.rpc-address.one": "nn3:9000"}


@pytest.mark.parametrize(
    ("authority", "address"),
    [("nn", "nn:8020"), ("nn:9000", "nn:9000"), ("ns", "ns"), ("ns2", "ns2:8020"), ("one", "nn3:9000")],
)
def test_a_host_without_a_port_is_a_namenode_at_hadoops_port_unless_it_is_a_name_service(authority, address) -> None:
    assert address_of(authority, HA) == address


BUSY = 'RPCError("org.apache.hadoop.ipc.RetriableException", "busy")'
DENIED = 'RPCError("org.apache.hadoop.security.AccessControlException", "no")'
GONE = 'RPCError("java.io.FileNotFoundException", "gone")'
# In the NameNode's order: signed bytes, so that what is not ASCII comes first.
NAMES = [f"é{number:04d}" for number in range(1500)] + [f"f{number:04d}" for number in range(1500)]


class Row(NamedTuple):
    path: str
    isdir: bool = False


class ScriptedNameNode:
    """Stands for the native client: one directory, whose listings break off before the rows with these numbers."""

    def __init__(self, breaks: list[tuple[int, str]], names: list[str] = NAMES) -> None:
        self.names = list(names)
        self.breaks = breaks
        self.listings = 0
        self.on_break: Callable[[], None] = lambda: None

    def list_status(self, path: str) -> Iterator[Row]:
        self.listings += 1
        at, problem = self.breaks.pop(0) if self.breaks else (-1, "")
        for number, name in enumerate(list(self.names)):
            if number == at:
                self.on_break()
                raise RuntimeError(problem)
            yield Row(f"{path}/{name}")


class ScriptedClient(HdfsClient):
    def __init__(self, node: ScriptedNameNode) -> None:
        super().__init__("127.0.0.1:1", {})
        self.node = node

    def native(self) -> ScriptedNameNode:  # type: ignore[override]
        return self.node

    def names(self) -> list[str]:
        return [row.path.rsplit("/", 1)[-1] for page in self.pages("/d") for row in page]


@pytest.mark.parametrize("at", [1000, 1001, 1499, 1500, 1501, 2000, 2999])
def test_a_page_that_fails_for_a_moment_costs_no_row_and_brings_none_twice(at) -> None:
    node = ScriptedNameNode([(at, BUSY)])
    assert ScriptedClient(node).names() == NAMES
    assert node.listings == 2


def test_a_listing_that_breaks_off_in_each_of_its_pages_comes_to_its_end() -> None:
    node = ScriptedNameNode([(1200, BUSY), (700, BUSY), (2500, BUSY)])
    assert ScriptedClient(node).names() == NAMES
    assert node.listings == 4


def test_what_came_and_went_meanwhile_is_what_a_listing_begun_then_would_have_said() -> None:
    node = ScriptedNameNode([(1200, BUSY)])
    node.on_break = lambda: node.names.__setitem__(slice(None), [*NAMES[5:998], NAMES[999], "é1000a", *NAMES[1003:]])
    # The last name that was given is the row 999.
    assert ScriptedClient(node).names() == [*NAMES[:1000], "é1000a", *NAMES[1003:]]


def test_a_directory_that_shrank_to_less_than_was_given_ends_there() -> None:
    node = ScriptedNameNode([(1200, BUSY)])
    node.on_break = lambda: node.names.__delitem__(slice(10, None))
    assert ScriptedClient(node).names() == NAMES[:1000]


@pytest.mark.parametrize(("problem", "kind", "most"), [(DENIED, PermissionDenied, 1), (GONE, NotFound, 1)])
def test_a_page_whose_failure_stays_is_not_asked_for_again(problem, kind: type[StoreError], most: int) -> None:
    node = ScriptedNameNode([(1200, problem)])
    with pytest.raises(kind):
        ScriptedClient(node).names()
    assert node.listings == most


def test_a_page_that_fails_again_and_again_ends_the_listing_with_its_error() -> None:
    node = ScriptedNameNode([(1200, BUSY)] * 20)
    client = ScriptedClient(node)
    client._retries = client._retries._replace(base_seconds=0.001)
    pages = client.pages("/d")
    assert [row.path for row in next(pages)] == [f"/d/{name}" for name in NAMES[:1000]]
    with pytest.raises(Throttled):
        next(pages)
    assert node.listings == client._retries.throttled_attempts
