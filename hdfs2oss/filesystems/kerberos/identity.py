"""Who asks an HDFS that wants Kerberos: by a keytab, by a delegation token, or by a ticket of `kinit`."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import NamedTuple

from ...model.errors import AuthenticationFailed
from ..namenodes import LookUp, look_up, namenode_addresses
from .delegation import Token, read_tokens, token_among
from .gssapi import Login, http_token, missing, principal_of


class Identity(NamedTuple):
    """How one HDFS is asked. `address` is that of the NameNode, or the name service, as the token has it."""

    address: str
    login: Login
    token: Token | None

    def for_web(self, host: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """Headers and parameters for a web server on `host`. Raises AuthenticationFailed."""
        if self.token is not None:
            return {}, [("delegation", self.token.as_parameter())]
        return {"Authorization": f"Negotiate {base64.b64encode(http_token(host, self.login)).decode()}"}, []


def identity_for(
    authority: str,
    address: str,
    hadoop_conf: Mapping[str, str],
    login: Login,
    environment: Mapping[str, str],
    look_up: LookUp = look_up,
) -> Identity:
    """How this process asks the NameNode or name service `authority`. Raises AuthenticationFailed where it cannot.

    A token counts before all else while it lasts: it needs no KDC. The native client compares its service with the
    address as it stands, and Hadoop writes addresses of numbers into tokens.
    """
    tokens = read_tokens(environment)
    services = {f"ha-hdfs:{authority}": address} | {
        f"{host}:{port}": f"{host}:{port}" for host, port in namenode_addresses(address, {}, look_up)
    }
    token = token_among(tokens, services) if tokens else None
    if token is not None:
        return Identity(services[token.service], login, token)
    if why := missing():
        raise AuthenticationFailed(why)
    return Identity(address, keytab_here(login), None)


def who_asks(login: Login, environment: Mapping[str, str]) -> str:
    """The user's name: the first part of the principal. Raises AuthenticationFailed where nobody can ask."""
    tokens = read_tokens(environment)
    return short_name(tokens[0].owner() if tokens else principal_of(keytab_here(login)))


def keytab_here(login: Login) -> Login:
    """The keytab by its path, else by its name in the working directory, where `--files` of spark-submit puts it.

    Raises AuthenticationFailed.
    """
    if not login.keytab:
        return login
    for path in (login.keytab, os.path.abspath(os.path.basename(login.keytab))):
        if os.access(path, os.R_OK):
            return login._replace(keytab=path)
    raise AuthenticationFailed(
        f"the keytab {login.keytab} cannot be read on the node {os.uname().nodename}",
        f"Put it there on every node, or let it travel: --files {login.keytab} of spark-submit.",
    )


def short_name(principal: str) -> str:
    """As Hadoop has it without rules: `alice` of `alice@REALM`, `hdfs` of `hdfs/host@REALM`."""
    return principal.partition("@")[0].partition("/")[0]
