"""From words to places: default file system, endpoints and keys, source lists, homes for the job directory."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from ..filesystems.credentials import OssAccess, resolve_access
from ..filesystems.hadoop_conf import keep_relevant, user_name
from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.errors import NotFound, StoreError, UsageError
from ..model.handover import read_handover
from ..model.options import CopyOptions
from ..model.uri import ParsedUri, Uri, UriSecrets, parse_uri
from ..rules.filters import parse_filters
from ..rules.packing import threads_for
from .switches import USAGE_HINT

# Threads of a task that move parts, beside those that each copy a file.
_PART_THREADS = 8


class Places:
    """Resolves the paths of one command and collects the access to their stores."""

    def __init__(self, arguments: Namespace, environment: Mapping[str, str], hadoop_conf: Mapping[str, str]) -> None:
        self._arguments = arguments
        self._environment = environment
        self._handed_over = read_handover(environment)
        self._conf = {**hadoop_conf, **keep_relevant(_properties(arguments.properties))}
        self._oss: dict[str, OssAccess] = {}
        self._connections = StoreConfig().threads
        self.user = user_name(environment)

    def options(self) -> CopyOptions:
        """The options of the command. Raises UsageError."""
        arguments = self._arguments
        *sources, target = self._paths()
        given = {
            "maps": arguments.maps,
            "threads": arguments.threads,
            "part_size_bytes": arguments.part_size,
            "chunk_size_bytes": arguments.chunk_size,
        }
        try:
            options = CopyOptions(
                sources=tuple(dict.fromkeys(sources)),
                target=target,
                update=arguments.update,
                overwrite=arguments.overwrite,
                ignore_failures=arguments.ignore_failures,
                verbose=arguments.verbose,
                bandwidth_mb=arguments.bandwidth,
                log_path=self.resolve(arguments.log) if arguments.log else None,
                job_dir=self.resolve(arguments.job_dir) if arguments.job_dir else None,
                filters=self._filters(arguments.filters) if arguments.filters else (),
                **{name: value for name, value in given.items() if value is not None},
            )
        except ValidationError as error:
            first = error.errors()[0]
            message = str(first["msg"]).removeprefix("Value error, ")
            where = "".join(f"{part}: " for part in first["loc"] if part in given)
            raise UsageError(where + message, USAGE_HINT) from None
        self._connections = _connections(options)
        return options

    def stores(self) -> StoreConfig:
        """Access to all stores that were resolved so far."""
        user = self._environment.get("HADOOP_USER_NAME", "")
        return StoreConfig(self._conf, dict(self._oss), self._connections, user)

    def homes(self, options: CopyOptions) -> list[Uri]:
        """Where a job directory may go: the user's home on the HDFS of the source, of the target, then this machine.

        Raises UsageError when there is none and no option names another place.
        """
        sides = [*options.sources[:1], options.target]
        homes = [Uri("hdfs", side.authority, f"/user/{self.user}") for side in sides if side.scheme == "hdfs"]
        with suppress(RuntimeError):  # a user without a name has no home on this machine
            homes.append(Uri("file", "", str(Path.home())))
        if not homes and options.job_dir is None:
            raise UsageError(
                f"there is no place for the job directory: {self.user} has no home on this machine",
                "Name one: --job-dir hdfs://.../dir, oss://bucket/dir or file:///dir.",
            )
        return list(dict.fromkeys(homes))

    def resolve(self, text: str) -> Uri:
        """A place with scheme and authority, reachable through `stores`. Raises UsageError."""
        parsed = parse_uri(text)
        uri = parsed.uri
        if not uri.scheme or (uri.scheme == "hdfs" and not uri.authority):
            uri = self._on_default(text, uri)
        if uri.scheme == "oss" and uri.authority not in self._oss:
            self._oss[uri.authority] = self._access(uri.authority, parsed)
        return uri

    def _paths(self) -> Sequence[Uri]:
        arguments = self._arguments
        words = list(arguments.paths)
        if arguments.source_list:
            if len(words) != 1:
                raise UsageError("with -f, exactly one path is given: the target", USAGE_HINT)
            words = [*self._source_list(arguments.source_list), *words]
        elif len(words) < 2:
            what = "no paths were given" if not words else "only one path was given"
            raise UsageError(f"{what}: a copy needs a source and a target", USAGE_HINT)
        return [self.resolve(word) for word in words]

    def _access(self, bucket: str, parsed: ParsedUri) -> OssAccess:
        secrets = parsed.secrets
        handed = self._handed_over.get(bucket) or self._handed_over.get("*") or UriSecrets()
        if not secrets.access_key_id:
            secrets = handed._replace(endpoint=secrets.endpoint or handed.endpoint)
        return resolve_access(bucket, secrets, self._arguments.oss_endpoint or "", self._environment, self._conf)

    def _on_default(self, text: str, uri: Uri) -> Uri:
        default = self._conf.get("fs.defaultFS", "")
        parsed = parse_uri(default).uri if default and not default.startswith("file:") else None
        if parsed is None or parsed.scheme == "file":
            raise UsageError(
                f"{text} names no file system, and no fs.defaultFS is configured",
                f"Write hdfs://namenode/... or file://{uri.path if uri.path.startswith('/') else '/' + uri.path}, "
                "or set HADOOP_CONF_DIR.",
            )
        if uri.scheme and parsed.scheme != uri.scheme:
            raise UsageError(f"{text} names no NameNode, and fs.defaultFS is {parsed}", "Write hdfs://namenode/path.")
        path = uri.path if uri.path.startswith("/") else f"/user/{self.user}/{uri.path}".rstrip("/")
        return Uri(parsed.scheme, parsed.authority, path)

    def _source_list(self, text: str) -> list[str]:
        lines = self._read(text, "the source list (-f)").splitlines()
        found = list(dict.fromkeys(line for line in lines if line))
        if not found:
            raise UsageError(f"the source list {text} is empty", "It holds one source path a line.")
        return found

    def _filters(self, text: str) -> tuple[str, ...]:
        # DistCp takes the filter file as a path of this machine.
        return parse_filters(
            self._read(text if "://" in text else f"file://{Path(text).absolute()}", "the filter file"), text
        )

    def _read(self, text: str, what: str) -> str:
        uri = self.resolve(text)
        try:
            return open_filesystem(uri, self.stores()).read_bytes(uri.path).decode("utf-8")
        except NotFound:
            raise UsageError(f"{what} {uri} does not exist", "Nothing was copied.") from None
        except UnicodeDecodeError:
            raise UsageError(f"{what} {uri} is not UTF-8 text", "Nothing was copied.") from None
        except StoreError as error:
            raise UsageError(f"{what} {uri} cannot be read: {error}", error.hint) from error


def _connections(options: CopyOptions) -> int:
    """Connections that one task uses at once: with fewer kept, the others would be opened anew for each request."""
    # Closing a file is mostly waiting on HDFS alone; how long does not matter here.
    close_seconds = 1.0 if options.target.scheme == "hdfs" else 0.0
    return threads_for(close_seconds, options.threads) + _PART_THREADS


def _properties(words: Sequence[str]) -> dict[str, str]:
    properties = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"-D {key} is not of the form KEY=VALUE", USAGE_HINT)
        properties[key] = value
    return properties
