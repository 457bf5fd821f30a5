"""What is loaded for a command is not searched for garbage."""

import gc
import importlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.commandline.loading import load_beside, loading
from hdfs2oss.verbs.copy import job
from hdfs2oss.verbs.copy.sequence import carry_out

FROZEN = """
import gc
from hdfs2oss.commandline.loading import loading, own_process
if {owns}:
    own_process()
with loading():
    import json.decoder
print(gc.get_freeze_count() > 1000, gc.isenabled())
"""


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    gc.enable()


def test_nothing_is_searched_meanwhile() -> None:
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()


@pytest.mark.parametrize("is_on", [True, False])
def test_the_search_is_as_it_was_also_where_loading_fails(is_on: bool) -> None:
    if not is_on:
        gc.disable()
    with pytest.raises(ImportError), loading():
        raise ImportError("no such module")
    assert gc.isenabled() is is_on


@pytest.mark.parametrize("owns", [True, False])
def test_what_was_there_by_the_end_is_left_out_of_it_only_in_a_process_of_our_own(owns: bool) -> None:
    done = subprocess.run([sys.executable, "-c", FROZEN.format(owns=owns)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(owns), "True"]


PLUGINS = """
import os
from hdfs2oss.commandline.loading import own_process
if {owns}:
    own_process()
print(os.environ.get("PYDANTIC_DISABLE_PLUGINS"))
"""


@pytest.mark.parametrize("owns", [True, False])
def test_pydantic_looks_for_no_plugins_in_a_process_of_our_own_and_elsewhere_as_it_did(owns: bool) -> None:
    done = subprocess.run([sys.executable, "-c", PLUGINS.format(owns=owns)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ("__all__" if owns else "None")


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module that nobody has loaded."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / "loaded_beside.py"
    sys.modules.pop("loaded_beside", None)


def begin_to_load(begun: Path) -> None:
    """Return once the module, which makes this file, is being loaded beside."""
    load_beside("loaded_beside")
    limit = time.monotonic() + 30
    while not begun.exists():
        assert time.monotonic() < limit
        time.sleep(0.001)


def test_who_imports_what_is_being_loaded_waits_for_the_rest_of_it(module: Path, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    # Without a second thread that gets on with it, nobody would ever write this.
    module.write_text(f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(0.05)\nwhole = True\n")
    begin_to_load(begun)
    assert importlib.import_module("loaded_beside").whole


def test_what_is_loaded_beside_is_not_searched_meanwhile_either(module: Path, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    module.write_text(f"import gc, pathlib\nis_on = gc.isenabled()\npathlib.Path({str(begun)!r}).touch()\n")
    begin_to_load(begun)
    assert importlib.import_module("loaded_beside").is_on is False


def test_what_is_wrong_with_what_is_loaded_is_told_to_who_imports_it(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[object] = []
    monkeypatch.setattr(threading, "excepthook", said.append)
    module.write_text("raise ImportError('no such luck')\n")
    load_beside("loaded_beside")
    with pytest.raises(ImportError, match="no such luck"):
        importlib.import_module("loaded_beside")
    for thread in threading.enumerate():
        if thread.name == "loading":
            thread.join(60)
    assert said == []


def test_what_a_copy_loads_beside_is_the_sequence_of_its_phases() -> None:
    assert carry_out.__module__ == job._SEQUENCE


def test_what_is_there_is_not_loaded_again() -> None:
    threads = threading.active_count()
    load_beside("json")
    assert threading.active_count() == threads
