"""What a copy is told to do: checked once at the door, then passed on unchanged.

Field names are ours; `commandline/switches.py` has DistCp's switches for them.
"""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from .units import GIB, MIB
from .uri import Uri

# OSS takes 10,000 parts a file and 100 KB a part at least.
SMALLEST_PART_BYTES = 100 * 1024
DEFAULT_MAPS = 20


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
    job_dir: Uri | None = None
    threads: int | None = Field(None, ge=1, le=256)
    part_size_bytes: int = Field(16 * MIB, ge=SMALLEST_PART_BYTES)
    chunk_size_bytes: int = Field(GIB, ge=SMALLEST_PART_BYTES)
    max_failures: int = Field(1000, ge=0)

    @field_validator("maps")
    @classmethod
    def _at_least_one_map(cls, maps: int) -> int:
        """DistCp: fewer than one means one."""
        return max(1, maps)

    @field_validator("bandwidth_mb")
    @classmethod
    def _bandwidth_is_positive(cls, bandwidth_mb: float | None) -> float | None:
        if bandwidth_mb is not None and not bandwidth_mb > 0:
            raise ValueError("-bandwidth must be a number above 0 (MiB/s for each task)")
        return bandwidth_mb

    @field_validator("filters")
    @classmethod
    def _filters_compile(cls, filters: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in filters:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"-filters: {pattern!r} is not a regular expression: {error}") from None
        return filters

    @model_validator(mode="after")
    def _combinations(self) -> CopyOptions:
        if self.update and self.overwrite:
            raise ValueError("-update and -overwrite exclude each other")
        if self.verbose and self.log_path is None:
            raise ValueError("-v writes its lines into the -log directory: give -log too")
        if self.chunk_size_bytes < self.part_size_bytes:
            raise ValueError("--chunk-size must not be below --part-size")
        return self

    @property
    def sync(self) -> bool:
        """-update and -overwrite copy the contents of a source directory, not the directory (DistCp)."""
        return self.update or self.overwrite

    @property
    def bytes_per_second(self) -> float | None:
        """The limit of one task, in bytes."""
        return self.bandwidth_mb * MIB if self.bandwidth_mb is not None else None
