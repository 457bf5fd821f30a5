"""Where each source goes: DistCp's path rules, or what --layout says instead.

The key of an entry is its path below a source root; it is appended to the target. With `sync`
(-update or -overwrite):

    source            target     sync    goes to
    one file          missing    any     the target path itself
    one file          a file     any     the target path itself
    one file          directory  any     target/name
    one directory     missing    any     its contents into the target
    one directory     directory  no      target/name
    one directory     directory  yes     its contents into the target
    several, a file   not a file any     target/name
    several, a dir.   not a file no      target/name
    several, a dir.   not a file yes     its contents into the target, merged
    the root `/`      not a file any     its contents into the target
    a directory, or several, and the target is a file: refused

With the other layouts TARGET is a directory, and nothing depends on what stands there, on `sync`, or on how many
sources there are:

    source            contents                          named
    a file            target/name                       target/name
    a directory       its contents into the target      target/name
    the root `/`      its contents into the target      its contents into the target
    any, and the target is a file: refused

Unlike DistCp, directories of the same name merge; only the same *file* twice is refused, by the survey.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..model.errors import UsageError
from ..model.uri import Uri, join_path
from ..model.values import DIRECTORY, FILE, CopyRoot

_NAMES = {FILE: "file", DIRECTORY: "directory"}


class Layout(NamedTuple):
    """The directory all relative paths count from, and what is mapped below it.

    `base_exists` is what was seen before anything was written; `onto_file` means a lone file onto a file.
    """

    base: Uri
    roots: tuple[CopyRoot, ...]
    base_exists: bool
    onto_file: bool = False

    def source_of(self, root: int, path: str) -> Uri:
        """Where the source of the relative path `path`, which belongs to root number `root`, is read."""
        copy_root = self.roots[root]
        place = self.named_source_of(root, path)
        if not copy_root.read_path:
            return place
        below = place.path[len(copy_root.source.path.rstrip("/")) :].lstrip("/")
        return place._replace(path=join_path(copy_root.read_path, below))

    def named_source_of(self, root: int, path: str) -> Uri:
        """The same as the operator names it: filters and messages know no snapshot."""
        copy_root = self.roots[root]
        return copy_root.source.join(path[len(copy_root.prefix) :].lstrip("/") if copy_root.prefix else path)

    def source_text(self, root: int, path: str) -> str:
        """The name that an operator gives the source of a file: what `str` makes of it, without the making of a Uri."""
        copy_root = self.roots[root]
        below = path[len(copy_root.prefix) :].lstrip("/") if copy_root.prefix else path
        place = str(copy_root.source)
        return f"{place.rstrip('/')}/{below}" if below else place

    def target_of(self, path: str) -> Uri:
        """The target of a relative path."""
        return self.base.join(path)


class SourceFact(NamedTuple):
    """A source as it was found: FILE or DIRECTORY; `read_path` is where, when that is in a snapshot."""

    uri: Uri
    kind: str
    read_path: str = ""


def lay_out(
    sources: Sequence[SourceFact],
    target: Uri,
    target_kind: str | None,
    sync: bool,
    rules: str = "distcp",
    onto_itself: bool = False,
) -> Layout:
    """Map sources to a target; `target_kind` is FILE, DIRECTORY or None when it is missing. Raises UsageError.

    `rules` is the value of --layout. `onto_itself` says that a source may be its own target: another state of it is
    what is copied.
    """
    found = list(dict.fromkeys(sources))
    single_file = len(found) == 1 and found[0].kind == FILE and rules == "distcp"
    if target_kind == FILE and not single_file:
        what = f"{len(found)} sources" if len(found) > 1 else f"a {_NAMES[found[0].kind]}"
        given = f" with --layout {rules}" if rules != "distcp" else ""
        raise UsageError(
            f"the target {target} is a file, and {what} cannot go into a file{given}",
            "Name a directory, or a path that does not exist yet.",
        )
    if single_file and target_kind != DIRECTORY:
        _refuse_root_as_file(target)
        layout = Layout(
            target.parent, (CopyRoot(found[0].uri, target.name, True, found[0].read_path),), True, target_kind == FILE
        )
    else:
        is_contents = rules == "contents" or (rules == "distcp" and (sync or (len(found) == 1 and target_kind is None)))
        layout = Layout(
            target,
            tuple(_root(fact, is_contents) for fact in found),
            target_kind is not None,
        )
    for copy_root in layout.roots:
        if onto_itself and copy_root.source == layout.target_of(copy_root.prefix):
            continue
        _refuse_nesting(copy_root.source, layout.target_of(copy_root.prefix), copy_root.is_file)
    return layout


def refuse_to_delete_sources(layout: Layout) -> None:
    """Refuse, for -delete, a source in a directory that another one (or its own contents) is mapped onto.

    What no source brings is deleted there, so the source itself would be. Raises UsageError.
    """
    cleared = {layout.target_of(copy_root.prefix) for copy_root in layout.roots if not copy_root.is_file}
    for copy_root in layout.roots:
        place = copy_root.source
        while place not in cleared and place != place.parent:
            place = place.parent
        if place in cleared:
            raise UsageError(
                f"the source {copy_root.source} lies inside the target {place}: -delete would delete it",
                "Name a target beside the source, or leave out -delete.",
            )


def _root(fact: SourceFact, is_contents: bool) -> CopyRoot:
    # The root `/` has no name, so it is always its contents.
    is_file = fact.kind == FILE
    return CopyRoot(fact.uri, "" if is_contents and not is_file else fact.uri.name, is_file, fact.read_path)


def _refuse_root_as_file(target: Uri) -> None:
    if target.path == "/":
        raise UsageError(f"a file cannot be copied onto the root {target}", "Name a directory or a file below it.")


def _refuse_nesting(source: Uri, target: Uri, is_file: bool) -> None:
    if source == target:
        raise UsageError(f"the source {source} and the target {target} are the same", "Name another target.")
    if not is_file and source.holds(target):
        raise UsageError(
            f"the target {target} lies inside the source {source}: the copy would copy itself",
            "Name a target outside the source.",
        )
