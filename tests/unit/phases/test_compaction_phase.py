"""The compaction of a large ledger: by ranges of paths, by several tasks, in files of bounded size."""

import io
import random
from collections.abc import Callable, Iterator

import pytest

from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems
from hdfs2oss.model.counters import LEDGER_FILES_UNREADABLE, OWN
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyResult, CopyRoot, Outcome, TaskReport, Work
from hdfs2oss.phases.compaction import compact
from hdfs2oss.records import generation, ledger
from hdfs2oss.rules.layout import Layout
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.run import Run
from hdfs2oss.runs.timeline import Timeline
from hdfs2oss.tasks.context import RunContext

SOURCE, TARGET = Uri("file", "", "/s"), Uri("oss", "lake", "/t")
LAYOUT = Layout(TARGET, (CopyRoot(SOURCE, ""),), True)
ROWS = 50
Rows = dict[str, tuple[Outcome, int]]
OneRun = Callable[[Rows, int], list[generation.Part]]


def row(path: str, outcome: Outcome, mtime_ms: int) -> CopyResult:
    work = Work.DELETE if outcome is Outcome.DELETED else Work.FILE
    return CopyResult(path, 0, "F", "COPY", outcome.value, 5, mtime_ms, crc64=1, proof="transfer", work=work)


@pytest.fixture
def one_run(tmp_path, two_processes, open_job) -> Iterator[OneRun]:
    """Let a run have these rows on record, in so many ledger files, and compact them; the files of the ledger then."""

    def carry_out(rows: Rows, files: int) -> list[generation.Part]:
        results = [row(path, *state) for path, state in rows.items()]
        with open_job(two_processes) as (context, run):
            job_dir = context.open_job_dir()
            for number in range(files):
                report = TaskReport(f"copy-{number:05d}", "1", "h", f"copy-{number:05d}.parquet", 1.0, 1.0, 1)
                ledger.publish(job_dir, report, results[number::files])
            compact(context, run, (), ROWS)
            present = generation.current(job_dir)
            carry_out.known = {one.path: one.source_mtime_ms for one in generation.read_all(job_dir)}
            return list(present.parts) if present is not None else []

    yield carry_out
    close_filesystems()


@pytest.fixture
def open_job(tmp_path):
    from contextlib import contextmanager

    from hdfs2oss.runs.run import open_run

    place = Uri("file", "", str(tmp_path / "jobs" / "pair"))
    options = CopyOptions(sources=(SOURCE,), target=TARGET, keep_runs=100)
    progress = Progress(io.StringIO())

    @contextmanager
    def opened(runner) -> Iterator[tuple[RunContext, Run]]:
        with open_run(options, StoreConfig(), place, runner, Timeline(progress)) as run:
            yield RunContext(options, LAYOUT, StoreConfig(), place, run.id, run.fence), run

    yield opened
    progress.end()


@pytest.mark.slow
@pytest.mark.parametrize("files", [3, 40])
def test_runs_of_any_size_come_to_what_they_say_in_files_of_bounded_size(one_run, files: int) -> None:
    chance = random.Random(files)
    known: dict[str, int] = {}
    for number in range(1, 4):
        # By and by fewer, and in one corner, so that there are files that nothing changes in.
        some = chance.sample(range(800), [500, 200, 20][number - 1])
        rows: Rows = {}
        for name in some:
            path = f"d{name % 7}/{name:05d}" if number < 3 else f"d3/{name:05d}"
            rows[path] = (chance.choice([Outcome.COPIED] * 4 + [Outcome.DELETED]), number)
        parts = one_run(rows, files)
        for path, (outcome, mtime_ms) in rows.items():
            known.pop(path, None)
            if outcome is Outcome.COPIED:
                known[path] = mtime_ms
        assert one_run.known == known
        assert list(one_run.known) == sorted(known)
        assert all(part.rows <= ROWS for part in parts)
        assert len(parts) > len(known) // ROWS
    # Files of the first runs are named still.
    assert len({part.file.split("-", 1)[0] for part in parts}) > 1


def test_a_file_that_is_damaged_is_left_out_of_the_next_generation_and_said(one_run, open_job, two_processes) -> None:
    one_run({f"{number:03d}": (Outcome.COPIED, 1) for number in range(200)}, 2)
    with open_job(two_processes) as (context, run):
        job_dir = context.open_job_dir()
        parts = generation.current(job_dir).parts
        victim, other = parts[1], parts[0]
        path = f"{job_dir.path}/ledger/{victim.file}"
        data = job_dir.filesystem.read_bytes(path)
        job_dir.filesystem.remove(path)
        job_dir.filesystem.create_exclusive(path, data[:300])
        # A survey has met it; this run has rows for another file only.
        run.report.counters.add(OWN, LEDGER_FILES_UNREADABLE)
        report = TaskReport("copy-00000", "1", "h", "copy-00000.parquet", 1.0, 1.0, 1)
        ledger.publish(job_dir, report, [row(other.first, Outcome.COPIED, 2)])
        compact(context, run, (), ROWS)
        assert [one for one in run.report.notices if victim.file in one]
        lost = {one.path for one in generation.read_all(job_dir)} ^ {f"{number:03d}" for number in range(200)}
        assert len(lost) == victim.rows
        assert victim.first in lost
