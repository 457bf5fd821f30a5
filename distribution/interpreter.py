"""The interpreter, its standard library and the libraries they need, so that they work from any folder.

    bin/python3.11, python3, python     the program; it finds its library by its own place
    lib/python3.11/                     the standard library, without tests and what draws windows
    lib/*.so*                           what they need and a node may not have: libpython, OpenSSL, libffi, ...

glibc and what every Linux with a JVM has stays the node's own.
"""

import os
import shutil
import ssl
import sys
import sysconfig
from pathlib import Path

from .libraries import Libraries

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
LEFT_OUT = {
    *("test", "tests", "idlelib", "tkinter", "turtledemo", "turtle.py", "lib2to3", "ensurepip", "pydoc_data"),
    *("__pycache__", "site-packages", "dist-packages", "EXTERNALLY-MANAGED", "sitecustomize.py"),
}
# What asks for libraries of terminals and windows, and what tests Python itself.
MODULES_LEFT_OUT = (
    "_tkinter",
    "readline",
    "_curses",
    "_crypt",
    "_gdbm",
    "_dbm",
    "nis",
    "ossaudiodev",
    "_test",
    "_xxtest",
    "xx",
)
# Debian's site.py looks for packages elsewhere. And OpenSSL knows where the certificates were on the machine that it
# was built for, which the node's system may keep elsewhere.
SITE_CUSTOMIZE = '''\
"""Packages of this environment, and certificates where this system keeps them."""

import os
import site
import sys

_packages = os.path.join(sys.prefix, "lib", "{version}", "site-packages")
if _packages not in sys.path:
    site.addsitedir(_packages)
if not any(map(os.path.exists, {certificates!r})) and "SSL_CERT_FILE" not in os.environ:
    for _file in (
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
        os.path.join(_packages, "certifi", "cacert.pem"),
    ):
        if os.path.exists(_file):
            os.environ["SSL_CERT_FILE"] = _file
            break
'''


def copy_interpreter(prefix: Path, libraries: Libraries) -> Path:
    """Copy the interpreter that runs this into `prefix`; its site-packages there, empty yet."""
    program = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    (prefix / "bin").mkdir(parents=True)
    shutil.copy2(program, prefix / "bin" / VERSION)
    for name in ("python3", "python"):
        (prefix / "bin" / name).symlink_to(VERSION)
    libraries.add(program, prefix / "bin" / VERSION)
    library = prefix / "lib" / VERSION
    shutil.copytree(sysconfig.get_path("stdlib"), library, symlinks=False, ignore=_left_out)
    for module in sorted((library / "lib-dynload").glob("*.so")):
        if module.name.startswith(MODULES_LEFT_OUT):
            module.unlink()
        else:
            libraries.add(Path(sysconfig.get_config_var("DESTSHARED"), module.name), module)
    paths = ssl.get_default_verify_paths()
    known = [paths.openssl_cafile, str(Path(paths.openssl_capath, "."))]
    (library / "sitecustomize.py").write_text(SITE_CUSTOMIZE.format(version=VERSION, certificates=known))
    (library / "site-packages").mkdir()
    return library / "site-packages"


def machine_paths() -> list[str]:
    """Where this machine has its interpreter, and where that was built."""
    names = [sys.base_prefix, sys.base_exec_prefix]
    names += [str(sysconfig.get_config_var(key) or "") for key in ("abs_srcdir", "abs_builddir")]
    system = ("/", "/usr", "/usr/local", ".", "")
    return sorted({name for name in names if name not in system}, key=len, reverse=True)


def _left_out(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name in LEFT_OUT or name.startswith("config-")}
