"""Who we are to OSS, and where: the path first, then the option, the environment, Hadoop's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model.errors import UsageError
from ..model.uri import UriSecrets


@dataclass(frozen=True, slots=True)
class OssAccess:
    """An endpoint (with scheme) and the keys for it; the repr shows no secret.

    `region` is only needed for signature version 4 (`signature` = "v4").
    """

    endpoint: str
    access_key_id: str = field(repr=False)
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)
    region: str = ""
    signature: str = "v1"
    use_proxy: bool = False


def resolve_access(
    bucket: str, secrets: UriSecrets, endpoint: str, environment: Mapping[str, str], hadoop_conf: Mapping[str, str]
) -> OssAccess:
    """Find endpoint and keys for a bucket; each of the two comes whole from the first place that has it.

    Order: the `oss://id:secret@bucket.endpoint/` form, the `--oss-endpoint` option, the environment
    (OSS_ENDPOINT, OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, OSS_SESSION_TOKEN), Hadoop's `fs.oss.*` keys.
    Raises UsageError that names what is missing and how to give it.
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
            "Set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET (and OSS_SESSION_TOKEN with temporary keys).",
        )
    region = environment.get("OSS_REGION") or hadoop_conf.get("fs.oss.region") or ""
    signature = (environment.get("OSS_SIGNATURE_VERSION") or hadoop_conf.get("fs.oss.signatureversion") or "v1").lower()
    if signature == "v4" and not region:
        raise UsageError("signature version 4 needs the region of the bucket", "Set OSS_REGION, such as cn-hangzhou.")
    return OssAccess(with_scheme(where), key_id, key_secret, token, region, signature)


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
