"""The command line behind bin/sandbox.

exit code   0 done, or everything runs   1 it failed   2 wrong usage   3 not up, or not wholly
"""

import argparse
import shlex
import signal
import sys

from .errors import NotUp, SandboxError
from .jars import artefacts_of, fetch_jars
from .kdc import fetch_kdc
from .profiles import MEANINGS, PROFILES, Profile
from .sandbox import Sandbox
from .servers import Service
from .state import sandbox_names

NOT_UP = 3


def main(argv: list[str]) -> int:
    arguments = _parser().parse_args(argv)
    # Ended from outside, `up` still stops what it started.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        return int(arguments.run(arguments))
    except NotUp as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return NOT_UP
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("sandbox: interrupted; what was started has been stopped", file=sys.stderr)
        return 128 + signal.SIGINT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox", description="A real HDFS and the local OSS server on loopback.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="start it, or what is missing of it")
    up.add_argument("profile", nargs="?", choices=PROFILES, default="hdfs", metavar="PROFILE", help=_profiles())
    up.add_argument("--yarn", action="store_true", help="with a ResourceManager and a NodeManager")
    up.add_argument("--without-oss", action="store_true", help="HDFS only")
    other = f"HDFS of another Hadoop than {artefacts_of().version}, such as 2.10.2"
    up.add_argument("--hadoop", default="", metavar="VERSION", help=other)
    up.add_argument("--datanodes", type=int, metavar="N", help="default: 1, or what the profile says")
    nodes = "of YARN; a second one is small, and a dead one is missed after 15 s (default: 1)"
    up.add_argument("--nodemanagers", type=int, choices=(1, 2), metavar="N", help=nodes)
    up.set_defaults(run=_up)

    down = commands.add_parser("down", help="end its processes and remove its state")
    down.add_argument("--keep", action="store_true", help="keep the state: the next 'up' finds the data again")
    down.add_argument("--all", action="store_true", help="every sandbox of this checkout")
    down.set_defaults(run=_down)

    commands.add_parser("status", help="what runs; exit code 3 unless all of it").set_defaults(run=_status)
    commands.add_parser("env", help='print what to eval: eval "$(bin/sandbox env)"').set_defaults(run=_env)
    failover = commands.add_parser("failover", help="of profile ha: make the other NameNode active")
    failover.set_defaults(run=_failover)
    for command in commands.choices.values():
        command.add_argument("--name", default="default", help="several sandboxes live side by side")
    fetch = commands.add_parser("fetch", help="download the Hadoop jars and do no more")
    fetch.set_defaults(run=_fetch)
    kdc = commands.add_parser("fetch-kdc", help="install what a KDC needs, as far as root may, and do no more")
    kdc.set_defaults(run=_fetch_kdc)
    return parser


def _up(arguments: argparse.Namespace) -> int:
    sandbox = Sandbox(
        arguments.name,
        oss=not arguments.without_oss,
        hadoop=arguments.hadoop,
        say=_say,
        **_asked(arguments),
    )
    if not sandbox.up():
        print(f"sandbox '{arguments.name}' is already up")
    _print_services(sandbox.status())
    return 0


def _asked(arguments: argparse.Namespace) -> Profile:
    """What the profile says, with the options on top of it."""
    asked: Profile = {**PROFILES[arguments.profile]}
    if arguments.yarn:
        asked["yarn"] = True
    if arguments.datanodes:
        asked["datanodes"] = arguments.datanodes
    if arguments.nodemanagers:
        asked["nodemanagers"] = arguments.nodemanagers
    return asked


def _profiles() -> str:
    return "; ".join(f"{name}: {meaning}" for name, meaning in MEANINGS.items()) + " (default: hdfs)"


def _failover(arguments: argparse.Namespace) -> int:
    print(f"nn{Sandbox(arguments.name).failover()} is active")
    return 0


def _down(arguments: argparse.Namespace) -> int:
    for name in sandbox_names() if arguments.all else [arguments.name]:
        done = Sandbox(name).down(keep=arguments.keep)
        print(f"sandbox '{name}' {'is down' if done else 'was not up'}")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    sandbox = Sandbox(arguments.name)
    services = sandbox.status()
    if not services:
        raise NotUp(f"there is no sandbox '{arguments.name}'")
    _print_services(services)
    return 0 if sandbox.is_up() else NOT_UP


def _env(arguments: argparse.Namespace) -> int:
    for key, value in Sandbox(arguments.name).env().items():
        print(f"export {key}={shlex.quote(value)}")
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    print(fetch_jars(_say))
    return 0


def _fetch_kdc(arguments: argparse.Namespace) -> int:
    fetch_kdc(_say)
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print_services(services: list[Service]) -> None:
    for service in services:
        state = f"pid {service.pid}" if service.pid else "not running"
        ports = "  ".join(f"{name} {port}" for name, port in service.ports.items())
        print(f"{service.name:<16}{state:<14}{ports}".rstrip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
