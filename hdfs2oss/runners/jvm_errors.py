"""What Spark's JVM raises, as errors of ours."""

from __future__ import annotations

import re
import signal

from py4j.protocol import Py4JError, Py4JJavaError

from ..model.errors import Hdfs2ossError, Interrupted
from ..model.uri import mask_secrets
from .ends import error_of, find_failure

_LONGEST = 1000


def translate(error: Exception, description: str) -> Hdfs2ossError:
    """An error of Spark's as one of ours, in one line."""
    if not isinstance(error, Py4JJavaError):
        return Interrupted("the Spark driver has gone", "", signal.SIGTERM)
    text = _text(error)
    failure = find_failure(text)
    if failure is not None:
        return error_of(failure)
    if "SparkContext was shut down" in text or "SparkContext has been shut down" in text:
        return Interrupted("Spark was shut down", "", signal.SIGTERM)
    hint = ""
    if "ExecutorLostFailure" in text:
        hint = "Executors were lost: more spark.executor.memoryOverhead or fewer --threads may help."
    return Hdfs2ossError(f"Spark gave up on the wave {description}: {reason(error)}", hint)


def reason(error: Py4JJavaError) -> str:
    """What Spark says, in one line and without stack traces."""
    lines = _text(error).partition("Driver stacktrace:")[0].splitlines()
    words = " ".join(line.strip() for line in lines if not re.match(r"\s+(at |File |\^|\.\.\. )", line)).split()
    return mask_secrets(" ".join(words))[:_LONGEST] or "no reason given"


def _text(error: Py4JJavaError) -> str:
    try:
        # Some have no message, only a name.
        return str(error.java_exception.getMessage() or error.java_exception.toString())
    except (Py4JError, OSError):
        return "the Spark driver has gone"
