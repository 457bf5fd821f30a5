"""Hadoop's credential stores: encrypted files with passwords in them.

jceks://file/..., jceks://hdfs@namenode/..., localjceks://file/... and so on: Java reads them all, as the formats are
its own. One with a password of its own is opened as Hadoop opens it, by HADOOP_CREDSTORE_PASSWORD or by the file that
hadoop.security.credstore.java-keystore-provider.password-file names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...model.errors import StoreError, UsageError
from ..hadoop_conf import is_kerberized, user_name
from ..hadoop_jvm import JavaFailed, jvm_of_process

PATH = "hadoop.security.credential.provider.path"
# JindoSDK's name for those that only OSS looks into.
OSS_PATH = "fs.oss.security.credential.provider.path"
_HINT = (
    "Look whether it is there and readable (hadoop credential list -provider PATH); without it, set OSS_ACCESS_KEY_ID "
    "and OSS_ACCESS_KEY_SECRET, or give --credentials-file FILE."
)


def stores_of(conf: Mapping[str, str]) -> str:
    """The stores that Hadoop's configuration names, separated by commas; "" for none."""
    return ",".join(found for found in (conf.get(OSS_PATH, ""), conf.get(PATH, "")) if found)


def read_store(conf: Mapping[str, str], aliases: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """What the stores of a configuration hold under these names. Raises UsageError that says why they are not read."""
    stores = stores_of(conf)
    jvm = jvm_of_process("" if is_kerberized(conf) else user_name(environment))
    missing = jvm.missing()
    if missing:
        raise UsageError(f"the credential provider {stores} cannot be read: {missing}", _HINT)

    def read(view: Any) -> dict[str, str]:
        configuration = view.org.apache.hadoop.conf.Configuration()
        for key, value in conf.items():
            configuration.set(key, value)
        configuration.set(PATH, stores)
        # Configuration.getPassword does the same, and does not say what is wrong with a store.
        providers = view.org.apache.hadoop.security.alias.CredentialProviderFactory.getProviders(configuration)
        found: dict[str, str] = {}
        for provider in providers:
            for alias in aliases:
                entry = provider.getCredentialEntry(alias)
                if entry is not None:
                    found.setdefault(alias, "".join(entry.getCredential()))
        return found

    try:
        return jvm.call(f"read {stores}", read)
    except JavaFailed as error:
        raise UsageError(
            f"the credential provider {stores} cannot be read: {error.message or error.name}", _HINT
        ) from None
    except StoreError as error:
        raise UsageError(f"the credential provider {stores} cannot be read: {error.message}", _HINT) from None
