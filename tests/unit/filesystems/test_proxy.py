"""Which proxy leads to an endpoint: what is asked is done or refused, never left out in silence."""

import base64

import pytest

from hdfs2oss.filesystems.proxy import Proxy, find_proxy
from hdfs2oss.model.errors import UsageError

OSS = "https://oss-cn-hangzhou.aliyuncs.com"
SQUID = {"https_proxy": "http://squid:3128"}


def proxy(endpoint: str = OSS, environment: dict[str, str] | None = None, **hadoops: str) -> Proxy | None:
    conf = {f"fs.oss.proxy.{name}": value for name, value in hadoops.items()}
    return find_proxy(endpoint, "lake", environment or {}, conf)


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("endpoint", "environment", "found"),
    [
        (OSS, {}, None),
        (OSS, SQUID, Proxy("squid", 3128)),
        (OSS, {"HTTPS_PROXY": "squid"}, Proxy("squid", 80)),
        (OSS, {"https_proxy": "", "HTTPS_PROXY": "squid:1"}, Proxy("squid", 1)),
        (OSS, {"all_proxy": "squid:1"}, Proxy("squid", 1)),
        (OSS, {"http_proxy": "squid:1"}, None),
        ("http://oss", {"http_proxy": "squid:1"}, Proxy("squid", 1)),
        ("http://oss", {"http_proxy": "http://me:p%40ss@squid:1/"}, Proxy("squid", 1, basic("me:p@ss"))),
        (OSS, {**SQUID, "no_proxy": "example.com,.aliyuncs.com"}, None),
        (OSS, {**SQUID, "NO_PROXY": "oss-cn-hangzhou.aliyuncs.com"}, None),
        (OSS, {**SQUID, "no_proxy": "lake.oss-cn-hangzhou.aliyuncs.com"}, None),
        (OSS, {**SQUID, "no_proxy": "other.oss-cn-hangzhou.aliyuncs.com"}, Proxy("squid", 3128)),
        (OSS, {**SQUID, "no_proxy": "*"}, None),
        ("https://10.1.2.3", {**SQUID, "no_proxy": "10.0.0.0/8"}, None),
        ("https://10.1.2.3", {**SQUID, "no_proxy": "10.1.2.3"}, None),
        ("https://10.1.2.3", {**SQUID, "no_proxy": "10.2.0.0/16,x"}, Proxy("squid", 3128)),
        ("https://127.0.0.1:9000", SQUID, None),
        ("https://[::1]:9000", SQUID, None),
        ("https://localhost:9000", SQUID, None),
    ],
)
def test_the_environment_names_a_proxy_by_scheme_and_exceptions_by_host(endpoint, environment, found) -> None:
    assert proxy(endpoint, environment) == found


@pytest.mark.parametrize(
    ("hadoops", "found"),
    [
        ({"host": "squid", "port": "8080"}, Proxy("squid", 8080)),
        ({"host": "squid"}, Proxy("squid", 443)),
        (
            {"host": "squid", "port": "1", "username": "me", "password": "p@ss"},
            Proxy("squid", 1, basic("me:p@ss")),
        ),
    ],
)
def test_hadoops_keys_name_a_proxy_before_the_environment_and_for_every_host(hadoops, found) -> None:
    assert proxy(OSS, {"https_proxy": "other:1", "no_proxy": "*"}, **hadoops) == found
    loopback = proxy("https://127.0.0.1:9000", {}, **hadoops)
    assert loopback == found


@pytest.mark.parametrize(
    ("environment", "hadoops", "reason"),
    [
        ({"https_proxy": "socks5://squid:1"}, {}, "the proxy of https_proxy speaks socks5"),
        ({"all_proxy": "https://squid:1"}, {}, "the proxy of all_proxy speaks https"),
        ({"https_proxy": "http://:1"}, {}, "names no host"),
        ({"https_proxy": "http://squid:port"}, {}, "names no host"),
        ({}, {"port": "1"}, r"fs\.oss\.proxy\.host is not"),
        ({}, {"host": "squid", "port": "x"}, "is no port"),
        ({}, {"host": "squid", "username": "me"}, "come together"),
        ({}, {"host": "squid", "domain": "CORP"}, "NTLM"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused(environment, hadoops, reason) -> None:
    with pytest.raises(UsageError, match=reason):
        proxy(OSS, environment, **hadoops)


def test_a_proxy_is_shown_without_its_password() -> None:
    found = Proxy("squid", 1, basic("me:secret"))
    assert (str(found), repr(found)) == ("http://squid:1", "Proxy(http://squid:1)")
