"""What may differ between DistCp and hdfs2oss: a closed table, the same as that of docs/distcp.md.

Each difference is told from the case alone, before anything runs, and says what then is compared no more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from .cases import Case, Entry, Tree

CODE, TREE, ATTRIBUTES, GROUPS, COUNTERS = "exit code", "tree", "attributes", "groups of new files", "counters"
# Of files that go in chunks: DistCp counts each chunk, and forgets what was set before they were joined.
COUNTS_OF_CHUNKS, TIMES_OF_CHUNKS = "counts of chunks", "times of chunks"
# All paths.
ANY = None


class Difference(NamedTuple):
    """`words` are those of docs/distcp.md; `holds` tells whether a case meets it; `concerns` is what may differ then.

    `strays` are the paths that may then be on one side only, ANY for all.
    """

    words: str
    holds: Callable[[Case], bool]
    concerns: frozenset[str]
    strays: Callable[[Case], set[str] | None] = lambda case: set()


def differences_of(case: Case) -> list[Difference]:
    """The differences that a case meets."""
    return [one for one in DIFFERENCES if one.holds(case)]


def strays_of(case: Case) -> set[str] | None:
    """The paths that may be on one side only; ANY for all."""
    found = [one.strays(case) for one in differences_of(case)]
    return ANY if ANY in found else set().union(*(paths for paths in found if paths is not ANY))


def surely_brought(case: Case) -> dict[str, Entry]:
    """What of the sources nothing keeps from the target, whatever DistCp makes of the case."""
    landings = _all_landings(case)
    files = {path for path, _, entry in landings if entry.data is not None}
    directories = {path for path, _, entry in landings if entry.data is None}
    directories |= {above for path, _, _ in landings for above in _above(path)}
    held = _conflicting(case) | below_what_is_excluded(case) | (files & directories)
    return {
        path: entry
        for path, _, entry in landings
        if not held & {path, *_above(path)} and (path or entry.data is not None)
    }


def in_chunks(case: Case) -> set[str]:
    """Paths at the target of files that -blocksperchunk cuts."""
    return {path for path, _, entry in _all_landings(case) if entry.block_size_bytes}


def brought_by_a_source(case: Case) -> set[str]:
    """The paths at the target, as DistCp lays them out, that the sources hold."""
    return {path for path, _, _ in _all_landings(case)}


def _all_landings(case: Case) -> list[tuple[str, str, Entry]]:
    """Every entry of the sources: its path at the target (by DistCp's rules), the source it is of, and itself."""
    landings = []
    for name, tree in case.sources.items():
        for path, entry in tree.items():
            landings.append((_landing(case, name, tree, path), name, entry))
    return landings


def _landing(case: Case, name: str, tree: Tree, path: str) -> str:
    if "" in tree:
        return name if len(case.sources) > 1 or case.target_is_directory else ""
    contents_only = case.syncs or (len(case.sources) == 1 and case.target is None)
    return path if contents_only else f"{name}/{path}"


def _same_directory_twice(case: Case) -> bool:
    directories = [path for path, _, entry in _all_landings(case) if entry.data is None]
    return len(directories) > len(set(directories))


def _type_conflict(case: Case) -> bool:
    return bool(_conflicting(case))


def _conflicting(case: Case) -> set[str]:
    """Paths of sources where something of another kind stands at the target, or a file above them."""
    target = case.target or {}
    kinds = {path: entry.data is None for path, entry in target.items()}
    kinds.update({above: True for path in target for above in _above(path)})
    found = set()
    for path, _, entry in _all_landings(case):
        is_other = kinds.get(path, entry.data is None) != (entry.data is None)
        if is_other or any(kinds.get(above) is False for above in _above(path)):
            found.add(path)
    return found


def _filters(case: Case) -> bool:
    if case.filters and "-delete" in case.words:
        return True
    trees = case.sources.items()
    return any(path not in _excluded(case, name, tree) for name, tree in trees for path in _inside(case, name, tree))


def below_what_is_excluded(case: Case) -> set[str]:
    """Paths at the target whose source lies in a directory that a filter excludes, or is it."""
    return {
        _landing(case, name, tree, path) for name, tree in case.sources.items() for path in _inside(case, name, tree)
    }


def _touched_by_filters(case: Case) -> set[str]:
    """Paths of either side that a filter may match, by any of their names, and the directories above them."""
    patterns = [re.compile(pattern) for pattern in case.filters]
    paths = brought_by_a_source(case) | set(case.target or {})
    paths |= {above for path in paths for above in _above(path)}
    matched = {path for path in paths if any(one.fullmatch(f"/x/{path}") for one in patterns)}
    matched |= below_what_is_excluded(case)
    below = {path for path in paths if matched & {path, *_above(path)}}
    return below | {above for path in below for above in ["", *_above(path)]}


def _excluded(case: Case, name: str, tree: Tree) -> set[str]:
    patterns = [re.compile(pattern) for pattern in case.filters]
    return {path for path in tree if any(one.fullmatch(f"/{name}/{path}") for one in patterns)}


def _inside(case: Case, name: str, tree: Tree) -> set[str]:
    excluded = _excluded(case, name, tree)
    return {path for path in tree if excluded & {path, *_above(path)}}


def _no_file_deletes(case: Case) -> bool:
    return "-delete" in case.words and all(entry.data is None for _, _, entry in _all_landings(case))


def _only_files_delete(case: Case) -> bool:
    return "-delete" in case.words and all("" in tree for tree in case.sources.values())


def _leaves_another_alone(case: Case) -> bool:
    target = case.target or {}
    return (
        bool(case.keeps)
        and not case.syncs
        and any(_differs(target.get(path), one) for path, _, one in _all_landings(case))
    )


def _differs(at_target: Entry | None, at_source: Entry) -> bool:
    if at_target is None or at_target.data is None or at_source.data is None:
        return False
    return len(at_target.data) != len(at_source.data)


def _appends_to_empty(case: Case) -> bool:
    target = case.target or {}
    lengths = {path: len(entry.data or b"") for path, _, entry in _all_landings(case)}
    return "-append" in case.words and any(entry.data == b"" and lengths.get(path) for path, entry in target.items())


def _same_file_twice(case: Case) -> bool:
    files = [path for path, _, entry in _all_landings(case) if entry.data is not None]
    return len(files) > len(set(files))


def _of_target(case: Case) -> set[str]:
    target = case.target or {}
    return {"", *target, *(above for path in target for above in _above(path))}


def _empty_source_syncs(case: Case) -> bool:
    return case.syncs and case.target is None and not any(case.sources.values())


def _above(path: str) -> list[str]:
    return [path[:at] for at, one in enumerate(path) if one == "/"]


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "a new file has the group of the directory it lies in",
        lambda case: "g" not in case.keeps,
        frozenset({GROUPS}),
    ),
    Difference(
        "directories of the same name in two sources merge",
        _same_directory_twice,
        frozenset({CODE, TREE, COUNTERS}),
        lambda case: ANY,
    ),
    Difference(
        "a file where a directory is due, or the other way round, fails alone: all other files are copied",
        _type_conflict,
        frozenset({CODE, TREE, COUNTERS}),
        lambda case: ANY,
    ),
    Difference(
        "a directory that a filter excludes is not entered, and what a filter excludes is not deleted",
        _filters,
        frozenset({TREE, COUNTERS}),
        _touched_by_filters,
    ),
    Difference(
        "an empty source is made at the target, also with -update and -overwrite",
        _empty_source_syncs,
        frozenset({CODE, TREE}),
        lambda case: {""},
    ),
    Difference(
        "-delete with sources that hold no file is refused",
        _no_file_deletes,
        frozenset({CODE, TREE}),
        lambda case: _of_target(case),
    ),
    Difference(
        "files alone mirror nothing: with -delete, the directory they go into keeps what it has",
        _only_files_delete,
        frozenset({TREE}),
        lambda case: _of_target(case) - brought_by_a_source(case),
    ),
    Difference(
        "a file that is left alone though it differs keeps its attributes, too",
        _leaves_another_alone,
        frozenset({ATTRIBUTES}),
    ),
    Difference(
        "-append to an empty file writes it anew",
        _appends_to_empty,
        frozenset({ATTRIBUTES}),
    ),
    Difference(
        "with -blocksperchunk, a file that goes in chunks is counted once, and has its times (`-pt`)",
        lambda case: bool(in_chunks(case)),
        frozenset({COUNTS_OF_CHUNKS, TIMES_OF_CHUNKS}),
    ),
    Difference(
        "with -blocksperchunk, too, the same file in two sources is refused",
        lambda case: "-blocksperchunk" in case.words and _same_file_twice(case),
        frozenset({CODE, TREE, ATTRIBUTES, COUNTERS}),
        lambda case: ANY,
    ),
)
