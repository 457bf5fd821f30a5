"""A driver in the cluster, watched from here: which application it is, how it ended, and that Ctrl-C ends it.

spark-submit only looks on while the driver runs elsewhere: it knows success and failure, and whoever ends it ends
nothing else. What it says goes on to standard error as it comes.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import TextIO

from ..model.units import format_duration
from ..runners.yarn_command import APPLICATION, YarnCommand, spark_class_of
from .spark_here import Spark

_EXIT_CODE = re.compile(r"(?:User application exited with(?: status)?|exitCode:)\s*(\d+)")
_IN_QUEUE = "(state: ACCEPTED)"
_FIRST_WORD_SECONDS, _WORD_SECONDS = 10.0, 60.0
# What hdfs2oss ends with; others are the ApplicationMaster's own.
_OURS = {2, 3, 4, 5, 6, 7, 8, 129, 130, 143}
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Watch:
    """One submission. `application` is known from the moment on in which spark-submit says it."""

    def __init__(
        self,
        spark: Spark,
        tag: str,
        environment: Mapping[str, str],
        messages: TextIO = sys.stderr,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._yarn = YarnCommand(spark_class_of(spark.home), environment)
        self._tag = tag
        self._environment = environment
        self._messages = messages
        self._now = now
        self._waits_since = 0.0
        self._next_word = 0.0
        self.application = ""
        self._exit_code = 0
        self._child: subprocess.Popen[str] | None = None
        self._signal = 0

    def run(self, command: Sequence[str], variables: Mapping[str, str]) -> int:
        """Submit, and wait. The exit code is that of hdfs2oss where spark-submit tells it, else 0 or 1; 128 and the
        signal's number when one came, and the application was ended."""
        self.heed()
        if self._is_stopped():
            self._say("interrupted; nothing was submitted")
            return 128 + self._signal
        try:
            child = self._child = subprocess.Popen(
                command, env={**self._environment, **variables}, stderr=subprocess.PIPE, text=True, errors="replace"
            )
        except OSError as error:
            self._say(f"{command[0]} cannot be run: {error.strerror}")
            return 2
        if self._is_stopped():
            child.terminate()
        assert child.stderr is not None
        for line in child.stderr:
            self._messages.write(line)
            self._messages.flush()
            self._learn(line)
        code = child.wait()
        if self._is_stopped():
            self._kill_application()
            return 128 + self._signal
        return self._exit_code or max(code, 1) if code else 0

    def _is_stopped(self) -> bool:
        return self._signal > 0

    def heed(self) -> None:
        """Take signals from now on: what must be removed in the end may be made. SIGHUP stays ignored where it was:
        `nohup` means it."""
        for number in _SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """End spark-submit first: it may be about to submit. What it has said by then is read to its end; a second
        signal waits for nothing."""
        if self._child is not None:
            (self._child.kill if self._signal else self._child.terminate)()
        self._signal = self._signal or number

    def _learn(self, line: str) -> None:
        found = APPLICATION.search(line)
        if found and not self.application:
            self.application = found[0]
            self._say(
                f"the driver runs in the cluster, as {self.application}: yarn logs -applicationId {self.application}"
            )
        if self.application and _IN_QUEUE in line:
            self._waits()
        code = _EXIT_CODE.search(line)
        if code and int(code[1]) in _OURS:
            self._exit_code = int(code[1])

    def _waits(self) -> None:
        """Say now and then that it waits: spark-submit says so every second, where it says anything."""
        now = self._now()
        if not self._waits_since:
            self._waits_since, self._next_word = now, now + _FIRST_WORD_SECONDS
        if now >= self._next_word:
            self._next_word = now + _WORD_SECONDS
            self._say(
                f"{self.application} waits in a queue of YARN, {format_duration(now - self._waits_since)} by now; "
                f"yarn application -status {self.application}"
            )

    def _kill_application(self) -> None:
        application = self.application or self._yarn.find(self._tag)
        if not application:
            self._say("interrupted; no application had been submitted")
        elif not self._yarn.kill(application):
            self._say(f"interrupted, but {application} could not be ended: yarn application -kill {application}")
        else:
            self._say(f"interrupted; {application} was killed. The same command goes on with it.")

    def _say(self, text: str) -> None:
        self._messages.write(f"hdfs2oss4emr.sh: {text}\n")
        self._messages.flush()
