"""Where a job directory may go when no option names a place."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..model.errors import UsageError
from ..model.options import CopyOptions
from ..model.uri import Uri


def homes(options: CopyOptions, user: str) -> list[Uri]:
    """The user's home on the HDFS of the source, of the target, then on this machine.

    Raises UsageError when there is none and no option names another place.
    """
    sides = [*options.sources[:1], options.target]
    found = [Uri("hdfs", side.authority, f"/user/{user}") for side in sides if side.scheme == "hdfs"]
    with suppress(RuntimeError):  # a user without a name has no home on this machine
        found.append(Uri("file", "", str(Path.home())))
    if not found and options.job_dir is None:
        raise UsageError(
            f"there is no place for the job directory: {user} has no home on this machine",
            "Name one: --job-dir hdfs://.../dir, oss://bucket/dir or file:///dir.",
        )
    return list(dict.fromkeys(found))
