"""Who asks an HDFS that wants Kerberos."""

import os
from pathlib import Path

import pytest

from hdfs2oss.filesystems.kerberos.delegation import parse_tokens
from hdfs2oss.filesystems.kerberos.gssapi import BY_TICKET, Login
from hdfs2oss.filesystems.kerberos.identity import identity_for, keytab_here, short_name, who_asks
from hdfs2oss.model.errors import AuthenticationFailed
from tests.unit.filesystems.kerberos.test_delegation import LASTING, PROTOBUF, write_tokens


def look_up(host: str, port: int) -> list[tuple[str, int]]:
    return [("127.0.0.1", port)] if host.lower() == "localhost" else []


@pytest.mark.parametrize("address", ["localhost:25695", "127.0.0.1:25695", "LocalHost:25695"])
def test_a_token_is_found_by_the_numbers_of_the_address_and_goes_by_them(address: str, tmp_path: Path) -> None:
    environment = {"HADOOP_TOKEN_FILE_LOCATION": write_tokens(tmp_path, LASTING)}
    found = identity_for(address, address, {}, BY_TICKET, environment, look_up)
    assert found.address == "127.0.0.1:25695"
    (token,) = parse_tokens(LASTING)
    assert found.for_web("localhost") == ({}, [("delegation", token.as_parameter())])


def test_a_token_of_a_name_service_goes_by_its_name(tmp_path: Path) -> None:
    # Of the same length, as lengths stand before them.
    service = LASTING.replace(b"127.0.0.1:25695", b"ha-hdfs:sandbox")
    environment = {"HADOOP_TOKEN_FILE_LOCATION": write_tokens(tmp_path, service)}
    found = identity_for("sandbox", "sandbox", {"dfs.ha.namenodes.sandbox": "a,b"}, BY_TICKET, environment, look_up)
    assert found.address == "sandbox"
    assert found.token is not None


def test_whose_token_it_is_asks_and_a_file_of_none_is_no_token(tmp_path: Path) -> None:
    path = write_tokens(tmp_path, PROTOBUF)
    assert who_asks(BY_TICKET, {"HADOOP_TOKEN_FILE_LOCATION": path}) == "alice"


@pytest.mark.parametrize(
    ("principal", "name"), [("alice@R", "alice"), ("hdfs/host@R", "hdfs"), ("hive", "hive"), ("a.b-c@R.S", "a.b-c")]
)
def test_a_user_is_called_by_the_first_part_of_a_principal(principal: str, name: str) -> None:
    assert short_name(principal) == name


def test_a_keytab_is_read_where_it_is_or_where_spark_has_put_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    away = Login("alice@R", "/nowhere/alice.keytab")
    with pytest.raises(
        AuthenticationFailed, match=r"the keytab /nowhere/alice\.keytab cannot be read on the node"
    ) as told:
        keytab_here(away)
    assert "--files /nowhere/alice.keytab" in told.value.hint
    (tmp_path / "alice.keytab").write_bytes(b"")
    assert keytab_here(away) == ("alice@R", os.path.abspath("alice.keytab"))
    here = Login("alice@R", str(tmp_path / "alice.keytab"))
    assert keytab_here(here) == here
    assert keytab_here(BY_TICKET) == BY_TICKET
