"""Where a run leaves its records: the directory of its pair of places, and what it means when that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..filesystems.base import FileSystem
from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.errors import AlreadyExists, CommitError, PermissionDenied, StoreError, SurveyError, UsageError
from ..model.options import CopyOptions
from ..model.uri import Uri
from ..records.jobdir import default_base, pair_name, patiently
from ..records.silence import Silence
from ..rules.retry import RetryClock

_PROOFS = "proofs"


def choose_place(
    options: CopyOptions,
    stores: StoreConfig,
    homes: Sequence[Uri],
    shares_disk: bool,
    clock: RetryClock = RetryClock(),  # noqa: B008 (immutable)
    say: Callable[[str], None] = lambda line: None,
) -> Uri:
    """The job directory of the pair: where an option says, else in the first of `homes` that this user may write.

    the home                                 what happens
    --------------------------------------   ------------------------------------------------------------------
    can be written                           it is the place
    may not be made or written (for good)    the next one is tried, and is the place each time this user comes
    asks for patience, does not answer       it is waited for; then CommitError. The next one would have another
                                             lock and another ledger of the same pair.

    `shares_disk` says whether all tasks see the files of this machine; `say` is told what is waited for. Raises
    UsageError when no home will do.
    """
    with beginning(options.job_dir or homes[0]):
        base = options.job_dir or _writable_base(stores, homes, shares_disk, clock, say)
    return base.join(pair_name(options.sources, options.target))


def find_place(options: CopyOptions, stores: StoreConfig, bases: Sequence[Uri]) -> Uri | None:
    """The records of the pair that are there already, in the first of these directories that has them.

    Nothing is made. One that may not be looked into has none. Raises StoreError when nothing was found, and a store
    gave no answer: of two clusters one may have gone for good.
    """
    name = pair_name(options.sources, options.target)
    silent: StoreError | None = None
    for base in bases:
        place = base.join(name)
        try:
            if open_filesystem(place, stores).status(place.path) is not None:
                return place
        except PermissionDenied:
            continue
        except StoreError as error:
            silent = silent or error
    if silent is not None:
        raise silent
    return None


def proof_base(options: CopyOptions, homes: Sequence[Uri]) -> Uri | None:
    """Where a run leaves ledger and report at its target; None where that is not wanted, or has no place.

    An option says so; else it is a directory at the root of the target's bucket, or in the home that this user has on
    the HDFS of the target. What has such a name takes part in no listing, copy or deletion.
    """
    target = options.target
    if not options.leaves_proof or options.proof_dir is not None:
        return options.proof_dir
    root = target._replace(path="/")
    homes_there = [home for home in homes if home.scheme == "hdfs" and home._replace(path="/") == root]
    home = root if target.scheme == "oss" else next(iter(homes_there), None)
    return default_base(home).join(_PROOFS) if home is not None else None


@contextmanager
def beginning(job_dir: Uri) -> Iterator[None]:
    """What fails here fails before anything was copied.

    Raises UsageError when the job directory refuses us, SurveyError when it gives no answer.
    """
    try:
        yield
    except StoreError as error:
        kind = SurveyError if error.retryable else UsageError
        raise kind(
            f"nothing was copied, for want of the job directory {job_dir}: {error}",
            error.hint or "Mend that, or name another place with --job-dir DIR.",
        ) from error


@contextmanager
def naming(job_dir: Uri) -> Iterator[None]:
    """A store error that no phase gave a meaning to belongs to the job directory, which nothing goes without."""
    try:
        yield
    except StoreError as error:
        raise CommitError(
            f"the run cannot go on without its job directory {job_dir}: {error}",
            error.hint or "Mend that, or name another with --job-dir; then run the command again.",
        ) from error


def _writable_base(
    stores: StoreConfig, homes: Sequence[Uri], shares_disk: bool, clock: RetryClock, say: Callable[[str], None]
) -> Uri:
    refusals = []
    for home in homes:
        if home.scheme == "file" and not shares_disk:
            continue
        base = default_base(home)
        silence = Silence(str(base), say)
        try:
            _make(open_filesystem(base, stores), base.path, clock, silence)
        except (PermissionDenied, AlreadyExists) as error:
            refusals.append(str(error))
            continue
        return base
    raise UsageError(
        "there is no place for the job directory" + "".join(f"; {refusal}" for refusal in refusals),
        "Name one that all executors can reach: --job-dir hdfs://.../dir (or oss://bucket/dir).",
    )


def _make(filesystem: FileSystem, path: str, clock: RetryClock, silence: Silence) -> None:
    patiently(lambda: filesystem.make_directory(path), clock=clock, on_repeat=silence.failed)
    silence.answered()
