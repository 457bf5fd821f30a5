"""What docs/local-oss.md shows of the server to those who want nothing else of this package."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hdfs2oss.local_oss.faults.rule import parse_rules

PROJECT = Path(__file__).parents[3]


def example(language: str) -> str:
    section = (PROJECT / "docs/local-oss.md").read_text()
    match = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert match, f"the page has no example in {language}"
    return match.group(1)


def test_rules_of_the_readme_are_understood():
    assert [rule.fault for rule in parse_rules(example("json"))] == ["error", "truncate", "error", "latency"]


@pytest.mark.slow
def test_test_of_the_readme_passes(tmp_path):
    (tmp_path / "test_example.py").write_text(example("python"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "test_example.py"]
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
