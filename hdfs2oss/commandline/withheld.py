"""Options that are understood and not carried out yet: a command that relies on one must not run without it."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.errors import UsageError
from .grammar import USAGE_HINT

# By field of the row.
_WITHHELD = {
    "append": "appending tails",
    "delete": "deleting what is missing at the source",
    "xtrack": "tracking missing files",
    "diff": "snapshot differences",
    "rdiff": "snapshot differences",
    "atomic": "an atomic switch of the whole target",
    "work_dir_text": "a work directory for -atomic",
    "run_async": "leaving a copy behind",
    "blocks_per_chunk": "large files are cut by --chunk-size",
    "layout": "a layout of one's own",
    "include": "including by globs",
    "exclude": "excluding by globs",
    "max_delete": "deleting what is missing at the source",
    "allow_empty_source": "deleting what is missing at the source",
    "backup": "deleting what is missing at the source",
    "dry_run": "a dry run",
}


def refuse_withheld(given: Iterable[tuple[str, str]]) -> None:
    """Raise UsageError for the first of these options, each as its field and its spelling, that is withheld."""
    for field, word in given:
        if field in _WITHHELD:
            raise UsageError(f"the option {word} is not available in this version ({_WITHHELD[field]})", USAGE_HINT)
