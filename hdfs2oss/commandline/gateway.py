"""What bin/hdfs2oss4emr.sh does once keys are off its command line: it finds out what there is here, and submits.

Standard library only, so that any Python 3.10 can run it. In client mode spark-submit takes this process's place; a
driver in the cluster is watched, and its key file removed in the end.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..model.errors import UsageError
from .gateway_usage import USAGE
from .nodes_python import ENVIRONMENT_VARIABLE, Asked, NodesPython, for_cluster, for_this_machine
from .spark_here import Spark, find_spark, refuse_old
from .spark_words import Words, properties_file, read_defaults, redacted, settings_of, sort_words
from .submission import (
    KEYS_FILE,
    Submission,
    compose,
    is_cluster,
    keys_to_send,
    refuse_to_send_keys,
    runs_in_cluster,
    travelling,
    with_call,
    without_keys,
)
from .watching import Watch
from .wrapper_words import wrapper_words, write_words

_PACKAGE = Path(__file__).resolve().parents[1]


def main(project: str, script: str, words: Sequence[str]) -> None:
    """Carry out the wrapper's command line, which holds no keys any more; does not return. `script` is the wrapper."""
    try:
        sys.exit(_run(Path(project), script, words))
    except UsageError as error:
        sys.stderr.write(f"hdfs2oss4emr.sh: {error.message}\n" + (f"  {error.hint}\n" if error.hint else ""))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        # A driver in the cluster is watched, which takes signals itself.
        sys.stderr.write("hdfs2oss4emr.sh: interrupted; nothing was submitted\n")
        sys.exit(128 + signal.SIGINT)
    except OSError as error:
        sys.stderr.write(f"hdfs2oss4emr.sh: {error}\n")
        sys.exit(1)


def _run(project: Path, script: str, typed: Sequence[str]) -> int:
    words = sort_words(typed)
    if words.asks_for_help:
        sys.stdout.write(USAGE)
        return 0
    if not words.tool:
        sys.stderr.write(USAGE)
        return 2
    own = _own_python(project)
    spark = find_spark(os.environ, os.environ.get("PYSPARK_PYTHON") or own)
    refuse_old(spark)
    settings = settings_of(words, read_defaults(_defaults_file(words, spark)))
    python = _python(project, own, words, settings)
    if python.note:
        sys.stderr.write(f"{python.note}\n")
    tag = "hdfs2oss-" + ("..." if words.prints else secrets.token_hex(8))
    watch = Watch(spark, tag, without_keys(os.environ, True))
    if runs_in_cluster(settings) and not words.prints:
        watch.heed()
    with _keys_file(settings, words.prints) as keys_file:
        more = travelling(words, settings, os.environ, keys_file, tag)
        if not words.prints:
            more = with_call(more, settings, write_words(wrapper_words(script, words, more.names)))
        submission = compose(spark.submit, str(_job(project)), words, settings, python, more)
        if words.prints:
            sys.stdout.write(_shown(submission) + "\n")
            return 0
        return _carry_out(submission, watch, typed)


def _carry_out(submission: Submission, watch: Watch, typed: Sequence[str]) -> int:
    if not submission.in_cluster:
        try:
            os.execvpe(submission.command[0], submission.command, {**os.environ, **submission.variables})
        except OSError as error:
            raise UsageError(f"{submission.command[0]} cannot be run: {error.strerror}") from None
    code = watch.run(submission.command, submission.variables)
    if watch.application:
        # What looks for it needs the packages, which this Python may not have.
        from .report_place import report_lines

        sys.stderr.writelines(f"hdfs2oss4emr.sh: {line}\n" for line in report_lines(typed, os.environ))
    return code


def _python(project: Path, own: str, words: Words, settings: Mapping[str, str]) -> NodesPython:
    if not is_cluster(settings):
        return for_this_machine(own, os.environ)
    named = words.environment or os.environ.get(ENVIRONMENT_VARIABLE, "")
    in_cluster = runs_in_cluster(settings)
    return for_cluster(Asked(project, _PACKAGE, own, named, settings, os.environ, in_cluster, words.prints))


def _own_python(project: Path) -> str:
    """The Python that the project brought along: of a checkout, or the one it is installed for."""
    for name in (".venv/bin/python", "bin/python3"):
        if os.access(project / name, os.X_OK):
            return str(project / name)
    return ""


def _job(project: Path) -> Path:
    """What spark-submit is given, in a checkout and where it is installed."""
    return next(
        (
            path
            for path in (project / "jobs/hdfs2oss.py", project / "share/hdfs2oss/jobs/hdfs2oss.py")
            if path.is_file()
        ),
        project / "jobs/hdfs2oss.py",
    )


def _defaults_file(words: Words, spark: Spark) -> Path:
    named = properties_file(words)
    conf = os.environ.get("SPARK_CONF_DIR") or os.path.join(spark.home or "/nowhere", "conf")
    return Path(named or os.path.join(conf, "spark-defaults.conf"))


@contextmanager
def _keys_file(settings: Mapping[str, str], is_shown: bool) -> Iterator[str]:
    """A file with the keys for a driver in the cluster, for the block; empty where there are none."""
    text = keys_to_send(os.environ) if runs_in_cluster(settings) else ""
    if not text:
        yield ""
        return
    refuse_to_send_keys(settings)
    if is_shown:
        yield os.path.join(tempfile.gettempdir(), "hdfs2oss.XXXXXXXX", KEYS_FILE)
        return
    folder = tempfile.mkdtemp(prefix="hdfs2oss.")
    try:
        path = os.path.join(folder, KEYS_FILE)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _shown(submission: Submission) -> str:
    before = [f"{name}={value}" for name, value in submission.variables.items()]
    return shlex.join([*(["env", *before] if before else []), *redacted(submission.command)])
