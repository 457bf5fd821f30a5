"""`python -m benchmarks`: run the workloads, print a table of each, and write the page of results.

python -m benchmarks                        the short version
python -m benchmarks --long --output benchmarks/RESULTS-long.md
python -m benchmarks --only small-out --runs 3
python -m benchmarks scaling                see scaling.py
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from . import coefficients, scaling, survey
from .budget import NO_TIME, Budget
from .command import PROJECT
from .contest import Contest
from .measurement import Done, Records
from .results import page
from .stage import staged
from .table import calls, table
from .workload import Kind, Workload, workloads

# What does not fit is left out, and says so. A workload that is asked for by name has all the time it takes.
_SHORT_MINUTES, _LONG_MINUTES = 9.0, 70.0
_RECORDS = PROJECT / "build"


def main(argv: list[str]) -> int:
    """0 when every workload was gone through, whatever became of single tools."""
    # Ended from outside, the servers still come down.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    if argv[:1] == ["scaling"]:
        return scaling.main(argv[1:])
    if argv[:1] == ["coefficients"]:
        return coefficients.main(argv[1:])
    arguments = _parse(argv)
    chosen = _chosen(arguments)
    records = Records(_RECORDS / f"benchmarks-{'long' if arguments.long else 'short'}.jsonl")
    if not arguments.resume:
        records.clear()
    complete = {name for name, done in records.load().items() if done.is_complete}
    chosen = [workload for workload in chosen if workload.name not in complete]
    usual = _LONG_MINUTES if arguments.long else _SHORT_MINUTES
    minutes = arguments.budget_minutes or (None if arguments.only else usual)
    budget = Budget(
        None if minutes is None else minutes * 60,
        slow_seconds=40 if arguments.long else 6,
        limit_seconds=400 if arguments.long else 120,
    )
    if chosen:
        with staged(with_yarn=arguments.long or arguments.yarn) as stage:
            for workload in chosen:
                if budget.why_not(None):
                    print(f"\n### {workload.title}: {NO_TIME}", flush=True)
                    continue
                _run(Contest(stage, workload, budget, arguments.runs, arguments.tool or ()), records)
                _write(arguments, records)
    _write(arguments, records)
    return 0


def _run(contest: Contest, records: Records) -> None:
    """One workload; what it cannot be given, it says."""
    workload = contest.workload
    print(f"\n### {workload.title}\n", flush=True)
    found, lines = contest.found, list[str]()
    try:
        if workload.kind is Kind.SCALING:
            lines = scaling.table(scaling.measure(files=workload.whole.files), scaling.LATENCY_MS)
        elif workload.kind is Kind.SURVEY:
            found = survey.run(workload, contest.budget)
        else:
            contest.run()
    except Exception as error:  # noqa: BLE001 - the others still have their turn, and what was measured counts
        print(f"  given up: {error}", flush=True)
    print("\n" + "\n".join([*(lines or table(found)), "", *calls(found)]), flush=True)
    if lines or any(not run.note for run in found):
        records.add(workload.name, Done(workload.title, found, lines))


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--long", action="store_true", help=f"the long version: {_LONG_MINUTES:g} minutes at most")
    parser.add_argument("--only", action="append", metavar="WORKLOAD", help="this workload; may be repeated")
    parser.add_argument("--tool", action="append", metavar="NAME", help="tools with NAME in their names, and ours")
    parser.add_argument("--runs", type=int, default=2, help="turns of each tool (default %(default)s)")
    parser.add_argument("--budget-minutes", type=float, help="what does not fit is left out")
    parser.add_argument("--resume", action="store_true", help="leave out what the last run has done; add to its page")
    parser.add_argument("--yarn", action="store_true", help="DistCp on YARN in the short version, too")
    parser.add_argument("--shrink", type=int, default=1, metavar="N", help="an Nth of everything, to try it out")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the page of results there")
    return parser.parse_args(argv)


def _chosen(arguments: argparse.Namespace) -> list[Workload]:
    known = {workload.name: workload for workload in workloads(arguments.long)}
    for name in arguments.only or []:
        if name not in known:
            raise SystemExit(f"unknown workload {name}: choose from {', '.join(known)}")
    return [known[name].shrunk(arguments.shrink) for name in arguments.only or known]


def _how(arguments: argparse.Namespace) -> str:
    length = "The long version" if arguments.long else "The short version"
    small = f", an {arguments.shrink}th of everything" if arguments.shrink > 1 else ""
    return f"{length}{small}"


def _write(arguments: argparse.Namespace, records: Records) -> None:
    """The page, where one is wanted, as far as it goes."""
    if arguments.output:
        partial = arguments.output.with_suffix(".partial")
        partial.write_text(page(records.load(), _how(arguments)))
        partial.rename(arguments.output)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
