"""Who we are to OSS, where, and how we get there: the path, the option, the environment, Hadoop's configuration."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model.errors import UsageError
from ..model.uri import UriSecrets
from .proxy import Proxy, find_proxy

_SIGNATURES = ("v1", "v4")
# The region is in the name of its endpoints; only the global one (oss-accelerate) tells none.
_OSS_HOST = re.compile(
    r"^(?:(?P<bucket>[a-z0-9][a-z0-9-]*)\.)?oss-(?P<region>[a-z]{2}-[a-z0-9-]+?|accelerate)"
    r"(?P<network>-internal|-overseas)?\.aliyuncs\.com$"
)
_PROVIDERS = "hadoop.security.credential.provider.path"


@dataclass(frozen=True, slots=True)
class OssAccess:
    """An endpoint (with scheme) and the keys for it; the repr shows no secret.

    `region` is only needed for signature version 4 (`signature` = "v4"). Without a proxy the way is direct.
    """

    endpoint: str
    access_key_id: str = field(repr=False)
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)
    region: str = ""
    signature: str = "v1"
    proxy: Proxy | None = None
    # Where newer keys are put while a run lasts; "" where they stay.
    keys_file: str = ""


def resolve_access(
    bucket: str, secrets: UriSecrets, endpoint: str, environment: Mapping[str, str], hadoop_conf: Mapping[str, str]
) -> OssAccess:
    """Find endpoint and keys for a bucket; each of the two comes whole from the first place that has it.

    Order: the `oss://id:secret@bucket.endpoint/` form, the `--oss-endpoint` option, the environment
    (OSS_ENDPOINT, OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, OSS_SESSION_TOKEN), Hadoop's `fs.oss.*` keys.
    An endpoint as consoles show it, with a bucket before it, counts without the bucket.

    The signature is that of OSS_SIGNATURE_VERSION or fs.oss.signatureversion; where neither is set, v4 with
    OSS_REGION (as ossutil has it), else v1. Its region: OSS_REGION, fs.oss.region, or the endpoint's name.
    The proxy is that of `find_proxy`. Raises UsageError that names what is missing and how to give it.
    """
    where = secrets.endpoint or endpoint or environment.get("OSS_ENDPOINT") or hadoop_conf.get("fs.oss.endpoint") or ""
    if not where:
        raise UsageError(
            f"no endpoint is known for oss://{bucket}/",
            "Set OSS_ENDPOINT (such as https://oss-cn-hangzhou-internal.aliyuncs.com), or give --oss-endpoint.",
        )
    key_id, key_secret, token = _find_keys(secrets, environment, hadoop_conf)
    if not key_id or not key_secret:
        raise UsageError(
            f"no access key is known for oss://{bucket}/",
            "Set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET (and OSS_SESSION_TOKEN with temporary keys)."
            + _about_providers(hadoop_conf),
        )
    where = normalise_endpoint(where)
    region, signature = _signature(where, environment, hadoop_conf)
    proxy = find_proxy(where, bucket, environment, hadoop_conf)
    return OssAccess(where, key_id, key_secret, token, region, signature, proxy)


def normalise_endpoint(text: str) -> str:
    """An endpoint as a URL of scheme and host, without a bucket. Raises UsageError for what cannot be one."""
    endpoint = with_scheme(text.strip())
    parts = urllib.parse.urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or "@" in parts.netloc:
        raise UsageError(
            f"the endpoint {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path} is not of the form "
            "https://host or http://host:port",
            "Write it without a bucket or path, such as https://oss-cn-hangzhou-internal.aliyuncs.com.",
        )
    found = _OSS_HOST.match(parts.hostname)
    if found and found["bucket"]:
        return endpoint.replace(f"{found['bucket']}.", "", 1)
    return endpoint


def _signature(endpoint: str, environment: Mapping[str, str], hadoop_conf: Mapping[str, str]) -> tuple[str, str]:
    """Region and version of signatures."""
    asked = environment.get("OSS_SIGNATURE_VERSION") or hadoop_conf.get("fs.oss.signatureversion") or ""
    signature = asked.lower() or ("v4" if environment.get("OSS_REGION") else "v1")
    if signature not in _SIGNATURES:
        raise UsageError(f"the signature version {asked} is not known", "Set OSS_SIGNATURE_VERSION to v1 or v4.")
    region = environment.get("OSS_REGION") or hadoop_conf.get("fs.oss.region") or ""
    if not region and signature == "v4":
        found = _OSS_HOST.match(urllib.parse.urlsplit(endpoint).hostname or "")
        region = found["region"] if found and found["region"] != "accelerate" else ""
        if not region:
            raise UsageError(
                f"signature version 4 needs the region of the bucket, and the endpoint {endpoint} does not tell it",
                "Set OSS_REGION, such as cn-hangzhou.",
            )
    return region.removeprefix("oss-"), signature


def _about_providers(hadoop_conf: Mapping[str, str]) -> str:
    providers = hadoop_conf.get(_PROVIDERS, "")
    if not providers:
        return ""
    return f" The credential provider {providers} was not asked or has none: only spark-submit has the Java to read it."


def with_scheme(endpoint: str) -> str:
    """An endpoint as a URL; a bare host is reached over https, a loopback address over http."""
    if "://" in endpoint:
        return endpoint.rstrip("/")
    host = endpoint.split(":")[0]
    loopback = host == "localhost" or host.startswith("127.")
    return f"{'http' if loopback else 'https'}://{endpoint.rstrip('/')}"


def _find_keys(
    secrets: UriSecrets, environment: Mapping[str, str], hadoop_conf: Mapping[str, str]
) -> tuple[str, str, str]:
    candidates = (
        (secrets.access_key_id, secrets.access_key_secret, secrets.security_token),
        tuple(
            environment.get(name, "") for name in ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN")
        ),
        tuple(
            hadoop_conf.get(name, "")
            for name in ("fs.oss.accessKeyId", "fs.oss.accessKeySecret", "fs.oss.securityToken")
        ),
    )
    for key_id, key_secret, token in candidates:
        if key_id and key_secret:
            return key_id, key_secret, token
    return "", "", ""
