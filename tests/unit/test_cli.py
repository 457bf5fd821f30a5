"""Which verb a command line means, and what is loaded for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hdfs2oss import __version__
from hdfs2oss.cli import VERBS, main

PROJECT = Path(__file__).parents[2]
# Each takes longer to load than most commands need to be refused.
HEAVY = (
    *("pyarrow", "pyarrow.compute", "oss2", "requests", "hdfs_native", "pydantic", "pyspark", "py4j"),
    *("multiprocessing.pool", "concurrent.futures.process", "hdfs2oss.verbs.copy.job", "hdfs2oss.local_oss"),
)
LOADED = (
    "import sys; from hdfs2oss.cli import main\n"
    "try: main(sys.argv[1:])\n"
    "except SystemExit: pass\n"
    f"print('loaded:', *[name for name in {HEAVY!r} if name in sys.modules])"
)


def loaded(*argv: str) -> set[str]:
    """What of the heavy modules a process has loaded once a command line is carried out."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *argv],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("argv", "modules"),
    [
        (["--version"], set()),
        (["file:///only-one"], set()),
        (["-updat", "file:///a", "file:///b"], set()),
        (["--help"], {"pydantic"}),
        (["local-oss", "--help"], {"hdfs2oss.local_oss"}),
        (["file:///no/such/source", "s3://b"], {"pydantic", "pyarrow", "hdfs2oss.verbs.copy.job"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_loads_what_it_needs(argv, modules) -> None:
    assert loaded(*argv) == modules


@pytest.mark.slow
def test_a_small_copy_loads_no_client_of_other_stores_and_no_worker_processes(tmp_path, home) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(b"0123456789")
    words = (tmp_path.joinpath("a").as_uri(), tmp_path.joinpath("b").as_uri(), "-update")
    # Rows are merged into the ledger of the pair by functions of Arrow's own.
    assert loaded(*words) == {"pydantic", "pyarrow", "hdfs2oss.verbs.copy.job"}
    assert (tmp_path / "b" / "file").read_bytes() == b"0123456789"
    assert loaded(*words) == {"pydantic", "pyarrow", "hdfs2oss.verbs.copy.job"}


def test_the_version_is_printed_wherever_it_is_asked_for(capsys) -> None:
    assert (main(["/a", "--version"]), capsys.readouterr().out) == (0, f"hdfs2oss {__version__}\n")


@pytest.mark.parametrize("verb", [[], ["copy"]])
def test_without_a_verb_the_words_are_a_copy(verb, capsys) -> None:
    assert main([*verb, "file:///a"]) == 2
    assert "only one path was given: a copy needs a source and a target" in capsys.readouterr().err


def test_a_first_word_that_is_a_verb_is_the_verb_and_only_the_first(capsys) -> None:
    assert main(["copy", "file:///a", "copy"]) == 2
    assert "copy names no file system" in capsys.readouterr().err
    assert main(["./copy", "file:///a"]) == 2
    assert "./copy names no file system" in capsys.readouterr().err


def test_help_names_the_verbs_and_how_a_path_of_that_name_is_written(capsys) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for name, verb in VERBS.items():
        assert f"  {name:10} {verb.help}\n" in text
    assert "write ./copy" in text


@pytest.mark.parametrize("verb", ["verify", "retry", "limits", "ledger", "clean"])
def test_a_verb_that_is_misused_names_its_own_help(verb: str, capsys) -> None:
    assert main([verb, "--no-such-option", "/a", "/b"]) == 2
    assert f"See hdfs2oss {verb} --help." in capsys.readouterr().err


def test_limits_are_not_changed_without_saying_which(capsys) -> None:
    assert main(["limits", "/a", "/b"]) == 2
    assert "say what to change" in capsys.readouterr().err
    assert main(["limits", "--total-bandwidth", "fast", "/a", "/b"]) == 2
    assert "'fast' is neither a number above 0 nor off" in capsys.readouterr().err
