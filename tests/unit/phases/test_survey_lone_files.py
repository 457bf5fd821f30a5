"""Sources that are files, and what the survey says when they are left out or are files no longer."""

from __future__ import annotations

import pytest

from hdfs2oss.model.errors import PermissionDenied
from hdfs2oss.phases.survey import survey
from hdfs2oss.phases.survey.wave import Share
from hdfs2oss.runners.local import LocalRunner
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem

WHOLE = Share(1_000_000, 3600.0)
NOTHING = Share(0, 3600.0)
MOST_WAVES = 30


class _FewWaves(LocalRunner):
    """Refuses to go on for ever."""

    def __init__(self) -> None:
        super().__init__(0)
        self.waves = 0

    def run_wave(self, *args, **kwargs) -> None:
        self.waves += 1
        assert self.waves <= MOST_WAVES, "the survey hands back the same units again and again"
        super().run_wave(*args, **kwargs)


def turn_into_a_directory(store: MemoryFileSystem, path: str) -> None:
    store.remove(path)
    store.place(f"{path}/inner", b"1")


def test_nothing_is_asked_about_a_lone_file_that_filters_leave_out(make_context) -> None:
    store = MemoryFileSystem()
    for path in ("/l/kept", "/l/left-out", "/t/other"):
        store.place(path, b"1")
    flaky = FlakyFileSystem(store)
    context = make_context(flaky, ["/l/kept", "/l/left-out"], "/t", filters=(".*/left-out",))
    flaky.calls.clear()
    flaky.faults.append(Fault("status", "left-out", PermissionDenied))
    report = survey(context, LocalRunner(0), WHOLE, WHOLE)
    assert report.problems == []
    assert report.counters["hdfs2oss"]["FILES_EXCLUDED"] == 1
    assert not [path for operation, path in flaky.calls if operation == "status" and "left-out" in path]


@pytest.mark.parametrize("at_target", [None, "/t/lone", "/t/other"])
def test_a_lone_file_that_became_a_directory_is_never_passed_over_in_silence(make_context, at_target) -> None:
    store = MemoryFileSystem()
    store.place("/l/lone", b"1")
    if at_target is not None:
        store.place(at_target, b"22")
    context = make_context(store, ["/l/lone"], "/t")
    turn_into_a_directory(store, "/l/lone")
    report = survey(context, LocalRunner(0), WHOLE, WHOLE)
    assert report.problems or report.slices


def test_a_lone_file_that_became_a_directory_does_not_keep_the_survey_going_for_ever(make_context) -> None:
    store = MemoryFileSystem()
    for path in ("/l/b", "/s/a/x", "/s/c/y", "/t/z"):
        store.place(path, b"1")
    context = make_context(store, ["/s", "/l/b"], "/t", update=True)
    turn_into_a_directory(store, "/l/b")
    survey(context, _FewWaves(), NOTHING, NOTHING)
