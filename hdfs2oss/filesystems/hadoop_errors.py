"""What servers and clients of Hadoop say went wrong, as our errors: the class of a Java exception, and its words."""

from __future__ import annotations

import re

from ..model.errors import (
    AlreadyExists,
    AuthenticationFailed,
    CorruptData,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    StoreError,
    Throttled,
    Unreachable,
)

# The next step where the native client cannot do what Hadoop's own can.
READ_BY_JAVA = "Hadoop's own client can: --hdfs-client jvm"
# Why what HDFS states of such a file is compared with nothing.
OF_ENCRYPTED = "it lies in an encryption zone, and what HDFS states is the checksum of its encrypted bytes"
# In what the native client says of a codec other than RS, and of the keys of an encryption zone.
_BEYOND_NATIVE = re.compile(r"UnsupportedErasureCodingPolicy|UnsupportedFeature|\bKMS\b|key ?provider|decrypt", re.I)


class NotReplicatedYet(Throttled):
    """A file gets no further block before a DataNode has told the NameNode of the last but one."""


_BY_CLASS: dict[str, type[StoreError]] = {
    "AccessControlException": PermissionDenied,
    "SnapshotAccessControlException": PermissionDenied,
    "SafeModeException": Throttled,
    "RetriableException": Throttled,
    "ServerTooBusyException": Throttled,
    "RpcServerException": Throttled,
    "StandbyException": Throttled,
    "ObserverRetryOnActiveException": Throttled,
    "NotReplicatedYetException": NotReplicatedYet,
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
_HINTS = {
    "SafeModeException": "Wait until the NameNode has left safe mode.",
    "NotReplicatedYetException": "Hadoop's own client asks for the block again: --hdfs-client jvm",
}
_BY_TEXT: tuple[tuple[re.Pattern[str], type[StoreError]], ...] = (
    (
        re.compile(r"must both be (files|directories)|is (not )?a directory|already exists as a|is not empty", re.I),
        AlreadyExists,
    ),
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
# What the native client says of a key server; 403 is for who may not have the key, as in Java's words.
_NO_KEY_SERVER = re.compile(r"KMS HTTP error")
_KEY_REFUSED = re.compile(r"KMS request failed \(40[13]|not authorized to perform \[\w+_EEK\]")
# Names of files are no evidence: one may well be called /blocks/token.
_PATH = re.compile(r"/\S*")
# Of who may not: the path stands in quotes, whatever it is called.
_INODE = re.compile(r'inode=\\?".*"', re.DOTALL)
# "The DiskSpace quota of /a is exceeded", "... of directory /a is", "Quota by storage type : SSD on path : /a is".
_QUOTA_OF = re.compile(r"(?:quota[^/]*? of (?:directory )?|on path ?: )(/.*?) is exceeded", re.I)


def error_of_java(name: str, said: str, message: str) -> StoreError:
    """The error of ours for an exception that a Hadoop server names (without its package) and explains."""
    kind = class_of_key_server(said) or _BY_CLASS.get(name) or class_by_text(said) or StoreError
    if kind is QuotaExceeded:
        return _quota_exceeded(name, said, message)
    return kind(message, _HINTS.get(name, ""))


def _quota_exceeded(name: str, said: str, message: str) -> QuotaExceeded:
    """Concerns all that goes below the directory whose quota it is."""
    found = _QUOTA_OF.search(said)
    directory = found[1] if found else ""
    option = "-setQuota" if name.startswith("NS") else "-setSpaceQuota"
    hint = f"Remove what is not needed there, or raise the quota: hdfs dfsadmin {option} QUOTA {directory or 'DIR'}"
    error = QuotaExceeded(message, hint)
    error.reach = directory
    return error


def beyond_native(text: str) -> bool:
    """Whether the native client says that it cannot do what Hadoop's own can."""
    return bool(_BEYOND_NATIVE.search(_PATH.sub("/", text)))


def class_of_key_server(text: str) -> type[StoreError] | None:
    """The class for a key server that is not reached, or refuses a key: which concerns the files of one zone."""
    text = _PATH.sub("/", text)
    if _KEY_REFUSED.search(text):
        return PermissionDenied
    return Unreachable if _NO_KEY_SERVER.search(text) else None


def says_below_a_file(said: str) -> bool:
    """Whether an element of the path is a file: `said` is a class and its words. Names of files are no evidence."""
    return bool(_BELOW_A_FILE.search(_PATH.sub("/", _INODE.sub("", said))))


def class_by_text(text: str) -> type[StoreError] | None:
    """The class that the words of an error speak for; None where they say nothing."""
    text = _PATH.sub("/", text)
    return next((kind for pattern, kind in _BY_TEXT if pattern.search(text)), None)
