"""Where keys for OSS come from: the first place that has a pair gives all of it.

1. the path, `oss://id:secret@bucket/`, or what was handed over for this bucket
2. --credentials-file or --ram-role, else OSS_CREDENTIALS_FILE
3. what was handed over for any bucket (-Dfs.oss.accessKeyId)
4. OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, OSS_SESSION_TOKEN; then ALIBABA_CLOUD_ACCESS_KEY_ID, ..._SECRET,
   ALIBABA_CLOUD_SECURITY_TOKEN
5. ALIBABA_CLOUD_ECS_METADATA: the name of a RAM role
6. Hadoop's keys fs.oss.bucket.BUCKET.*, fs.oss.*, fs.jfs.cache.oss.*: of each accessKeyId, accessKeySecret,
   securityToken, out of Hadoop's credential stores, else in clear text
7. the RAM role of the instance, where fs.oss.credentials.provider names a class that takes it

fs.oss.credentials.provider, or that of the bucket, names classes of JindoSDK or hadoop-aliyun, by commas. Where one is
set, 6 counts only if one of its classes takes such keys. Their packages do not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from ...model.errors import UsageError
from ...model.handover import KEY_VARIABLES
from ...model.uri import UriSecrets
from .credential_store import read_store, stores_of
from .keys_file import Keys, read_keys
from .ram_role import ANY_ROLE, RamRole, fetch_keys, named_role

_HADOOPS = ("accessKeyId", "accessKeySecret", "securityToken")
_PROVIDERS = (
    "fs.oss.bucket.{bucket}.credentials.provider",
    "fs.oss.credentials.provider",
    "fs.jfs.cache.oss.bucket.{bucket}.credentials.provider",
    "fs.jfs.cache.oss.credentials.provider",
)
# Classes that take keys out of Hadoop's configuration, and those that take the role of the instance.
_TAKE_KEYS = {
    *("SimpleCredentialsProvider", "SimpleAliyunCredentialsProvider", "TemporaryCredentialsProvider"),
    *("TemporaryAliyunCredentialsProvider", "CommonCredentialsProvider", "JindoCommonCredentialsProvider"),
    "AliyunCredentialsProvider",
}
_TAKE_ROLE = {
    *("EcsStsCredentialsProvider", "InstanceProfileCredentialsProvider"),
    *("CommonCredentialsProvider", "JindoCommonCredentialsProvider"),
}
# Its variables are looked at in any case.
_TAKE_ENVIRONMENT = {"EnvironmentVariableCredentialsProvider"}
_PATH = "the path"
_WAYS = (
    "Set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET (and OSS_SESSION_TOKEN with temporary keys), or give "
    "--credentials-file FILE; on an ECS instance with a RAM role, --ram-role auto."
)


class Asked(NamedTuple):
    """What options and environment say, all of it as text; `role` and `store` are how the outside is asked."""

    environment: Mapping[str, str]
    conf: Mapping[str, str]
    keys_file: str = ""
    ram_role: str = ""
    role: Callable[[RamRole], Keys] = fetch_keys
    store: Callable[[Mapping[str, str], Iterable[str], Mapping[str, str]], dict[str, str]] = read_store


class Found(NamedTuple):
    """Keys, who gave them in words, and where newer ones will come from: a file, a role, or nowhere."""

    keys: Keys
    provider: str
    keys_file: str = ""
    ram_role: RamRole | None = None


def find_keys(bucket: str, own: UriSecrets | None, for_any: UriSecrets | None, asked: Asked) -> Found:
    """The keys for a bucket; `own` and `for_any` are those of 1 and 3.

    Raises UsageError that names what is missing, or cannot be read, and how to give it; AuthenticationFailed where the
    metadata service has none.
    """
    found = (
        _handed_over(own, f"{_PATH} of oss://{bucket}")
        or _named_by_options(asked)
        or _handed_over(for_any, "what was handed over to this process (HDFS2OSS_KEYS)")
        or _of_environment(asked)
        or _of_hadoop(bucket, asked)
    )
    if found is None:
        raise UsageError(f"no access key is known for oss://{bucket}/", _WAYS + _about_hadoop(bucket, asked.conf))
    if not found.keys.can_sign():
        raise UsageError(
            f"the keys of oss://{bucket} hold characters that no key has: those of {found.provider}",
            "Look for the end of a line (also of Windows) behind them, for quotes and white space.",
        )
    return found


def keys_of_vendor(environment: Mapping[str, str]) -> Keys:
    """Keys for other services of Alibaba Cloud than OSS: the vendor's own variables before those of OSS, then a role.

    Raises UsageError where there are none, AuthenticationFailed where the metadata service has none.
    """
    own = {name: value for name, value in environment.items() if not name.startswith("OSS_")}
    asked = Asked(environment, {})
    found = _of_environment(asked._replace(environment=own)) if own.get("ALIBABA_CLOUD_ACCESS_KEY_ID") else None
    found = found or _of_environment(asked)
    if found is None:
        raise UsageError(
            "no access key is known for the API of Alibaba Cloud",
            "Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.",
        )
    return found.keys


def remarks(bucket: str, found: Found) -> Iterator[str]:
    """What the operator should know of the keys for a bucket before the copy begins."""
    if found.provider.startswith(_PATH):
        yield (
            f"WARNING: the keys of oss://{bucket} stand in its path: the history of your shell has them. Set "
            "OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET instead, or give --credentials-file FILE."
        )
    if found.ram_role or (found.keys_file and found.keys.expiration):
        until = f", valid until {found.keys.expiration}" if found.keys.expiration else ""
        yield f"The keys of oss://{bucket} are those of {found.provider}{until}; newer ones are taken as they come."
    elif found.keys.security_token and not found.keys_file:
        yield (
            f"The keys of oss://{bucket} are temporary, and nobody renews those of {found.provider}: a copy that "
            "outlasts them ends. --credentials-file FILE and --ram-role take newer ones."
        )


def _handed_over(secrets: UriSecrets | None, provider: str) -> Found | None:
    if secrets is None or not (secrets.access_key_id and secrets.access_key_secret):
        return None
    return Found(Keys(secrets.access_key_id, secrets.access_key_secret, secrets.security_token), provider)


def _named_by_options(asked: Asked) -> Found | None:
    if asked.keys_file:
        return Found(read_keys(asked.keys_file), f"the credentials file {asked.keys_file}", asked.keys_file)
    return _of_role(asked.ram_role, asked) if asked.ram_role else None


def _of_environment(asked: Asked) -> Found | None:
    for names in KEY_VARIABLES:
        key_id, secret, token = (asked.environment.get(name, "") for name in names)
        if key_id and secret:
            return Found(Keys(key_id, secret, token), f"the environment ({names[0]})")
    role = asked.environment.get("ALIBABA_CLOUD_ECS_METADATA", "")
    return _of_role(role, asked) if role else None


def _of_role(name: str, asked: Asked) -> Found:
    role = named_role(name, asked.environment)
    return Found(asked.role(role), str(role), ram_role=role)


def _of_hadoop(bucket: str, asked: Asked) -> Found | None:
    classes = _classes(bucket, asked.conf)
    if not classes or classes & _TAKE_KEYS:
        found = _hadoops_keys(bucket, asked)
        if found is not None:
            return found
    return _of_role(ANY_ROLE, asked) if classes & _TAKE_ROLE else None


def _hadoops_keys(bucket: str, asked: Asked) -> Found | None:
    prefixes = (f"fs.oss.bucket.{bucket}.", "fs.oss.", f"fs.jfs.cache.oss.bucket.{bucket}.", "fs.jfs.cache.oss.")
    names = [tuple(prefix + name for name in _HADOOPS) for prefix in prefixes]
    conf, stores, unread = dict(asked.conf), stores_of(asked.conf), None
    if stores:
        try:
            conf |= asked.store(asked.conf, [name for group in names for name in group], asked.environment)
        except UsageError as error:
            unread = error
    for group in names:
        key_id, secret, token = (conf.get(name, "") for name in group)
        if key_id and secret:
            is_stored = any(conf[name] != asked.conf.get(name) for name in group[:2])
            provider = f"the credential provider {stores}" if is_stored else "Hadoop's configuration"
            return Found(Keys(key_id, secret, token), f"{provider} ({group[0]})")
    if unread is not None:
        raise unread
    return None


def _classes(bucket: str, conf: Mapping[str, str]) -> set[str]:
    text = next((found for key in _PROVIDERS if (found := conf.get(key.format(bucket=bucket), ""))), "")
    return {name.strip().rpartition(".")[2] for name in text.split(",") if name.strip()}


def _about_hadoop(bucket: str, conf: Mapping[str, str]) -> str:
    said, stores = "", stores_of(conf)
    classes = _classes(bucket, conf)
    if classes and not classes & _TAKE_KEYS:
        if stores or conf.get("fs.oss.accessKeyId"):
            said += (
                f" What Hadoop's configuration and its credential stores hold does not count, as "
                f"fs.oss.credentials.provider names no class that takes it: {', '.join(sorted(classes))}."
            )
    elif stores:
        said += f" The credential provider {stores} has none under fs.oss.accessKeyId and fs.oss.accessKeySecret."
    strange = classes - _TAKE_KEYS - _TAKE_ROLE - _TAKE_ENVIRONMENT
    if strange:
        said += (
            f" fs.oss.credentials.provider names {', '.join(sorted(strange))}, which is a Java class and is not run."
        )
    return said
