"""Chunks on a real HDFS that are joined, and nobody hears of it: the answer to CONCAT is lost on its way."""

from __future__ import annotations

import http.client
import http.server
import os
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import close_filesystems
from tests.faults.commands import run
from tests.faults.test_killed_runs import litter
from tests.sandbox import Sandbox
from tests.trees import Place

pytestmark = [pytest.mark.faults, pytest.mark.hdfs]

BLOCK = 100 * 1024
TREE = {"large": os.urandom(5 * BLOCK + 7), "other": os.urandom(3 * BLOCK), "small": b"small"}


class LosesJoins:
    """Stands before the NameNode's WebHDFS: passes on all that is asked, and loses the first answer to a CONCAT."""

    def __init__(self, namenode: str) -> None:
        self.joined: list[str] = []
        relay = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def forward(self) -> None:
                there = http.client.HTTPConnection(namenode, timeout=60)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                there.request(self.command, self.path, body, {"Host": namenode})
                answer = there.getresponse()
                data = answer.read()
                there.close()
                if "op=CONCAT" in self.path:
                    relay.joined.append(self.path)
                    if len(relay.joined) == 1:
                        self.close_connection = True
                        return
                self.send_response(answer.status)
                for name in ("Content-Type", "Location"):
                    if value := answer.getheader(name):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST = do_DELETE = forward

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def relay(sandbox: Sandbox) -> Iterator[LosesJoins]:
    made = LosesJoins(urllib.parse.urlsplit(sandbox.env()["SANDBOX_WEBHDFS"]).netloc)
    yield made
    made.close()
    close_filesystems()


def test_a_join_whose_answer_is_lost_is_found_to_be_done_and_its_file_counted_once(
    sandbox: Sandbox, relay: LosesJoins, hdfs_place, tmp_path: Path
) -> None:
    source, target = hdfs_place("oss", "source").make(TREE), hdfs_place("hdfs", "target")
    asked = f"-Ddfs.namenode.http-address={relay.address}"
    sizes = (f"-Ddfs.blocksize={BLOCK}", "--part-size", "100K", "--chunk-size", "200K")
    ended = run(tmp_path / "jobs", asked, *sizes, str(source), str(target), environment=sandbox.env())
    assert ended.code == 0, ended.output
    # Of two files each was joined once, though of one of them nobody was told.
    assert len(relay.joined) == 2, ended.output
    assert target.read() == TREE
    assert (ended.own["FILES_COPIED"], ended.own.get("FILES_FAILED", 0)) == (3, 0)
    assert litter(target, Place(target.uri.parent.join("none"), target.stores)) == []
