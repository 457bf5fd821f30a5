"""From text to places: the default file system, and the access to the store of each place."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ..filesystems.hadoop_conf import is_kerberized, schemes_with_a_class, user_name
from ..filesystems.kerberos.gssapi import BY_TICKET, Login
from ..filesystems.kerberos.identity import who_asks
from ..filesystems.keys.chain import Asked, find_keys, remarks
from ..filesystems.keys.credentials import OssAccess, resolve_access
from ..filesystems.registry import NATIVE, StoreConfig
from ..model.errors import AuthenticationFailed, SurveyError, UsageError
from ..model.handover import ANY_BUCKET, read_handover
from ..model.uri import ParsedUri, Uri, UriSecrets, normalise_path, parse_uri

_FILE = "OSS_CREDENTIALS_FILE"
# Where Kerberos has a say.
_OF_NAMENODES = ("hdfs", "viewfs", "webhdfs", "swebhdfs")


class Places:
    """Resolves the paths of one command and collects the access to their stores."""

    def __init__(
        self,
        environment: Mapping[str, str],
        hadoop_conf: Mapping[str, str],
        oss_endpoint: str = "",
        credentials_file: str = "",
        ram_role: str = "",
        login: Login = BY_TICKET,
    ) -> None:
        if credentials_file and ram_role:
            raise UsageError("--credentials-file and --ram-role each say where keys come from", "Give one of them.")
        self._environment = environment
        self._handed_over = read_handover(environment)
        self._conf = hadoop_conf
        self._oss_endpoint = oss_endpoint
        named = credentials_file or ("" if ram_role else environment.get(_FILE, ""))
        self._asked = Asked(environment, hadoop_conf, os.path.abspath(named) if named else "", ram_role)
        self._oss: dict[str, OssAccess] = {}
        self.remarks: list[str] = []
        self._login = login
        self._others = schemes_with_a_class(hadoop_conf)
        self._kerberos_user = ""
        # The first HDFS that is named.
        self._hdfs = ""

    def resolve(self, text: str) -> Uri:
        """A place with scheme and authority, reachable through `stores`.

        Raises UsageError, and SurveyError where those who are to give its keys do not.
        """
        parsed = parse_uri(text, self._others)
        uri = parsed.uri
        if not uri.scheme or (uri.scheme == "hdfs" and not uri.authority):
            uri = self._on_default(text, uri)
        self._note(uri)
        if uri.scheme == "oss" and uri.authority not in self._oss:
            self._oss[uri.authority] = self._access(uri.authority, parsed)
        return uri

    def stores(self, connections: int = StoreConfig().threads, hdfs_client: str = NATIVE) -> StoreConfig:
        """Access to all stores that were resolved so far; each keeps so many connections.

        Without Kerberos a NameNode believes whatever name it hears, so ours travels: on a node of the cluster
        a task is run by `yarn` or `nobody`.
        """
        user = "" if is_kerberized(self._conf) else self.user
        return StoreConfig(self._conf, dict(self._oss), connections, user, self._login, hdfs_client)

    @property
    def user(self) -> str:
        """Who asks HDFS, as a name. Raises SurveyError where that is a matter of Kerberos, and there is no ticket."""
        if not (self._hdfs and is_kerberized(self._conf)):
            return user_name(self._environment)
        if not self._kerberos_user:
            try:
                self._kerberos_user = who_asks(self._login, self._environment)
            except AuthenticationFailed as error:
                raise SurveyError(f"{self._hdfs} wants Kerberos: {error}", error.hint) from None
        return self._kerberos_user

    def _access(self, bucket: str, parsed: ParsedUri) -> OssAccess:
        """Where keys come from is the order of `find_keys`; an endpoint beside them may come with them."""
        secrets = parsed.secrets
        own = secrets if secrets.access_key_id else self._handed_over.get(bucket)
        try:
            found = find_keys(bucket, own, self._handed_over.get(ANY_BUCKET), self._asked)
        except AuthenticationFailed as error:
            raise SurveyError(error.message, error.hint) from None
        self.remarks += remarks(bucket, found)
        endpoint = secrets.endpoint or (own.endpoint if own else "")
        given = UriSecrets(endpoint=endpoint)
        return resolve_access(bucket, given, self._oss_endpoint, self._environment, self._conf, found)

    def _on_default(self, text: str, uri: Uri) -> Uri:
        default = self._conf.get("fs.defaultFS", "")
        parsed = parse_uri(default, self._others).uri if default and not default.startswith("file:") else None
        if parsed is None or parsed.scheme == "file":
            raise UsageError(
                f"{text} names no file system, and no fs.defaultFS is configured",
                f"Write hdfs://namenode/... or file://{uri.path if uri.path.startswith('/') else '/' + uri.path}, "
                "or set HADOOP_CONF_DIR.",
            )
        if uri.scheme and parsed.scheme != uri.scheme:
            raise UsageError(f"{text} names no NameNode, and fs.defaultFS is {parsed}", "Write hdfs://namenode/path.")
        # Whose home a relative path counts from is asked where it lies.
        self._note(parsed)
        return Uri(parsed.scheme, parsed.authority, self._absolute(uri.path))

    def _note(self, uri: Uri) -> None:
        if uri.scheme in _OF_NAMENODES:
            self._hdfs = self._hdfs or f"{uri.scheme}://{uri.authority}"

    def _absolute(self, path: str) -> str:
        """Relative paths count from the user's home. `./clean` is one that bears the name of a verb."""
        return path if path.startswith("/") else normalise_path(f"/user/{self.user}/{path}")


def read_login(principal: str, keytab: str, conf: Mapping[str, str]) -> Login:
    """What --principal and --keytab say, ours, else those of spark-submit. Raises UsageError."""
    of_spark = conf.get("spark.kerberos.principal", ""), conf.get("spark.kerberos.keytab", "")
    if all(of_spark) and not (principal or keytab):
        principal, keytab = of_spark
    if bool(principal) != bool(keytab):
        raise UsageError(
            "--principal and --keytab belong together",
            "Give both, or neither and run kinit before.",
        )
    return Login(principal, os.path.abspath(keytab) if keytab else "")
