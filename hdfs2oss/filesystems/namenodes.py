"""Which names mean the same HDFS: `localhost`, an address, a short name, a full one, a name service.

Places are compared by their names, and what lies in what decides what `-delete` may remove: each HDFS goes by one name.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..model.uri import NAMENODE_PORT, Uri

_SERVICE = "dfs.ha.namenodes."
_RPC = "dfs.namenode.rpc-address."
Address = tuple[str, int]
LookUp = Callable[[str, int], Iterable[Address]]


def look_up(host: str, port: int) -> list[Address]:
    """The addresses that a host name stands for; none where nobody knows it."""
    try:
        return [(str(found[4][0]), port) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return []


def other_names(authorities: Sequence[str], conf: Mapping[str, str], look_up: LookUp = look_up) -> dict[str, str]:
    """For each authority that means the HDFS of another one: the name to call it by.

    Two are one HDFS when NameNodes of theirs have an address and port in common. It is called by a name service, else
    as the default file system is, else as it was named first. Nothing is looked up unless there are two names.
    """
    names = {Uri("hdfs", authority, "/"): authority for authority in reversed(authorities) if authority}
    if len(names) < 2:
        return {}
    default = conf.get("fs.defaultFS", "").removeprefix("hdfs://").strip("/")
    known = sorted(
        dict.fromkeys(reversed(names.values())),
        key=lambda one: (_SERVICE + one not in conf, Uri("hdfs", one, "/") != Uri("hdfs", default, "/")),
    )
    chosen: dict[str, set[Address]] = {}
    renamed: dict[str, str] = {}
    for authority in known:
        places = namenode_addresses(authority, conf, look_up)
        same = next((name for name, others in chosen.items() if others & places), None)
        if same is None:
            chosen[authority] = places
        else:
            chosen[same] |= places
            renamed[authority] = same
    # Two spellings of one name (`NN`, `nn:8020`) are equal as places, and go the same way.
    by_place = {Uri("hdfs", authority, "/"): name for authority, name in renamed.items()}
    return {one: by_place[place] for one in authorities if (place := Uri("hdfs", one, "/")) in by_place}


def namenode_addresses(authority: str, conf: Mapping[str, str], look_up: LookUp = look_up) -> set[Address]:
    """Host and port of each NameNode that goes by this name, as they are written and as numbers."""
    nodes = [node.strip() for node in conf.get(_SERVICE + authority, "").split(",") if node.strip()]
    stated = [conf.get(f"{_RPC}{authority}.{node}", "") for node in nodes] or [conf.get(_RPC + authority, authority)]
    found: set[Address] = set()
    for address in filter(None, stated):
        host, _, port = address.rpartition(":")
        host, number = (host, int(port)) if host and port.isdigit() else (address, NAMENODE_PORT)
        found.add((host.lower(), number))
        found.update(look_up(host.strip("[]"), number))
    return found
