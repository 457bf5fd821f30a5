"""What Hadoop is told of Kerberos: keys of core-site.xml and hdfs-site.xml, and the names of principals."""

from collections.abc import Mapping
from pathlib import Path

Properties = Mapping[str, object]

REALM = "SANDBOX.TEST"
# Both servers of HDFS; the superuser's name is the first part.
SERVER = f"hdfs/localhost@{REALM}"
WEB_SERVER = f"HTTP/localhost@{REALM}"
USER = "alice"


def krb5_conf(state: Path) -> Path:
    return state / "kdc" / "krb5.conf"


def server_keytab(state: Path) -> Path:
    return state / "kdc" / "servers.keytab"


def user_keytab(state: Path) -> Path:
    return state / "kdc" / f"{USER}.keytab"


def ticket_cache(state: Path) -> str:
    """Where `kinit` puts a ticket for whoever has the sandbox's environment."""
    return f"FILE:{state / 'kdc' / 'tickets'}"


def secure_core(state: Path) -> Properties:
    return {
        "hadoop.security.authentication": "kerberos",
        "hadoop.security.authorization": True,
        "hadoop.rpc.protection": "privacy",
        # Nobody of these is a user of the machine.
        "hadoop.user.group.static.mapping.overrides": f"hdfs=supergroup;{USER}=users",
        # WebHDFS takes tickets only through this filter.
        "hadoop.http.filter.initializers": "org.apache.hadoop.hdfs.web.AuthFilterInitializer",
        "hadoop.http.authentication.type": "kerberos",
        "hadoop.http.authentication.kerberos.principal": WEB_SERVER,
        "hadoop.http.authentication.kerberos.keytab": server_keytab(state),
    }


def secure_yarn(state: Path) -> Properties:
    """Containers run as the user of the NodeManager, whoever has submitted; HDFS sees their token."""
    properties: dict[str, object] = {}
    for server in ("yarn.resourcemanager", "yarn.nodemanager"):
        properties |= {f"{server}.principal": SERVER, f"{server}.keytab": server_keytab(state)}
    return properties


def secure_hdfs(state: Path) -> Properties:
    keytab = server_keytab(state)
    return {
        "dfs.block.access.token.enable": True,
        "dfs.data.transfer.protection": "privacy",
        "dfs.encrypt.data.transfer": True,
        "dfs.encrypt.data.transfer.cipher.suites": "AES/CTR/NoPadding",
        "dfs.namenode.kerberos.principal": SERVER,
        "dfs.namenode.keytab.file": keytab,
        "dfs.datanode.kerberos.principal": SERVER,
        "dfs.datanode.keytab.file": keytab,
        "dfs.web.authentication.kerberos.principal": WEB_SERVER,
        "dfs.web.authentication.kerberos.keytab": keytab,
        # Neither root's ports nor HTTPS.
        "ignore.secure.ports.for.testing": True,
    }
