"""A cluster that does nothing for a run is not mute."""

import io
import re
import threading
from collections.abc import Sequence

import pytest

from hdfs2oss.runners.waiting import ClusterFacts, Queued, Waiting, waiting_line

STANDALONE, APPLICATION = "spark://m:7077", "app-1"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (ClusterFacts(STANDALONE), r"spark://m:7077 has not accepted .*; is the master running"),
        (ClusterFacts("yarn"), r"yarn has not accepted .*; the queue may be full: yarn application -list"),
        (
            ClusterFacts(STANDALONE, APPLICATION, executors=0, waiting=3),
            r"3 tasks wait, no executor has registered with app-1 yet; the master's web page",
        ),
        (
            ClusterFacts("yarn", "application_1", waiting=1),
            r"1 task waits, no executor .* application_1 yet; .*yarn application -status application_1",
        ),
        (
            ClusterFacts("yarn", queued=Queued("application_1", "ACCEPTED", "root.night", "limit exceeded")),
            r"application_1 is ACCEPTED in the queue root.night and has not started yet: limit exceeded; yarn app",
        ),
        (ClusterFacts("yarn", queued=Queued("a", "NEW", "q", "x" * 999)), r"has not started yet: x{400}\.\.\.; yarn"),
        (ClusterFacts("k8s://h", "spark-1", waiting=2), r"kubectl get pods"),
        (ClusterFacts("yarn", APPLICATION, executors=2, waiting=3), r"3 tasks wait for a free slot on 2 executors"),
    ],
)
def test_what_is_waited_for_is_one_line_with_the_place_to_look(facts: ClusterFacts, words: str) -> None:
    assert re.search(words, waiting_line(facts))
    assert "\n" not in waiting_line(facts)


@pytest.mark.parametrize(
    "facts",
    [
        ClusterFacts(STANDALONE, APPLICATION, executors=1, running=1, waiting=3),
        ClusterFacts(STANDALONE, APPLICATION, executors=0, ended=3),
        ClusterFacts(STANDALONE, APPLICATION),
    ],
    ids=["a task runs", "all have ended", "nothing is due"],
)
def test_nothing_is_said_while_nothing_is_waited_for(facts: ClusterFacts) -> None:
    assert waiting_line(facts) == ""


def said(told: Sequence[ClusterFacts | None]) -> list[str]:
    """What is said when the cluster tells one thing after another."""
    stream, left, done = io.StringIO(), list(told), threading.Event()

    def look() -> ClusterFacts | None:
        if left:
            return left.pop(0)
        done.set()
        return None

    with Waiting(look, stream, pause_seconds=0.001):
        assert done.wait(60)
    return stream.getvalue().splitlines()


def test_it_is_said_again_until_a_task_runs() -> None:
    stuck = ClusterFacts(STANDALONE, APPLICATION, waiting=3)
    runs = stuck._replace(executors=1, running=1, waiting=2)
    lines = said([stuck, None, stuck, runs, runs])
    assert len(lines) == 2
    assert all(
        re.match(r"\d\d:\d\d:\d\d Spark: 3 tasks wait, no executor .* \(\d+(\.\d)? s\)$", line) for line in lines
    )


def test_why_an_application_waits_is_said_when_it_is_news() -> None:
    full = ClusterFacts("yarn", queued=Queued("application_1", "ACCEPTED", "q", "limit exceeded"))
    assert full.queued is not None
    lines = said([full, full, full._replace(queued=full.queued._replace(says="no node")), full])
    assert [re.findall("limit exceeded|no node", line) for line in lines] == [
        ["limit exceeded"],
        [],
        ["no node"],
        ["limit exceeded"],
    ]
    assert all("application_1 is ACCEPTED" in line for line in lines)


def test_a_wave_whose_tasks_end_is_not_stuck_though_none_runs_at_the_moment() -> None:
    between = [ClusterFacts(STANDALONE, APPLICATION, executors=1, ended=n, waiting=9 - n) for n in (1, 2, 3)]
    assert said(between) == []
    assert len(said([*between, between[-1]])) == 1


def test_nothing_is_said_once_the_block_has_ended() -> None:
    stream = io.StringIO()
    with Waiting(lambda: ClusterFacts(STANDALONE), stream, pause_seconds=0.05):
        pass
    assert not threading.Event().wait(0.1)
    assert stream.getvalue() == ""
