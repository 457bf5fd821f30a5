"""Which packages go into the environment, and which of their files."""

import zipfile

import pytest

from distribution.packages import is_left_out, needed_by, requirements_of, unpack_wheel


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("pyarrow/tests/test_array.py", True),
        ("pyarrow/include/arrow/api.h", True),
        ("pyarrow/libarrow_flight.so.2600", True),
        ("pyarrow/libarrow.so.2600", False),
        ("pyarrow/parquet/core.py", False),
        ("oss2-2.19.1.dist-info/direct_url.json", True),
        ("oss2-2.19.1.dist-info/METADATA", False),
        ("hdfs2oss/local_oss/store/store.py", False),
    ],
)
def test_tests_headers_and_who_installed_it_stay_behind(name, left_out):
    assert is_left_out(name) is left_out


def test_all_that_is_required_is_packed_and_what_developers_use_is_not():
    names = {one.metadata["Name"].lower() for one in needed_by(["oss2", "pydantic>=2", "x; python_version < '3'"])}
    assert {"oss2", "pydantic", "pydantic_core", "crcmod", "requests", "cryptography"} <= names
    assert not {"pytest", "pyspark", "mypy", "x"} & names


def test_another_version_than_the_required_one_is_not_packed():
    with pytest.raises(SystemExit, match=r"pydantic>999 is required, and .* is installed: run make setup"):
        needed_by(["pydantic>999"])


def test_a_wheel_is_laid_out_in_an_environment_that_may_be_moved(tmp_path):
    wheel = tmp_path / "x.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("x/__init__.py", "def main():\n    return 7\n")
        archive.writestr("x-1.data/scripts/x.sh", "#!/bin/sh\n")
        archive.writestr("x-1.data/data/share/x/job.py", "")
        archive.writestr("x-1.dist-info/entry_points.txt", "[console_scripts]\nx = x:main\n\n[other]\ny = y\n")
        archive.writestr("x-1.dist-info/METADATA", "Name: x\nRequires-Dist: a>=1\nRequires-Dist: b; extra == 'c'\n")
        archive.writestr("x-1.dist-info/RECORD", "")
    unpack_wheel(wheel, tmp_path / "env", tmp_path / "env/lib/site-packages")
    made = {str(path.relative_to(tmp_path / "env")) for path in (tmp_path / "env").rglob("*") if path.is_file()}
    assert made == {
        *("bin/x", "bin/x.sh", "share/x/job.py", "lib/site-packages/x/__init__.py"),
        *("lib/site-packages/x-1.dist-info/entry_points.txt", "lib/site-packages/x-1.dist-info/METADATA"),
    }
    assert "from x import main" in (tmp_path / "env/bin/x").read_text()
    assert all((tmp_path / "env/bin" / name).stat().st_mode & 0o111 for name in ("x", "x.sh"))
    assert requirements_of(wheel) == ["a>=1", "b; extra == 'c'"]
