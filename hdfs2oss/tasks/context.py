"""What every task of a run is given.

What travels with every task stays small, however many sources there are: a layout of many roots is a file of the run,
which each process reads once.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..filesystems.base import FileSystem
from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.errors import SurveyError
from ..model.options import CopyOptions
from ..model.uri import Uri
from ..records import layout as records
from ..records.jobdir import JobDir
from ..records.logdir import LogDir
from ..rules.layout import Layout

# A layout of more roots does not travel.
_MOST_ROOTS = 200
# How many layouts a process keeps: a run has one, and another while it reads snapshots or writes beside its target.
_MOST_KEPT = 4
_kept: dict[tuple[Uri, str, str], Layout] = {}
_keeping = threading.Lock()


@dataclass(frozen=True)
class RunContext:
    """What every task of a run is given. Holds secrets in `stores`, so its repr leaves them out.

    A task never learns the sources as they were asked for (`options.sources`): they are the roots of the layout.
    """

    options: CopyOptions
    layout: Layout
    stores: StoreConfig = field(repr=False)
    job_dir: Uri
    run_id: str
    # Compared before something is published (records/fence.py); 0 where no lock is held.
    fence: int = 0
    # How often the run was gone on with: what a driver gives names to bears it.
    incarnation: int = 0
    # The file of the run that holds the layout, with the layout that is in it; see `filed`.
    record: tuple[str, Layout] | None = field(default=None, repr=False, compare=False)
    # The records of the pair whose ledger a verify asks; None where there are none, or nobody wants to know.
    ledger: Uri | None = None

    def filed(self, name: str = "") -> RunContext:
        """The same, with a layout of many roots in a file of the run; `name` is that of one where it is already.

        Whoever makes a context for tasks, or one with another layout, ends with this.
        """
        if len(self.layout.roots) <= _MOST_ROOTS:
            return self
        if not name:
            name = records.name_of(self.layout)
            records.publish_layout(self.open_job_dir(), self.layout, name)
        return replace(self, record=(name, self.layout))

    def with_layout(self, layout: Layout) -> RunContext:
        """The same run with another layout."""
        return replace(self, layout=layout).filed()

    def __getstate__(self) -> dict[str, Any]:
        state = {**self.__dict__, "options": self.options.model_copy(update={"sources": ()}), "record": None}
        if self.record is not None and self.record[1] is self.layout:
            del state["layout"]
            state["layout_file"] = self.record[0]
        return state

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The layout of a context that has travelled is read when it is wanted."""
            if name != "layout" or "layout_file" not in self.__dict__:
                raise AttributeError(name)
            file = self.__dict__["layout_file"]
            layout = _recorded(self, file)
            self.__dict__.update(layout=layout, record=(file, layout))
            return layout

    @property
    def own_places(self) -> tuple[Uri, ...]:
        """Where this run keeps what is ours: no copy takes it along, and nothing of it is moved or deleted."""
        return (self.job_dir, *self.options.own_places)

    def open_job_dir(self) -> JobDir:
        """The job directory through this process's own client."""
        return JobDir(open_filesystem(self.job_dir, self.stores), self.job_dir.path, self.run_id)

    def source_stores(self) -> list[FileSystem]:
        """For each root the client of its source, through this process's own clients."""
        clients: dict[tuple[str, str], FileSystem] = {}
        for root in self.layout.roots:
            source = root.source
            if (source.scheme, source.authority) not in clients:
                clients[source.scheme, source.authority] = open_filesystem(source, self.stores)
        return [clients[root.source.scheme, root.source.authority] for root in self.layout.roots]

    def open_log_dir(self) -> LogDir:
        """The run's part of the -log directory, through this process's own client."""
        return LogDir(self.options.log_path, self.run_id, self.stores)


def _recorded(context: RunContext, name: str) -> Layout:
    """The layout in a file of the run, read once for all tasks of a process."""
    key = (context.job_dir, context.run_id, name)
    with _keeping:
        if key not in _kept:
            layout = records.read_layout(context.open_job_dir(), name)
            if layout is None:
                raise SurveyError(f"the layout {name} of the run {context.run_id} is gone from {context.job_dir}")
            while len(_kept) >= _MOST_KEPT:
                del _kept[next(iter(_kept))]
            _kept[key] = layout
        return _kept[key]
