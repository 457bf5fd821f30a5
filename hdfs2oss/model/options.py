"""What a copy is told to do: checked once at the door, then passed on unchanged.

Field names are ours; `commandline/switches.py` has DistCp's switches for them.
"""

from __future__ import annotations

import math
import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from .attributes import PRESERVABLE
from .limits import Limits, Schedule, parse_schedule
from .units import DEFAULT_PART_BYTES, GIB, MIB
from .uri import Uri

# OSS takes 10,000 parts a file and 100 KB a part at least.
SMALLEST_PART_BYTES = 100 * 1024
DEFAULT_MAPS = 20
# A number of entries, or a share of those at the target.
MAX_DELETE = re.compile(r"(\d+)|(\d+(?:\.\d+)?)%")
# What -diff calls what is there now.
CURRENT_STATE = "."


class CopyOptions(BaseModel):
    """The options of one copy. Holds no secret; pickles, so that it can travel to executors."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    sources: tuple[Uri, ...] = ()
    target: Uri
    update: bool = False
    overwrite: bool = False
    ignore_failures: bool = False
    log_path: Uri | None = None
    verbose: bool = False
    filters: tuple[str, ...] = ()
    maps: int = Field(DEFAULT_MAPS)
    bandwidth_mb: float | None = Field(None)
    # Limits of the whole job: MiB/s, MiB/s by time of day (`model/limits.py`), requests to OSS.
    total_bandwidth_mb: float | None = None
    bandwidth_schedule: str = ""
    requests_per_second: float | None = None
    job_dir: Uri | None = None
    threads: int | None = Field(None, ge=1, le=256)
    # How far each file is to be proven, where its stores state enough (`values.Proof`).
    proof: Literal["transfer", "end-to-end"] = "transfer"
    part_size_bytes: int = Field(DEFAULT_PART_BYTES, ge=SMALLEST_PART_BYTES)
    chunk_size_bytes: int = Field(GIB, ge=SMALLEST_PART_BYTES)
    max_failures: int = Field(1000, ge=0)
    # The letters of -p, in the order of PRESERVABLE; "" keeps nothing.
    preserve: str = ""
    append: bool = False
    skip_crc: bool = False
    delete: bool = False
    xtrack_path: Uri | None = None
    atomic: bool = False
    # The work directory of -atomic (-tmp).
    work_dir: Uri | None = None
    run_async: bool = False
    # Two snapshots of the source: the target equals the first, and is to equal the second ("." is what is there now).
    diff: tuple[str, str] | None = None
    rdiff: tuple[str, str] | None = None
    # A file of more than so many blocks is cut into chunks of so many; 0 leaves it to the chunk size.
    blocks_per_chunk: int = 0
    update_root: bool = False
    # distcp.update.modification.time: whether, without checksums, a newer source is copied again.
    compares_times: bool = True
    layout: Literal["distcp", "contents", "named"] = "distcp"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    # The most that -delete may remove: a number of entries (`500`) or a share of the target's (`10%`).
    max_delete: str = ""
    allow_empty_source: bool = False
    # Where an OSS target's objects are copied to before they are deleted.
    backup_dir: Uri | None = None
    dry_run: bool = False
    # The snapshot of the source that is read instead of what is there now; made and dropped by us with make_snapshot.
    from_snapshot: str = ""
    make_snapshot: bool = False
    # A run of the pair that is not finished is given up, and not gone on with.
    fresh: bool = False
    # What a verify has left: exactly what it lists is copied, and neither side is listed.
    from_diff: Uri | None = None
    # The run of the pair whose failures are tried again: exactly these, and neither side is listed.
    retry_of: str = ""
    # Whether -update passes over what the ledger of the pair knows.
    ignore_ledger: bool = False
    # Whether ledger and report are left at the target, too, and where, when not at the usual place.
    leaves_proof: bool = True
    proof_dir: Uri | None = None
    # How many runs keep their records.
    keep_runs: int = Field(10, ge=1)

    @field_validator("maps")
    @classmethod
    def _at_least_one_map(cls, maps: int) -> int:
        """DistCp: fewer than one means one."""
        return max(1, maps)

    @field_validator("preserve")
    @classmethod
    def _known_letters(cls, preserve: str) -> str:
        letters = preserve.lower()
        unknown = sorted(set(letters) - set(PRESERVABLE))
        if unknown:
            raise ValueError(f"-p cannot keep {', '.join(unknown)}: its letters are {', '.join(PRESERVABLE)}")
        return "".join(letter for letter in PRESERVABLE if letter in letters)

    @field_validator("blocks_per_chunk")
    @classmethod
    def _no_negative_chunk(cls, blocks: int) -> int:
        """DistCp: a negative number means none."""
        return max(0, blocks)

    @field_validator("bandwidth_mb")
    @classmethod
    def _bandwidth_is_positive(cls, bandwidth_mb: float | None) -> float | None:
        if bandwidth_mb is not None and not bandwidth_mb > 0:
            raise ValueError("-bandwidth must be a number above 0 (MiB/s for each task)")
        return bandwidth_mb

    @field_validator("total_bandwidth_mb")
    @classmethod
    def _total_is_positive(cls, total_mb: float | None) -> float | None:
        if total_mb is not None and not 0 < total_mb < math.inf:
            raise ValueError("--total-bandwidth must be a number above 0 (MiB/s for the whole job)")
        return total_mb

    @field_validator("requests_per_second")
    @classmethod
    def _at_least_one_request(cls, requests: float | None) -> float | None:
        if requests is not None and not 1 <= requests < math.inf:
            raise ValueError("--requests-per-second must be 1 or more (requests to OSS for the whole job)")
        return requests

    @field_validator("bandwidth_schedule")
    @classmethod
    def _schedule_can_be_read(cls, text: str) -> str:
        try:
            parse_schedule(text or "00:00,off")
        except ValueError as error:
            raise ValueError(f"--bandwidth-schedule: {error}") from None
        return text

    @field_validator("max_delete")
    @classmethod
    def _number_or_share(cls, limit: str) -> str:
        if limit and not MAX_DELETE.fullmatch(limit):
            raise ValueError(f"--max-delete {limit} is neither a number of entries (500) nor a share (10%)")
        return limit

    @field_validator("filters")
    @classmethod
    def _filters_compile(cls, filters: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in filters:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"-filters: {pattern!r} is not a regular expression: {error}") from None
        return filters

    @model_validator(mode="before")
    @classmethod
    def _chunks_of_blocks(cls, given: dict[str, Any]) -> dict[str, Any]:
        """DistCp: -blocksperchunk keeps block sizes, and switches -append off before anything is checked."""
        if given.get("blocks_per_chunk", 0) > 0:
            return {**given, "preserve": given.get("preserve", "") + "b", "append": False}
        return given

    @model_validator(mode="after")
    def _combinations(self) -> CopyOptions:
        """What excludes or needs what; the first one found is told, in DistCp's order and words where it has any."""
        refusals = (*self._refusals_of_distcp(), *self._own_refusals())
        wrong = next((words for holds, words in refusals if holds), "")
        if wrong:
            raise ValueError(wrong)
        return self

    def _refusals_of_distcp(self) -> tuple[tuple[bool, str], ...]:
        by_snapshots = self.diff or self.rdiff
        is_named = all(name.strip() for names in (self.diff, self.rdiff) if names for name in names)
        return (
            (bool(by_snapshots) and self.delete, "-delete and -diff/-rdiff are mutually exclusive"),
            (self.work_dir is not None and not self.atomic, "-tmp work-path can only be specified along with -atomic"),
            (self.update and self.atomic, "Atomic commit can't be used with sync folder or overwrite options"),
            (self.delete and not self.sync, "Delete missing is applicable only with update or overwrite options"),
            (self.update and self.overwrite, "Overwrite and update options are mutually exclusive"),
            (self.append and not self.update, "Append is valid only with update options"),
            (self.append and self.skip_crc, "Append is disallowed when skipping CRC"),
            (bool(by_snapshots) and not self.update, "-diff/-rdiff is valid only with -update option"),
            (not is_named, "Must provide both the starting and ending snapshot names for -diff/-rdiff"),
            (self.diff is not None and self.rdiff is not None, "-diff and -rdiff are mutually exclusive"),
            (self.verbose and self.log_path is None, "-v is valid only with -log option"),
        )

    def _own_refusals(self) -> tuple[tuple[bool, str], ...]:
        return (
            (
                self.total_bandwidth_mb is not None and bool(self.bandwidth_schedule),
                "--total-bandwidth and --bandwidth-schedule exclude each other: write 00:00,MB into the schedule",
            ),
            (self.chunk_size_bytes < self.part_size_bytes, "--chunk-size must not be below --part-size"),
            (bool(self.max_delete) and not self.delete, "--max-delete is valid only with -delete"),
            (self.allow_empty_source and not self.delete, "--allow-empty-source is valid only with -delete"),
            (self.backup_dir is not None and not self.delete, "--backup-dir is valid only with -delete"),
            (
                self.backup_dir is not None and not self._may_hold_backups(self.backup_dir),
                "--backup-dir must be another directory of the target's bucket, as OSS itself copies there: "
                "on HDFS the trash keeps what is deleted",
            ),
            (
                self.xtrack_path is not None and not self.sync,
                "-xtrack writes down what -delete would delete, so it needs -update or -overwrite, too",
            ),
            (
                self.xtrack_path is not None and bool(self.diff or self.rdiff or self.atomic),
                "-xtrack does not go with -diff, -rdiff and -atomic: the target as a whole is not listed there",
            ),
            (
                self.xtrack_path is not None and (self.delete or self.dry_run),
                "-xtrack writes down what -delete would delete: give one of -xtrack, -delete and --dry-run -delete",
            ),
            (
                self.dry_run and bool(self.diff or self.rdiff or self.atomic or self.make_snapshot or self.run_async),
                "--dry-run is not available with -diff, -rdiff, -atomic, -async and --make-snapshot",
            ),
            (
                self.atomic and self.delete,
                "-atomic and -delete exclude each other: a target that is new holds nothing else",
            ),
            (
                self.from_diff is not None and bool(self.diff or self.rdiff or self.atomic or self.xtrack_path),
                "--from-diff does not go with -diff, -rdiff, -atomic and -xtrack",
            ),
            (self.make_snapshot and not self.from_snapshot, "--make-snapshot needs --from-snapshot NAME"),
            ("/" in self.from_snapshot, "--from-snapshot takes the name of a snapshot, not a path"),
            (
                bool(self.from_snapshot and (self.diff or self.rdiff)),
                "--from-snapshot and -diff/-rdiff exclude each other: -diff reads its second snapshot",
            ),
        )

    def _may_hold_backups(self, place: Uri) -> bool:
        target = self.target
        is_same_store = (place.scheme, place.authority) == (target.scheme, target.authority) == ("oss", place.authority)
        return is_same_store and place.path != "/" and place not in (target, *self.sources)

    @property
    def own_places(self) -> tuple[Uri, ...]:
        """Where the operator put what is ours: job directory, -log, -xtrack, --backup-dir, --proof-dir."""
        places = (self.job_dir, self.log_path, self.xtrack_path, self.backup_dir, self.proof_dir)
        return tuple(place for place in places if place is not None)

    @property
    def snapshot_to_read(self) -> str:
        """The snapshot of the sources that is read; "" for what is there now, or will be in a snapshot of our own."""
        if self.diff or self.rdiff:
            end = (self.diff or self.rdiff or ("", ""))[1]
            return "" if end == CURRENT_STATE else end
        return "" if self.make_snapshot else self.from_snapshot

    @property
    def is_partial(self) -> bool:
        """Whether it copies what a list names: such a copy says nothing of the rest of the source."""
        return self.from_diff is not None or bool(self.retry_of)

    @property
    def sync(self) -> bool:
        """-update and -overwrite copy the contents of a source directory, not the directory (DistCp)."""
        return self.update or self.overwrite

    @property
    def bytes_per_second(self) -> float | None:
        """The limit of one task, in bytes."""
        return self.bandwidth_mb * MIB if self.bandwidth_mb is not None else None

    @property
    def schedule(self) -> Schedule | None:
        """The limit of the whole job by time of day; None where there is none."""
        return parse_schedule(self.bandwidth_schedule) if self.bandwidth_schedule else None

    def limits_at(self, minute: int) -> Limits:
        """The limits of the whole job at a minute of the day."""
        total_mb = self.schedule.at(minute) if self.schedule is not None else self.total_bandwidth_mb
        return Limits(total_mb * MIB if total_mb is not None else None, self.requests_per_second)
