"""`python -m benchmarks [case ...]`: run the cases, alternating the tools, and print a table of ratios."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from hdfs_native import Client

from tests.sandbox import Sandbox

from .arrival import expect, refuse_difference
from .lake import BIG_BYTES, SMALL_FILES, make_big, make_small
from .run import Figures
from .tools import tools


class Case(NamedTuple):
    """A tree, what to do with it, and the figure of merit."""

    name: str
    title: str
    make: Callable[[Client, str], None]
    update: bool
    unit: str
    amount: float


CASES = {
    "big": Case("big", "1 GiB in one file, HDFS to OSS", make_big, False, "MiB/s", BIG_BYTES / 1024**2),
    "small": Case("small", f"{SMALL_FILES} files of 4 KiB, HDFS to OSS", make_small, False, "files/s", SMALL_FILES),
    "unchanged": Case("unchanged", f"{SMALL_FILES} unchanged files, -update", make_small, True, "files/s", SMALL_FILES),
}


def main() -> int:
    """Run what was asked for; 0 when every run did its work."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"one or more of {', '.join(CASES)} (default: all)")
    parser.add_argument("--runs", type=int, default=3, help="counted runs of each tool (default 3)")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.cases if name not in CASES]
    if unknown:
        parser.error(f"unknown case {unknown[0]}: choose from {', '.join(CASES)}")
    # ETags by MD5 would make the server the bottleneck of every tool.
    os.environ.setdefault("SANDBOX_OSS_OPTIONS", "--etag fast")
    sandbox = Sandbox("bench", say=print)
    try:
        sandbox.up()
        env = sandbox.env()
        client = Client(env["SANDBOX_HDFS"])
        for name in arguments.cases or CASES:
            run_case(CASES[name], env, client, arguments.runs)
    finally:
        sandbox.down()
    return 0


def run_case(case: Case, env: dict[str, str], client: Client, runs: int) -> None:
    """Every tool in turn, `runs` times over, so that a drift of the machine meets all of them alike.

    The first turn copies everything: the warm-up of both kinds of case. After each the target is looked at.
    """
    source, bucket = "/bench/source", f"oss://{env['SANDBOX_BUCKET']}"
    client.delete("/bench", True)
    case.make(client, source)
    expected = expect(client, source)
    found: dict[str, list[Figures]] = {}
    for turn in range(-1, runs):
        for number, (name, tool) in enumerate(tools(env).items()):
            prefix = f"{case.name}/{number}"
            has_work, started = turn < 0 or not case.update, time.time()
            figures = tool(f"{env['SANDBOX_HDFS']}{source}", f"{bucket}/{prefix}", not has_work).measure()
            refuse_difference(env, prefix, expected, started if has_work else 0)
            if turn >= 0:
                found.setdefault(name, []).append(figures)
    print_table(case, found)


def print_table(case: Case, found: dict[str, list[Figures]]) -> None:
    """Medians, and ratios to the first tool."""
    print(f"\n### {case.title}\n")
    print(f"| tool | wall s | {case.unit} | CPU s | peak MiB | wall, ours = 1 | CPU, ours = 1 |")
    print("|---|---|---|---|---|---|---|")
    first: Figures | None = None
    for name, runs in found.items():
        middle = Figures(*(statistics.median(column) for column in zip(*runs, strict=True)))
        first = first or middle
        print(
            f"| {name} | {middle.wall_seconds:.1f} | {case.amount / middle.wall_seconds:.0f} | "
            f"{middle.cpu_seconds:.1f} | {middle.peak_memory_bytes / 1024**2:.0f} | "
            f"{middle.wall_seconds / first.wall_seconds:.2f} | {middle.cpu_seconds / first.cpu_seconds:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
