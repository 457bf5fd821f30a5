"""Numbers as people write and read them: sizes, durations, rates."""

from __future__ import annotations

import re

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
# Of large files on OSS, unless --part-size says otherwise; said here because the wrapper has no pydantic.
DEFAULT_PART_BYTES = 16 * MIB

_SUFFIXES = {"": 1, "k": KIB, "m": MIB, "g": GIB, "t": 1024 * GIB}
_SIZE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*$", re.IGNORECASE)


def parse_size(text: str) -> int:
    """Bytes of `64m`, `1.5 GiB`, `4096`; powers of 1024. Raises ValueError."""
    match = _SIZE.match(text)
    if not match:
        raise ValueError(f"{text!r} is not a size; write a number with an optional k, m, g or t")
    return int(float(match[1]) * _SUFFIXES[match[2].lower()])


def size_word(size_bytes: int) -> str:
    """`16m`, `1g`, `1000`: the shortest word that `parse_size` reads as this size, which is above 0."""
    suffix = next(name for name in ("t", "g", "m", "k", "") if size_bytes % _SUFFIXES[name] == 0)
    return f"{size_bytes // _SUFFIXES[suffix]}{suffix}"


def format_size(size_bytes: float) -> str:
    """`0 B`, `4.0 KiB`, `1.5 GiB`."""
    if size_bytes < KIB:
        return f"{int(size_bytes)} B"
    for unit in ("KiB", "MiB", "GiB"):
        size_bytes /= 1024
        if size_bytes < 1024:
            return f"{size_bytes:.1f} {unit}"
    return f"{size_bytes / 1024:.1f} TiB"


def format_duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 m 05 s`, `2 h 07 m`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} m"


def several(count: int, noun: str, plural: str = "") -> str:
    """`1 file`, `12,345 files`, `1 directory`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {plural or noun + 's'}"
