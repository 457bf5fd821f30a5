"""The layout of a run as one of its files: where everything goes, whatever stands at the target by the time.

    <run>/layout.json    {"version": 1, "base": [...], "base_exists": ..., "onto_file": ..., "roots": [[...], ...]}

It is on record before anything is written at the target. What the run makes there changes what the path rules would
say of the same command; the record does not change.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ..model.errors import NotFound
from ..model.uri import Uri
from ..model.values import CopyRoot
from ..rules.layout import Layout
from .jobdir import JobDir
from .versioned import understood

NAME = "layout.json"
VERSION = 1


def name_of(layout: Layout) -> str:
    """A name for a layout that is not the first of its run, such as one that reads snapshots."""
    return f"layout-{hashlib.sha256(repr(layout).encode('utf-8', 'surrogateescape')).hexdigest()[:16]}.json"


def publish_layout(job_dir: JobDir, layout: Layout, name: str = NAME) -> bool:
    """Put it on record; False, and nothing changed, when the run has one of that name already."""
    record = {
        "version": VERSION,
        "base": list(layout.base),
        "base_exists": layout.base_exists,
        "onto_file": layout.onto_file,
        "roots": [[list(root.source), root.prefix, root.is_file, root.read_path] for root in layout.roots],
    }
    # In ASCII: a path may hold bytes that are no characters, for which JSON has escapes and UTF-8 has nothing.
    return job_dir.publish(name, (json.dumps(record) + "\n").encode("ascii"))


def read_layout(job_dir: JobDir, name: str = NAME) -> Layout | None:
    """That of a run; None where none is on record. Raises SurveyError for one that cannot be understood."""
    try:
        data = job_dir.read(name)
    except NotFound:
        return None
    return understood(data, VERSION, _layout_of, f"layout {job_dir.run_path}/{name}")


def _layout_of(record: dict[str, Any]) -> Layout:
    roots = tuple(
        CopyRoot(Uri(*source), prefix, bool(is_file), read_path)
        for source, prefix, is_file, read_path in record["roots"]
    )
    return Layout(Uri(*record["base"]), roots, bool(record["base_exists"]), bool(record["onto_file"]))
