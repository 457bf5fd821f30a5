"""A Python that runs from any folder, with nothing of the machine it was made on."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from distribution.interpreter import VERSION, copy_interpreter, machine_paths
from distribution.libraries import Libraries, scrub

# Modules whose libraries a bare node may lack.
ASK = """
import bz2, ctypes, hashlib, json, lzma, os, sqlite3, ssl, sys, uuid, zlib
print(json.dumps({
    "prefix": sys.prefix, "path": sys.path, "version": sys.version, "certificates": os.environ.get("SSL_CERT_FILE"),
    "libraries": sorted({line.split(None, 5)[-1].strip() for line in open("/proc/self/maps") if ".so" in line}),
}))
"""


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """An environment that was made in one folder and lies in another, which has a blank in its name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        made = tmp_path_factory.mktemp("made") / "environment"
        copy_interpreter(made, Libraries(made))
    for path in made.rglob("*"):
        if path.is_file() and not path.is_symlink():
            scrub(path, machine_paths())
    return Path(shutil.move(made, tmp_path_factory.mktemp("moved to") / "elsewhere"))


@pytest.fixture(scope="module")
def answer(moved):
    done = subprocess.run(
        [moved / "bin/python3", "-B", "-c", ASK], env={}, cwd="/", capture_output=True, text=True, timeout=120, check=True
    )
    return json.loads(done.stdout)


def test_it_is_itself_wherever_it_lies(moved, answer):
    assert answer["prefix"] == str(moved)
    assert answer["version"] == sys.version
    assert [path for path in answer["path"] if path and not path.startswith(str(moved))] == []
    assert str(moved / "lib" / VERSION / "site-packages") in answer["path"]


def test_of_the_node_it_takes_the_c_library_only(moved, answer):
    foreign = {Path(name).name for name in answer["libraries"] if not name.startswith(str(moved))}
    system = ("ld-linux", "libc.", "libm.", "libdl.", "libpthread.", "librt.", "libutil.", "libgcc_s.", "libstdc++.")
    assert {name for name in foreign if not name.startswith(system)} == set()


def test_it_knows_no_path_of_the_machine_it_was_made_on(moved):
    paths = [os.fsencode(path) for path in machine_paths()]
    files = [path for path in moved.rglob("*") if path.is_file() and not path.is_symlink()]
    assert [str(path) for path in files if any(one in path.read_bytes() for one in paths)] == []
    assert not any(path.name in ("test", "tkinter", "__pycache__") for path in moved.rglob("*"))


def test_where_certificates_lie_elsewhere_they_are_found_all_the_same(moved, tmp_path):
    site = moved / "lib" / VERSION / "sitecustomize.py"
    (moved / "lib" / VERSION / "site-packages/certifi").mkdir(exist_ok=True)
    (moved / "lib" / VERSION / "site-packages/certifi/cacert.pem").touch()
    text = site.read_text()
    known = text[text.index("map(os.path.exists, ") + 20 :].partition(")")[0]
    elsewhere = tmp_path / "sitecustomize.py"
    elsewhere.write_text(text.replace(known, "['/nowhere']"))
    run = f"import os; exec(open({str(elsewhere)!r}).read()); print(os.environ['SSL_CERT_FILE'])"
    done = subprocess.run([moved / "bin/python3", "-B", "-c", run], env={}, capture_output=True, text=True, timeout=120)
    assert os.path.exists(done.stdout.strip()), done.stderr
