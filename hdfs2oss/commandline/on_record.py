"""Where a copy that was made has its records: found without making anything."""

from __future__ import annotations

from ..filesystems.registry import open_filesystem
from ..model.errors import UsageError
from ..model.uri import Uri
from ..records.jobdir import HASTE, JobDir, default_base, pair_name
from ..runs.place import find_place, proof_base
from .homes import homes
from .request import CopyRequest


def open_records(request: CopyRequest) -> tuple[Uri, JobDir]:
    """The records of the pair and their place: where --job-dir says, else in a home, else as left at the target.

    Raises UsageError when there are none, StoreError when a store gives no answer.
    """
    options = request.options
    bases = [options.job_dir] if options.job_dir is not None else _usual_bases(request)
    place = find_place(options, request.stores, bases)
    if place is None:
        raise UsageError(
            f"nothing is on record of a copy from {', '.join(map(str, options.sources[:3]))} to {options.target}: "
            f"there is no {pair_name(options.sources, options.target)} in {', '.join(map(str, bases))}",
            "Name sources and target as the copy did; and with --job-dir DIR where its records are, or what it left at "
            "its target.",
        )
    return place, JobDir(open_filesystem(place, request.stores), place.path, "", HASTE)


def _usual_bases(request: CopyRequest) -> list[Uri]:
    found = homes(request.options, request.user)
    at_target = proof_base(request.options, found)
    bases = [default_base(home) for home in found]
    return list(dict.fromkeys([*bases, at_target] if at_target is not None else bases))
