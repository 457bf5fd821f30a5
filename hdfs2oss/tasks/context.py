"""What every task of a run is given."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.options import CopyOptions
from ..model.uri import Uri
from ..records.jobdir import JobDir
from ..records.logdir import LogDir
from ..rules.layout import Layout


@dataclass(frozen=True, slots=True)
class RunContext:
    """What every task of a run is given. Holds secrets in `stores`, so its repr leaves them out."""

    options: CopyOptions
    layout: Layout
    stores: StoreConfig = field(repr=False)
    job_dir: Uri
    run_id: str
    # Compared before something is published (records/fence.py); 0 where no lock is held.
    fence: int = 0
    # The records of the pair whose ledger a verify asks; None where there are none, or nobody wants to know.
    ledger: Uri | None = None

    @property
    def own_places(self) -> tuple[Uri, ...]:
        """Where this run keeps what is ours: no copy takes it along, and nothing of it is moved or deleted."""
        return (self.job_dir, *self.options.own_places)

    def open_job_dir(self) -> JobDir:
        """The job directory through this process's own client."""
        return JobDir(open_filesystem(self.job_dir, self.stores), self.job_dir.path, self.run_id)

    def open_log_dir(self) -> LogDir:
        """The run's part of the -log directory, through this process's own client."""
        return LogDir(self.options.log_path, self.run_id, self.stores)
