"""The zip for --py-files: the package by itself."""

import subprocess
import sys
import zipfile

from distribution.code import PROJECT, build_code_zip


def test_the_zip_holds_the_package_and_nothing_else(tmp_path):
    build_code_zip(tmp_path / "code.zip")
    names = zipfile.ZipFile(tmp_path / "code.zip").namelist()
    assert "hdfs2oss/phases/mapper.py" in names
    assert {name.split("/")[0] for name in names} == {"hdfs2oss"}
    assert {name.rpartition(".")[2] for name in names} == {"py", "typed"}


def test_the_zip_is_the_same_whenever_it_is_made(tmp_path):
    build_code_zip(tmp_path / "one.zip")
    build_code_zip(tmp_path / "other.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


def test_a_copy_runs_out_of_the_zip(tmp_path):
    build_code_zip(tmp_path / "code.zip")
    (tmp_path / "source").mkdir()
    (tmp_path / "source/a").write_text("a\n")
    words = [f"file://{tmp_path}/source", f"file://{tmp_path}/target", "--processes", "1"]
    run = "import sys; sys.path.insert(0, 'code.zip'); from hdfs2oss.__main__ import main; main()"
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", run, *words],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(PROJECT) not in done.stdout + done.stderr
    assert (tmp_path / "target/a").read_text() == "a\n"
