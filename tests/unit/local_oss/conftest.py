"""A local OSS server in this process, and a client of the test's own that signs by the book."""

import base64
import hashlib
import hmac
import http.client
from collections.abc import Iterator
from email.utils import formatdate
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote
from xml.etree import ElementTree

import pytest

from hdfs2oss.local_oss import Limits, LocalOssServer

ID, SECRET, BUCKET = "test-id", "test-secret", "bucket"
BUCKET_NUMBERS = count()
UNSIGNED = {
    "prefix",
    "delimiter",
    "marker",
    "max-keys",
    "list-type",
    "start-after",
    "encoding-type",
    "max-parts",
    "part-number-marker",
    "max-uploads",
    "key-marker",
    "version-id-marker",
    "upload-id-marker",
}
SMALL_PARTS = Limits(min_part_bytes=10, max_put_bytes=4_000_000)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return self.text("Code")

    def text(self, path: str) -> str:
        return ElementTree.fromstring(self.body).findtext(path) or ""

    def texts(self, path: str) -> list[str]:
        return [element.text or "" for element in ElementTree.fromstring(self.body).findall(path)]


class Client:
    """Sends requests with a V1 signature over one connection."""

    def __init__(self, port: int, bucket: str = BUCKET) -> None:
        self.port = port
        self.bucket = bucket
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(self, method: str, key: str, query: str = "", body: bytes | str = b"", **headers: str) -> Answer:
        resource = f"/{self.bucket}/{key}"
        path = quote(resource) + (f"?{query}" if query else "")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        pairs = sorted(pair for pair in query.split("&") if pair and pair.partition("=")[0] not in UNSIGNED)
        signed = "?" + unquote("&".join(pairs)) if pairs else ""
        named |= signature(method, resource + signed, named)
        return self.raw(method, path, body, named)

    def raw(self, method: str, path: str, body: bytes | str, headers: dict[str, str]) -> Answer:
        self.connection.request(method, path, body if body or method in ("PUT", "POST") else None, headers)
        response = self.connection.getresponse()
        return Answer(
            response.status, {name.lower(): value for name, value in response.headers.items()}, response.read()
        )

    def put(self, key: str, body: bytes = b"", **headers: str) -> Answer:
        return self.send("PUT", key, "", body, **headers)

    def get(self, key: str, **headers: str) -> Answer:
        return self.send("GET", key, "", **headers)

    def initiate(self, key: str, **headers: str) -> str:
        return self.send("POST", key, "uploads", **headers).text("UploadId")

    def part(self, key: str, upload_id: str, number: int, body: bytes) -> Answer:
        return self.send("PUT", key, f"partNumber={number}&uploadId={upload_id}", body)

    def complete(self, key: str, upload_id: str, *parts: tuple[int, str], **headers: str) -> Answer:
        listed = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in parts)
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>"
        return self.send("POST", key, f"uploadId={upload_id}", body, **headers)

    def close(self) -> None:
        self.connection.close()


def signature(method: str, resource: str, headers: dict[str, str], date: str = "") -> dict[str, str]:
    """Date and Authorization for a request, version 1."""
    date = date or formatdate(usegmt=True)
    lower = {name.lower(): value for name, value in headers.items()}
    oss = "".join(f"{name}:{lower[name]}\n" for name in sorted(lower) if name.startswith("x-oss-"))
    text = f"{method}\n{lower.get('content-md5', '')}\n{lower.get('content-type', '')}\n{date}\n{oss}{resource}"
    digest = base64.b64encode(hmac.digest(SECRET.encode(), text.encode(), "sha1")).decode()
    return {"Date": date, "Authorization": f"OSS {ID}:{digest}"}


def md5_base64(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body).digest()).decode()


def started(directory: Path, **options: object) -> LocalOssServer:
    settings: dict[str, object] = {"buckets": [BUCKET], "limits": SMALL_PARTS} | options
    server = LocalOssServer(directory, access_key_id=ID, access_key_secret=SECRET, **settings)  # type: ignore[arg-type]
    server.start()
    return server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalOssServer]:
    running = started(tmp_path_factory.mktemp("oss"))
    yield running
    running.stop()


@pytest.fixture
def client(server: LocalOssServer) -> Iterator[Client]:
    connected = Client(server.port)
    yield connected
    connected.close()


@pytest.fixture
def empty(server: LocalOssServer) -> Iterator[Client]:
    """A client of a bucket that nobody else uses."""
    connected = Client(server.port, f"bucket-{next(BUCKET_NUMBERS)}")
    assert connected.send("PUT", "").status == 200
    yield connected
    connected.close()
