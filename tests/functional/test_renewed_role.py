"""Keys of a RAM role that expire every few seconds while a copy goes on: each process asks for newer ones by itself."""

import os
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.model.uri import Uri
from tests.stores.metadata_service import MetadataService, ShortKeys, access_by_role
from tests.trees import Place

LASTS_SECONDS = 2.0
TREE = {f"d{number % 3}/f{number:02d}": os.urandom(1000) for number in range(30)} | {"large": os.urandom(500_000)}


@pytest.mark.parametrize("runner", [pytest.param("in two processes", marks=pytest.mark.slow)], indirect=True)
def test_a_copy_in_two_processes_outlasts_its_keys_several_times(copy, tmp_path: Path) -> None:
    with LocalOssServer(tmp_path / "oss", "id", "secret", buckets=["lake"]) as server:
        keys = ShortKeys(server, LASTS_SECONDS)
        with MetadataService(keys, is_hardened=True) as service:
            stores = StoreConfig(oss={"lake": access_by_role(server, service.role())}, threads=8)
            source = Place(Uri("file", "", f"{tmp_path}/source"), stores).make(TREE)
            target = Place(Uri("oss", "lake", "/target"), stores)
            # Four at once: thirty files take four seconds at least.
            server.plan.replace([Rule("latency", method="PUT", key="target/d*", seconds=0.5)])
            report = copy(source, target, part_size_bytes=100 * 1024, threads=2)
            assert (report.exit_code, report.discrepancy, report.failures) == (0, "", [])
            assert keys.count >= 3
            assert target.read() == TREE
            close_filesystems()
