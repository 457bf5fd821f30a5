"""What the client of HDFS raises, as our errors: one line, with what was being done and the NameNode.

FileNotFoundError                                       NotFound
FileExistsError, IsADirectoryError, *AlreadyExists*     AlreadyExists
AccessControlException                                  PermissionDenied
SafeMode, Retriable, ServerTooBusy, StandbyException    Throttled
SASL, Kerberos, invalid token                           AuthenticationFailed
NS-, DSQuotaExceeded, quota by storage type             QuotaExceeded, with the directory whose quota it is
a key server that refuses                               PermissionDenied
checksum, short block                                   CorruptData
OSError, connection, block or key server not reachable  Unreachable
ParentNotDirectoryException, "is not a directory"       AlreadyExists; NotFound to those who bring nothing
anything else, also a panic of the client               StoreError
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from ...model.errors import AlreadyExists, AuthenticationFailed, Hdfs2ossError, NotFound, StoreError, Unreachable
from ..hadoop_errors import (
    READ_BY_JAVA,
    beyond_native,
    class_by_text,
    class_of_key_server,
    error_of_java,
    says_below_a_file,
)
from ..kerberos.gssapi import HOW_TO_ASK

_RPC_ERROR = re.compile(r'RPCError\("([\w.$]+)",\s*"(.*?)(?:\\n|\n|"\)|$)', re.DOTALL)
# What the client says of a name that no configuration and no name server knows.
_NO_HOST = re.compile(r"No NameNode hosts found|lookup address|name or service not known|name resolution", re.I)
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
        try:
            raise ours from None
        finally:
            del ours  # the traceback would keep it alive in a cycle, and the file that was called


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
    if kind := class_of_key_server(text):
        return kind(message)
    if beyond_native(text):
        return StoreError(message, READ_BY_JAVA)
    kind = Unreachable if isinstance(error, OSError) else StoreError
    return (class_by_text(text) or kind)(message, hint)


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
    return says_below_a_file(said)


def _shorten(text: str) -> str:
    nodes = [f"{address}:{port}" for address, port in _DATANODE.findall(text)]
    if nodes:
        words = text.split("[", 1)[0].rpartition("(")[2].strip(': \\"')
        text = f"{words}: {', '.join(nodes)}"
    line = text.replace("\\n", "\n").strip().split("\n", 1)[0].replace('\\"', '"').strip().rstrip(".")
    return line if len(line) <= _MAX_MESSAGE else line[:_MAX_MESSAGE] + "..."
