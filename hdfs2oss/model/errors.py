"""The tree of errors. Exit code and consequences are attributes of the class.

Hdfs2ossError            1   anything not foreseen
  UsageError             2   arguments that cannot mean anything, options that exclude each other
    DuplicateEntry       2   two sources bring the same file
  SurveyError            3   nothing can be copied: the roots or their listings are not what a copy needs
    SourceNotFound       3   a source path or pattern matches nothing
  TransferError          4   a file could not be copied
    ReadError            4   the source's side            skippable under -i
    WriteError           4   the target's side
    VerifyError          4   what arrived is not what was read                     retryable
    SourceChanged        4   the source is no longer what was planned              tried again once, as it is by then
    SourceOpen           4   somebody writes to the source                         likewise
    TypeConflict         4   a file stands where a directory is due, or the other way round
    IllegalName          4   the name cannot exist at the other end
    StoreGone            4   one node does not reach a store         tried on another node, after a pause
    WaveEnded            4   no other file would fare better         ends the wave
  CommitError            5   publication, directory attributes or deletion failed
  BrakeError             6   refused for safety
  Different              7   verify found differences
  Unlisted               8   a part of the tree could not be listed, the rest was copied
  LostSight              9   a job was submitted elsewhere, and how it ended is not known
  StoreError             1   what a store answered, before a phase gave it a meaning
    NotFound                 no such path
      BucketMissing          no such bucket                          ends the wave
    AlreadyExists            the path is taken
    PermissionDenied         the store knows who asks and says no
    QuotaExceeded            no more may be stored, here or anywhere  ends the wave, where its target lies within
    AuthenticationFailed     the store does not accept who asks      ends the wave
      ClockOff               the clock of this node is wrong                       retryable
    Unreachable              no answer, refused, or out of time      asked again   retryable
      OutOfTime              silent for a whole time-out                           retryable
      CertificateRefused     the server is not who it should be
    BeingWritten             somebody writes to the file that was to be read
    Throttled                the store asks for patience             asked again   retryable
    CorruptData              bytes do not match their checksum       asked again   retryable
      ObjectReplaced         not the object that was opened                        retryable
  Interrupted          130   a signal arrived (129 for SIGHUP, 143 for SIGTERM)
    LockLost             5   the job directory belongs to another run now

What trying again may bring is two things (`rules/retry.py` has every level that does so):

    asked again   the same request may be answered a moment later, so whoever sent it sends it again
    retryable     another try of the whole file may work, be it in a later run: so it stands in the ledger

What ends the wave concerns the store as a whole: 100 million files would fail of it one by one.

A class that one store keeps to itself (OutOfTime, ObjectReplaced ...) is defined there and travels as its base.
A TransferError that has a cause is retryable, or ends the wave, when its cause is or does, and reaches as far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


class Hdfs2ossError(Exception):
    """The base of all errors this package raises on purpose.

    `hint` is the next command or step for the operator; it is printed on a line of its own.
    `meaning` says what the exit code means; a class has its own where it has a code of its own.
    """

    meaning = "unexpected: a defect, or the account does not balance"
    exit_code = 1
    # Whether the copy is to be run again once the cause is mended; else the hint says all there is to do.
    calls_for_another_run = True
    asked_again = False
    retryable = False
    skippable = False
    ends_wave = False
    # The directory below which every other file would fail likewise; "" where that is known of this one only.
    reach = ""
    # The ETags of what was written damaged and may still stand at the target.
    left_etags: tuple[str, ...] = ()

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class UsageError(Hdfs2ossError):
    """The command line cannot be carried out as written."""

    meaning = "the command cannot be carried out as written"
    exit_code = 2
    calls_for_another_run = False


class DuplicateEntry(UsageError):
    """Two sources bring a file to the same target path."""


class SurveyError(Hdfs2ossError):
    """The copy listing is not complete, so nothing may be concluded from it."""

    meaning = "nothing was copied: a source is missing, a store cannot be asked"
    exit_code = 3


class SourceNotFound(SurveyError):
    """A source path or pattern matches nothing."""

    calls_for_another_run = False


class TransferError(Hdfs2ossError):
    """One file could not be copied."""

    meaning = "some files failed, or changed while they were copied (the others arrived)"
    exit_code = 4

    @classmethod
    def caused_by(cls, message: str, cause: Hdfs2ossError) -> Self:
        """A failure of this kind that keeps the hint of its cause, its consequences, and what it left."""
        failure = cls(message, cause.hint)
        failure.retryable = cause.retryable
        failure.ends_wave = cause.ends_wave
        failure.reach = cause.reach
        failure.left_etags = cause.left_etags
        return failure


class ReadError(TransferError):
    """The source's side failed."""

    skippable = True


class WriteError(TransferError):
    """The target's side failed."""


class VerifyError(TransferError):
    """The target holds something else than what was read."""

    retryable = True


class SourceChanged(TransferError):
    """The source is no longer what the plan says; another try has to take it as it is then."""


class SourceOpen(TransferError):
    """The source is open for writing: what can be read of it is a part of what it will be."""


class TypeConflict(TransferError):
    """A file stands where a directory is due, or the other way round."""


class IllegalName(TransferError):
    """The name cannot exist at the other end."""


class StoreGone(TransferError):
    """A task found no store here; another node, or this one after a while, may do better."""

    retryable = True


class WaveEnded(TransferError):
    """What is left of a wave is not tried, as it would fail likewise."""

    ends_wave = True


class CommitError(Hdfs2ossError):
    """Publication, directory attributes or deletion failed."""

    meaning = (
        "publication of the records, a deletion, or attributes of directories failed; "
        "or another run took the job directory over"
    )
    exit_code = 5


class BrakeError(Hdfs2ossError):
    """Refused for safety."""

    meaning = (
        "refused by a brake: another run of the same copy is going on, -delete would remove too much, or the target "
        "is not as -diff needs it"
    )
    exit_code = 6
    calls_for_another_run = False


class Different(Hdfs2ossError):
    """What a verify comes to that found differences; its report has them, so it is never raised."""

    meaning = "verify found differences, or files that nothing proves equal"
    exit_code = 7


class Unlisted(Hdfs2ossError):
    """What a run comes to that could not list a part of the tree; its rows say where, so it is never raised."""

    meaning = "a part of the tree could not be listed (the rest was copied)"
    exit_code = 8


class LostSight(Hdfs2ossError):
    """A job was submitted, or may have been, and nobody here knows how it ended."""

    meaning = "`submit`: a job was submitted, or may have been, and how it ended is not known"
    exit_code = 9


class StoreError(Hdfs2ossError):
    """What a store answered, before a phase gave it a meaning."""


class NotFound(StoreError):
    """No such path, bucket or upload."""


class AlreadyExists(StoreError):
    """The path is taken, or a directory is not empty."""


class PermissionDenied(StoreError):
    """The store knows who asks and says no."""


class QuotaExceeded(StoreError):
    """No more may be stored: in the whole store, or below the directory that `reach` names ("" where it is unknown)."""

    reach = "/"


class AuthenticationFailed(StoreError):
    """The store does not accept who asks."""

    ends_wave = True


class BeingWritten(StoreError):
    """Somebody has the file open for writing, so that not all of it can be read."""


class Unreachable(StoreError):
    """No answer, connection refused, or out of time."""

    asked_again = True
    retryable = True


class Throttled(StoreError):
    """The store asks for patience; `delay_seconds` is what it named, or 0."""

    asked_again = True
    retryable = True

    def __init__(self, message: str, hint: str = "", delay_seconds: float = 0.0) -> None:
        super().__init__(message, hint)
        self.args = (message, hint, delay_seconds)
        self.delay_seconds = delay_seconds


class CorruptData(StoreError):
    """Bytes do not match their checksum."""

    asked_again = True
    retryable = True


class Interrupted(Hdfs2ossError):
    """A signal arrived; 128 + its number is the exit code."""

    meaning = "interrupted by SIGHUP, SIGINT, SIGTERM"
    exit_code = 130

    def __init__(self, message: str, hint: str = "", signal_number: int = 2) -> None:
        super().__init__(message, hint)
        self.args = (message, hint, signal_number)
        self.exit_code = 128 + signal_number


class LockLost(Interrupted):
    """The job directory belongs to another run now: this one is cancelled, and publishes nothing more."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.args = (message, hint)
        self.exit_code = CommitError.exit_code


def of_class(name: str, default: type[Hdfs2ossError] = TransferError) -> type[Hdfs2ossError]:
    """The class of this tree that bears the name; `default` where none does."""
    found = globals().get(name)
    return found if isinstance(found, type) and issubclass(found, Hdfs2ossError) else default
