"""Hadoop's configuration as a small dict: read once, resolved, and fit to travel to executors."""

from __future__ import annotations

import getpass
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

from ..model.errors import UsageError
from ..model.handover import promises_secret

_FILES = ("core-site.xml", "hdfs-site.xml")
_RELEVANT = (
    "fs.defaultFS",
    "fs.oss.",
    "fs.jfs.cache.oss.",
    "fs.permissions.",
    "fs.viewfs.",
    "dfs.",
    "hadoop.security.",
    "hadoop.rpc.protection",
    # Of Spark: what --principal and --keytab of spark-submit become.
    "spark.kerberos.",
)
# Names that Hadoop still takes for others.
_RENAMED = {
    "fs.default.name": "fs.defaultFS",
    "dfs.block.size": "dfs.blocksize",
    "dfs.umaskmode": "fs.permissions.umask-mode",
}
# What is read of them, by us or by the native client of HDFS; a name that ends in a dot is that of a family.
_READ = (
    "fs.defaultFS",
    "fs.oss.endpoint",
    "fs.oss.accessKeyId",
    "fs.oss.accessKeySecret",
    "fs.oss.securityToken",
    "fs.oss.region",
    "fs.oss.signatureversion",
    "fs.oss.proxy.",
    "fs.oss.bucket.",
    "fs.oss.credentials.provider",
    "fs.oss.security.credential.provider.path",
    "fs.jfs.cache.oss.",
    "fs.permissions.umask-mode",
    "fs.viewfs.mounttable.",
    "dfs.replication",
    "dfs.blocksize",
    "dfs.checksum.combine.mode",
    "dfs.nameservices",
    "dfs.ha.namenodes.",
    "dfs.namenode.rpc-address.",
    "dfs.namenode.http-address",
    "dfs.namenode.http-address.",
    "dfs.namenode.https-address",
    "dfs.namenode.https-address.",
    "dfs.http.policy",
    "dfs.client.failover.",
    "dfs.client.socket-timeout",
    "dfs.client.use.datanode.hostname",
    "dfs.client.block.write.replace-datanode-on-failure.",
    "dfs.data.transfer.protection",
    "dfs.user.home.dir.prefix",
    "hadoop.security.authentication",
    "hadoop.security.credential.",
    "hadoop.security.credstore.",
    "hadoop.security.auth_to_local",
    "hadoop.rpc.protection",
    "hadoop.security.key.provider.path",
)
# What the Java client reads for file systems that only it reaches, and which class is one of them. Their keys do not
# travel: each node has them in its own configuration, or in a credential store.
_OF_JAVA = ("fs.s3a.", "fs.gs.", "google.cloud.", "fs.azure.", "dfs.webhdfs.", "fs.AbstractFileSystem.")
_CLASS = re.compile(r"^fs\.([A-Za-z][A-Za-z0-9+-]*)\.impl\Z")
_VARIABLE = re.compile(r"\$\{([^}$\s]+)\}")
_INCLUDE = "{http://www.w3.org/2001/XInclude}include"
_FALLBACK = "{http://www.w3.org/2001/XInclude}fallback"
# Hadoop gives up at the same depth.
_MAX_SUBSTITUTIONS = 20
_MAX_INCLUDES = 16


def read_hadoop_conf(environment: Mapping[str, str]) -> dict[str, str]:
    """Read core-site.xml and hdfs-site.xml of HADOOP_CONF_DIR, else of HADOOP_HOME/etc/hadoop.

    A later file wins over an earlier one, except over a key marked final. `${...}` (other keys,
    `env.NAME`, `user.name`) and XInclude are resolved. Only keys a copy needs are kept; without a
    configuration folder the dict is empty. Raises UsageError that names a file which cannot be read.
    """
    folder = environment.get("HADOOP_CONF_DIR") or ""
    if not folder and environment.get("HADOOP_HOME"):
        folder = os.path.join(environment["HADOOP_HOME"], "etc", "hadoop")
    raw: dict[str, str] = {}
    final: set[str] = set()
    for name in _FILES:
        path = os.path.join(folder, name) if folder else ""
        if path and os.path.exists(path):
            _read_file(path, raw, final, 0)
    resolved = {key: _resolve(value, raw, environment) for key, value in raw.items()}
    return keep_relevant(resolved)


def keep_relevant(configuration: Mapping[str, str]) -> dict[str, str]:
    """The keys a copy needs, by their present names, out of a configuration that is resolved (such as Spark's)."""
    named = ((_RENAMED.get(key, key), value) for key, value in configuration.items())
    return {key: value for key, value in named if key.startswith(_RELEVANT) or _is_of_java(key)}


def _is_of_java(key: str) -> bool:
    return bool(_CLASS.match(key)) or (key.startswith(_OF_JAVA) and not promises_secret(key))


def schemes_with_a_class(configuration: Mapping[str, str]) -> frozenset[str]:
    """The schemes for which a class is named that Java is to take."""
    return frozenset(found[1].lower() for key in configuration if (found := _CLASS.match(key)))


def unread_keys(configuration: Mapping[str, str]) -> list[str]:
    """The keys that change nothing here, because nobody reads them."""

    def is_read(key: str) -> bool:
        is_known = any(key.startswith(name) if name.endswith(".") else key == name for name in _READ)
        return is_known or _is_of_java(key)

    return sorted(key for key in configuration if not is_read(_RENAMED.get(key, key)))


def is_kerberized(configuration: Mapping[str, str]) -> bool:
    """Whether tickets and tokens say who asks HDFS, not a name."""
    return configuration.get("hadoop.security.authentication", "").lower() == "kerberos"


def user_name(environment: Mapping[str, str]) -> str:
    """Who we are to a store without Kerberos; a process in a container may have a number and no name.

    A driver that YARN runs as `yarn` finds who submitted it in SPARK_USER, as Spark itself does.
    """
    for name in ("HADOOP_USER_NAME", "SPARK_USER"):
        if environment.get(name):
            return environment[name]
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return environment.get("USER") or f"uid-{os.getuid()}"


def _read_file(path: str, raw: dict[str, str], final: set[str], depth: int) -> None:
    if depth > _MAX_INCLUDES:
        raise UsageError(f"the Hadoop configuration {path} includes itself")
    try:
        root = ET.parse(path).getroot()
    except ET.ParseError as error:
        raise UsageError(f"the Hadoop configuration {path} is not well-formed XML: {error}") from None
    except OSError as error:
        raise UsageError(f"the Hadoop configuration {path} cannot be read: {error.strerror}") from None
    if root.tag != "configuration":
        raise UsageError(f"the Hadoop configuration {path} does not start with <configuration>")
    _read_properties(root, path, raw, final, depth)


def _read_properties(parent: ET.Element, path: str, raw: dict[str, str], final: set[str], depth: int) -> None:
    for element in parent:
        if element.tag == _INCLUDE:
            _include(element, path, raw, final, depth)
        elif element.tag == "configuration":
            _read_properties(element, path, raw, final, depth)
        elif element.tag == "property":
            name = (element.findtext("name") or element.get("name") or "").strip()
            value = element.findtext("value")
            value = element.get("value") if value is None else value
            if not name or value is None or name in final:
                continue
            raw[name] = value.strip()
            if (element.findtext("final") or "").strip() == "true":
                final.add(name)


def _include(element: ET.Element, path: str, raw: dict[str, str], final: set[str], depth: int) -> None:
    target = (element.get("href") or "").removeprefix("file://")
    target = os.path.join(os.path.dirname(path), target)
    if os.path.exists(target):
        _read_file(target, raw, final, depth + 1)
        return
    fallback = element.find(_FALLBACK)
    if fallback is None:
        raise UsageError(f"the Hadoop configuration {path} includes {target}, which does not exist")
    _read_properties(fallback, path, raw, final, depth)


def _resolve(value: str, raw: Mapping[str, str], environment: Mapping[str, str]) -> str:
    for _ in range(_MAX_SUBSTITUTIONS):
        replaced = _VARIABLE.sub(lambda match: _look_up(match, raw, environment), value)
        if replaced == value:
            break
        value = replaced
    return value


def _look_up(match: re.Match[str], raw: Mapping[str, str], environment: Mapping[str, str]) -> str:
    name = match[1]
    if name.startswith("env."):
        variable, separator, default = re.match(r"env\.([^:-]+)(:?-)?(.*)", name).groups("")  # type: ignore[union-attr]
        return environment.get(variable, "") or (default if separator else environment.get(variable, match[0]))
    if name == "user.name":
        return user_name(environment)
    return raw.get(name, match[0])
