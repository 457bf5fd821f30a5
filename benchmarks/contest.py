"""A workload: all tools in turn, and a look at what each has done."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from . import lake
from .adapter import copiers
from .arrival import Expected
from .budget import Budget
from .command import BenchmarkFailed
from .measurement import Measurement
from .places import Job, Place
from .stage import Stage
from .tools import Tool, distcp, floor, limits, ours, trivial_task
from .workload import Kind, Tree, Workload

_KIND_MS = 20
"""A delay after small files that is kind to DistCp."""
_SETTLE_SECONDS = 1.1
"""OSS knows whole seconds: what is written later than this is newer."""
_salts = itertools.count(1)


@dataclass
class Contest:
    """Every tool in turn, `runs` times over (A B A B), so that a drift of the machine meets all of them alike.

    First comes the lesser tree, which warms the servers up, then the whole one. What does not fit the budget is left
    out, and the table says so.
    """

    stage: Stage
    workload: Workload
    budget: Budget
    runs: int
    only: Sequence[str] = ()
    """Parts of the names of tools; all without any."""
    found: list[Measurement] = field(default_factory=list)
    _walls: dict[tuple[str, bool], float] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def run(self) -> None:
        """Fill `found`; of a tool that failed there is one measurement with a note."""
        if self.workload.lesser:
            self._run_tree(self.workload.lesser, False)
        self._run_tree(self.workload.whole, True)

    def _run_tree(self, tree: Tree, is_whole: bool) -> None:
        root = Place("hdfs", f"/bench/{self.workload.name}/source")
        lake.make(self.stage.client, root.path, tree)
        try:
            expected = self.stage.arrival.expect(root.path)
            source = self._source(root, expected)
            if self.workload.kind is Kind.COPY:
                self._take_turns(tree, is_whole, source, expected)
            else:
                self._take_turns_again(tree, root, expected)
        finally:
            self.stage.clear(Place("hdfs", "/bench"))
            self.stage.clear(Place("oss", "bench"))

    def _source(self, root: Place, expected: Expected) -> Place:
        """Where the tree is copied from: the way back begins on OSS, where our own copy takes it first."""
        if not self.workload.is_back:
            return root
        source = Place("oss", f"bench/{self.workload.name}/source")
        self._must_copy(ours()[0], Job(root, source), expected)
        return source

    def _must_copy(self, tool: Tool, job: Job, expected: Expected) -> None:
        tool.command(self.stage, job).run(self.budget.limit_seconds)
        self.stage.arrival.refuse_difference(job.target, expected)

    def _take_turns(self, tree: Tree, is_whole: bool, source: Place, expected: Expected) -> None:
        """Copies into targets that are not there."""
        tools = self._tools(tree)
        for turn in range(self.runs):
            for tool in tools:
                if self._may(tool, tree, is_whole, turn):
                    self._copy(tool, tree, is_whole, source, expected)

    def _copy(self, tool: Tool, tree: Tree, is_whole: bool, source: Place, expected: Expected) -> None:
        target = self._target()
        try:
            self.stage.arrival.refuse_presence(target)
            measured = self._measure(tool, tree, is_whole, Job(source, target))
            if tool.arrives:
                self.stage.arrival.refuse_difference(target, expected)
            self._note(measured)
        except BenchmarkFailed as error:
            self._fail(tool, tree, is_whole, str(error))
        finally:
            self.stage.clear(target)

    def _take_turns_again(self, tree: Tree, root: Place, expected: Expected) -> None:
        """Once more with -update, into targets that the first copy of each tool, or of ours, has filled."""
        targets: dict[str, Place] = {}
        tools = self._tools(tree)
        time.sleep(_SETTLE_SECONDS)
        for tool in tools:
            try:
                if not tool.missing and not tool.of:
                    targets[tool.name] = self._target()
                    self._must_copy(tool, Job(root, targets[tool.name]), expected)
            except BenchmarkFailed as error:
                targets.pop(tool.name, None)
                self._fail(tool, tree, True, str(error))
        for turn in range(self.runs):
            for tool in tools:
                target = targets.get(tool.of or tool.name)
                if target and self._may(tool, tree, True, turn):
                    self._update(tool, tree, root, target, expected)

    def _update(self, tool: Tool, tree: Tree, root: Place, target: Place, expected: Expected) -> None:
        changed: set[str] = set()
        if self.workload.kind is Kind.CHANGED:
            changed = set(lake.change(self.stage.client, root.path, tree, next(_salts)))
            expected = self.stage.arrival.expect(root.path)
        time.sleep(_SETTLE_SECONDS)
        started = time.time()
        try:
            measured = self._measure(tool, tree, True, Job(root, target, is_update=True))
            self.stage.arrival.refuse_difference(target, expected)
            self.stage.arrival.refuse_other_times(target, started, changed)
            self._note(measured)
        except BenchmarkFailed as error:
            self._fail(tool, tree, True, str(error))

    def _measure(self, tool: Tool, tree: Tree, is_whole: bool, job: Job) -> Measurement:
        before = self.stage.gauges.read()
        ran = tool.command(self.stage, job).run(self.budget.limit())
        counted = self.stage.gauges.read().since(before)
        return Measurement(
            **self._what(tool, tree, is_whole),
            wall_seconds=ran.taken.wall_seconds,
            cpu_seconds=ran.taken.cpu_seconds,
            peak_tree_bytes=ran.taken.peak_tree_bytes,
            peak_process_bytes=ran.taken.peak_process_bytes,
            oss_requests=counted.oss_requests,
            namenode_calls=counted.calls,
            bytes_read=counted.datanode_bytes_read if job.source.store == "hdfs" else counted.oss_bytes_out,
            proof=tool.proof_in(ran.output),
        )

    def _may(self, tool: Tool, tree: Tree, is_whole: bool, turn: int) -> bool:
        """Whether the tool has this turn; that it has not even a first one is noted."""
        if any(run.tool == tool.name and run.is_whole == is_whole and run.note for run in self.found):
            return False
        known = self._walls.get((tool.name, is_whole))
        if turn and (known is None or not self.budget.may_repeat(known)):
            return False
        reason = tool.missing or self.budget.why_not(self._expected_seconds(tool, is_whole))
        if reason and not turn:
            self._fail(tool, tree, is_whole, reason)
        return not reason

    def _expected_seconds(self, tool: Tool, is_whole: bool) -> float | None:
        """What it took before; of a whole tree that is still to come, at least as long as the lesser one."""
        return self._walls.get((tool.name, is_whole), self._walls.get((tool.name, False)))

    def _tools(self, tree: Tree) -> list[Tool]:
        """Those of the tools that are wanted; the first of ours always is, others look at its copy."""
        wanted = [tool for tool in self._all_tools(tree) if any(name in tool.name for name in self.only or [""])]
        first = ours()[0]
        return wanted if any(tool.name == first.name for tool in wanted) else [first, *wanted]

    def _all_tools(self, tree: Tree) -> list[Tool]:
        """Who takes part; of DistCp's settings of the delay after small files only the better for the whole tree."""
        kind, is_back, has_small = self.workload.kind, self.workload.is_back, not self.workload.is_by_bytes
        tools = [*ours(), *copiers()]
        if is_back and has_small:
            tools += self._better_distcp(tree)
        else:
            tools.append(distcp())
        if self.stage.node_manager:
            tools.append(distcp(_KIND_MS if is_back and has_small else None, on_yarn=True))
        if self.workload.name == "one":
            return [*tools, trivial_task()]
        if kind is not Kind.COPY:
            return tools
        # A loop that waits half a second for each file it closes tells nothing.
        return [*tools, *([] if is_back and has_small else [floor()]), *limits()]

    def _better_distcp(self, tree: Tree) -> list[Tool]:
        both = [distcp(), distcp(_KIND_MS)]
        walls = {tool.name: self._walls.get((tool.name, False), float("inf")) for tool in both}
        return both if tree is not self.workload.whole else [min(reversed(both), key=lambda tool: walls[tool.name])]

    def _target(self) -> Place:
        number = next(self._numbers)
        if self.workload.is_back:
            return Place("hdfs", f"/bench/{self.workload.name}/target{number}")
        return Place("oss", f"bench/{self.workload.name}/target{number}")

    def _what(self, tool: Tool, tree: Tree, is_whole: bool) -> dict[str, object]:
        return {
            "workload": self.workload.name,
            "tool": tool.name,
            "is_whole": is_whole,
            "amount": self.workload.amount(tree),
            "files": tree.files,
            "total_bytes": tree.total_bytes,
        }

    def _note(self, measured: Measurement) -> None:
        self._walls.setdefault((measured.tool, measured.is_whole), measured.wall_seconds)
        self.found.append(measured)
        amount = f"{measured.amount:g}"
        print(
            f"  {measured.tool} ({amount}): {measured.wall_seconds:.2f} s, {measured.cpu_seconds:.2f} CPU s",
            flush=True,
        )

    def _fail(self, tool: Tool, tree: Tree, is_whole: bool, reason: str) -> None:
        self.found.append(Measurement(**self._what(tool, tree, is_whole), note=reason))  # type: ignore[arg-type]
        print(f"  {tool.name}: not measured: {reason}", flush=True)
