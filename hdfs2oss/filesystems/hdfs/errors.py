"""What the client of HDFS raises, as our errors: one line, with what was being done and the NameNode.

FileNotFoundError                                       NotFound
FileExistsError, IsADirectoryError, *AlreadyExists*     AlreadyExists
AccessControlException                                  PermissionDenied
SafeMode, Retriable, ServerTooBusy, StandbyException    Throttled
SASL, Kerberos, invalid token                           AuthenticationFailed
NS-, DSQuotaExceeded, quota by storage type             QuotaExceeded, with the directory whose quota it is
checksum, short block                                   CorruptData
OSError, connection, block not reachable                Unreachable
ParentNotDirectoryException, "is not a directory"       AlreadyExists; NotFound to those who bring nothing
anything else, also a panic of the client               StoreError
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from ...model.errors import (
    AlreadyExists,
    AuthenticationFailed,
    CorruptData,
    Hdfs2ossError,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    StoreError,
    Throttled,
    Unreachable,
)
from ..kerberos.gssapi import HOW_TO_ASK

_RPC_ERROR = re.compile(r'RPCError\("([\w.$]+)",\s*"(.*?)(?:\\n|\n|"\)|$)', re.DOTALL)
_BY_CLASS: dict[str, type[StoreError]] = {
    "AccessControlException": PermissionDenied,
    "SnapshotAccessControlException": PermissionDenied,
    "SafeModeException": Throttled,
    "RetriableException": Throttled,
    "ServerTooBusyException": Throttled,
    "RpcServerException": Throttled,
    "StandbyException": Throttled,
    "ObserverRetryOnActiveException": Throttled,
    "NotReplicatedYetException": Throttled,
    "FileNotFoundException": NotFound,
    "FileAlreadyExistsException": AlreadyExists,
    "AlreadyBeingCreatedException": AlreadyExists,
    "PathIsNotEmptyDirectoryException": AlreadyExists,
    "ParentNotDirectoryException": AlreadyExists,
    "NotADirectoryException": AlreadyExists,
    "InvalidPathException": StoreError,
    "HadoopIllegalArgumentException": StoreError,
    "IllegalArgumentException": StoreError,
    "UnsupportedOperationException": StoreError,
    "PathComponentTooLongException": StoreError,
    "MaxDirectoryItemsExceededException": StoreError,
    "NSQuotaExceededException": QuotaExceeded,
    "DSQuotaExceededException": QuotaExceeded,
    "QuotaByStorageTypeExceededException": QuotaExceeded,
    "AuthorizationException": AuthenticationFailed,
    "SaslException": AuthenticationFailed,
    "InvalidToken": AuthenticationFailed,
}
_BY_TEXT: tuple[tuple[re.Pattern[str], type[StoreError]], ...] = (
    (re.compile(r"must both be (files|directories)|is (not )?a directory|already exists as a", re.I), AlreadyExists),
    (re.compile(r"checksum|corrupt|crc", re.I), CorruptData),
    (re.compile(r"kerberos|sasl|gssapi|token|authenticat", re.I), AuthenticationFailed),
    (
        re.compile(r"connect|timed out|timeout|disconnected|reset by peer|broken pipe|unreachable|os error", re.I),
        Unreachable,
    ),
    (
        re.compile(r"block|datanode|data transfer|failed to complete|unexpected eof|early eof", re.I),
        Unreachable,
    ),
)
# A NameNode that asks for permission first says it within an AccessControlException.
_BELOW_A_FILE = re.compile(r"ParentNotDirectory|NotADirectory|is not a directory", re.I)
# Names of files are no evidence: one may well be called /blocks/token.
_PATH = re.compile(r"/\S*")
# What the client says of a name that no configuration and no name server knows.
_NO_HOST = re.compile(r"No NameNode hosts found|lookup address|name or service not known|name resolution", re.I)
# "The DiskSpace quota of /a is exceeded", "... of directory /a is", "Quota by storage type : SSD on path : /a is".
_QUOTA_OF = re.compile(r"(?:quota[^/]*? of (?:directory )?|on path ?: )(/.*?) is exceeded", re.I)
_DATANODE = re.compile(r'ip_addr: \\?"([^"\\]*).*?xfer_port: (\d+)')
# The status as numbers, and then in words, the last of which are Kerberos's own.
_GSS_ERROR = re.compile(r'GSSAPIError\(.*"(?:[^":]*: )?([^"]+)"\)\s*$', re.DOTALL)
_MAX_MESSAGE = 300


@contextlib.contextmanager
def map_errors(what: str, place: str, brings_nothing: bool = False) -> Iterator[None]:
    """Turn whatever the client raises into our errors; `what` names the action and the path.

    An element of the path that is a file is in the way of whoever writes. `brings_nothing` is for those who
    bring nothing: to them, what would lie below it is not there.
    A panic of the client is no Exception, so everything is caught; only what ends the process passes.
    """
    try:
        yield
    except (Hdfs2ossError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001 (a panic of the client)
        ours = translate(error, what, place)
        if brings_nothing and (isinstance(error, NotADirectoryError) or _says_below_a_file(str(error))):
            ours = NotFound(ours.message)
        raise ours from None


def translate(error: BaseException, what: str, place: str) -> StoreError:
    """The error of ours that stands for one of the client."""
    if isinstance(error, FileNotFoundError):
        return NotFound(f"cannot {what}: there is no such path on {place}")
    if isinstance(error, (FileExistsError, IsADirectoryError, NotADirectoryError)):
        return AlreadyExists(f"cannot {what}: {_shorten(str(error)) or 'the path is taken'} ({place})")
    text = str(error)
    match = _RPC_ERROR.search(text)
    if match:
        name = match[1].rsplit(".", 1)[-1].rsplit("$", 1)[-1]
        message = f"cannot {what}: {_shorten(match[2])} ({name} from {place})"
        return error_of_java(name, match[2], message)
    refused = _GSS_ERROR.search(text)
    if refused:
        return AuthenticationFailed(f"cannot {what}: Kerberos: {_shorten(refused[1])} ({place})", HOW_TO_ASK)
    message = f"cannot {what}: {_shorten(text) or type(error).__name__} ({place})"
    hint = _no_host_hint(what, place) if _NO_HOST.search(text) else ""
    kind = Unreachable if isinstance(error, OSError) else StoreError
    return (_class_by_text(text) or kind)(message, hint)


def error_of_java(name: str, said: str, message: str) -> StoreError:
    """The error of ours for an exception that a Hadoop server names (without its package) and explains."""
    kind = _BY_CLASS.get(name) or _class_by_text(said) or StoreError
    if kind is QuotaExceeded:
        return _quota_exceeded(name, said, message)
    return kind(message, "Wait until the NameNode has left safe mode." if name == "SafeModeException" else "")


def _quota_exceeded(name: str, said: str, message: str) -> QuotaExceeded:
    """Concerns all that goes below the directory whose quota it is."""
    found = _QUOTA_OF.search(said)
    directory = found[1] if found else ""
    option = "-setQuota" if name.startswith("NS") else "-setSpaceQuota"
    hint = f"Remove what is not needed there, or raise the quota: hdfs dfsadmin {option} QUOTA {directory or 'DIR'}"
    error = QuotaExceeded(message, hint)
    error.reach = directory
    return error


def _no_host_hint(what: str, place: str) -> str:
    authority, path = place.rpartition(" ")[2], what[what.find("/") :] if "/" in what else "/"
    if "." in authority or ":" in authority:
        return f"Check the name of the NameNode, {authority}, and that this node can resolve it."
    return (
        f"Did you mean hdfs:///{authority}{path.rstrip('/')}? "
        f"If {authority} is a name service, HADOOP_CONF_DIR must lead to its configuration."
    )


def _says_below_a_file(text: str) -> bool:
    match = _RPC_ERROR.search(text)
    said = f"{match[1]}: {match[2]}" if match else text
    return bool(_BELOW_A_FILE.search(_PATH.sub("/", said)))


def _class_by_text(text: str) -> type[StoreError] | None:
    text = _PATH.sub("/", text)
    return next((kind for pattern, kind in _BY_TEXT if pattern.search(text)), None)


def _shorten(text: str) -> str:
    nodes = [f"{address}:{port}" for address, port in _DATANODE.findall(text)]
    if nodes:
        words = text.split("[", 1)[0].rpartition("(")[2].strip(': \\"')
        text = f"{words}: {', '.join(nodes)}"
    line = text.replace("\\n", "\n").strip().split("\n", 1)[0].replace('\\"', '"').strip().rstrip(".")
    return line if len(line) <= _MAX_MESSAGE else line[:_MAX_MESSAGE] + "..."
