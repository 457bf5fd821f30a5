"""Giving a file its name, as far as the scheme can; see `traits`."""

from __future__ import annotations

from typing import Any

from ...model.errors import AlreadyExists, StoreError
from .client import Classes, JavaStore
from .traits import Publication


def publish(store: JavaStore, publication: Publication, work_path: str, path: str, overwrite: bool = True) -> None:
    """Rename a work file, in place of a file that stands there. Raises AlreadyExists over a directory, and over a file
    where `overwrite` is off."""
    what = f"rename {work_path} to {path}"
    if publication is Publication.RENAMED_OVER:
        store.once(what, lambda fs, classes: _rename(fs, classes, work_path, path, overwrite))
        return

    def replace(filesystem: Any, classes: Classes) -> None:
        target = classes.path(path)
        if filesystem.exists(target):
            if not overwrite or filesystem.getFileStatus(target).isDirectory():
                raise AlreadyExists(f"cannot {what}: the path is taken")
            filesystem.delete(target, False)
        _refuse_false(filesystem.rename(classes.path(work_path), target), what)

    store.once(what, replace)


def move(store: JavaStore, path: str, new_path: str) -> None:
    """See `FileSystem.move`; the directory that it comes to is there."""
    what = f"move {path} to {new_path}"
    store.once(what, lambda fs, classes: _rename(fs, classes, path, new_path, overwrite=False))


def _rename(filesystem: Any, classes: Classes, path: str, new_path: str, overwrite: bool) -> None:
    """At once, by the NameNode. Only file systems of HDFS can; a view is followed to what it shows."""
    source, target = classes.path(path), classes.path(new_path)
    if str(filesystem.getScheme()) == "viewfs":
        source = filesystem.resolvePath(source)
        parent, _, name = new_path.rpartition("/")
        target = classes.path(filesystem.resolvePath(classes.path(parent or "/")), name)
        shown = source.getFileSystem(filesystem.getConf())
        if str(target.getFileSystem(filesystem.getConf()).getUri()) != str(shown.getUri()):
            raise StoreError(f"cannot rename {path} to {new_path}: these are two file systems")
        if str(shown.getScheme()) not in ("hdfs", "webhdfs", "swebhdfs"):
            raise StoreError(f"cannot rename {path} to {new_path} at once: it lies on {shown.getUri()}")
        filesystem = shown
    options = classes.array.newInstance(classes.for_name("org.apache.hadoop.fs.Options$Rename"), 1)
    options[0] = classes.rename.OVERWRITE if overwrite else classes.rename.NONE
    filesystem.rename(source, target, options)


def _refuse_false(was_renamed: bool, what: str) -> None:
    if not was_renamed:
        raise StoreError(f"cannot {what}: the store says no, and not why")
