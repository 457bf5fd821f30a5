"""A run that came to no end, whose target or records are not what they were by the time of the next command."""

import json
import shutil
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.errors import BrakeError, SurveyError
from tests.functional.conftest import IN_THIS_PROCESS

TREE = {f"{folder}/{number:03d}": b"%d" % number for folder in "ab" for number in range(120)}
pytestmark = [IN_THIS_PROCESS, pytest.mark.slow]


def die(home: Path) -> Path:
    """The newest run leaves no report, and the ledger of its first task only; where its records are.

    It had not come to its compaction.
    """
    run = sorted(home.glob(".hdfs2oss/*/runs/*"))[-1]
    shutil.rmtree(run.parent.parent / "ledger")
    for name in ("report.json", "counters.txt"):
        (run / name).unlink()
    for path in (run / "ledger").iterdir():
        if path.name != "copy-00000.parquet":
            path.unlink()
    return run


@pytest.mark.parametrize("cleared", ["", "a", "b"])
@pytest.mark.parametrize("ends", ["file to file", "file to oss"], indirect=True)
def test_a_target_that_was_cleared_since_is_filled_anew(copy, ends, home, cleared) -> None:
    source, target = ends
    whole = copy(source.make(TREE), target, update=True)
    die(home)
    store = open_filesystem(target.uri, target.stores)
    for path in TREE:
        if path.startswith(cleared):
            store.remove((target / path).uri.path)
    again = copy(source, target, update=True)
    assert (again.exit_code, again.run_id != whole.run_id) == (0, True)
    assert target.read() == TREE


def test_a_file_that_is_another_by_now_counts_as_gone(copy, local_ends, home) -> None:
    source, target = local_ends
    whole = copy(source.make({"a": b"1"}), target, update=True)
    die(home)
    target.make({"a": b"longer"})
    assert copy(source, target, update=True).run_id != whole.run_id
    assert target.read() == {"a": b"1"}


def test_a_plain_copy_into_what_is_left_of_a_target_is_refused(copy, local_ends, home) -> None:
    source, target = local_ends
    copy(source.make(TREE), target)
    die(home)
    shutil.rmtree(target.local / "a")
    with pytest.raises(BrakeError, match="is not there any more as it was") as refused:
        copy(source, target)
    assert f"Remove {target}" in refused.value.hint
    shutil.rmtree(target.local)
    assert copy(source, target).exit_code == 0
    assert target.read() == TREE


def test_the_end_of_a_continued_run_says_that_its_survey_is_an_old_one(copy, local_ends, home) -> None:
    source, target = local_ends
    first = copy(source.make(TREE), target, update=True)
    assert first.notices == []
    die(home)
    (notice,) = copy(source, target, update=True).notices
    assert first.run_id in notice
    assert "was not looked for" in notice
    assert copy(source, target, update=True).notices == []


@pytest.mark.parametrize("record", ["layout.json", "ends/survey.json", "tasks/copy.json", "ledger/copy-00000.parquet"])
def test_records_that_cannot_be_understood_are_given_up_with_fresh(copy, local_ends, home, record) -> None:
    source, target = local_ends
    copy(source.make(TREE), target, update=True)
    (die(home) / record).write_bytes(b"{}")
    with pytest.raises(SurveyError) as refused:
        copy(source, target, update=True)
    assert "--fresh" in refused.value.hint
    (target.local / "a/000").unlink()
    again = copy(source, target, update=True, fresh=True)
    assert (again.exit_code, again.counters.get(OWN, "FILES_COPIED")) == (0, 1)
    told = [notice for notice in again.notices if "are damaged or have gone" in notice]
    assert len(told) == ("ledger" in record), again.notices
    assert target.read() == TREE


@pytest.mark.parametrize("record", ["plan/*", "run.json"])
def test_other_records_that_are_damaged_keep_no_later_run_from_its_work(copy, local_ends, home, record) -> None:
    source, target = local_ends
    copy(source.make(TREE), target, update=True)
    for path in die(home).glob(record):
        path.write_bytes(b"[1]")
    assert copy(source, target, update=True, fresh=True).exit_code == 0
    assert target.read() == TREE


@pytest.mark.parametrize("how", ["gone", "cut off"])
@pytest.mark.parametrize("ends", ["file to file", "file to oss"], indirect=True)
def test_a_run_whose_plan_is_damaged_is_planned_anew_and_what_arrived_is_kept(copy, ends, home, how) -> None:
    source, target = ends
    first = copy(source.make(TREE).settle(), target, update=True)
    run = die(home)
    for path in (run / "plan").iterdir():
        path.unlink() if how == "gone" else path.write_bytes(path.read_bytes()[:-100])
    again = copy(source, target, update=True)
    assert (again.exit_code, again.run_id != first.run_id) == (0, True)
    own = again.counters.as_dict()[OWN]
    assert (own.get("FILES_COPIED", 0), own["FILES_SKIPPED"]) == (0, len(TREE))
    assert "has gone or is damaged" in json.loads((run / "report.json").read_text())["ended_by"]
    assert target.read() == TREE


def test_a_plan_that_is_damaged_within_ends_the_run_and_the_same_command_begins_another(copy, local_ends, home) -> None:
    source, target = local_ends
    first = copy(source.make(TREE), target, update=True)
    run = die(home)
    shutil.rmtree(run / "ledger")
    (run / "ledger").mkdir()
    for path in (run / "plan").iterdir():
        whole = path.read_bytes()
        # The column of paths, and not the footer.
        path.write_bytes(whole[:4] + bytes(200) + whole[204:])
    ended = copy(source, target, update=True)
    assert (ended.run_id, ended.exit_code) == (first.run_id, 4)
    assert "has gone or is damaged" in str(ended.stopped)
    again = copy(source, target, update=True)
    assert (again.run_id != first.run_id, again.exit_code) == (True, 0)


@pytest.mark.parametrize("record", ["layout.json", "run.json"])
def test_a_plain_copy_is_refused_where_nobody_knows_whether_the_run_has_made_its_target(
    copy, local_ends, home, record
) -> None:
    source, target = local_ends
    copy(source.make(TREE), target)
    (die(home) / record).unlink()
    with pytest.raises(BrakeError, match=f"its {record} has gone"):
        copy(source, target)
    assert target.read() == TREE, "all was copied once more, below the name of the source"
    assert copy(source, target, update=True, fresh=True).exit_code == 0
    assert target.read() == TREE


def test_a_run_that_died_before_its_first_task_is_begun_anew(copy, local_ends, home) -> None:
    source, target = local_ends
    first = copy(source.make(TREE), target)
    run = die(home)
    for name in ("layout.json", "tasks", "ledger", "ends", "plan"):
        shutil.rmtree(run / name) if (run / name).is_dir() else (run / name).unlink()
    shutil.rmtree(target.local)
    again = copy(source, target)
    assert (again.exit_code, again.run_id != first.run_id) == (0, True)
    assert target.read() == TREE


@pytest.mark.parametrize("record", ["layout.json", "plan"])
def test_where_the_layout_is_named_the_same_command_begins_anew_in_the_same_place(
    copy, local_ends, home, record
) -> None:
    source, target = local_ends
    copy(source.make(TREE), target, layout="contents")
    path = die(home) / record
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    copy(source, target, layout="contents")
    assert target.read() == TREE
