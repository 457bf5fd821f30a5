"""`make dist`, looked at: what is in the wheel and in the environment, and that the environment copies by itself."""

import json
import os
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from distribution.code import PROJECT
from distribution.interpreter import machine_paths
from hdfs2oss.commandline.environment import MANIFEST

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def unpacked(dist, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["tar", "xzf", dist.archive, "-C", folder], check=True, timeout=300)
    return folder


def test_the_wheel_has_the_package_the_wrapper_and_the_job_and_no_tests(dist):
    names = zipfile.ZipFile(dist.wheel).namelist()
    rest = {re.sub(r"^hdfs2oss-[^/]*?\.(data|dist-info)/", r"\1/", name) for name in names}
    rest = {name for name in rest if not name.startswith("hdfs2oss/")}
    assert rest == {
        *("data/scripts/hdfs2oss4emr.sh", "data/data/share/hdfs2oss/jobs/hdfs2oss.py"),
        *(f"dist-info/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "top_level.txt")),
    }
    packed = {name for name in names if name.startswith("hdfs2oss/")}
    checkout = {str(path.relative_to(PROJECT)) for path in (PROJECT / "hdfs2oss").rglob("*.py")}
    assert packed == checkout | {"hdfs2oss/py.typed"}


def test_what_is_made_knows_no_path_of_this_machine(dist):
    paths = [os.fsencode(path) for path in (*machine_paths(), str(PROJECT), str(dist.folder))]
    for archive in (dist.wheel, dist.code):
        with zipfile.ZipFile(archive) as packed:
            assert [name for name in packed.namelist() if any(one in packed.read(name) for one in paths)] == []
    with tarfile.open(dist.archive) as tar:
        members = {one.name: tar.extractfile(one) for one in tar if one.isfile()}
        assert [name for name, file in members.items() if any(one in file.read() for one in paths)] == []
        assert not any("/tests/" in name for name in members)


def test_the_environment_says_what_is_in_it(dist, unpacked):
    manifest = json.loads((unpacked / MANIFEST).read_text())
    assert {"pyarrow", "hdfs-native", "pydantic", "oss2", "fastcrc"} <= manifest["packages"].keys()
    assert not {"pytest", "pyspark", "mypy"} & manifest["packages"].keys()
    for name, version in manifest["packages"].items():
        folder = f"{re.sub('[-.]', '_', name)}-{version}.dist-info".lower()
        assert any(path.name.lower() == folder for path in unpacked.glob("lib/*/site-packages/*")), name


def test_the_environment_copies_to_oss_with_nothing_else_on_the_machine(unpacked, tmp_path, oss_server):
    (tmp_path / "source").mkdir()
    (tmp_path / "source/a").write_bytes(os.urandom(100_000))
    environment = {
        **{"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "OSS_ENDPOINT": oss_server.endpoint},
        **{"OSS_ACCESS_KEY_ID": "test-id", "OSS_ACCESS_KEY_SECRET": "test-secret"},
    }
    for words in ([f"file://{tmp_path}/source", "oss://lake/dist"], ["oss://lake/dist", f"file://{tmp_path}/back"]):
        done = subprocess.run(
            [unpacked / "bin/hdfs2oss", "--layout", "contents", *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "back/a").read_bytes() == (tmp_path / "source/a").read_bytes()
    assert not Path(tmp_path, "source/__pycache__").exists()
