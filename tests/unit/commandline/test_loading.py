"""What is loaded for a command is not searched for garbage."""

import gc
import subprocess
import sys

import pytest

from hdfs2oss.commandline.loading import loading

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
