"""The server as an object: start it, use its endpoint, stop it."""

from __future__ import annotations

import secrets
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from hdfs2oss.local_oss.application import Application
from hdfs2oss.local_oss.faults.admin import AdminPort
from hdfs2oss.local_oss.faults.plan import FaultPlan
from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.local_oss.operation.operation import Context
from hdfs2oss.local_oss.protocol.addressing import Addressing, check_bucket_name
from hdfs2oss.local_oss.protocol.errors import OssError
from hdfs2oss.local_oss.protocol.limits import Limits
from hdfs2oss.local_oss.protocol.listener import Listener
from hdfs2oss.local_oss.protocol.request_log import RequestLog
from hdfs2oss.local_oss.signatures.authenticator import Authenticator, Credentials, Issued
from hdfs2oss.local_oss.store.rows import Bucket
from hdfs2oss.local_oss.store.store import Store
from hdfs2oss.local_oss.store.synthetic import Synthetic, create_synthetic
from hdfs2oss.model.errors import UsageError

ETAG_MODES = ("md5", "fast")
_POLL_SECONDS = 0.05


@dataclass
class LocalOssServer:
    """The OSS protocol on loopback, over a directory of its own.

    Used as a context manager it runs in threads of this process:

        with LocalOssServer(path, access_key_id="id", access_key_secret="secret", buckets=["b"]) as server:
            bucket = oss2.Bucket(oss2.Auth("id", "secret"), server.endpoint, "b")

    `port` 0 takes a free one. `etag` "fast" leaves out MD5. `security_token`, if given, must come with
    every signed request. `cnames` maps further host names to buckets. `faults` are rules that hit from the
    start; `plan` changes them, and so does the admin port, if one is asked for. `is_forgetful` keeps no
    bytes; `has_s3` also takes what S3 clients send. What was acknowledged is still there when a server is
    started on the same directory again, however this one ended.
    Raises UsageError for a directory in use or a name that cannot be a bucket, OSError for a taken port.
    """

    directory: str | Path
    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = 0
    buckets: Sequence[str] = ()
    region: str = "cn-hangzhou"
    etag: str = "md5"
    limits: Limits = field(default_factory=Limits)
    cnames: Mapping[str, str] = field(default_factory=dict)
    faults: Sequence[Rule] = ()
    admin_port: int | None = None
    request_log: str | Path | None = None
    is_forgetful: bool = False
    has_s3: bool = False
    synthetic: Sequence[Synthetic] = ()
    certificate: str | Path | None = None
    certificate_key: str | Path | None = None
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        if self.etag not in ETAG_MODES:
            raise UsageError(f"etag must be one of {', '.join(ETAG_MODES)}, not {self.etag}")
        self._store: Store | None = None
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None
        self._log: RequestLog | None = None
        self._admin: AdminPort | None = None
        self.plan = FaultPlan(self.faults)
        self._issued: dict[str, Issued] = {}

    @property
    def endpoint(self) -> str:
        """What clients are given, `http://127.0.0.1:PORT`; the port is known once started."""
        return f"{'https' if self.certificate else 'http'}://{self.host}:{self.port}"

    def start(self) -> None:
        """Open the directory, make the buckets, listen, and serve in a thread."""
        tls = self._tls()
        listener: Listener | None = None
        store = Store(Path(self.directory), self.limits.max_inline_bytes, self.is_forgetful)
        try:
            application = self._application(store)
            self._fill(store, application.context.now_ms())
            self._log = RequestLog(Path(self.request_log)) if self.request_log else None
            listener = Listener((self.host, self.port), application.answer, self._log, tls, self.limits.idle_seconds)
            if self.admin_port is not None:
                self._admin = AdminPort(self.admin_port, self.plan)
                self.admin_port = self._admin.port
        except BaseException:
            if listener:
                listener.close()
            if self._log:
                self._log.close()
            store.close()
            raise
        self.plan.start()
        self._store, self._listener = store, listener
        self.port = listener.port
        self._thread = threading.Thread(
            target=listener.serve_forever, args=(_POLL_SECONDS,), name="oss-listener", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End every connection and close the directory; a second call does nothing."""
        self.plan.stop()
        if self._admin:
            self._admin.close()
            self._admin = None
        if self._listener and self._thread:
            self._listener.shutdown()
            self._listener.close()
            self._thread.join()
            self._listener = self._thread = None
        if self._store:
            self._store.close()
            self._store = None
        if self._log:
            self._log.close()
            self._log = None

    def issue_keys(self, seconds: float) -> Issued:
        """Temporary keys, as STS gives them: good for so long, with a token that must come along."""
        name = f"STS.{secrets.token_hex(8)}"
        issued = Issued(Credentials(name, secrets.token_hex(16), secrets.token_hex(16)), self.clock() + seconds)
        self._issued[name] = issued
        return issued

    def settle_log(self) -> None:
        """Return once the request log has a line of each answer; it may come a moment after the answer."""
        if self._log:
            self._log.settle()

    def __enter__(self) -> LocalOssServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _tls(self) -> ssl.SSLContext | None:
        if not self.certificate:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(self.certificate, self.certificate_key)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"cannot use the certificate {self.certificate}: {error}") from error
        return context

    def _application(self, store: Store) -> Application:
        is_md5_wanted = self.etag == "md5" and not self.is_forgetful
        context = Context(store, self.limits, self.region, is_md5_wanted, self.clock)
        credentials = Credentials(self.access_key_id, self.access_key_secret, self.security_token)
        authenticator = Authenticator(credentials, self.region, self.limits.max_skew_seconds, self.clock, self._issued)
        return Application(context, authenticator, Addressing(self.cnames), self.plan, self.has_s3)

    def _fill(self, store: Store, now_ms: int) -> None:
        """Make the buckets and synthetic objects asked for that are not there yet."""
        existing = {bucket.name for bucket in store.buckets()}
        for name in self.buckets:
            try:
                check_bucket_name(name)
            except OssError:
                raise UsageError(f"{name} cannot be a bucket: 3 to 63 of a-z, 0-9 and inner '-'") from None
            if name not in existing:
                store.create_bucket(Bucket(0, name, now_ms, "private", "Standard", "LRS"))
        for wanted in self.synthetic:
            create_synthetic(store, wanted, now_ms)
