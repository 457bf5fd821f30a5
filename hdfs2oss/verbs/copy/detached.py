"""-async: the copy goes on in a process of its own. Who starts it waits until the run has begun, as DistCp does.

starter                                       detached process
starts it, in a session of its own      ->    the same command line; its output goes to a file
waits                                   <-    "begun", with the place of the records: roots are there, lock is held
says where everything is, ends with 0         goes on, whatever becomes of the starter
or: repeats the output, ends likewise   <-    ends before the run has begun: a source is missing ...
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import BinaryIO, NoReturn, TextIO

from ...commandline.restart import words_before
from ...model.errors import UsageError

_VARIABLE = "HDFS2OSS_BEGUN"
_HEEDED = (signal.SIGTERM, signal.SIGHUP)


def is_detached(environment: Mapping[str, str]) -> bool:
    """Whether this process is the one that was started to carry the copy out."""
    return _VARIABLE in environment


def announcer(environment: MutableMapping[str, str]) -> Callable[[str], None]:
    """What the detached process calls once, with the place of its records; nothing where nobody waits."""
    descriptor = environment.pop(_VARIABLE, "")

    def announce(records: str) -> None:
        # Whoever waited may have gone.
        with suppress(OSError):
            os.write(int(descriptor), f"{records}\n".encode())
        os.close(int(descriptor))

    return announce if descriptor else lambda records: None


def start_detached(words: Sequence[str], entry: str, out: TextIO, messages: TextIO) -> int:
    """Start the copy in a process of its own and wait until it has begun; the exit code for this process."""
    before = words_before(words)
    if entry == "spark-submit" or before is None:
        raise UsageError(
            "-async: the copy would live in the driver, which lives as long as spark-submit waits for it",
            "Use --deploy-mode cluster with --conf spark.yarn.submit.waitAppCompletion=false, or nohup ... & instead.",
        )
    with _open_output() as output:
        reading, writing = os.pipe()
        try:
            process = subprocess.Popen(
                [*before, *words],
                env={**os.environ, _VARIABLE: str(writing)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[writing],
                start_new_session=True,
            )
        finally:
            os.close(writing)
        with open(reading, "rb") as begun, _taken_along(process):
            records = begun.readline().decode().strip()
            code = 0 if records else process.wait()
    if not records:
        messages.write(Path(output.name).read_text("utf-8", "replace"))
        Path(output.name).unlink()
        return code if code >= 0 else 128 - code
    out.write(
        f"The copy goes on in process {process.pid} (kill {process.pid} ends it).\n"
        f"Output: {output.name}\n"
        f"Report, at the end: {records}/report.json\n"
    )
    return 0


def _open_output() -> BinaryIO:
    name = time.strftime(f"%Y%m%d-%H%M%S-{os.getpid()}.out")
    try:
        folder = Path.home() / ".hdfs2oss" / "async"
        folder.mkdir(parents=True, exist_ok=True)
        return open(folder / name, "xb")
    except (OSError, RuntimeError):
        # No home, or not one to write to.
        return open(Path(tempfile.mkdtemp(prefix="hdfs2oss-")) / name, "xb")


@contextmanager
def _taken_along(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """While the run has not begun, a signal for the starter is one for the copy."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    previous = {number: signal.signal(number, end) for number in _HEEDED}
    try:
        yield
    except BaseException:
        process.terminate()
        raise
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
