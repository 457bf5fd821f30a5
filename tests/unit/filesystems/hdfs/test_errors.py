"""What the client raises, as ours. The texts are those of real NameNodes."""

import pytest

from hdfs2oss.filesystems.hdfs.errors import map_errors
from hdfs2oss.model.errors import (
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

PLACE = "the NameNode nn:8020"


def rpc(name: str, message: str = "no luck") -> RuntimeError:
    return RuntimeError(f'RPCError("{name}", "{message}\\n\\tat org.apache.hadoop.Server.run(Server.java:1)")')


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (FileNotFoundError("/a"), NotFound),
        (FileExistsError("/a"), AlreadyExists),
        (IsADirectoryError("/a"), AlreadyExists),
        (ConnectionRefusedError(111, "Connection refused"), Unreachable),
        (OSError("RPC listener disconnected"), Unreachable),
        (rpc("org.apache.hadoop.security.AccessControlException"), PermissionDenied),
        (rpc("org.apache.hadoop.hdfs.server.namenode.SafeModeException"), Throttled),
        (rpc("org.apache.hadoop.ipc.RetriableException"), Throttled),
        (rpc("org.apache.hadoop.ipc.RpcNoSuchMethodException"), StoreError),
        (rpc("org.apache.hadoop.fs.FileAlreadyExistsException"), AlreadyExists),
        (rpc("org.apache.hadoop.fs.PathIsNotEmptyDirectoryException"), AlreadyExists),
        (rpc("org.apache.hadoop.fs.InvalidPathException"), StoreError),
        (rpc("java.io.IOException", "Source /a and destination /b must both be directories"), AlreadyExists),
        (rpc("org.apache.hadoop.fs.ParentNotDirectoryException", "/f (is not a directory)"), AlreadyExists),
        (rpc("java.io.IOException", "/f is not a directory"), AlreadyExists),
        (rpc("org.apache.hadoop.hdfs.protocol.DSQuotaExceededException"), QuotaExceeded),
        (rpc("java.io.IOException", "Cannot remove directory /d: It is not empty!"), AlreadyExists),
        (RuntimeError("DataTransferError(checksum mismatch)"), CorruptData),
        (RuntimeError("SASLError: No valid Kerberos ticket"), AuthenticationFailed),
        (RuntimeError("Failed to complete file in time"), Unreachable),
        (RuntimeError("something new"), StoreError),
        (rpc("java.io.IOException", "no luck with /blocks/token.crc"), StoreError),
    ],
    ids=str,
)
def test_each_error_has_its_class_and_one_line_with_path_and_place(error: Exception, kind: type[StoreError]) -> None:
    with pytest.raises(StoreError) as caught, map_errors("read /a/b", PLACE):
        raise error
    assert type(caught.value) is kind
    message = str(caught.value)
    assert message.startswith("cannot read /a/b: ")
    assert PLACE in message
    assert "\n" not in message
    assert "\\n" not in message
    assert "org.apache" not in message


@pytest.mark.parametrize(
    "error",
    [
        rpc("org.apache.hadoop.fs.ParentNotDirectoryException", "/f (is not a directory)"),
        rpc("org.apache.hadoop.security.AccessControlException", "/f (is not a directory)"),
        rpc("org.apache.hadoop.fs.PathIsNotDirectoryException", "`/f': Is not a directory"),
        NotADirectoryError("/f"),
    ],
    ids=str,
)
def test_what_would_lie_below_a_file_is_not_there_for_those_who_bring_nothing(error: Exception) -> None:
    with pytest.raises(NotFound, match="cannot list /f/x: "), map_errors("list /f/x", PLACE, brings_nothing=True):
        raise error


def test_a_refusal_stays_one_for_those_who_bring_nothing() -> None:
    refused = rpc("org.apache.hadoop.security.AccessControlException", "Permission denied: user=x, access=READ")
    with pytest.raises(PermissionDenied), map_errors("list /f/x", PLACE, brings_nothing=True):
        raise refused


@pytest.mark.parametrize("quote", ['"', '\\"'])
def test_datanodes_are_named_by_address_and_port_only(quote: str) -> None:
    node = 'DatanodeInfoProto { id: DatanodeIdProto { ip_addr: "10.0.0.%d", host_name: "h", xfer_port: 9866, x: 1 } }'
    node = node.replace('"', quote)
    text = f'DataTransferError("All DataNodes failed: [{node % 1}, {node % 2}]")'
    with pytest.raises(Unreachable) as caught, map_errors("read /a", "the DataNodes of nn"):
        raise RuntimeError(text)
    assert "All DataNodes failed: 10.0.0.1:9866, 10.0.0.2:9866 (the DataNodes of nn)" in str(caught.value)


def test_a_panic_of_the_client_is_caught_although_it_is_no_exception() -> None:
    class PanicException(BaseException):
        pass

    with pytest.raises(StoreError, match="out of range"), map_errors("read /a", PLACE):
        raise PanicException("range end index 5 out of range")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), NotFound("ours")])
def test_what_ends_the_process_and_what_is_ours_passes(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, map_errors("read /a", PLACE):
        raise error
    assert caught.value is error


@pytest.mark.parametrize(
    ("name", "said", "reach", "option"),
    [
        (
            "NSQuotaExceededException",
            "The NameSpace quota (directories and files) of directory /q is is exceeded: quota=3 file count=4",
            "/q is",
            "-setQuota",
        ),
        (
            "DSQuotaExceededException",
            "The DiskSpace quota of /q/a is exceeded: quota = 100 B = 100 B but diskspace consumed = 134217728 B",
            "/q/a",
            "-setSpaceQuota",
        ),
        (
            "QuotaByStorageTypeExceededException",
            "Quota by storage type : SSD on path : /q is exceeded. quota : 1 B but space consumed : 2 B",
            "/q",
            "-setSpaceQuota",
        ),
        ("DSQuotaExceededException", "The DiskSpace quota is exceeded: quota = 1 B", "", "-setSpaceQuota"),
    ],
)
def test_a_quota_concerns_all_below_the_directory_whose_it_is(name: str, said: str, reach: str, option: str) -> None:
    with pytest.raises(QuotaExceeded) as caught, map_errors("write /q/f", PLACE):
        raise rpc(f"org.apache.hadoop.hdfs.protocol.{name}", said)
    assert caught.value.reach == reach
    assert f"hdfs dfsadmin {option} QUOTA {reach or 'DIR'}" in caught.value.hint


def test_safe_mode_says_what_to_wait_for() -> None:
    with pytest.raises(Throttled) as caught, map_errors("write /a", PLACE):
        raise rpc("org.apache.hadoop.hdfs.server.namenode.SafeModeException")
    assert "safe mode" in caught.value.hint


@pytest.mark.parametrize(
    ("authority", "words"),
    [
        ("data", "Did you mean hdfs:///data/lake/a? If data is a name service, HADOOP_CONF_DIR must lead"),
        ("nn.example.com", "Check the name of the NameNode, nn.example.com,"),
        ("nn:8020", "Check the name of the NameNode, nn:8020,"),
    ],
)
@pytest.mark.parametrize(
    "error",
    [
        RuntimeError('InvalidArgument("No NameNode hosts found")'),
        OSError("failed to lookup address information: Name or service not known"),
    ],
    ids=["unknown to the configuration", "unknown to the name server"],
)
def test_a_host_that_nobody_knows_may_be_the_first_directory_of_a_path(error, authority: str, words: str) -> None:
    with pytest.raises(StoreError) as caught, map_errors("look at /lake/a", f"the NameNode {authority}"):
        raise error
    assert caught.value.hint.startswith(words)


def test_what_kerberos_says_is_told_without_the_numbers_around_it() -> None:
    said = (
        'GSSAPIError(GssMajorCodes { raw: "0x00070000", calling_error: "none" }, 2529639053, '
        '"No credentials were supplied: No Kerberos credentials available (default cache: FILE:/t)")'
    )
    with pytest.raises(AuthenticationFailed) as caught, map_errors("look at /a", PLACE):
        raise RuntimeError(said)
    assert caught.value.hint.startswith("Run kinit")
    told = "No Kerberos credentials available (default cache: FILE:/t)"
    assert str(caught.value) == f"cannot look at /a: Kerberos: {told} ({PLACE})"


@pytest.mark.parametrize(
    "text", ['UnsupportedErasureCodingPolicy("codec: xor")', "KMSError: no key provider", "cannot decrypt the key"]
)
def test_what_only_hadoops_own_client_reads_is_told_with_the_option(text: str) -> None:
    with pytest.raises(StoreError) as caught, map_errors("read /a/kms/decrypt", PLACE):
        raise RuntimeError(text)
    assert "--hdfs-client jvm" in caught.value.hint
    with pytest.raises(StoreError) as caught, map_errors("read /a/kms/decrypt", PLACE):
        raise RuntimeError("no luck with /a/kms/decrypt")
    assert not caught.value.hint


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('OperationFailed("KMS HTTP error: error sending request for url (http://h:1/kms/v1/k)")', Unreachable),
        ('OperationFailed("KMS request failed (403 Forbidden): AuthorizationException User [a] is")', PermissionDenied),
        ('OperationFailed("KMS request failed (401 Unauthorized): no ticket")', PermissionDenied),
    ],
)
def test_a_key_server_that_is_away_is_waited_for_and_one_that_refuses_is_not(text: str, kind: type[StoreError]) -> None:
    with pytest.raises(kind) as caught, map_errors("read /zone/f", PLACE):
        raise RuntimeError(text)
    assert "--hdfs-client" not in caught.value.hint
    assert "cannot read /zone/f: " in str(caught.value)
