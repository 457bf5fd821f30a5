"""Where the target would not keep the bytes, nothing is put; and what nobody can find out is told."""

from __future__ import annotations

import pytest

from hdfs2oss.model.errors import Unreachable, UsageError
from hdfs2oss.phases.survey import survey
from hdfs2oss.phases.survey.wave import Share
from hdfs2oss.records.planfile import read_slices
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.tasks.context import RunContext
from tests.stores.memory import MemoryFileSystem


class Hazardous(MemoryFileSystem):
    """Some directories lose what lies in them, but for those below that are `safe` again."""

    def __init__(self, bad: set[str], safe: set[str] = frozenset()) -> None:
        super().__init__(clock_ms=lambda: 1000)
        self.bad, self.safe = bad, safe
        self.asked: list[str] = []

    def hazard_below(self, directory: str) -> str:
        self.asked.append(directory)
        while directory and directory not in self.bad | self.safe:
            directory = directory.rpartition("/")[0]
        return f"{directory} loses bytes" if directory in self.bad else ""

    def blind_spot(self) -> str:
        return "its dark corners cannot be seen"


def planned(context: RunContext, entries: int = 1_000_000) -> dict[str, tuple[str, str, str]]:
    share = Share(entries, 3600.0)
    found = survey(context, LocalRunner(0), share, share)
    items = read_slices(context.open_job_dir(), tuple(found.slices + found.large_slices))
    return {one.path: (one.action, one.problem, one.problem_class) for one in items}


@pytest.mark.parametrize("entries", [1_000_000, 1])
def test_what_would_go_below_a_hazardous_directory_is_refused_and_the_rest_is_planned(make_context, entries) -> None:
    store = Hazardous({"/t/bad", "/t/a/deep"}, {"/t/bad/safe"})
    for path in ("/s/a/deep/1", "/s/a/fine", "/s/bad/2", "/s/bad/new/er/3", "/s/bad/safe/4", "/s/bad/there", "/s/z"):
        store.place(path, b"x")
    for path in ("/t/a/deep/x", "/t/bad/safe/x", "/t/bad/there"):
        store.place(path, b"x")
    found = planned(make_context(store, ["/s"], "/t", update=True), entries)
    refused = {path for path, (action, *_) in found.items() if action == "CONFLICT"}
    assert refused == {"a/deep/1", "bad/2", "bad/new/er/3"}
    assert found["bad/new/er/3"][1:] == ("/t/bad loses bytes", "WriteError")
    assert {path for path, (action, *_) in found.items() if action == "COPY"} == {"a/fine", "bad/safe/4", "z"}


@pytest.mark.parametrize("bad", ["/x", "/x/t"])
def test_a_hazardous_target_is_refused_before_anything_is_listed(make_context, bad) -> None:
    store = Hazardous({bad})
    store.place("/s/a", b"x")
    with pytest.raises(UsageError, match=rf"nothing may be copied to file:///x/t: {bad} loses bytes"):
        planned(make_context(store, ["/s"], "/x/t"))


def test_a_lone_file_is_refused_too(make_context) -> None:
    store = Hazardous({"/x"})
    store.place("/s/a", b"x")
    with pytest.raises(UsageError, match="/x loses bytes"):
        planned(make_context(store, ["/s/a"], "/x/b"))


def test_of_a_new_tree_only_the_place_it_goes_to_is_asked_about(make_context) -> None:
    store = Hazardous(set())
    for number in range(20):
        store.place(f"/s/d/{number}/e/f", b"x")
    store.place("/t/x", b"x")
    planned(make_context(store, ["/s"], "/t", update=True))
    assert store.asked == ["/t", "/t"]


def test_that_nobody_can_say_whether_a_directory_is_hazardous_is_a_problem(make_context) -> None:
    class Silent(Hazardous):
        def hazard_below(self, directory: str) -> str:
            if directory.endswith("/d"):
                raise Unreachable("no answer")
            return ""

    store = Silent(set())
    for path in ("/s/d/1", "/t/d/2"):
        store.place(path, b"x")
    found = survey(make_context(store, ["/s"], "/t", update=True), LocalRunner(0))
    assert [cause for _, cause in found.problems] == ["no answer"]


def test_what_cannot_be_found_out_is_told_once_for_each_store(make_context) -> None:
    store = Hazardous(set())
    store.place("/s/a", b"x")
    store.place("/r/b", b"x")
    found = survey(make_context(store, ["/s", "/r"], "/t"), LocalRunner(0))
    assert found.notices == ["of file:///: its dark corners cannot be seen"]
