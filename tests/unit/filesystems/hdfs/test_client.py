"""How a NameNode is found."""

import pytest

from hdfs2oss.filesystems.hdfs.client import address_of

HA = {"dfs.nameservices": "ns", "dfs.ha.namenodes.ns": "nn1,nn2", "dfs.namenode.rpc-address.one": "nn3:9000"}


@pytest.mark.parametrize(
    ("authority", "address"),
    [("nn", "nn:8020"), ("nn:9000", "nn:9000"), ("ns", "ns"), ("ns2", "ns2:8020"), ("one", "nn3:9000")],
)
def test_a_host_without_a_port_is_a_namenode_at_hadoops_port_unless_it_is_a_name_service(authority, address) -> None:
    assert address_of(authority, HA) == address
