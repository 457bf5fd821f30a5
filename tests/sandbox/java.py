"""The Java virtual machine the Hadoop classes run on."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from .errors import SandboxError

# Small, and quick to start: half the time of a short life goes into compiling well.
QUICK_FLAGS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
# Hadoop before 3.5 needs the opened package for WebHDFS; newer versions do not mind.
FLAGS = (
    *QUICK_FLAGS,
    "-Djava.net.preferIPv4Stack=true",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
)
# Would change who the servers run as, or what they read; the token belongs to other keys than the sandbox's.
UNWANTED = (
    "OSS_SESSION_TOKEN",
    "HADOOP_USER_NAME",
    "HADOOP_PROXY_USER",
    "HADOOP_CONF_DIR",
    "CLASSPATH",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
)


def java_executable() -> str:
    home = os.environ.get("JAVA_HOME")
    candidate = Path(home, "bin", "java") if home else None
    found = str(candidate) if candidate and candidate.is_file() else shutil.which("java")
    if not found:
        raise SandboxError("Java 17 or newer is not on the PATH (Debian: apt-get install openjdk-17-jre-headless)")
    return found


def java_command(classpath: str, main_class: str, heap_mib: int, defines: Sequence[str] = ()) -> list[str]:
    """Only -D definitions stand between the flags and the class."""
    return [
        java_executable(),
        f"-Xmx{heap_mib}m",
        *FLAGS,
        *(f"-D{define}" for define in defines),
        "-cp",
        classpath,
        main_class,
    ]


def java_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in UNWANTED}
