"""The key server of Hadoop (KMS): it has the keys of encryption zones in a file, and gives them to whoever asks."""

from pathlib import Path

from .daemon import START_TIMEOUT_SECONDS, Daemon, wait_until
from .hadoop_conf import LOG4J, write_properties
from .jars import KMS, added_artefacts
from .java import java_command, java_environment
from .jmx import request
from .ports import LOOPBACK
from .secure_conf import Properties
from .state import Record, StateFolder

SERVICE = "kms"
PORTS = ("kms",)
MAIN_CLASS = "org.apache.hadoop.crypto.key.kms.server.KMSWebServer"
HEAP_MIB = 192
# What may be done with keys that no rule of their own is for.
KEY_OPERATIONS = ("MANAGEMENT", "GENERATE_EEK", "DECRYPT_EEK", "READ")


class Kms:
    def __init__(self, state: StateFolder, record: Record) -> None:
        self._conf = state.path / "conf-kms"
        self._keys = state.path / "kms" / "keys.jceks"
        self._record = record
        marker = f"proc_sandbox_{record.id}_{SERVICE}"
        defines = [marker, "hadoop.root.logger=INFO,console", f"kms.config.dir={self._conf}"]
        # It does not start where it has to look for its own.
        defines.append(f"log4j.configuration=file:{self._conf / 'log4j.properties'}")
        command = java_command(f"{self._conf}:{added_artefacts(KMS).folder()}/*", MAIN_CLASS, HEAP_MIB, defines)
        self.daemon = Daemon(SERVICE, marker, command, state.log(SERVICE), java_environment())

    def start(self) -> None:
        self._keys.parent.mkdir(parents=True, exist_ok=True)
        write_properties(self._conf / "kms-site.xml", kms_site(self._record.ports["kms"], self._keys))
        write_properties(self._conf / "core-site.xml", {})
        write_properties(self._conf / "kms-acls.xml", {f"default.key.acl.{one}": "*" for one in KEY_OPERATIONS})
        (self._conf / "log4j.properties").write_text(LOG4J)
        self.daemon.start()

    def wait(self) -> None:
        wait_until(self._answers, "it answers", START_TIMEOUT_SECONDS, [self.daemon])

    def _answers(self) -> bool:
        try:
            status, _ = request("GET", self._record.ports["kms"], "/kms/v1/keys/names?user.name=root", 10)
        except OSError:
            return False
        return status == 200


def kms_site(port: int, keys: Path) -> Properties:
    return {
        "hadoop.kms.http.host": LOOPBACK,
        "hadoop.kms.http.port": port,
        "hadoop.kms.key.provider.uri": f"jceks://file@{keys}",
        "hadoop.kms.authentication.type": "simple",
    }
