"""Large files whose sources change while their chunks are sent: a second try as what they are by then, and no third."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hdfs2oss.filesystems.capabilities import Capabilities
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.errors import PermissionDenied, StoreGone, Unreachable
from hdfs2oss.model.values import CopyTask, Work
from hdfs2oss.phases.committer import CommitBin, CommitTask, commit_task
from hdfs2oss.phases.cutter import CutReport, cut_task
from hdfs2oss.phases.mapper import copy_task
from hdfs2oss.phases.renewal import Renewal, RenewalTask, renew_task
from hdfs2oss.phases.survey import survey
from hdfs2oss.phases.sweeper import Sweeper
from hdfs2oss.records import intents
from hdfs2oss.records.ledger import read_results
from hdfs2oss.records.past_runs import is_settled
from hdfs2oss.records.planfile import read_slices
from hdfs2oss.runners.base import Attempt
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runners.patience import TRIES_HERE
from hdfs2oss.runs.sent import Outdated
from hdfs2oss.tasks.context import RunContext
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import EVERYTHING, LIKE_HDFS, MemoryFileSystem
from tests.stores.small_run import SmallRun, carry_out, own

BLOCK = 100 * 1024
CHUNK = 2 * BLOCK
SIZES = {"part_size_bytes": BLOCK, "chunk_size_bytes": CHUNK, "threads": 2}
OLD, OTHER = bytes(range(256)) * 3000, bytes(range(255, -1, -1)) * 2500
# In parts of an upload, and as files that are joined; neither knows versions by anything but length and time.
WAYS = {"parts": EVERYTHING, "joined": LIKE_HDFS._replace(joins=True)}


class InBlocks(MemoryFileSystem):
    def block_size(self) -> int:
        return BLOCK


Make = Callable[..., FlakyFileSystem]


@pytest.fixture(params=WAYS)
def make(request: pytest.FixtureRequest) -> Make:
    """`make(*faults)`: a store with the files /s/large, /s/other and /s/small, not cut."""

    def store(*faults: Fault, capabilities: Capabilities = WAYS[request.param]) -> FlakyFileSystem:
        memory = InBlocks(capabilities)
        for name, data in {"large": OLD, "other": OTHER, "small": OLD[:1000]}.items():
            memory.place(f"/s/{name}", data, mtime_ms=1000, etag="")
        return FlakyFileSystem(memory, *faults)

    return store


def memory_of(store: FlakyFileSystem) -> MemoryFileSystem:
    assert isinstance(store.wrapped, MemoryFileSystem)
    return store.wrapped


def becomes(store: FlakyFileSystem, data: bytes, time_ms: int = 2000, **attributes: object) -> None:
    memory_of(store).place("/s/large", data, mtime_ms=time_ms, etag="", **attributes)


def change(make: Make, change_it: Callable[[FlakyFileSystem], None], times: int = 1) -> FlakyFileSystem:
    """A store where something happens to /s/large when it has been read."""
    store = make()
    store.faults = [Fault("read", "/s/large", times=times, silent=True, meanwhile=lambda: change_it(store))]
    return store


def there(store: FlakyFileSystem) -> dict[str, bytes]:
    """All that lies at the target, hidden or not."""
    return {path[3:]: data for path, data in memory_of(store).files().items() if path.startswith("/t/")}


def is_clean(store: FlakyFileSystem) -> bool:
    return memory_of(store).open_uploads() == [] and not any("hdfs2oss-work" in path for path in there(store))


def rows_of(context: RunContext, path: str) -> list[str]:
    """What the ledger tells of a file, but not of its chunks."""
    job_dir = context.open_job_dir()
    rows = [row for name in job_dir.names("ledger") for row in read_results(job_dir, name)]
    return [row.outcome for row in rows if row.path == path and not row.is_chunk]


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(OLD[::-1], id="of the same length"),
        pytest.param(OLD + b"appended" * 50_000, id="longer"),
        pytest.param(OLD[: CHUNK + 7], id="shorter"),
        pytest.param(b"small", id="too small to be cut"),
        pytest.param(b"", id="empty"),
    ],
)
def test_it_arrives_as_what_it_is_by_then_and_is_counted_once(make: Make, make_context, new: bytes) -> None:
    store = change(make, lambda store: becomes(store, new))
    context = make_context(store, ["/s"], "/t", **SIZES)
    run = carry_out(context)
    assert there(store) == {"large": new, "other": OTHER, "small": OLD[:1000]}
    assert (is_clean(store), run.report.discrepancy, run.report.exit_code) == (True, "", 0)
    names = [name for name, _ in run.waves]
    cut_again = ["cut", "copy", "commit"] if len(new) > CHUNK else ["copy"]
    assert names == ["cut", "copy", "commit", "renewal", *cut_again]
    assert (own(run, "FILES_COPIED"), own(run, "FILES_COPIED_AS_CHANGED"), own(run, "UPLOADS_OUTDATED")) == (3, 1, 1)
    assert own(run, "BYTES_COPIED") == own(run, "BYTES_LISTED") == len(new) + len(OTHER) + 1000
    assert (rows_of(context, "large"), rows_of(context, "other")) == (["COPIED"], ["COPIED"])
    # What did not change is sent once, and published once.
    assert len([call for call in store.calls if call[0] in ("complete", "join") and call[1] == "/t/other"]) == 1


def test_one_that_changes_again_is_an_outcome_of_its_own_and_has_no_third_try(make: Make, make_context) -> None:
    moments = iter(range(2000, 9000))
    store = change(make, lambda store: becomes(store, OLD, next(moments)), times=-1)
    context = make_context(store, ["/s"], "/t", **SIZES)
    run = carry_out(context)
    assert sorted(there(store)) == ["other", "small"]
    assert (is_clean(store), run.report.discrepancy, run.report.exit_code) == (True, "", 4)
    assert (own(run, "FILES_CHANGED"), own(run, "FILES_FAILED"), own(run, "FILES_COPIED")) == (1, 0, 2)
    assert (rows_of(context, "large"), run.report.failures[0].outcome) == (["CHANGED"], "CHANGED")
    assert [name for name, _ in run.waves].count("renewal") == 1


def test_one_that_is_small_by_then_and_changes_again_has_no_third_try_either(make: Make, make_context) -> None:
    moments = iter(range(2000, 9000))
    store = change(make, lambda store: becomes(store, b"small", next(moments)), times=-1)
    context = make_context(store, ["/s"], "/t", **SIZES)
    run = carry_out(context)
    assert (sorted(there(store)), is_clean(store), run.report.discrepancy) == (["other", "small"], True, "")
    assert rows_of(context, "large") == ["CHANGED"]
    opened = [number for number, call in enumerate(store.calls) if call == ("open", "/s/large")]
    looked = next(number for number, (_, path) in enumerate(store.calls) if "/plan/renewal-00000" in path)
    assert len([number for number in opened if number > looked]) == 1


@pytest.mark.parametrize("what", ["nothing", "a directory"])
def test_one_that_is_no_file_by_then_is_a_source_that_changed(make: Make, make_context, what: str) -> None:
    def goes(store: FlakyFileSystem) -> None:
        becomes(store, b"x" + OLD)

    def goes_further(store: FlakyFileSystem) -> None:
        memory_of(store).remove("/s/large")
        if what == "a directory":
            memory_of(store).make_directory("/s/large")

    store = change(make, goes)
    context = make_context(store, ["/s"], "/t", **SIZES)
    run = carry_out(context, before_commit=lambda: goes_further(store))
    assert (sorted(there(store)), is_clean(store), run.report.discrepancy) == (["other", "small"], True, "")
    assert (rows_of(context, "large"), own(run, "FILES_CHANGED"), run.report.exit_code) == (["CHANGED"], 1, 4)
    assert ("gone since" if what == "nothing" else "no file any more") in run.report.failures[0].message


def test_one_that_is_still_being_written_is_told_as_open(make: Make, make_context) -> None:
    """Twice it gives less than it says."""
    store = change(make, lambda store: becomes(store, OLD[:-1], length=len(OLD)))
    context = make_context(store, ["/s"], "/t", **SIZES)
    run = carry_out(context)
    assert (sorted(there(store)), is_clean(store), run.report.discrepancy) == (["other", "small"], True, "")
    assert (rows_of(context, "large"), own(run, "FILES_OPEN")) == (["OPEN"], 1)


class Sent:
    """A run up to its commit, one task a wave, with the source changed then."""

    def __init__(self, context: RunContext, store: FlakyFileSystem, new: bytes) -> None:
        self.context = context
        found = survey(context, LocalRunner(0))
        self.cuts = cut_task(context, CopyTask(0, tuple(found.large_slices)), "1")
        sent = copy_task(context, CopyTask(0, (*found.slices, *self.cuts.chunks)), "1")
        becomes(store, new)
        self.commit = CommitTask(0, (CommitBin(self.cuts.bins[0].uploads, (sent.ledger_file,)),))
        self.report = commit_task(context, self.commit, "1")

    def renew(self, attempt: str = "1") -> Renewal:
        outdated = Outdated(self.commit.uploads, (self.report.ledger_file,))
        return renew_task(self.context, RenewalTask(0, outdated), attempt)

    def cut_anew(self) -> CutReport:
        return cut_task(self.context, CopyTask(0, tuple(self.renew().large_slices), is_anew=True), "1")


def test_only_what_the_commit_left_is_planned_anew(make: Make, make_context) -> None:
    store = make()
    sent = Sent(make_context(store, ["/s"], "/t", **SIZES), store, OLD + OLD)
    assert sent.report.counters[OWN]["UPLOADS_OUTDATED"] == 1
    found = sent.renew()
    (item,) = read_slices(sent.context.open_job_dir(), tuple(found.large_slices))
    assert (found.slices, item.path, item.work, item.length) == ([], "large", Work.FILE, 2 * len(OLD))
    assert (item.surveyed_length, item.mtime_ms, item.upload_id) == (len(OLD), 2000, "")


def test_a_source_that_cannot_be_asked_costs_nothing_before_the_last_try(make: Make, make_context) -> None:
    store = make()
    sent = Sent(make_context(store, ["/s"], "/t", **SIZES), store, OLD + OLD)
    store.faults = [Fault("status", "/s/large", Unreachable, times=1)]
    with pytest.raises(StoreGone):
        sent.renew(Attempt("1", is_last=False))
    assert len(sent.renew(Attempt("2")).large_slices) == 1
    store.faults = [Fault("status", "/s/large", Unreachable, times=1)]
    found = sent.renew(Attempt("3"))
    (item,) = read_slices(sent.context.open_job_dir(), tuple(found.slices))
    assert (item.work, item.problem_class) == (Work.REFUSED, "SourceChanged")
    assert "nobody can say what it is by now" in item.problem


def test_what_a_second_try_left_that_died_is_found(make: Make, make_context) -> None:
    store = make()
    sent = Sent(make_context(store, ["/s"], "/t", **SIZES), store, OLD + OLD)
    cuts = sent.cut_anew()
    chunks = read_slices(sent.context.open_job_dir(), tuple(cuts.chunks))
    first = {chunk.upload_id for chunk in chunks}
    copy_task(sent.context, CopyTask(0, tuple(cuts.chunks), is_anew=True), "1")
    assert not is_clean(store)
    uploads, files = Sweeper(sent.context, sent.context.open_job_dir()).sweep()
    assert ((uploads, files) == (1, 0)) if store.capabilities.multipart else ((uploads, files) == (0, 8))
    assert (is_clean(store), len(first)) == (True, 1)


def test_chunks_that_could_not_be_removed_are_told_of_and_the_next_run_finds_them(make: Make, make_context) -> None:
    store = make()
    sent = Sent(make_context(store, ["/s"], "/t", **SIZES), store, OLD + OLD)
    store.faults = [Fault("remove", "-chunk-", PermissionDenied, times=2)]
    left = sent.renew().counters.get(OWN, {}).get("WORK_FILES_LEFT", 0)
    assert left == (0 if store.capabilities.multipart else 2)
    job_dir = sent.context.open_job_dir()
    # The run that ends now went through, and yet is one that somebody has to look after.
    job_dir.publish_json("report.json", {"success": True, "counters": {OWN: {"WORK_FILES_LEFT": left}}})
    assert is_settled(job_dir) == store.capabilities.multipart
    assert Sweeper(sent.context, job_dir).sweep() == (0, left)
    assert is_clean(store)


def test_no_file_gets_the_time_of_a_version_that_came_while_it_was_joined(make: Make, make_context) -> None:
    """By its length and time the next -update would take it for that one, for ever."""
    store = make(capabilities=WAYS["joined"])
    late = OLD[::-1]
    store.faults = [Fault("join", "/large", times=1, silent=True, meanwhile=lambda: becomes(store, late))]
    run = carry_out(make_context(store, ["/s"], "/t", preserve="t", **SIZES))
    assert own(run, "FILES_COPIED_AS_CHANGED") == 1
    assert (there(store)["large"], is_clean(store), run.report.discrepancy) == (late, True, "")
    assert memory_of(store).file("/t/large").status.mtime_ms == 2000


def test_chunks_of_the_new_version_have_names_of_their_own() -> None:
    """So one of the old version that comes late does not take their place."""
    old, new = (intents.chunk_path_of("run", "/t/large", 7, is_renewed) for is_renewed in (False, True))
    assert old != new


def test_one_that_changed_and_one_whose_complete_was_not_answered_both_arrive(make: Make, make_context) -> None:
    store = change(make, lambda store: becomes(store, OLD + b"more"))
    away = Fault("status", "/s/other", Unreachable, times=TRIES_HERE)
    commits: list[int] = []

    def lose_answers() -> None:
        commits.append(1)
        if len(commits) == 1:
            store.faults.append(away)

    run: SmallRun = carry_out(make_context(store, ["/s"], "/t", **SIZES), before_commit=lose_answers)
    assert [name for name, _ in run.waves][:5] == ["cut", "copy", "commit", "commit again", "renewal"]
    assert there(store) == {"large": OLD + b"more", "other": OTHER, "small": OLD[:1000]}
    assert (own(run, "FILES_COPIED"), run.report.discrepancy, is_clean(store)) == (3, "", True)
