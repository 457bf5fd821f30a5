"""How to go on after a run that did not end well: one command that brings the rest to where this run would have.

DistCp's path rules look at the target, and a run changes what stands there. So it is asked of the rules
themselves which command lays out the same tree again, whatever the run has left:

    run         target before   the command that goes on
    plain       was there       the same: what stands at the target is left alone, as before
    plain       missing, one    with -update: the contents would go into target/name by now
                directory
    plain       missing, other  the same
    -update     any             the same
    --layout    any             the same: it looks at no target
    -overwrite  any             the same, and every file is copied again
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model.options import CopyOptions
from ..model.uri import Uri
from ..model.values import DIRECTORY, FILE
from ..rules.glob import escape
from ..rules.layout import Layout, SourceFact, lay_out
from ..runners.signals import arrived
from .command import CopyCommand
from .grammar import path_words
from .invocation import Invocation, command_line, command_lines
from .switches import OF_RECORDS, SWITCHES

WORDS_OF_RECORDS = {word for switch in SWITCHES if switch.field in OF_RECORDS for word in switch.words}


def advice(
    command: CopyCommand,
    options: CopyOptions,
    layout: Layout | None,
    started: Invocation,
    lifting: tuple[str, ...] = (),
    goes_on: bool = False,
) -> Iterator[str]:
    """The lines that tell the next command; `layout` is None when the run ended before it was known.

    `lifting` is the option that lifts the brake which kept the run from deleting anything. A run that came to no end
    `goes_on` with the very command, and has its layout on record.
    """
    # Whoever was interrupted has nothing to mend.
    mend = "" if arrived() else "mend the cause and "
    if goes_on:
        layout = None
        command = command._replace(typed=[words for words in command.typed if words != ("--fresh",)])
    if lifting:
        done = "" if options.dry_run else "the copy itself is complete; "
        yield f"Next: {done}if all that is meant to be deleted, run this:"
        typed = [words for words in command.typed if words[0].partition("=")[0] != lifting[0]]
        command = command._replace(typed=[*typed, lifting])
    elif goes_on:
        yield f"Next: {mend}run the same command again, which goes on where this run ended:"
    elif layout is None:
        yield f"Next: nothing was copied; {mend}run the same command again:"
    elif options.overwrite:
        yield f"Next: {mend}run this, which copies every file again, as -overwrite asks:"
    else:
        yield f"Next: {mend}run this; what arrived is not copied again:"
    yield from command_lines(started, _words(command, options, layout))


def with_java(command: CopyCommand) -> CopyCommand:
    """The same command, with HDFS reached through Hadoop's own client."""
    kept = [words for words in command.typed if words[0].partition("=")[0] != "--hdfs-client"]
    return command._replace(typed=[("--hdfs-client", "jvm"), *kept], hdfs_client="jvm")


def failures_on_record(command: CopyCommand, started: Invocation) -> Iterator[str]:
    """The lines that tell the command which lists every file that failed."""
    kept = [words for words in command.typed if words[0] in WORDS_OF_RECORDS]
    words = [word for option in kept for word in option]
    words += ["-f", command.source_list, command.paths[-1]] if command.source_list else path_words(command.paths)
    yield "Which files failed, one by one:"
    yield "  " + command_line(started, ["ledger", "--failed", *words], 2)


def needs_update(layout: Layout, options: CopyOptions) -> bool:
    """Whether the same command would by now lay out another tree, so that -update must stand before it."""
    return not options.sync and not options.atomic and not _lays_out_again(layout, options)


def _words(command: CopyCommand, options: CopyOptions, layout: Layout | None) -> list[str]:
    words = [word for option in command.typed for word in option]
    sources = list(command.paths[:-1])
    if layout is not None and needs_update(layout, options):
        words.insert(0, "-update")
        # One source it is, and it stays the only one, also where a pattern may match more by then.
        root = layout.roots[0].source
        sources = [str(root._replace(path=escape(root.path)))]
    elif command.source_list:
        words += ["-f", command.source_list]
    words += path_words([*sources, command.paths[-1]])
    if not words[0].startswith("-") and "/" not in words[0]:
        # It may bear the name of a verb.
        words.insert(0, "copy")
    return words


def _lays_out_again(layout: Layout, options: CopyOptions) -> bool:
    facts = [SourceFact(root.source, FILE if root.is_file else DIRECTORY) for root in layout.roots]
    kinds = _kinds_by_now(layout, options.target)
    again = [lay_out(facts, options.target, kind, options.sync, options.layout) for kind in kinds]
    return all((one.base, one.roots) == (layout.base, layout.roots) for one in again)


def _kinds_by_now(layout: Layout, target: Uri) -> Sequence[str | None]:
    """What may stand at the target by now."""
    if layout.base != target:
        return (None, FILE)
    return (DIRECTORY,) if layout.base_exists else (None, DIRECTORY)
