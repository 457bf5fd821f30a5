"""An application of YARN between its submission and its start, which may be hours where a queue is full.

Spark tells nothing of it before it has started: neither its name, nor why it waits, and whoever ends the driver by then
leaves it in the queue. So it bears a tag, by which YARN is asked.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from py4j.protocol import Py4JError

from ..model.uri import mask_secrets
from .waiting import ClusterFacts, Queued
from .yarn_command import YarnCommand, spark_class_of

_TAGS = "spark.yarn.tags"
_OVER = ("FINISHED", "FAILED", "KILLED")


class YarnStart:
    """One application of a driver that runs here. `settings` are Spark's; `jvm` is that of the driver."""

    def __init__(self, settings: Mapping[str, str], jvm: Any, environment: Mapping[str, str] = os.environ) -> None:
        self._master = settings.get("spark.master", "")
        self.is_due = self._master.startswith("yarn") and settings.get("spark.submit.deployMode") != "cluster"
        self._tag = f"hdfs2oss-{secrets.token_hex(8)}"
        given = settings.get(_TAGS, "")
        self.settings = {_TAGS: f"{given},{self._tag}" if given else self._tag} if self.is_due else {}
        self._jvm = jvm
        self._environment = environment
        self._client: Any = None
        self._application = ""

    def look(self, configuration: Callable[[], Any]) -> ClusterFacts | None:
        """What YARN says of it; `configuration` gives Hadoop's. Of another cluster, or where nobody says anything, no
        more than its master is known. None for a driver that YARN has started itself: it waits for nobody."""
        if self._master.startswith("yarn") and not self.is_due:
            return None
        queued = None
        if self.is_due:
            try:
                queued = self._ask(configuration)
            except (Py4JError, OSError, TypeError):
                self._client = None
        return ClusterFacts(self._master, queued=queued)

    def started(self) -> None:
        """Nobody asks any more."""
        with suppress(Py4JError, OSError):
            if self._client is not None:
                self._client.stop()

    def end(self) -> str:
        """The driver ends before its application has begun: end that, too. What came of it, in words.

        The JVM of the driver may have gone, or be about to: another one asks.
        """
        if not self.is_due:
            return ""
        yarn = YarnCommand(spark_class_of(self._environment.get("SPARK_HOME", "")), self._environment)
        application = self._application or yarn.find(self._tag)
        if not application:
            return "YARN knows of no application of it"
        if yarn.kill(application):
            return f"{application} was killed"
        return f"{application} could not be ended: yarn application -kill {application}"

    def _ask(self, configuration: Callable[[], Any]) -> Queued | None:
        if self._client is None:
            client = self._jvm.org.apache.hadoop.yarn.client.api.YarnClient.createYarnClient()
            client.init(configuration())
            client.start()
            self._client = client
        tags = self._jvm.java.util.HashSet()
        tags.add(self._tag)
        states = self._jvm.java.util.EnumSet.allOf(
            self._jvm.java.lang.Class.forName("org.apache.hadoop.yarn.api.records.YarnApplicationState")
        )
        for report in self._client.getApplications(None, states, tags):
            state = report.getYarnApplicationState().toString()
            self._application = report.getApplicationId().toString()
            says = mask_secrets(" ".join((report.getDiagnostics() or "").split()))
            if state not in _OVER:
                return Queued(self._application, state, report.getQueue(), says)
        return None
