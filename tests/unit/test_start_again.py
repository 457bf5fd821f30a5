"""Keys on a command line: the command starts itself again without them, and hands them to nobody else."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hdfs2oss.cli import main

PROJECT = Path(__file__).parents[2]
# Refused once the keys are off the command line, so nothing is copied.
WORDS = ["-updat", "file:///a", "oss://id:secret@bucket.endpoint/x"]
THIEF = "import os; open('stolen', 'w').write(os.environ.get('HDFS2OSS_KEYS', 'nothing'))\n"
SCRIPT = f"#!{sys.executable}\nimport sys\nfrom hdfs2oss.__main__ import main\nsys.exit(main())\n"


def console_script(folder: Path) -> list[str]:
    path = folder / "bin" / "hdfs2oss"
    path.parent.mkdir()
    path.write_text(SCRIPT)
    path.chmod(0o755)
    return [str(path)]


def zip_file(folder: Path) -> list[str]:
    path = folder / "tool.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__main__.py", "from hdfs2oss.__main__ import main\nmain()\n")
        for source in (PROJECT / "hdfs2oss").rglob("*.py"):
            archive.write(source, source.relative_to(PROJECT))
    return [sys.executable, str(path)]


def isolated(folder: Path) -> list[str]:
    program = f"import sys; sys.path.insert(0, {str(PROJECT)!r}); from hdfs2oss.__main__ import main; main()"
    return [sys.executable, "-I", "-c", program]


def start(command: list[str], cwd: Path, path: str = str(PROJECT)) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        [*command, *WORDS], cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("entry", "hostile"),
    [(console_script, "hdfs2oss.py"), (zip_file, "hdfs2oss/__init__.py"), (isolated, "hdfs2oss/__init__.py")],
)
def test_a_module_of_our_name_in_the_current_folder_gets_no_keys(
    entry: Callable[[Path], list[str]], hostile: str, tmp_path: Path
) -> None:
    cwd = tmp_path / "cwd"
    (cwd / hostile).parent.mkdir(parents=True)
    (cwd / hostile).write_text(THIEF)
    done = start(entry(tmp_path), cwd, "" if entry is zip_file else str(PROJECT))
    assert not (cwd / "stolen").exists()
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "hdfs2oss: the option -updat is not known")


@pytest.mark.slow
def test_a_source_tree_starts_again_from_itself() -> None:
    done = start([sys.executable, "-m", "hdfs2oss"], PROJECT, "")
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "hdfs2oss: the option -updat is not known")


def test_a_program_that_calls_us_is_not_replaced_by_another_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(WORDS) == 2
    assert "there are OSS keys among the arguments" in capsys.readouterr().err
