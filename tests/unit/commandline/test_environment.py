"""What is known of a packed environment without unpacking it."""

import io
import json
import tarfile

import pytest

from hdfs2oss.commandline.environment import (
    MANIFEST,
    Manifest,
    code_digest,
    glibc_here,
    is_older,
    parse_manifest,
    read_manifest,
)
from hdfs2oss.model.errors import UsageError

FIELDS = {"version": "1.0", "python": "3.11.7", "machine": "x86_64", "glibc": "2.28", "code": "0f"}


def pack(path, *members):
    with tarfile.open(path, "w:gz") as tar:
        for name, text in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return path


def test_the_manifest_is_the_first_thing_in_an_archive(tmp_path):
    archive = pack(tmp_path / "a.tar.gz", (MANIFEST, json.dumps({**FIELDS, "packages": {}})), ("bin/python3", "x"))
    assert read_manifest(archive) == Manifest(**FIELDS)


def test_an_archive_of_others_is_none_of_ours(tmp_path):
    for archive in (
        pack(tmp_path / "a.tar.gz", ("bin/python3", "x"), (MANIFEST, json.dumps(FIELDS))),
        pack(tmp_path / "b.tar.gz", (MANIFEST, "{}")),
        pack(tmp_path / "c.tar.gz"),
        tmp_path / "missing.tar.gz",
    ):
        with pytest.raises(UsageError, match=rf"{archive.name} is no environment of hdfs2oss"):
            read_manifest(archive)


def test_a_manifest_without_its_fields_is_refused():
    with pytest.raises(ValueError, match="lacks fields"):
        parse_manifest(b'{"python": "3.11"}')


def test_code_has_one_name_wherever_it_lies_and_another_when_it_changes(tmp_path):
    names = set()
    for folder, files in (
        ("one", {"a.py": "1", "b/c.py": "2", "notes.txt": "x"}),
        ("same", {"a.py": "1", "b/c.py": "2", "__pycache__/a.pyc": "x"}),
        ("changed", {"a.py": "1", "b/c.py": "3"}),
        ("renamed", {"a.py": "1", "b/d.py": "2"}),
        ("longer", {"a.py": "1", "b/c.py": "2", "d.py": ""}),
    ):
        for name, text in files.items():
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).write_text(text)
        names.add(code_digest(tmp_path / folder))
    assert len(names) == 4


def test_versions_are_compared_by_their_numbers():
    assert is_older("2.9", "2.17")
    assert not is_older("2.17", "2.17")
    assert not is_older("2.34", "2.17")
    assert not is_older("", "2.17")


def test_this_machine_tells_its_c_library():
    assert glibc_here() == "" or glibc_here().startswith("2.")
