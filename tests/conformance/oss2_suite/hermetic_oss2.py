"""A pytest plugin that goes into the subprocess in which oss2's own tests run; nothing else imports it.

Those tests expect the real service, the internet and files that the source distribution leaves out:

1. The key service (KMS) is replaced by a local key pair: most tests of uploads and downloads draw one of
   three buckets by lot, and one of these encrypts with it.
2. Names of the real service lead to the local server; every other name but loopback is unknown.
3. `tests/example.jpg` is made.
4. What tests draw by lot depends on their names alone, so that a run can be repeated.
5. A name of unittest that Python 3.12 dropped is there again.
"""

import os
import random
import socket
import unittest
from pathlib import Path
from urllib.parse import urlsplit

import oss2
import pytest
from Crypto.PublicKey import RSA

SERVICE_SUFFIX = ".aliyuncs.com"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
SERVER_PORT = urlsplit(os.environ["OSS_TEST_ENDPOINT"]).port

_look_up = socket.getaddrinfo
_private_key = RSA.generate(2048)
_key_pair = {
    "private_key": _private_key.export_key().decode(),
    "public_key": _private_key.publickey().export_key().decode(),
}


def _local_getaddrinfo(host: str, port: object, *rest: object, **named: object) -> list:
    name = host.decode() if isinstance(host, bytes) else host
    if name in LOOPBACK:
        return _look_up(name, port, *rest, **named)
    if str(name).endswith(SERVICE_SUFFIX) and port == 80:
        return _look_up(LOOPBACK[1], SERVER_PORT, *rest, **named)
    raise socket.gaierror(socket.EAI_NONAME, f"{name}:{port} is not looked up in this test run")


def pytest_configure() -> None:
    socket.getaddrinfo = _local_getaddrinfo
    oss2.AliKMSProvider = lambda *_, **__: oss2.RsaProvider(_key_pair)
    unittest.TestCase.assertEquals = unittest.TestCase.assertEqual
    Path("tests/example.jpg").write_bytes(random.Random("example").randbytes(21_839))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    random.seed(item.nodeid)
