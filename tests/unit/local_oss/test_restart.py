"""What survives: a clean stop, a kill, an upload that was never finished."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.model.errors import UsageError
from hdfs2oss.verbs import local_oss
from local_oss.conftest import BUCKET, ID, SECRET, Client, started

PARTS = [b"a" * 40_000, b"b" * 20, b"c"]
COMMAND = "import sys; from hdfs2oss.verbs.local_oss import run; sys.exit(run(sys.argv[1:]))"


def launch(directory: Path, *options: str) -> tuple[subprocess.Popen, int]:
    """A server process, and its port once it says that it is ready.

    What one such process wrote, another reads, not a server in this process: whoever edits the code while
    the tests run would have it met by an older program.
    """
    environment = os.environ | {"OSS_ACCESS_KEY_ID": ID, "OSS_ACCESS_KEY_SECRET": SECRET}
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "--dir", str(directory), "--port", "0", "--bucket", BUCKET, *options],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline()
    assert line.startswith("local OSS server: http://127.0.0.1:"), line
    return process, int(line.rpartition(":")[2])


def end(process: subprocess.Popen, number: int) -> int:
    process.send_signal(number)
    code = process.wait(timeout=60)
    process.stdout.close()
    return code


@pytest.mark.slow
def test_everything_acknowledged_survives_a_kill(tmp_path):
    process, port = launch(tmp_path)
    client = Client(port)
    bodies = {f"k{number}": os.urandom(size) for number, size in enumerate([0, 10, 40_000, 2_000_000])}
    for key, body in bodies.items():
        assert client.put(key, body, x_oss_tagging="t=1").status == 200
    upload_id = client.initiate("unfinished")
    part = client.part("unfinished", upload_id, 1, b"x" * 50_000)
    client.connection.request("PUT", f"/{BUCKET}/half", headers={"Content-Length": "1000000"})
    client.connection.send(b"y" * 500_000)
    assert end(process, signal.SIGKILL) == -signal.SIGKILL
    client.close()

    process, port = launch(tmp_path)
    client = Client(port)
    for key, body in bodies.items():
        assert client.get(key).body == body
    assert client.send("GET", "", "list-type=2").texts("Contents/Key") == sorted(bodies)
    assert client.complete("unfinished", upload_id, (1, part.headers["etag"])).status == 200
    assert client.get("unfinished").body == b"x" * 50_000
    client.close()
    assert end(process, signal.SIGTERM) == 0


@pytest.mark.slow
def test_kill_in_the_middle_of_many_writes_leaves_each_object_whole_or_absent(tmp_path):
    process, port = launch(tmp_path)
    acknowledged: set[str] = set()
    enough = threading.Event()

    def write(worker: int) -> None:
        client = Client(port)
        try:
            for number in range(100_000):
                if len(acknowledged) >= 30:
                    enough.set()
                key = f"w{worker}-{number}"
                if client.put(key, key.encode() * (10 if number % 2 else 10_000)).status == 200:
                    acknowledged.add(key)
        except (OSError, HTTPException):
            pass  # the server was killed under this request
        finally:
            client.close()

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(3)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    end(process, signal.SIGKILL)
    for thread in threads:
        thread.join()

    process, port = launch(tmp_path)
    client = Client(port)
    for key in acknowledged:
        count = 10 if int(key.rpartition("-")[2]) % 2 else 10_000
        assert client.get(key).body == key.encode() * count
    files = [path.name for path in (tmp_path / "data").rglob("*") if path.is_file()]
    listed = sum(1 for key in acknowledged if not int(key.rpartition("-")[2]) % 2)
    assert listed <= len(files) <= listed + 3  # at most one write a connection was stored but not acknowledged
    client.close()
    assert end(process, signal.SIGTERM) == 0


def test_files_nobody_refers_to_are_swept_at_the_start(tmp_path):
    started(tmp_path).stop()
    orphan = tmp_path / "data" / "ab" / ("ab" * 16)
    orphan.parent.mkdir()
    orphan.write_bytes(b"left by a dead server")
    started(tmp_path).stop()
    assert not orphan.exists()


def test_directory_has_one_server_at_a_time(tmp_path):
    server = started(tmp_path)
    with pytest.raises(UsageError, match="in use"):
        started(tmp_path)
    server.stop()
    started(tmp_path).stop()


def test_index_of_another_layout_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "index.sqlite") as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(UsageError, match="layout 99"):
        started(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_the_command_cleanly_and_soon(tmp_path, number):
    port_file = tmp_path / "port"
    process, port = launch(tmp_path / "data", "--port-file", str(port_file), "--etag", "fast")
    assert port_file.read_text() == f"{port}\n"
    client = Client(port)
    etag = client.put("k", b"data").headers["etag"]
    assert len(etag) == 34
    assert "content-md5" not in client.get("k").headers
    before = time.monotonic()
    assert end(process, number) == 0
    assert time.monotonic() - before < 30, "it waited for the idle connection, which has a minute"
    client.close()


def test_command_without_a_key_pair_names_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.delenv("OSS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", "secret")
    with pytest.raises(UsageError, match="OSS_ACCESS_KEY_ID must be set"):
        local_oss.run(["--dir", str(tmp_path), "--port", "0"])


def test_server_refuses_what_cannot_be_meant(tmp_path):
    with pytest.raises(UsageError, match="cannot be a bucket"):
        LocalOssServer(tmp_path, ID, SECRET, buckets=["Bad_Name"]).start()
    with pytest.raises(UsageError, match="etag"):
        LocalOssServer(tmp_path, ID, SECRET, etag="sha")
    server = started(tmp_path)
    with pytest.raises(OSError, match="in use"):
        started(tmp_path / "other", port=server.port)
    server.stop()


def test_key_pair_is_not_shown(tmp_path):
    assert SECRET not in repr(LocalOssServer(tmp_path, ID, SECRET))


def test_no_thread_and_no_descriptor_is_left_behind(tmp_path):
    def held() -> set[object]:
        """Each by its own name: those of other tests may go meanwhile, and their numbers be given out again."""
        found: set[object] = {thread for thread in threading.enumerate() if thread.name.startswith("oss-")}
        for number in os.listdir("/proc/self/fd"):
            with suppress(FileNotFoundError):
                found.add(os.readlink(f"/proc/self/fd/{number}"))
        return found

    before = held()
    server = started(tmp_path)
    client = Client(server.port)
    client.put("k", b"x" * 100_000)
    client.get("k")
    server.stop()
    server.stop()
    client.close()
    assert held() <= before


def test_child_forked_while_it_runs_holds_neither_port_nor_directory(tmp_path):
    server = started(tmp_path)
    child = os.fork()
    if not child:
        time.sleep(30)
        os._exit(0)
    try:
        server.stop()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port), timeout=60)
        started(tmp_path).stop()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@pytest.mark.slow
def test_kill_in_the_middle_of_many_completions_leaves_the_upload_or_the_whole_object(tmp_path):
    process, port = launch(tmp_path, "--limit", "min_part_bytes=10")
    begun: dict[str, tuple[str, list[str]]] = {}
    acknowledged: set[str] = set()
    enough = threading.Event()

    def write(worker: int) -> None:
        client = Client(port)
        try:
            for number in range(100_000):
                if len(acknowledged) >= 10:
                    enough.set()
                key = f"w{worker}-{number}"
                upload_id = client.initiate(key)
                tags = [client.part(key, upload_id, n, body).headers["etag"] for n, body in enumerate(PARTS, 1)]
                begun[key] = (upload_id, tags)
                if client.complete(key, upload_id, *enumerate(tags, 1)).status == 200:
                    acknowledged.add(key)
        except (OSError, HTTPException, ElementTree.ParseError):
            pass  # the server was killed under this request
        finally:
            client.close()

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(3)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    end(process, signal.SIGKILL)
    for thread in threads:
        thread.join()

    process, port = launch(tmp_path, "--limit", "min_part_bytes=10")
    client = Client(port)
    for key, (upload_id, tags) in begun.items():
        found = client.get(key)
        if found.status == 404:
            assert key not in acknowledged
            assert client.complete(key, upload_id, *enumerate(tags, 1)).status == 200
            found = client.get(key)
        assert found.body == b"".join(PARTS)
        assert client.complete(key, upload_id, *enumerate(tags, 1)).code == "NoSuchUpload"
    client.close()
    assert end(process, signal.SIGTERM) == 0


def test_command_takes_faults_and_says_where_its_admin_port_is(tmp_path):
    rules = tmp_path / "faults.json"
    rules.write_text('[{"fault": "error", "key": "bad"}]')
    log = tmp_path / "requests.jsonl"
    options = ["--faults", str(rules), "--admin-port", "0", "--request-log", str(log), "--s3"]
    process, port = launch(tmp_path / "oss", *options, "--cname", f"files.example.com={BUCKET}")
    admin = process.stdout.readline()
    assert admin.startswith("admin: http://127.0.0.1:")
    client = Client(port)
    assert client.put("bad", b"x").status == 503
    with urllib.request.urlopen(admin.removeprefix("admin: ").strip() + "/faults", timeout=60) as answer:
        assert json.loads(answer.read())[0]["hits"] == 1
    client.close()
    assert end(process, signal.SIGTERM) == 0
    assert json.loads(log.read_text())["faults"] == ["error"]
