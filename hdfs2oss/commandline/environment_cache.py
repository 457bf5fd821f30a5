"""Environments unpacked for drivers of this machine, in the user's cache, and their end.

used lately                            stays: by a driver that began within 30 days
one of the three used last             stays, however long ago that was
a process of this machine runs it      stays
what an unpacking left that was killed goes after a day
all others                             go, when a new one is unpacked

When one was used last is the time of its folder. Standard library only, as the wrapper does this.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ..model.errors import UsageError
from .environment import MANIFEST

_KEPT = 3
_DAY_SECONDS = 86400.0
_KEPT_SECONDS = 30 * _DAY_SECONDS
# What is being unpacked.
_PARTIAL = "partial-"


class Unpacked(NamedTuple):
    """A folder of the cache; `used_at` is the wall clock."""

    name: str
    used_at: float
    is_in_use: bool = False


def cache_of(environment: Mapping[str, str]) -> Path:
    """Where environments are unpacked."""
    cache = environment.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(cache, "hdfs2oss")


def unpack(archive: Path, place: Path) -> None:
    """Unpack an environment, unless it is there, and note down that it is used. Raises UsageError."""
    if not place.is_dir():
        try:
            place.parent.mkdir(0o700, parents=True, exist_ok=True)
            _refuse_of_others(place.parent)
            _remove_expired(place.parent)
            _unpack_whole(archive, place)
        except (OSError, subprocess.CalledProcessError) as error:
            if not place.is_dir():  # somebody else may have been faster
                raise UsageError(
                    f"{archive} cannot be unpacked into {place}: {error}", "Set XDG_CACHE_HOME to a folder with room."
                ) from None
    for folder in (place.parent, place):
        _refuse_of_others(folder)
    with suppress(OSError):
        os.utime(place)


def _refuse_of_others(folder: Path) -> None:
    """Raise UsageError where somebody else could put a program in place of ours: it would run in our name."""
    status = folder.stat()
    if status.st_uid not in (os.geteuid(), 0) or status.st_mode & 0o002:
        raise UsageError(
            f"{folder} is of another user, or writable for all, and programs in it are run",
            "Set XDG_CACHE_HOME to a folder of your own.",
        )


def expired(found: Iterable[Unpacked], now: float) -> list[str]:
    """Which of them go; the table is above."""
    whole = [one for one in found if not one.name.startswith(_PARTIAL)]
    partial = [one for one in found if one.name.startswith(_PARTIAL)]
    later = sorted(whole, key=lambda one: one.used_at, reverse=True)[_KEPT:]
    going = [one for one in later if now - one.used_at > _KEPT_SECONDS and not one.is_in_use]
    return [one.name for one in (*going, *(one for one in partial if now - one.used_at > _DAY_SECONDS))]


def _unpack_whole(archive: Path, place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=_PARTIAL) as folder:
        whole = Path(folder, "whole")
        whole.mkdir()
        subprocess.run(
            ["tar", "--no-same-owner", "-xf", str(archive), "-C", str(whole)], check=True, capture_output=True
        )
        whole.rename(place)


def _remove_expired(cache: Path) -> None:
    running = set(_programs())
    found = list[Unpacked]()
    for one in cache.iterdir():
        # The folder may hold other things, too.
        if not (one.name.startswith(_PARTIAL) or (one / MANIFEST).is_file()):
            continue
        with suppress(OSError):
            is_in_use = any(program.is_relative_to(one.resolve()) for program in running)
            found.append(Unpacked(one.name, one.stat().st_mtime, is_in_use))
    for name in expired(found, time.time()):
        # Under another name first: whoever looks for it meanwhile finds it whole, or not at all.
        going = cache / f"{_PARTIAL}{name}"
        with suppress(OSError):
            (cache / name).rename(going)
        shutil.rmtree(going, ignore_errors=True)


def _programs() -> Iterator[Path]:
    """What runs on this machine, as far as this user may know."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            yield Path(os.readlink(folder / "exe"))
