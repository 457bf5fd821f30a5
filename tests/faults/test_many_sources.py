"""Thousands of sources in a list, and a pattern that matches tens of thousands of directories."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from tests.faults.commands import run

pytestmark = [pytest.mark.faults, pytest.mark.full, pytest.mark.timeout(1200)]

# Of one process, interpreter and all.
MOST_KIB = 400 * 1024


def make_directories(base: Path, parents: int, directories: int) -> list[Path]:
    """So many directories with one small file each, spread over the parents; no name comes twice."""
    made = [base / f"p{number % parents:03d}" / f"d{number:05d}" for number in range(directories)]
    for one in made:
        one.mkdir(parents=True)
        (one / "f").write_bytes(one.name.encode())
    return made


def keys_of(oss_server) -> dict[str, str]:
    return {
        "OSS_ENDPOINT": oss_server.endpoint,
        "OSS_ACCESS_KEY_ID": "test-id",
        "OSS_ACCESS_KEY_SECRET": "test-secret",
    }


@pytest.mark.parametrize("given", ["5,000 as a list", "20,000 by a pattern"])
def test_thousands_of_sources_arrive_and_are_found_by_the_next_run(given, oss_server, make_place, tmp_path) -> None:
    count = int(given.split()[0].replace(",", ""))
    made = make_directories(tmp_path / "lake", 100, count)
    listing = tmp_path / "listing"
    listing.write_text("".join(f"file://{one}\n" for one in made))
    words = ["-f", f"file://{listing}"] if "list" in given else [f"file://{tmp_path}/lake/p*/d*"]
    target = make_place("oss", "target")
    ended = run(tmp_path / "jobs", *words, str(target), environment=keys_of(oss_server))
    assert ended.code == 0, ended.output
    assert ended.own["FILES_COPIED"] == count
    assert target.read() == {f"{one.name}/f": one.name.encode() for one in made}
    again = run(tmp_path / "jobs", *words, str(target), environment=keys_of(oss_server))
    assert again.code == 0, again.output
    assert (again.own.get("FILES_COPIED", 0), again.own["FILES_SKIPPED"]) == (0, count)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < MOST_KIB
