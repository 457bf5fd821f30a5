"""Temporary keys that expire while a copy goes on: newer ones come in a file, and nothing is lost."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.model.uri import Uri
from tests.stores.renewed_keys import Renewed
from tests.trees import Place

TREE = {f"d{number % 3}/f{number:02d}": os.urandom(1000) for number in range(60)} | {"large": os.urandom(500_000)}


@pytest.fixture
def renewed(tmp_path: Path) -> Iterator[Renewed]:
    with LocalOssServer(tmp_path / "oss", "id", "secret", buckets=["lake"]) as server:
        yield Renewed(tmp_path, server)
        close_filesystems()


@pytest.mark.slow
def test_a_copy_goes_on_with_the_keys_that_came_after_its_own_had_expired(renewed: Renewed, copy, tmp_path) -> None:
    source = Place(Uri("file", "", f"{tmp_path}/source"), renewed.stores).make(TREE)
    target = Place(Uri("oss", "lake", "/target"), renewed.stores)
    renewed.renew_once_expired()
    report = copy(source, target, part_size_bytes=100 * 1024)
    assert renewed.refused
    assert (report.exit_code, report.discrepancy, report.failures) == (0, "", [])
    assert target.read() == TREE


def test_keys_that_expire_for_good_end_the_wave_at_once_where_no_file_is_named(
    renewed: Renewed, copy, tmp_path
) -> None:
    source = Place(Uri("file", "", f"{tmp_path}/source"), renewed.stores).make(TREE)
    plain = StoreConfig(oss={"lake": replace(renewed.stores.oss["lake"], keys_file="")}, threads=8)
    report = copy(source, Place(Uri("oss", "lake", "/target"), plain), part_size_bytes=100 * 1024)
    assert report.exit_code == 4
    assert "the temporary keys have expired" in report.stopped
    assert "--credentials-file" in report.advice
