"""Where everything goes, in a line a source, for the operator to read before anything is copied.

hdfs://nn/a/* -> oss://b/t/*        the contents of a directory
hdfs://nn/a/* -> oss://b/t/a/*      a directory under its name
hdfs://nn/f -> oss://b/t/f          a file
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.options import CopyOptions
from ..model.values import CopyRoot
from ..rules.layout import Layout

_SHOWN = 10


def mapping(layout: Layout, options: CopyOptions) -> Iterator[str]:
    """The lines; where the target decided between contents and name, that is said as well."""
    verb = "Would copy" if options.dry_run else "Copying"
    for root in layout.roots[:_SHOWN]:
        target = layout.target_of(root.prefix)
        if root.is_file:
            yield f"{verb} {root.source} -> {target}"
            continue
        yield f"{verb} {_below(root.source)} -> {_below(target)}  ({_how(root, layout, options)})"
    if len(layout.roots) > _SHOWN:
        yield f"... and {len(layout.roots) - _SHOWN} more sources"


def _below(place: object) -> str:
    return f"{str(place).rstrip('/')}/*"


def _how(root: CopyRoot, layout: Layout, options: CopyOptions) -> str:
    how = "under its name" if root.prefix else "its contents"
    if options.layout != "distcp" or options.sync or len(layout.roots) > 1 or root.source.path == "/":
        return how
    return f"{how}, as the target {'is there' if layout.base_exists else 'does not exist yet'}: see --layout"
