"""Which erasure-coding policies the native client of HDFS can write below."""

from __future__ import annotations

import re

# XOR-2-1-1024k and RS-LEGACY-6-3-1024k are written without complaint, with parity that gives other bytes back.
_RS = re.compile(r"RS-\d+-\d+-\d+k")
_REPLICATION = ("", "REPLICATION")


def is_written_rightly(policy: str) -> bool:
    """Whether what is written below a directory with this policy can be read when a DataNode is lost.

    policy                    written rightly
    -----------------------   ---------------
    "" or REPLICATION         yes
    RS-6-3-1024k              yes
    XOR-2-1-1024k             no
    RS-LEGACY-6-3-1024k       no
    any other                 no
    """
    return policy in _REPLICATION or _RS.fullmatch(policy) is not None
