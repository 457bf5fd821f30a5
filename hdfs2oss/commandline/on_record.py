"""Where a copy that was made has its records: found without making anything."""

from __future__ import annotations

from collections.abc import Sequence

from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.errors import StoreError, SurveyError, UsageError
from ..model.options import CopyOptions
from ..model.uri import Uri
from ..records.generation import current
from ..records.jobdir import HASTE, JobDir, default_base, pair_name
from ..runs.place import find_place, proof_base
from .homes import homes
from .request import CopyRequest


def open_records(request: CopyRequest) -> tuple[Uri, JobDir]:
    """The records of the pair and their place: where --job-dir says, else in a home, else as left at the target.

    Raises UsageError when there are none, StoreError when a store gives no answer.
    """
    options = request.options
    bases = [options.job_dir] if options.job_dir is not None else _usual_bases(options, homes(options, request.user))
    place = find_place(options, request.stores, bases)
    if place is None:
        raise UsageError(
            f"nothing is on record of a copy from {', '.join(map(str, options.sources[:3]))} to {options.target}: "
            f"there is no {pair_name(options.sources, options.target)} in {', '.join(map(str, bases))}",
            "Name sources and target as the copy did; and with --job-dir DIR where its records are, or what it left at "
            "its target.",
        )
    return place, JobDir(open_filesystem(place, request.stores), place.path, "", HASTE)


def find_ledger(
    options: CopyOptions, stores: StoreConfig, found: Sequence[Uri], shares_disk: bool
) -> tuple[Uri | None, str]:
    """Records of the pair that have a ledger, and None where none have; then why, if a store gave no answer.

    They are where --job-dir says, else in one of the homes `found`, else as left at the target. Nothing is raised:
    whoever asks does without. Tasks that do not see the files of this machine (`shares_disk`) are told of no place
    there.
    """
    bases = _usual_bases(options, found)
    if options.job_dir is not None:
        bases = [options.job_dir, *(base for base in bases if base == proof_base(options, found))]
    why = ""
    for base in bases:
        if base.scheme == "file" and not shares_disk:
            continue
        try:
            place = find_place(options, stores, [base])
            if place is not None and current(JobDir(open_filesystem(place, stores), place.path, "", HASTE)):
                return place, ""
        except (StoreError, SurveyError) as error:
            why = why or f"the ledger of the pair cannot be asked, so the stores are: {error}"
    return None, why


def _usual_bases(options: CopyOptions, found: Sequence[Uri]) -> list[Uri]:
    at_target = proof_base(options, found)
    bases = [default_base(home) for home in found]
    return list(dict.fromkeys([*bases, at_target] if at_target is not None else bases))
