"""What a sandbox may be asked for by name: `bin/sandbox up PROFILE`."""

from typing import TypedDict


class Profile(TypedDict, total=False):
    """Arguments of `Sandbox`; what is not named is as in the profile `hdfs`."""

    yarn: bool
    ha: bool
    secure: bool
    spark: bool
    kms: bool
    datanodes: int
    nodemanagers: int


PROFILES: dict[str, Profile] = {
    "hdfs": {},
    "yarn": {"yarn": True, "datanodes": 2},
    "ha": {"ha": True, "datanodes": 2},
    "secure": {"secure": True},
    "spark": {"spark": True},
    "kms": {"kms": True},
}
# One line each, for --help.
MEANINGS = {
    "hdfs": "a NameNode and a DataNode",
    "yarn": "two DataNodes, a ResourceManager and a NodeManager",
    "ha": "two NameNodes, a JournalNode and two DataNodes; see 'failover'",
    "secure": "a KDC, and HDFS with Kerberos and encrypted data transfer",
    "spark": "HDFS, and a standalone Spark master with workers on 127.0.0.2 and 127.0.0.3",
    "kms": "HDFS, and a key server for encryption zones",
}
