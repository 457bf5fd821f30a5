"""A Kerberos KDC of a sandbox's own, of Debian's packages; its krb5.conf is found through KRB5_CONFIG alone."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from .daemon import START_TIMEOUT_SECONDS, Daemon, wait_until
from .errors import SandboxError
from .ports import LOOPBACK, accepts_connections
from .secure_conf import REALM, SERVER, USER, WEB_SERVER, krb5_conf, server_keytab, ticket_cache, user_keytab
from .state import Record, StateFolder

PORTS = ("kdc",)
PACKAGES = ("krb5-kdc", "krb5-admin-server", "krb5-user")
PROGRAMS = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit")
TOOL_TIMEOUT_SECONDS = 60.0
# Servers stand in /usr/sbin, which a user's PATH need not name.
SEARCHED = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])

KRB5_CONF = """\
[libdefaults]
    default_realm = {realm}
    dns_lookup_realm = false
    dns_lookup_kdc = false
    dns_canonicalize_hostname = false
    rdns = false
    udp_preference_limit = 1
    ticket_lifetime = 8h
    renew_lifetime = 7d
    forwardable = true
[realms]
    {realm} = {{
        kdc = {host}:{port}
    }}
[domain_realm]
    localhost = {realm}
"""
KDC_CONF = """\
[kdcdefaults]
    kdc_listen = {host}:{port}
    kdc_tcp_listen = {host}:{port}
[realms]
    {realm} = {{
        database_name = {folder}/principal
        key_stash_file = {folder}/stash
        acl_file = {folder}/kadm5.acl
        max_life = 24h
        max_renewable_life = 7d
    }}
"""


class Kdc:
    def __init__(self, state: StateFolder, record: Record) -> None:
        self._state = state
        self._record = record
        self._folder = state.path / "kdc"
        marker = f"proc_sandbox_{record.id}_kdc"
        # The name of its pid file, in the folder of logs, marks it.
        command = [find_program("krb5kdc") or "krb5kdc", "-n", "-r", REALM, "-P", marker]
        self.daemon = Daemon("kdc", marker, command, state.log("kdc"), self._environment())

    def start(self) -> None:
        """Make realm, principals and keytabs if they are new; return when it answers."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = {"realm": REALM, "host": LOOPBACK, "port": self._record.ports["kdc"], "folder": self._folder}
        krb5_conf(self._state.path).write_text(KRB5_CONF.format(**names))
        (self._folder / "kdc.conf").write_text(KDC_CONF.format(**names))
        if not user_keytab(self._state.path).exists():
            self._make_realm()
        self.daemon.start()
        port = self._record.ports["kdc"]
        wait_until(lambda: accepts_connections(port), "its port answers", START_TIMEOUT_SECONDS, [self.daemon])

    def client_environment(self) -> dict[str, str]:
        """What a client of this realm needs; the keytab is that of an ordinary user."""
        return {
            "KRB5_CONFIG": str(krb5_conf(self._state.path)),
            "KRB5CCNAME": ticket_cache(self._state.path),
            "SANDBOX_PRINCIPAL": f"{USER}@{REALM}",
            "SANDBOX_KEYTAB": str(user_keytab(self._state.path)),
        }

    def take_ticket(self) -> None:
        """For the ordinary user, into the sandbox's own cache of tickets."""
        self._run("kinit", "-k", "-t", str(user_keytab(self._state.path)), f"{USER}@{REALM}")

    def limit_tickets(self, seconds: int) -> None:
        """Let the tickets of the ordinary user that are given from now on end so soon."""
        self._run("kadmin.local", "-r", REALM, "modprinc", "-maxlife", f"{seconds} seconds", f"{USER}@{REALM}")

    def _make_realm(self) -> None:
        for old in self._folder.glob("principal*"):
            old.unlink()
        self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", secrets.token_hex(16))
        keytabs = {
            server_keytab(self._state.path): (SERVER, WEB_SERVER),
            user_keytab(self._state.path): (f"{USER}@{REALM}",),
        }
        for keytab, principals in keytabs.items():
            keytab.unlink(missing_ok=True)
            for principal in principals:
                self._run("kadmin.local", "-r", REALM, "addprinc", "-randkey", principal)
                self._run("kadmin.local", "-r", REALM, "ktadd", "-k", str(keytab), principal)

    def _run(self, name: str, *arguments: str) -> None:
        program = find_program(name)
        done = subprocess.run(
            [program or name, *arguments],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TOOL_TIMEOUT_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise SandboxError(f"{name} failed (exit code {done.returncode}): {done.stdout.strip()[-400:]}")

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.client_environment(), "KRB5_KDC_PROFILE": str(self._folder / "kdc.conf")}


def find_program(name: str) -> str | None:
    return shutil.which(name, path=SEARCHED)


def fetch_kdc(say: Callable[[str], None] = lambda line: None) -> None:
    """Install Debian's packages where something is missing and root may; else say what is missing."""
    if all(find_program(name) for name in PROGRAMS):
        return
    told = f"a KDC needs Debian's packages {' '.join(PACKAGES)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SandboxError(f"{told}: install them (apt-get install {' '.join(PACKAGES)})")
    say(f"installing {' '.join(PACKAGES)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(
            ["apt-get", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SandboxError(f"{told}, and apt-get {words[0]} failed:\n{done.stdout.strip()[-800:]}")


def java_flag(state: Path) -> str:
    """Java does not look at KRB5_CONFIG."""
    return f"java.security.krb5.conf={krb5_conf(state)}"
