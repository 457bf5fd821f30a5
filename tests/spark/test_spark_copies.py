"""A whole copy with all its phases, each of them on Spark's executors."""

from __future__ import annotations

import io

import pytest

from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.verify_options import VerifyOptions
from hdfs2oss.runners.base import Runner
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.report import Report
from hdfs2oss.runs.verification import VerifyReport
from hdfs2oss.verbs.copy.job import CopyJob
from hdfs2oss.verbs.verify.job import VerifyJob
from tests.stores.metadata_service import MetadataService, ShortKeys, access_by_role
from tests.stores.renewed_keys import Renewed
from tests.trees import Place

pytestmark = pytest.mark.spark

TREE = {f"d{number % 4}/f{number}": b"x" * number for number in range(1, 30)}
OLD = {f"old/{number}/f": b"old" for number in range(5)} | {"d1/old": b"old"}


def test_a_tree_is_mirrored_with_its_attributes(spark_runner, make_place, home) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    source.make(TREE).settle()
    target.make(OLD)
    (source.local / "d2").chmod(0o750)
    options = CopyOptions(sources=(source.uri,), target=target.uri, update=True, delete=True, preserve="pt")

    def run() -> Report:
        return CopyJob(
            options, target.stores, spark_runner, Progress(io.StringIO()), [Uri("file", "", str(home))]
        ).run()

    first, second = run(), run()
    assert (first.exit_code, second.exit_code) == (0, 0), (first.failures, second.failures)
    assert target.read() == TREE
    count = first.counters.as_dict()[OWN]
    assert (count["FILES_COPIED"], count["FILES_DELETED"], count["DIRECTORIES_REFRESHED"]) == (29, 6, 4)
    again = second.counters.as_dict()[OWN]
    assert again["FILES_SKIPPED"] == 29
    assert not {"FILES_COPIED", "FILES_DELETED", "FILES_REFRESHED", "DIRECTORIES_REFRESHED"} & {
        name for name, value in again.items() if value
    }


def test_what_a_verify_finds_is_mended_from_its_list(spark_runner, make_place, home) -> None:
    source, target, output = make_place("file", "source"), make_place("oss", "target"), make_place("oss", "list")
    source.make(TREE).settle()
    stores, homes = target.stores, [Uri("file", "", str(home))]
    options = CopyOptions(sources=(source.uri,), target=target.uri, update=True)
    verifying = VerifyOptions(
        sources=(source.uri,), target=target.uri, update=True, read="unproven", output=output.uri, shown=2
    )

    here = LocalRunner(0)

    def copy(runner: Runner, **more: object) -> Report:
        given = options.model_copy(update=more)
        return CopyJob(given, stores, runner, Progress(io.StringIO()), homes).run()

    def verify(runner: Runner, **more: object) -> VerifyReport:
        given = verifying.model_copy(update=more)
        return VerifyJob(given, stores, runner, Progress(io.StringIO()), homes).run()

    assert copy(here).exit_code == 0
    (target / "d3/f7").put(b"y" * 7)
    (target / "d1/more").put(b"more")
    found = verify(spark_runner)
    assert (found.exit_code, found.entries) == (7, 2)
    assert {(row.difference, row.path) for row in found.first} == {("CHECKSUM", "d3/f7"), ("EXTRA", "d1/more")}
    mended = copy(spark_runner, from_diff=output.uri, delete=True)
    assert mended.exit_code == 0, (mended.failures, mended.withheld)
    own = mended.counters.as_dict()[OWN]
    assert (own["FILES_COPIED"], own["FILES_DELETED"]) == (1, 1)
    assert verify(here, output=None).exit_code == 0


def test_executors_go_on_with_keys_that_come_in_a_file_after_theirs_have_expired(spark_runner, tmp_path, home) -> None:
    tree = {f"f{number:02d}": bytes(number) for number in range(60)}
    with LocalOssServer(tmp_path / "oss", "id", "secret", buckets=["lake"]) as server:
        renewed = Renewed(tmp_path, server)
        source = Place(Uri("file", "", f"{tmp_path}/source"), renewed.stores).make(tree)
        target = Place(Uri("oss", "lake", "/target"), renewed.stores)
        options = CopyOptions(sources=(source.uri,), target=target.uri)
        renewed.renew_once_expired()
        jobs = [Uri("file", "", str(home))]
        report = CopyJob(options, renewed.stores, spark_runner, Progress(io.StringIO()), jobs).run()
        assert renewed.refused
        assert (report.exit_code, report.discrepancy, report.failures) == (0, "", [])
        assert target.read() == tree
        close_filesystems()


def test_executors_ask_for_the_keys_of_a_role_by_themselves_as_often_as_they_expire(
    spark_runner, tmp_path, home
) -> None:
    tree = {f"f{number:02d}": bytes(number) for number in range(30)}
    with LocalOssServer(tmp_path / "oss", "id", "secret", buckets=["lake"]) as server:
        keys = ShortKeys(server, 2.0)
        with MetadataService(keys) as service:
            stores = StoreConfig(oss={"lake": access_by_role(server, service.role())}, threads=8)
            source = Place(Uri("file", "", f"{tmp_path}/source"), stores).make(tree)
            target = Place(Uri("oss", "lake", "/target"), stores)
            server.plan.replace([Rule("latency", method="PUT", key="target/f*", seconds=0.5)])
            options = CopyOptions(sources=(source.uri,), target=target.uri, threads=2)
            jobs = [Uri("file", "", str(home))]
            report = CopyJob(options, stores, spark_runner, Progress(io.StringIO()), jobs).run()
            assert (report.exit_code, report.discrepancy, report.failures) == (0, "", [])
            assert keys.count >= 3
            assert target.read() == tree
            close_filesystems()
