"""Merging streams into steps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.model.errors import SurveyError
from hdfs2oss.model.tally import Tally
from hdfs2oss.model.values import DIRECTORY, FILE, UNLISTED, FileStatus
from hdfs2oss.rules.merging import Cursor, Merge, Step


class Rows:
    """A listing of given keys that remembers what it was told, and takes no hint."""

    def __init__(self, *keys: str) -> None:
        self._rows = iter([FileStatus(key.rstrip("/"), DIRECTORY if key.endswith("/") else FILE) for key in keys])
        self.told: list[str] = []
        self.given = Tally()

    def __next__(self) -> FileStatus:
        return next(self._rows)

    def seek(self, key: str) -> None:
        self.told.append(f"seek {key}")

    def stop_descending(self) -> None:
        self.told.append("stop")

    def files(self) -> list[FileStatus]:
        return []


def steps_of(merge: Merge) -> list[Step]:
    found = []
    while (step := merge.step()) is not None:
        found.append(step)
        merge.advance(step)
    return found


keys = st.lists(st.sampled_from(["a", "a-b", "a/", "a/x", "a0", "b/", "b/é", "c"]), unique=True).map(sorted)


@pytest.mark.slow
@given(st.lists(keys, max_size=4), keys)
def test_each_key_comes_once_in_order_with_all_its_rows(sources, target) -> None:
    merge = Merge(
        [Cursor(Rows(*one), number) for number, one in enumerate(sources)], Cursor(Rows(*target)), wants_missing=True
    )
    found = steps_of(merge)
    assert [step.key for step in found] == sorted({*target, *(key for one in sources for key in one)})
    for step in found:
        assert [root for root, _ in step.sources] == [at for at, one in enumerate(sources) if step.key in one]
        assert {row.key for _, row in step.sources} <= {step.key}
        assert (step.target is not None) == (step.key in target)


def test_a_step_stands_until_all_streams_are_moved_past_it() -> None:
    merge = Merge([Cursor(Rows("a", "b"), 0)], None, wants_missing=False)
    first = merge.step()
    assert merge.step() == first
    assert first is not None
    merge.advance(first)
    assert merge.step() != first


def test_a_directory_that_is_passed_by_shows_nothing_of_what_lies_in_it() -> None:
    one, two = Rows("d/", "d/x", "d/y/", "d/y/z", "d0", "da/", "da/v"), Rows("d/", "d/w")
    merge = Merge([Cursor(one, 0), Cursor(two, 1)], None, wants_missing=False)
    step = merge.step()
    assert step is not None
    merge.advance(step, passing_by=[0])
    found = [(step.key, [root for root, _ in step.sources]) for step in steps_of(merge)]
    assert found == [("d/w", [1]), ("d0", [0]), ("da/", [0]), ("da/v", [0])]
    assert one.told == ["seek d0"]


def test_the_target_is_sought_along_with_the_sources_and_no_further_than_what_is_waited_for() -> None:
    target = Rows("a", "b", "c", "d", "e")
    merge = Merge([Cursor(Rows("d"), 0)], Cursor(target), wants_missing=False)
    step = merge.step(waiting_for="c")
    assert step is not None
    assert (step.key, step.sources, target.told) == ("c", (), ["seek c"])


def test_what_only_the_target_holds_ends_the_merge_unless_it_is_wanted() -> None:
    def merge(wants_missing: bool) -> list[str]:
        return [step.key for step in steps_of(Merge([Cursor(Rows("a"), 0)], Cursor(Rows("b")), wants_missing))]

    assert (merge(False), merge(True)) == (["a"], ["a", "b"])


def test_all_streams_are_told_once_to_enter_no_further_directory() -> None:
    source, target = Rows("a/"), Rows("a/")
    merge = Merge([Cursor(source, 0)], Cursor(target), wants_missing=False)
    merge.stop_descending()
    merge.stop_descending()
    assert (source.told, target.told) == (["stop"], ["stop"])


def test_a_stream_out_of_order_raises_and_a_failure_stands_where_its_next_row_was_due() -> None:
    with pytest.raises(SurveyError, match="'a' came after 'b'"):
        steps_of(Merge([Cursor(Rows("b", "a"), 0)], None, wants_missing=False))
    rows = Rows()
    rows._rows = iter([FileStatus("d/x", FILE), FileStatus("d", UNLISTED, problem="no"), FileStatus("e", FILE)])
    found = steps_of(Merge([Cursor(rows, 0)], None, wants_missing=False))
    assert [step.key for step in found] == ["d/x", "d/x", "e"]


@pytest.mark.parametrize(
    ("sources", "target", "is_directory", "at_source"),
    [
        ([(0, FileStatus("d", DIRECTORY))], None, True, True),
        ([], FileStatus("d", DIRECTORY), True, False),
        ([(0, FileStatus("d", UNLISTED))], FileStatus("d", UNLISTED), False, False),
        ([(0, FileStatus("d/", FILE))], None, False, False),
    ],
)
def test_a_step_knows_whether_a_directory_stands_at_its_key(sources, target, is_directory, at_source) -> None:
    step = Step("d/", tuple(sources), target)
    assert (step.is_directory, step.is_directory_at_source, step.directory) == (is_directory, at_source, "d")
