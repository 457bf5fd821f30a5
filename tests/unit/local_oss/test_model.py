"""Random sequences of operations, on the server and on a model of it."""

import base64
import hashlib
from itertools import count
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.rules.checksum import crc64
from local_oss.conftest import Client, started
from local_oss.model import Model

KEYS = st.sampled_from(["a", "a/", "a/b", "a/b/c", "a0", "b/1", "b/2", "é/%2F", "x y+z"])
BODIES = st.one_of(st.binary(max_size=12), st.sampled_from([b"0123456789" * 4_000, b"x" * 100_001]))
NUMBERS = count()


class Machine(RuleBasedStateMachine):
    """The rules; `server` is that of the machine that is driven."""

    server: LocalOssServer

    @initialize()
    def begin(self):
        self.model = Model()
        self.ids = {}
        self.client = Client(self.server.port, f"model-{next(NUMBERS)}")
        assert self.client.send("PUT", "").status == 200

    def teardown(self):
        if hasattr(self, "client"):
            self.client.close()

    def remember(self, version, answer):
        """Tie the model's version to the id the server gave it."""
        given = answer.headers.get("x-oss-version-id", "null")
        assert (given == "null") == version.is_null
        assert ("x-oss-version-id" in answer.headers) == bool(self.model.versioning)
        self.ids[version.number] = given

    @rule(key=KEYS, body=BODIES)
    def put(self, key, body):
        answer = self.client.put(key, body)
        assert (answer.status, int(answer.headers["x-oss-hash-crc64ecma"])) == (200, crc64(body))
        self.remember(self.model.add(key, body), answer)

    @rule(key=KEYS, first=st.integers(0, 45), size=st.integers(1, 45))
    def get(self, key, first, size):
        current = self.model.current(key)
        whole, head = self.client.get(key), self.client.send("HEAD", key)
        if current is None:
            assert (whole.code, head.status) == ("NoSuchKey", 404)
            return
        assert whole.body == current.body
        assert int(head.headers["content-length"]) == len(current.body)
        assert int(whole.headers["x-oss-hash-crc64ecma"]) == crc64(current.body)
        assert head.headers["x-oss-object-type"] == current.kind
        part = self.client.get(key, Range=f"bytes={first}-{first + size - 1}")
        is_within = first + size <= len(current.body)
        assert part.status == (206 if is_within else 200)
        assert part.body == (current.body[first : first + size] if is_within else current.body)

    @rule(source=KEYS, copied=KEYS)
    def copy(self, source, copied):
        current = self.model.current(source)
        named = f"/{self.client.bucket}/{quote(source, safe='')}"
        answer = self.client.put(copied, b"", x_oss_copy_source=named)
        if current is None:
            assert answer.code == "NoSuchKey"
            return
        assert answer.status == 200
        self.remember(self.model.add(copied, current.body), answer)

    @rule(key=KEYS, body=BODIES, is_right=st.booleans())
    def append(self, key, body, is_right):
        current = self.model.current(key)
        length = len(current.body) if current else 0
        answer = self.client.send("POST", key, f"append&position={length if is_right else length + 1}", body)
        if current and current.kind != "Appendable":
            assert answer.code == "ObjectNotAppendable"
        elif not is_right:
            assert (answer.code, answer.headers["x-oss-next-append-position"]) == (
                "PositionNotEqualToLength",
                str(length),
            )
        elif current:
            assert answer.status == 200
            current.body += body
        else:
            self.remember(self.model.add(key, body, kind="Appendable"), answer)

    @rule(key=KEYS)
    def delete(self, key):
        answer = self.client.send("DELETE", key)
        assert answer.status == 204
        marker = self.model.delete(key)
        if marker:
            self.remember(marker, answer)

    @rule(keys=st.lists(KEYS, min_size=1, max_size=4, unique=True), is_quiet=st.booleans())
    def delete_many(self, keys, is_quiet):
        objects = "".join(f"<Object><Key>{escape(key)}</Key></Object>" for key in keys)
        body = f"<Delete><Quiet>{str(is_quiet).lower()}</Quiet>{objects}</Delete>".encode()
        digest = base64.b64encode(hashlib.md5(body).digest()).decode()
        answer = self.client.send("POST", "", "delete", body, Content_MD5=digest)
        assert answer.status == 200
        if not is_quiet:
            assert answer.texts("Deleted/Key") == keys
        for key in keys:
            marker = self.model.delete(key)
            if marker:
                self.ids[marker.number] = None  # found out when it is listed

    @rule(key=KEYS, bodies=st.lists(st.binary(min_size=10, max_size=20), min_size=1, max_size=3))
    def upload(self, key, bodies):
        upload_id = self.client.initiate(key)
        tags = [self.client.part(key, upload_id, n, body).headers["etag"] for n, body in enumerate(bodies, 1)]
        done = self.client.complete(key, upload_id, *enumerate(tags, 1))
        whole = b"".join(bodies)
        assert (done.status, int(done.headers["x-oss-hash-crc64ecma"])) == (200, crc64(whole))
        self.remember(self.model.add(key, whole, kind="Multipart"), done)

    @rule(
        prefix=st.sampled_from(["", "a", "a/", "b/", "z"]),
        delimiter=st.sampled_from(["", "/"]),
        limit=st.integers(1, 4),
        is_second=st.booleans(),
    )
    def list(self, prefix, delimiter, limit, is_second):
        after, token = "", ""
        while True:
            query = f"prefix={prefix}&delimiter={delimiter}&max-keys={limit}&encoding-type=url{token}"
            page = self.client.send("GET", "", f"list-type=2&{query}" if is_second else query)
            found = page.texts("Contents/Key") + page.texts("CommonPrefixes/Prefix")
            expected, is_truncated = self.model.page(prefix, delimiter, after, limit)
            assert sorted(map(unquote, found), key=str.encode) == expected
            assert page.text("IsTruncated") == str(is_truncated).lower()
            if not is_truncated:
                return
            after = expected[-1]
            name, element = ("continuation-token", "NextContinuationToken") if is_second else ("marker", "NextMarker")
            token = f"&{name}={quote(unquote(page.text(element)), safe='')}"

    @rule(status=st.sampled_from(["Enabled", "Suspended"]))
    def switch_versioning(self, status):
        body = f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>"
        assert self.client.send("PUT", "", "versioning", body).status == 200
        self.model.versioning = status

    @precondition(lambda self: self.model.versioning)
    @rule(data=st.data(), is_removed=st.booleans())
    def visit_a_version(self, data, is_removed):
        listed = self.list_versions()
        if not listed:
            return
        key, version, version_id = data.draw(st.sampled_from(listed))
        got = self.client.send("GET", key, f"versionId={version_id}")
        assert got.status == 405 if version.is_marker else got.body == version.body
        if is_removed:
            assert self.client.send("DELETE", key, f"versionId={version_id}").status == 204
            self.model.remove(key, version)

    def list_versions(self):
        """[(key, the model's version, its id)], each compared with the model."""
        answer = self.client.send("GET", "", "versions&max-keys=1000&encoding-type=url")
        rows = []
        for tag in ("Version", "DeleteMarker"):
            columns = [answer.texts(f"{tag}/{name}") for name in ("Key", "VersionId", "IsLatest")]
            rows += [
                (unquote(key), id_, latest == "true", tag != "Version")
                for key, id_, latest in zip(*columns, strict=True)
            ]
        found = []
        assert len(rows) == sum(map(len, self.model.versions.values()))
        for key, versions in self.model.versions.items():
            theirs = [row for row in rows if row[0] == key]
            assert sorted(row[3] for row in theirs) == sorted(version.is_marker for version in versions)
            for is_marker in (False, True):
                ours = [version for version in reversed(versions) if version.is_marker == is_marker]
                for version, row in zip(ours, [row for row in theirs if row[3] == is_marker], strict=True):
                    known = self.ids.get(version.number)
                    assert known in (None, row[1])
                    assert row[2] == (version is versions[-1])
                    found.append((key, version, row[1]))
        return found


def drive(tmp_path, sequences, steps):
    server = started(tmp_path)
    try:
        run_state_machine_as_test(
            type("MachineOfServer", (Machine,), {"server": server}),
            settings=settings(
                max_examples=sequences,
                stateful_step_count=steps,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        server.stop()


@pytest.mark.slow
def test_server_does_what_the_model_does(tmp_path):
    drive(tmp_path, 20, 25)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_server_does_what_the_model_does_in_2000_sequences(tmp_path):
    drive(tmp_path, 2000, 30)
