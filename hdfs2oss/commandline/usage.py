"""What --help says of a copy: its options from the rows of the table, defaults and exit codes from where they are."""

from __future__ import annotations

import argparse
import shutil
import signal
import textwrap
from collections.abc import Sequence

from ..model.errors import Hdfs2ossError, Interrupted
from ..model.units import parse_size, size_word
from ..model.verify_options import VerifyOptions
from .command import USAGE
from .switch import Group, Switch
from .switches import GROUPS

_PLACES = (
    "Places: hdfs://namenode/path, oss://bucket/path, file:///path, or /path on fs.defaultFS; by Hadoop's Java client "
    "viewfs://, webhdfs://, s3a:// and others. "
    "OSS keys: OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, OSS_SESSION_TOKEN, OSS_ENDPOINT, or Hadoop's fs.oss.*."
)
_DESCRIPTION = "Copy files and trees between HDFS and OSS, both ways, and between HDFS clusters."


def help_text(usage: str = USAGE, description: str = _DESCRIPTION, groups: Sequence[Group] = GROUPS) -> str:
    """The whole text, as wide as the terminal."""
    # argparse only lays the options out: what they mean is the grammar's business.
    parser = argparse.ArgumentParser(prog="hdfs2oss", usage=usage, description=description)
    parser.add_argument("--version", action="store_true", help="print the version and do nothing")
    for group in groups:
        shown = parser.add_argument_group(group.title)
        for switch in group.switches:
            _add(shown, switch)
    codes = "; ".join(f"{code} {meaning}" for code, meaning in exit_codes().items())
    return "\n".join([parser.format_help(), _paragraph(_PLACES), _paragraph(f"Exit codes: {codes}.")])


def _add(group: argparse._ArgumentGroup, switch: Switch) -> None:
    text = (switch.help + _default(switch)).replace("%", "%%")
    if switch.metavar:
        words = tuple(switch.metavar.split()) if switch.takes > 1 else switch.metavar
        group.add_argument(*switch.words, metavar=words, nargs=switch.takes if switch.takes > 1 else None, help=text)
    else:
        group.add_argument(*switch.words, action="store_true", help=text)


def exit_codes() -> dict[str, str]:
    """Every exit code and what it means; the classes of errors know."""
    kinds = sorted(_kinds_with_a_code(), key=lambda kind: kind.exit_code)
    own = {str(kind.exit_code): kind.meaning for kind in kinds}
    signals = ", ".join(str(128 + number) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM))
    return {"0": "all well", **own, signals: Interrupted.meaning}


def _kinds_with_a_code() -> list[type[Hdfs2ossError]]:
    return [
        Hdfs2ossError,
        *(kind for kind in Hdfs2ossError.__subclasses__() if "exit_code" in vars(kind) and kind is not Interrupted),
    ]


def _default(switch: Switch) -> str:
    """What holds when the option is not given: from the field, or in words where the field has nothing to say."""
    field = VerifyOptions.model_fields.get(switch.field)
    if switch.takes and field is not None and field.default:
        return f" (default {size_word(field.default) if switch.parse is parse_size else field.default})"
    return f" (default: {switch.unset})" if switch.unset else ""


def _paragraph(text: str) -> str:
    # As wide as argparse makes its own.
    return textwrap.fill(text, shutil.get_terminal_size().columns - 2) + "\n"
