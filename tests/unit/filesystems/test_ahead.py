"""Answers that are waited for beside other work."""

import gc
import threading
import weakref
from contextlib import suppress
from queue import SimpleQueue

import pytest

from hdfs2oss.filesystems.ahead import Ahead
from hdfs2oss.model.errors import NotFound


def test_it_is_asked_before_anybody_wants_the_answer() -> None:
    asked = threading.Event()

    def ask() -> str:
        asked.set()
        return "answer"

    ahead = Ahead(ask)
    assert asked.wait(60)
    assert ahead.answer() == "answer"


def test_what_the_question_raised_is_raised_where_the_answer_is_wanted() -> None:
    def ask() -> str:
        raise NotFound("gone")

    with pytest.raises(NotFound, match="gone"):
        Ahead(ask).answer()


def test_what_the_question_raised_is_kept_by_nobody_once_it_was_told() -> None:
    def ask() -> str:
        raise NotFound("gone")

    gc.disable()
    try:
        ahead = Ahead(ask)
        kept = weakref.ref(ahead)
        with suppress(NotFound):
            ahead.answer()
        del ahead
        assert kept() is None
    finally:
        gc.enable()


def test_who_leaves_waits_for_the_end_of_the_question_and_hears_nothing_of_it() -> None:
    go_on, left = threading.Event(), threading.Event()

    def ask() -> str:
        assert go_on.wait(60)
        raise NotFound("gone")

    ahead = Ahead(ask)

    def leave() -> None:
        ahead.leave()
        left.set()

    leaver = threading.Thread(target=leave)
    leaver.start()
    assert not left.wait(0.02)
    go_on.set()
    leaver.join(60)
    assert left.is_set()


def test_the_thread_that_asks_does_not_wait_for_itself_when_it_finds_the_question_among_garbage() -> None:
    made: SimpleQueue[Ahead[None]] = SimpleQueue()
    ahead = Ahead(lambda: made.get(timeout=60).leave())
    made.put(ahead)
    ahead.answer()
