"""The Kerberos library, where it is missing and where it has no ticket."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hdfs2oss.filesystems.kerberos.gssapi import BY_TICKET, Login, missing, principal_of
from hdfs2oss.model.errors import AuthenticationFailed


def test_a_machine_without_the_library_is_told_the_package(tmp_path: Path) -> None:
    # What is found first is no library.
    (tmp_path / "libgssapi_krb5.so.2").write_bytes(b"damaged")
    asked = "from hdfs2oss.filesystems.kerberos.gssapi import *; print(missing()); principal_of(BY_TICKET)"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        env={**os.environ, "LD_LIBRARY_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith(
        "the Kerberos library libgssapi_krb5.so.2 is missing on this machine (Debian: apt-get"
    )
    assert "AuthenticationFailed: the Kerberos library" in done.stderr


@pytest.fixture
def realm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A realm without a KDC, and a cache without tickets."""
    if why := missing():
        pytest.skip(why)
    conf = tmp_path / "krb5.conf"
    conf.write_text("[libdefaults]\ndefault_realm = R\ndns_lookup_kdc = false\n")
    monkeypatch.setenv("KRB5_CONFIG", str(conf))
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path}/tickets")
    monkeypatch.delenv("KRB5_CLIENT_KTNAME", raising=False)
    return tmp_path


def test_without_a_ticket_that_is_said_in_the_words_of_kerberos(realm: Path) -> None:
    with pytest.raises(AuthenticationFailed, match=rf"No Kerberos credentials available .*{realm}/tickets") as caught:
        principal_of(BY_TICKET)
    assert caught.value.hint.startswith("Run kinit")


def test_a_keytab_that_brings_no_ticket_is_named_with_whose_it_should_be(realm: Path) -> None:
    keytab = realm / "empty.keytab"
    keytab.write_bytes(b"\x05\x02")
    with pytest.raises(AuthenticationFailed, match=f"the keytab {keytab} brings no ticket for alice@R: ") as caught:
        principal_of(Login("alice@R", str(keytab)))
    assert caught.value.hint == f"See whose keys are in it: klist -k {keytab}"
