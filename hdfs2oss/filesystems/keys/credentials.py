"""Who we are to OSS, where, and how we get there, as one value that travels."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ...model.errors import UsageError
from ...model.uri import UriSecrets
from ..proxy import Proxy, find_proxy
from .chain import Asked, Found, find_keys
from .keys_file import Keys
from .ram_role import RamRole
from .source import KeySource, shared_source

_SIGNATURES = ("v1", "v4")
# The region is in the name of its endpoints; only the global one (oss-accelerate) tells none.
_OSS_HOST = re.compile(
    r"^(?:(?P<bucket>[a-z0-9][a-z0-9-]*)\.)?oss-(?P<region>[a-z]{2}-[a-z0-9-]+?|accelerate)"
    r"(?P<network>-internal|-overseas)?\.aliyuncs\.com$"
)


@dataclass(frozen=True, slots=True)
class OssAccess:
    """An endpoint (with scheme) and the keys for it; the repr shows no secret.

    `region` is only needed for signature version 4 (`signature` = "v4"). Without a proxy the way is direct.
    Keys that change travel as the newest there are, also to clients that the process has that an access comes to.
    """

    endpoint: str
    access_key_id: str = field(repr=False)
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)
    region: str = ""
    signature: str = "v1"
    proxy: Proxy | None = None
    # Where newer keys are put while a run lasts, "" where they stay; or the role whose keys they are.
    keys_file: str = ""
    ram_role: RamRole | None = None
    # When they expire, as it was told, and who gave them, for messages.
    expiration: str = field(default="", compare=False)
    provider: str = field(default="", compare=False)

    @property
    def keys(self) -> Keys:
        """Those of the start."""
        return Keys(self.access_key_id, self.access_key_secret, self.security_token, self.expiration)

    @property
    def source(self) -> KeySource | None:
        """Where this process finds newer ones; None where they stay."""
        return shared_source(self.keys_file, self.ram_role, self.keys)

    @property
    def lasting(self) -> OssAccess:
        """The same without what changes: two that are equal in this are served by one client."""
        return self._with(Keys("", "")) if self.source is not None else self

    def _with(self, keys: Keys) -> OssAccess:
        return replace(
            self,
            access_key_id=keys.access_key_id,
            access_key_secret=keys.access_key_secret,
            security_token=keys.security_token,
            expiration=keys.expiration,
        )

    def __reduce__(self) -> tuple[object, ...]:
        source = self.source
        newest = (source.newest() if source is not None else None) or self.keys
        return _arrived, tuple(getattr(self._with(newest), one.name) for one in fields(self))


def _arrived(*values: Any) -> OssAccess:
    access = OssAccess(*values)
    source = access.source
    if source is not None:
        source.offer(access.keys)
    return access


def resolve_access(
    bucket: str,
    secrets: UriSecrets,
    endpoint: str,
    environment: Mapping[str, str],
    hadoop_conf: Mapping[str, str],
    found: Found | None = None,
) -> OssAccess:
    """Find endpoint and keys for a bucket; each of the two comes whole from the first place that has it.

    Endpoint: the `oss://id:secret@bucket.endpoint/` form, the `--oss-endpoint` option, OSS_ENDPOINT, Hadoop's
    fs.oss.bucket.BUCKET.endpoint and fs.oss.endpoint. As consoles show it, with a bucket before it, it counts without
    the bucket. Keys: those that were `found`, else `find_keys` says where from.

    The signature is that of OSS_SIGNATURE_VERSION or fs.oss.signatureversion; where neither is set, v4 with
    OSS_REGION (as ossutil has it), else v1. Its region: OSS_REGION, fs.oss.region, or the endpoint's name.
    The proxy is that of `find_proxy`. Raises UsageError that names what is missing and how to give it.
    """
    where = secrets.endpoint or endpoint or environment.get("OSS_ENDPOINT") or ""
    where = where or hadoop_conf.get(f"fs.oss.bucket.{bucket}.endpoint") or hadoop_conf.get("fs.oss.endpoint") or ""
    if not where:
        raise UsageError(
            f"no endpoint is known for oss://{bucket}/",
            "Set OSS_ENDPOINT (such as https://oss-cn-hangzhou-internal.aliyuncs.com), or give --oss-endpoint.",
        )
    found = found or find_keys(bucket, secrets, None, Asked(environment, hadoop_conf))
    where = normalise_endpoint(where)
    region, signature = _signature(where, environment, hadoop_conf)
    proxy = find_proxy(where, bucket, environment, hadoop_conf)
    return OssAccess(
        where,
        *found.keys[:3],
        region,
        signature,
        proxy,
        found.keys_file,
        found.ram_role,
        found.keys.expiration,
        found.provider,
    )


def normalise_endpoint(text: str) -> str:
    """An endpoint as a URL of scheme and host, without a bucket. Raises UsageError for what cannot be one."""
    endpoint = with_scheme(text.strip())
    try:
        parts = urllib.parse.urlsplit(endpoint)
    except ValueError:
        parts = urllib.parse.SplitResult("", "", "", "", "")
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else "that is given"
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or "@" in parts.netloc:
        raise UsageError(
            f"the endpoint {shown} is not of the form https://host or http://host:port",
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


def with_scheme(endpoint: str) -> str:
    """An endpoint as a URL; a bare host is reached over https, a loopback address over http."""
    if "://" in endpoint:
        return endpoint.rstrip("/")
    host = endpoint.split(":")[0]
    loopback = host == "localhost" or host.startswith("127.")
    return f"{'http' if loopback else 'https'}://{endpoint.rstrip('/')}"
