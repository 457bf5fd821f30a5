"""A copy command made into what a copy is given: checked options, and access to every store they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from ..filesystems.hadoop_conf import keep_relevant
from ..filesystems.java.traits import Publication, traits_of
from ..filesystems.namenodes import other_names
from ..filesystems.registry import StoreConfig, goes_by_java
from ..model.errors import UsageError
from ..model.options import CopyOptions
from ..model.uri import JAVA_SCHEMES, SCHEMES, Uri
from ..rules.packing import threads_for
from ..rules.selection import Selection
from .command import CopyCommand
from .grammar import USAGE_HINT
from .lists import read_filters, read_sources
from .places import Places, read_login
from .properties import read_properties
from .switches import SWITCHES

# Threads of a task that move parts, beside those that each copy a file.
_PART_THREADS = 8
# What --proof-dir is given where nothing is to be left at the target.
NO_PROOF = "none"
# A NameNode gives a name once only.
_RENAMES = ("viewfs", "webhdfs", "swebhdfs")
# pydantic's word before what a validator of ours says, which names the option itself.
_OURS = "Value error, "


class CopyRequest(NamedTuple):
    """What is to be copied, through which stores, and for whom; `notes` are lines for the operator to read first."""

    options: CopyOptions
    stores: StoreConfig
    user: str
    notes: tuple[str, ...] = ()


def resolve(
    command: CopyCommand,
    environment: Mapping[str, str],
    hadoop_conf: Mapping[str, str],
    kind: type[CopyOptions] = CopyOptions,
) -> CopyRequest:
    """Resolve all places of a command, and read the lists it names; its options are of that kind. Raises UsageError."""
    settings = read_properties(command.properties)
    conf = {**hadoop_conf, **keep_relevant(command.properties)}
    login = read_login(command.principal, command.keytab, conf)
    places = Places(environment, conf, command.oss_endpoint, command.credentials_file, command.ram_role, login)
    sources = read_sources(places, command.source_list) if command.source_list else command.paths[:-1]
    found = [places.resolve(text) for text in (*sources, command.paths[-1])]
    asked = {
        "log_path": command.log,
        "job_dir": command.job_dir,
        "xtrack_path": command.xtrack,
        "work_dir": command.work_dir_text,
        "backup_dir": command.backup,
        "proof_dir": command.proof_place if command.proof_place != NO_PROOF else "",
        "output": command.output,
        "from_diff": command.from_diff,
    }
    own: dict[str, Any] = {field: places.resolve(text) for field, text in asked.items() if text}
    names = other_names([one.authority for one in (*found, *own.values()) if one.scheme == "hdfs"], conf)
    own = {field: _by_one_name(place, names) for field, place in own.items()}
    *found, target = (_by_one_name(place, names) for place in found)
    try:
        options = kind(
            sources=tuple(dict.fromkeys(found)),
            target=target,
            filters=read_filters(places, command.filter_list) if command.filter_list else (),
            **own,
            leaves_proof=command.proof_place != NO_PROOF,
            **{**settings.fields, **command.options},
        )
    except ValidationError as error:
        raise UsageError(_reason(error), USAGE_HINT) from None
    # Patterns that cannot be read are found now.
    Selection(options.include, options.exclude)
    stores = places.stores(_connections(options), command.hdfs_client)
    _refuse_target(options, stores)
    _refuse_records_elsewhere(options)
    notes = (*command.notes, *settings.notes, *places.remarks, *_notes(stores, names), *_by_java(options, stores))
    return CopyRequest(options, stores, places.user, notes)


def _by_one_name(place: Uri, names: Mapping[str, str]) -> Uri:
    return place._replace(authority=names.get(place.authority, place.authority)) if place.scheme == "hdfs" else place


def _notes(stores: StoreConfig, names: Mapping[str, str]) -> Iterator[str]:
    """What was found where it is easily overlooked."""
    for other, name in names.items():
        yield f"hdfs://{other} and hdfs://{name} are the same HDFS, which is called hdfs://{name} from here on."
    for proxy in sorted({str(access.proxy) for access in stores.oss.values() if access.proxy}):
        yield f"OSS is reached through the proxy {proxy}."


def _by_java(options: CopyOptions, stores: StoreConfig) -> Iterator[str]:
    """What goes through the Java client, which an operator who waits for it should know."""
    places = {str(one._replace(path="/")): one for one in (*options.sources, options.target)}
    for name, place in places.items():
        if goes_by_java(place, stores):
            asked = " (--hdfs-client jvm)" if place.scheme == "hdfs" else ""
            untested = ", and which was never tested on a real bucket of OSS-HDFS" if place.scheme == "oss" else ""
            yield f"{name} goes through Hadoop's Java client{asked}, which is slower than a native one{untested}."


def _refuse_target(options: CopyOptions, stores: StoreConfig) -> None:
    """Raise UsageError where no file could be published whole or not at all."""
    scheme = options.target.scheme
    if goes_by_java(options.target, stores) and traits_of(scheme).publication is Publication.NONE:
        raise UsageError(
            f"nothing is written to {options.target}: nobody knows how a file appears whole or not at all on {scheme}://",
            "It can be a source. As targets there are hdfs://, oss://, file://, " + "://, ".join(JAVA_SCHEMES) + "://.",
        )


def _refuse_records_elsewhere(options: CopyOptions) -> None:
    """Raise UsageError for records where nobody is sure to be the first to write a file."""
    for place, option in ((options.job_dir, "--job-dir"), (options.proof_dir, "--proof-dir")):
        if place is not None and place.scheme not in (*SCHEMES, *_RENAMES):
            raise UsageError(
                f"{option} {place}: records of runs are not kept on {place.scheme}://, where two runs could take the "
                "same name",
                f"Name a directory on hdfs://, oss:// or file://: {option} hdfs://namenode/dir",
            )


def _reason(error: ValidationError) -> str:
    first = error.errors()[0]
    message = str(first["msg"])
    if message.startswith(_OURS):
        return message.removeprefix(_OURS)
    return "".join(f"{_spelling(part)}: " for part in first["loc"]) + message


def _spelling(part: int | str) -> str:
    """What the operator typed for a field of the options."""
    return next(("/".join(switch.words) for switch in SWITCHES if switch.field == part), str(part))


def _connections(options: CopyOptions) -> int:
    """Connections that one task uses at once: with fewer kept, the others would be opened anew for each request."""
    # Closing a file is mostly waiting on HDFS alone; how long does not matter here.
    close_seconds = 1.0 if options.target.scheme == "hdfs" else 0.0
    return threads_for(close_seconds, options.threads) + _PART_THREADS
