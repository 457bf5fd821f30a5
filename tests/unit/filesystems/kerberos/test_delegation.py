"""Delegation tokens, as Hadoop 3.5 has written them in either form."""

import base64
from pathlib import Path

import pytest

from hdfs2oss.filesystems.kerberos.delegation import Token, parse_tokens, read_tokens, token_among
from hdfs2oss.model.errors import AuthenticationFailed

WRITABLE = base64.b64decode(
    "SERUUwABDzEyNy4wLjAuMToyNTY5NSoAEmFsaWNlQFNBTkRCT1guVEVTVAR5YXJuAIoBogGrKBOKAaIlt6wTAwIUIZL9m8RmSR/YOeU+ddVm4suj2V8V"
    "SERGU19ERUxFR0FUSU9OX1RPS0VODzEyNy4wLjAuMToyNTY5NQA="
)
PROTOBUF = base64.b64decode(
    "SERUUwF/Cn0KDzEyNy4wLjAuMToyNTY5NRJqCioAEmFsaWNlQFNBTkRCT1guVEVTVAR5YXJuAIoBogGrR8GKAaIlt8vBBAISFFpm3IHMRBRgS9n+tLYk"
    "qFHg0sfVGhVIREZTX0RFTEVHQVRJT05fVE9LRU4iDzEyNy4wLjAuMToyNTY5NQ=="
)
SERVICE = "127.0.0.1:25695"
# A week after they were given, in November 2026.
END = 1_795_929_128
# Of the second form, with an end that no test will see.
LASTING = PROTOBUF.replace(b"\x8a\x01\xa2\x25\xb7\xcb\xc1", b"\x8a\x7f\xff\xff\xff\xff\xff")


def write_tokens(folder: Path, content: bytes) -> str:
    path = folder / "tokens"
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize("content", [WRITABLE, PROTOBUF], ids=["writable", "protobuf"])
def test_a_file_of_tokens_is_read_in_both_forms(content: bytes, tmp_path: Path) -> None:
    (token,) = read_tokens({"HADOOP_TOKEN_FILE_LOCATION": write_tokens(tmp_path, content)})
    assert (token.kind, token.service, token.owner()) == ("HDFS_DELEGATION_TOKEN", SERVICE, "alice@SANDBOX.TEST")
    assert token.ends_at() == pytest.approx(END, abs=60)
    assert (len(token.identifier), len(token.password)) == (42, 20)


def test_tokens_for_other_things_than_hdfs_are_passed_over(tmp_path: Path) -> None:
    other = WRITABLE.replace(b"HDFS_DELEGATION_TOKEN", b"YARN_AM_RM_TOKEN_OFRM")
    assert read_tokens({"HADOOP_TOKEN_FILE_LOCATION": write_tokens(tmp_path, other)}) == []
    assert read_tokens({}) == []


@pytest.mark.parametrize("content", [b"", b"HDTS", b"HDTS\x07", b"XXXX\x00\x00", WRITABLE[:90], PROTOBUF[:90]])
def test_a_damaged_file_is_refused_by_its_name(content: bytes, tmp_path: Path) -> None:
    path = write_tokens(tmp_path, content)
    with pytest.raises(AuthenticationFailed, match=f"the delegation tokens of {path} .* cannot be read"):
        read_tokens({"HADOOP_TOKEN_FILE_LOCATION": path})


def test_a_token_that_ends_within_a_minute_or_is_for_another_namenode_is_not_used() -> None:
    tokens = list(parse_tokens(PROTOBUF))
    assert token_among(tokens, {SERVICE}, now=END - 600) is tokens[0]
    assert token_among(tokens, {SERVICE}, now=END - 30) is None
    assert token_among(tokens, {"127.0.0.1:8020"}, now=END - 600) is None


def test_webhdfs_is_given_the_token_as_hadoop_writes_it() -> None:
    (token,) = parse_tokens(WRITABLE)
    written = token.as_parameter()
    assert "=" not in written
    # The file has the same bytes behind the name of the token, and a count of secrets at its end.
    assert base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)) == WRITABLE[6 + 1 + len(SERVICE) : -1]


@pytest.mark.parametrize("length", [0, 127, 128, 255, 256, 70_000])
def test_lengths_of_every_size_come_back(length: int) -> None:
    token = Token(b"i" * length, b"p", "k", "s")
    content = b"HDTS\0\1\0" + base64.urlsafe_b64decode(token.as_parameter() + "==") + b"\0"
    assert list(parse_tokens(content)) == [token]


def test_a_token_is_not_shown():
    assert "HUSH" not in repr(Token(b"HUSH-id", b"HUSH", "HDFS_DELEGATION_TOKEN", "nn:8020"))
