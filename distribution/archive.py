"""Archives whose bytes follow from their contents: sorted, without owners, all of one time."""

import gzip
import os
import stat
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

# The oldest time that a zip can hold, 1980-01-01; SOURCE_DATE_EPOCH says otherwise.
OLDEST = 315532800
# Beyond it a third of the time is lost for a hundredth of the bytes.
GZIP_LEVEL = 6


def timestamp() -> int:
    return int(os.environ.get("SOURCE_DATE_EPOCH", OLDEST))


def write_zip(target: Path, root: Path, paths: Iterable[Path]) -> None:
    """Files below `root`, under their names there."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(paths):
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, path.read_bytes())


def write_tar(target: Path, root: Path, first: str) -> None:
    """All of `root`, the member `first` before the others. Links stay links, empty directories are left out."""
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_symlink() or path.is_file())
    names.sort(key=lambda name: name != first)
    with (
        open(target, "wb") as file,
        gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for name in names:
            _add(tar, root / name, name)


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.mtime = timestamp()
    if path.is_symlink():
        entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, os.readlink(path), 0o777
        tar.addfile(entry)
        return
    status = path.stat()
    entry.size = status.st_size
    entry.mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
    with open(path, "rb") as contents:
        tar.addfile(entry, contents)
