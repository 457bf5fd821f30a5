"""Where everything goes, in a line a source, for the operator to read before anything is copied.

hdfs://nn/a/* -> oss://b/t/*        the contents of a directory
hdfs://nn/a/* -> oss://b/t/a/*      a directory under its name
hdfs://nn/f -> oss://b/t/f          a file
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..model.options import CopyOptions
from ..model.values import CopyRoot
from ..rules.layout import Layout

_SHOWN = 10


def mapping(layout: Layout, options: CopyOptions) -> Iterator[str]:
    """The lines; where the target decided between contents and name, that is said as well."""
    verb = "Would copy" if options.dry_run else "Copying"
    return _lines(layout, verb, lambda root: _how(root, layout, options))


def comparison(layout: Layout, is_guess: bool) -> Iterator[str]:
    """The same of a verify; where the layout was told from what stands at the target (`is_guess`), that is said."""

    def how(root: CopyRoot) -> str:
        if not is_guess:
            return "under its name" if root.prefix else "its contents"
        if root.prefix:
            return f"under its name, as {layout.target_of(root.prefix)} is there: see --layout"
        return f"its contents, as {layout.base.join(root.source.name)} is not there: see --layout"

    return _lines(layout, "Comparing", how)


def _lines(layout: Layout, verb: str, how: Callable[[CopyRoot], str]) -> Iterator[str]:
    for root in layout.roots[:_SHOWN]:
        target = layout.target_of(root.prefix)
        if root.is_file:
            yield f"{verb} {root.source} -> {target}"
            continue
        yield f"{verb} {_below(root.source)} -> {_below(target)}  ({how(root)})"
    if len(layout.roots) > _SHOWN:
        yield f"... and {len(layout.roots) - _SHOWN} more sources"


def _below(place: object) -> str:
    return f"{str(place).rstrip('/')}/*"


def _how(root: CopyRoot, layout: Layout, options: CopyOptions) -> str:
    how = "under its name" if root.prefix else "its contents"
    if options.layout != "distcp" or options.sync or len(layout.roots) > 1 or root.source.path == "/":
        return how
    return f"{how}, as the target {'is there' if layout.base_exists else 'does not exist yet'}: see --layout"
