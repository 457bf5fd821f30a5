"""Archives that are the same whoever makes them."""

import os
import tarfile

from distribution.archive import write_tar


def test_an_archive_tells_neither_its_maker_nor_when_it_was_made(tmp_path):
    root = tmp_path / "root"
    (root / "b").mkdir(parents=True)
    for name, mode in (("a", 0o600), ("b/c", 0o700), ("first", 0o644)):
        (root / name).write_text(name)
        (root / name).chmod(mode)
    (root / "link").symlink_to("b/c")
    write_tar(tmp_path / "one.tar.gz", root, "first")
    os.utime(root / "a", (1, 1))
    write_tar(tmp_path / "other.tar.gz", root, "first")
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "other.tar.gz").read_bytes()
    members = tarfile.open(tmp_path / "one.tar.gz").getmembers()
    assert [(one.name, one.mode) for one in members[:3]] == [("first", 0o644), ("a", 0o644), ("b/c", 0o755)]
    assert members[3].linkname == "b/c"
    assert {(one.uid, one.uname, one.mtime) for one in members} == {(0, "", 315532800)}
