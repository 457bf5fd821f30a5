"""A run that came to no end, and the same command again: what is on record is not done twice, nothing is left out."""

import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import oss2
import pytest

from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.filesystems.registry import close_filesystems, seat_filesystem
from hdfs2oss.model.counters import COPY_MAPPER, OWN
from hdfs2oss.model.errors import CommitError, PermissionDenied, UsageError
from hdfs2oss.runners.local import LocalRunner
from tests.stores.faults import Fault, FlakyFileSystem

pytestmark = pytest.mark.slow

TREE = {f"{folder}/{number:03d}": b"%d" % number for folder in "ab" for number in range(210)}
PARTS = {"part_size_bytes": 100 * 1024, "chunk_size_bytes": 200 * 1024}


@pytest.fixture
def runner():
    """Faults live in this process, so tasks do too. Slots are what plans are made for."""
    return LocalRunner(0)


@pytest.fixture
def dies(home: Path) -> Callable[..., Path]:
    """`dies(kept)`: the newest run leaves no report, and of its ledger only these files; where its records are."""

    def strip(*kept: str, surveyed: bool = True) -> Path:
        run = sorted(home.glob(".hdfs2oss/*/runs/*"))[-1]
        for name in ("report.json", "counters.txt"):
            (run / name).unlink(missing_ok=True)
        for path in (run / "ledger").iterdir():
            if path.name.removesuffix(".parquet") not in kept:
                path.unlink()
        if not surveyed:
            shutil.rmtree(run / "ends")
            shutil.rmtree(run / "tasks")
        return run

    return strip


def outcomes(report) -> dict[str, int]:
    """What is told of files and bytes; not what it took."""
    counted = {**report.counters.as_dict().get(COPY_MAPPER, {}), **report.counters.as_dict()[OWN]}
    return {name: count for name, count in counted.items() if name != "BANDWIDTH_IN_BYTES"}


def times(place) -> dict[str, int]:
    return {str(path): path.stat().st_ino for path in Path(place.uri.path).rglob("*") if path.is_file()}


@pytest.mark.parametrize("slots", [1, 50])
@pytest.mark.parametrize("kept", [(), ("copy-00000",), ("copy-00001",)])
def test_finished_tasks_are_not_done_again_and_the_report_is_that_of_an_undisturbed_run(
    copy, runner, local_ends, dies, kept, slots
) -> None:
    source, target = local_ends
    whole = copy(source.make(TREE), target)
    run = dies(*kept)
    assert len(list(run.glob("ledger/*"))) == len(kept)
    runner.slots = slots
    before = times(target)
    again = copy(source, target)
    assert (again.run_id, again.exit_code) == (whole.run_id, 0)
    assert outcomes(again) == outcomes(whole)
    assert target.read() == source.read(), "it went to target/source, as the target was there by then"
    written_again = sum(before[path] != node for path, node in times(target).items())
    assert written_again == len(TREE) if not kept else 0 < written_again < len(TREE)
    assert json.loads((run / "report.json").read_text())["success"]


def test_a_survey_that_was_not_through_is_made_again_with_the_layout_on_record(copy, local_ends, dies) -> None:
    source, target = local_ends
    whole = copy(source.make({"a": b"1", "b": b"2"}), target)
    run = dies(surveyed=False)
    source.make({"late": b"3"})
    again = copy(source, target)
    assert (again.run_id, again.exit_code) == (whole.run_id, 0)
    assert target.read() == {"a": b"1", "b": b"2", "late": b"3"}
    assert again.counters.get(OWN, "FILES_COPIED") == 3
    assert sorted(path.name for path in run.glob("plan/*")) == [
        "survey-00000-driver.parquet",
        "survey-00000-r1.driver.parquet",
    ]


def test_a_survey_that_was_through_is_not_made_again(copy, local_ends, dies) -> None:
    source, target = local_ends
    copy(source.make({"a": b"1", "b": b"2"}), target)
    dies()
    source.make({"late": b"3"})
    again = copy(source, target)
    assert again.exit_code == 0
    assert target.read() == {"a": b"1", "b": b"2"}
    # Only now the run has come to its end, and the next one looks again.
    assert copy(source, target, update=True).counters.get(OWN, "FILES_COPIED") == 1


def test_a_run_dies_as_often_as_it_likes(copy, local_ends, dies) -> None:
    source, target = local_ends
    whole = copy(source.make(TREE), target)
    for _ in range(3):
        run = dies("copy-00001")
        again = copy(source, target)
        assert outcomes(again) == outcomes(whole)
    assert [path.name for path in sorted(run.glob("continued-*"))] == [f"continued-{n}.json" for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"update": True}, "update was not given, and is given"),
        ({"preserve": "t"}, 'preserve was not given, and is "t"'),
        ({"exclude": ("x",)}, "exclude was not given"),
        ({"update": True, "delete": True}, "delete was not given, and is given"),
    ],
)
def test_a_command_that_means_another_copy_is_refused_and_leaves_the_run_as_it_is(
    copy, local_ends, dies, options, said
) -> None:
    source, target = local_ends
    whole = copy(source.make({"a": b"1"}), target)
    dies()
    with pytest.raises(UsageError, match=f"run {whole.run_id} .* is not finished.*{said}") as refused:
        copy(source, target, **options)
    assert "--fresh" in refused.value.hint
    assert copy(source, target).run_id == whole.run_id


@pytest.mark.parametrize(
    "options",
    [{"maps": 3}, {"bandwidth_mb": 900.0}, {"threads": 2}, {"max_failures": 1}, {"chunk_size_bytes": 1 << 25}],
)
def test_a_command_that_means_the_same_goes_on(copy, local_ends, dies, options) -> None:
    source, target = local_ends
    whole = copy(source.make({"a": b"1"}), target)
    dies()
    assert copy(source, target, **options).run_id == whole.run_id


def test_fresh_gives_the_run_up_and_makes_its_account(copy, local_ends, dies) -> None:
    source, target = local_ends
    whole = copy(source.make(TREE), target, update=True)
    run = dies("copy-00001")
    again = copy(source, target, update=True, fresh=True)
    assert (again.run_id != whole.run_id, again.exit_code) == (True, 0)
    account = json.loads((run / "report.json").read_text())
    assert (account["success"], account["open"]) == (False, False)
    assert account["counters"][OWN]["FILES_COPIED"] > 0
    assert copy(source, target, update=True).run_id != again.run_id


def test_what_only_the_target_had_goes_when_the_run_is_gone_on_with(copy, local_ends, dies) -> None:
    source, target = local_ends
    target.make({"old/x": b"old", "old/y": b"old"})
    whole = copy(source.make({"a": b"1"}), target, update=True, delete=True, max_delete="100%")
    dies("copy-00000")
    target.make({"old/x": b"came back"})
    again = copy(source, target, update=True, delete=True, max_delete="100%")
    assert again.run_id == whole.run_id
    # It has changed since the survey, so it stays.
    assert target.read() == {"a": b"1", "old/x": b"came back"}
    assert again.counters.get(OWN, "FILES_KEPT") == 1


@pytest.mark.parametrize(("record", "parts"), [("ledger/copy-00001", range(1, 12)), ("ledger/commit", [0])])
def test_chunks_that_were_sent_are_not_sent_again_and_the_upload_is_completed(
    copy, upload_ends, break_files, oss_server, oss_stores, record, parts
) -> None:
    """The job directory refuses a ledger, as a full disk would."""
    source, target = upload_ends
    source.make({"large": os.urandom(800_000), "other": os.urandom(400_000)})
    break_files(Fault("create", record, PermissionDenied, times=1))
    with pytest.raises(CommitError):
        copy(source, target, bandwidth_mb=1.0, **PARTS)
    prefix = target.uri.path.lstrip("/")
    uploads = list(oss2.MultipartUploadIterator(bucket_of(oss_server), prefix=prefix))
    assert len(uploads) == (2 if "copy" in record else 0)
    watched = FlakyFileSystem(OssFileSystem("lake", oss_stores.oss["lake"], 8))
    seat_filesystem(target.uri, oss_stores, watched)
    again = copy(source, target, **PARTS)
    assert again.exit_code == 0
    assert target.read() == source.read()
    assert [operation for operation, _ in watched.calls].count("part") in parts
    assert list(oss2.MultipartUploadIterator(bucket_of(oss_server), prefix=prefix)) == []
    assert again.counters.get(COPY_MAPPER, "BYTESCOPIED") == 1_200_000


@pytest.mark.parametrize(
    "record",
    [
        pytest.param("ledger/commit-00000", marks=pytest.mark.full),
        "plan/renewal-00000",
        pytest.param("ends/renewal", marks=pytest.mark.full),
        pytest.param("uploads/cut-anew-00000", marks=pytest.mark.full),
        "ends/cut-anew",
        pytest.param("tasks/copy-anew", marks=pytest.mark.full),
        "ledger/copy-anew-00000",
        pytest.param("tasks/commit-anew", marks=pytest.mark.full),
        "ledger/commit-anew-00000",
    ],
)
def test_a_second_try_of_a_large_file_that_changed_is_gone_on_with_and_has_no_third(
    copy, upload_ends, make_place, break_files, oss_server, record
) -> None:
    """The job directory refuses a record of it, as a full disk would."""
    source, target = upload_ends
    old, new = os.urandom(800_000), os.urandom(900_000)

    def copy_one_that_changes(target, *faults: Fault):
        """It changes once, as soon as it is read."""
        source.make({"large": old, "other": os.urandom(400_000)}).settle()
        change = partial((source / "large").put, new)
        break_files(*faults, Fault("read", "source/large", times=1, silent=True, meanwhile=change))
        return copy(source, target, **PARTS)

    whole = copy_one_that_changes(make_place("oss", "undisturbed"))
    assert (whole.exit_code, whole.counters.get(OWN, "FILES_COPIED_AS_CHANGED")) == (0, 1)
    with pytest.raises(CommitError):
        copy_one_that_changes(target, Fault("create", record, PermissionDenied, times=1))
    again = copy(source, target, **PARTS)
    assert (again.exit_code, again.discrepancy) == (0, "")
    assert target.read() == source.read()
    assert outcomes(again) == outcomes(whole)
    prefix = target.uri.path.lstrip("/")
    assert list(oss2.MultipartUploadIterator(bucket_of(oss_server), prefix=prefix)) == []


@pytest.mark.parametrize(
    "record", ["uploads/cut-anew-00000", pytest.param("ledger/copy-anew-00000", marks=pytest.mark.full)]
)
def test_one_that_changes_again_between_two_drivers_has_no_third_try(
    copy, upload_ends, break_files, oss_server, record
) -> None:
    source, target = upload_ends
    source.make({"large": os.urandom(800_000), "other": os.urandom(400_000)}).settle()
    large = source / "large"
    break_files(
        Fault("create", record, PermissionDenied, times=1),
        Fault("read", "source/large", times=1, silent=True, meanwhile=partial(large.put, os.urandom(900_000))),
    )
    with pytest.raises(CommitError):
        copy(source, target, **PARTS)
    large.put(os.urandom(1_000_000))
    again = copy(source, target, **PARTS)
    assert (again.exit_code, again.discrepancy, again.failures[0].outcome) == (4, "", "CHANGED")
    assert list(target.read()) == ["other"]
    assert list(oss2.MultipartUploadIterator(bucket_of(oss_server), prefix=target.uri.path.lstrip("/"))) == []


def test_a_run_that_ended_with_failures_is_over(copy, local_ends, break_files) -> None:
    source, target = local_ends
    source.make({"a": b"1", "b": b"2"})
    break_files(Fault("put", "/target/b", PermissionDenied))
    failed = copy(source, target)
    assert failed.exit_code == 4
    close_filesystems()
    again = copy(source, target, update=True)
    assert (again.run_id != failed.run_id, again.counters.get(OWN, "FILES_COPIED")) == (True, 1)


def bucket_of(oss_server) -> oss2.Bucket:
    session = oss2.Session()
    session.session.trust_env = False
    return oss2.Bucket(oss2.Auth("test-id", "test-secret"), oss_server.endpoint, "lake", session=session)
