"""What is published is one version: the one that was looked at, and read."""

from __future__ import annotations

import pytest

from hdfs2oss.model.errors import (
    BeingWritten,
    SourceChanged,
    SourceOpen,
)
from tests.stores.faults import Fault
from tests.unit.transfer.bench import Bench


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"mtime_ms": 1001}, id="written again"),
        pytest.param({"length": 9999}, id="longer"),
    ],
)
def test_a_source_that_changes_while_it_is_read_is_never_published(bench, change) -> None:
    def meanwhile() -> None:
        bench.source_store.place("/s/f", bench.data, **{"mtime_ms": 1000, **change})

    with pytest.raises(SourceChanged, match="changed since it was surveyed"):
        bench.copy(Fault("read", times=1, silent=True, meanwhile=meanwhile), on="source")
    bench.assert_nothing_is_left()


def test_a_source_that_somebody_writes_to_though_its_length_does_not_show_it_is_never_published(bench) -> None:
    with pytest.raises(SourceOpen, match="still being written"):
        bench.copy(Fault("refuse_open", "/s/f", BeingWritten), on="source")
    bench.assert_nothing_is_left()


def test_a_source_that_changed_since_the_survey_is_not_even_read(bench) -> None:
    bench.source_store.place("/s/f", bench.data + b"more", mtime_ms=1001)
    with pytest.raises(SourceChanged):
        bench.copy()
    bench.assert_nothing_is_left()


def versioned(bench: Bench) -> Bench:
    bench.item = bench.item._replace(etag=bench.source_store.file("/s/f").status.etag)
    return bench


@pytest.mark.parametrize("moment", ["open", "read"])
def test_another_version_of_the_same_length_and_time_is_never_published(bench: Bench, moment) -> None:
    versioned(bench)
    data = bytes(byte ^ 0xFF for byte in bench.data)

    def replace() -> None:
        bench.source_store.place("/s/f", data, mtime_ms=1000)

    if moment == "open":
        replace()
        with pytest.raises(SourceChanged, match="changed since it was surveyed"):
            bench.copy()
    else:
        # The reader keeps to the version it opened, as that of an object store does.
        with pytest.raises(SourceChanged, match="changed since it was surveyed"):
            bench.copy(Fault("open", times=1, silent=True, meanwhile=replace), on="source")
    bench.assert_nothing_is_left()


def test_a_version_that_was_read_and_is_no_longer_there_is_not_published_where_the_plan_knows_none(bench) -> None:
    data = bytes(byte ^ 0xFF for byte in bench.data)

    def replace() -> None:
        bench.source_store.place("/s/f", data, mtime_ms=1000)

    with pytest.raises(SourceChanged):
        bench.copy(Fault("read", times=1, silent=True, meanwhile=replace), on="source")
    bench.assert_nothing_is_left()


def test_the_version_that_was_read_stands_beside_what_arrived(bench: Bench) -> None:
    assert bench.copy().source_etag == bench.source_store.file("/s/f").status.etag
