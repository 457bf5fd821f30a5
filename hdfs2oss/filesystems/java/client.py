"""Calls to one file system of Hadoop's Java client: opened once, errors as ours, repeated where that helps."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import partial
from typing import Any, NamedTuple, TypeVar

from ...model.errors import Hdfs2ossError, NotFound, StoreError, Unreachable
from ...rules.filesum import COMBINE_MODE
from ...rules.retry import RetryPolicy, StorePause, call_with_retries
from ..hadoop_conf import is_kerberized
from ..hadoop_errors import error_of_java, says_below_a_file
from ..hadoop_jvm import HadoopJvm, JavaFailed
from ..kerberos.gssapi import BY_TICKET, Login
from ..kerberos.identity import keytab_here
from ..traffic import Traffic
from .pipes import is_of_pipe
from .traits import traits_of

T = TypeVar("T")

# Few: Hadoop's own clients ask again by themselves.
_RETRIES = RetryPolicy(attempts=3, cap_seconds=4.0, deadline_seconds=8.0, throttled_attempts=6, throttled_seconds=18.0)
# Hadoop's own patience, of 45 time-outs of 20 s, is for clients that nobody else waits for.
_IMPATIENCE = {
    "ipc.client.connect.max.retries": "3",
    "ipc.client.connect.max.retries.on.timeouts": "1",
    "ipc.client.connect.timeout": "10000",
    # Else a small file takes 0.4 s to be closed.
    "dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "20",
    "dfs.client.block.write.locateFollowingBlock.retries": "10",
}
# Where the mounts of a view are shown as links nobody goes into them.
_SEEN = {"fs.viewfs.mount.links.as.symlinks": "false"}
_NO_CLASS = ("UnsupportedFileSystemException", "ClassNotFoundException", "NoClassDefFoundError")
# Servers of Hadoop 3.1 and 3.2 undo the escapes of a path twice (HDFS-14423), and answer for `/a b` in place of `/a+b`;
# old ones end a path at a semicolon. Such a server finds its root by one of these, any other nothing.
_UNLIKE_TWICE = "%+;"
_ROOT_FOR_SOME = ("/%2F", "/;")
_NAMED_BY_HDFS = "Copy it by hdfs://, or rename it."
_WHERE = (
    "Java is looked for in JAVA_HOME and PATH, Hadoop's jars in CLASSPATH, HADOOP_HOME, what `hadoop classpath` says, "
    "and SPARK_HOME; what is missing may be added by HADOOP_CLASSPATH. To see what there is: "
    "hadoop classpath; java -version"
)


class NoJavaClient(StoreError):
    """There is no Java here, or not what it needs: every other file would fare likewise."""

    ends_wave = True


class Classes(NamedTuple):
    """Classes of the JVM, each looked up once: every dot of a name is a call."""

    path: Any
    io_utils: Any
    limited: Any
    file_in: Any
    file_out: Any
    bytes_out: Any
    data_out: Any
    for_name: Any
    array: Any
    array_copy: Any
    array_writable: Any
    to_messages: Any
    permission: Any
    create_flag: Any
    create_flags: Any
    rename: Any
    acl_entry: Any
    trash: Any


class JavaStore:
    """One file system (`scheme://authority`) with one configuration; safe for threads.

    Functions given to `look` and `change` are called with the Java object of it and the classes.
    """

    def __init__(
        self, scheme: str, authority: str, hadoop_conf: Mapping[str, str], jvm: HadoopJvm, login: Login = BY_TICKET
    ) -> None:
        self.traffic = Traffic()
        self.scheme = scheme
        self.place = f"{scheme}://{authority}"
        self._conf = hadoop_conf
        self._jvm = jvm
        self._login = login
        self._lock = threading.Lock()
        self._opened: dict[str, Any] = {}
        self._classes: Classes | None = None
        self._pause = StorePause()
        self._takes_for_another: bool | None = None

    def missing(self) -> str:
        """Why there is no Java client; "" when there is one. Begins the JVM, once."""
        return self._jvm.missing()

    def look(self, what: str, function: Callable[[Any, Classes], T], mode: str = "", timeout_seconds: float = 0.0) -> T:
        """A call that only looks; what would lie below a file is not there. `mode` is that of composed checksums."""
        self.traffic.read()
        return self._again(what, function, True, mode, timeout_seconds)

    def change(self, what: str, function: Callable[[Any, Classes], T], brings_nothing: bool = False) -> T:
        """A call that changes something and may safely run twice. Whoever `brings_nothing` finds nothing below a file,
        which is in the way of the others."""
        self.traffic.wrote()
        return self._again(what, function, brings_nothing)

    def once(self, what: str, function: Callable[[Any, Classes], T], timeout_seconds: float = 0.0) -> T:
        """A call that must not be repeated."""
        self.traffic.wrote()
        return self._ask(what, function, False, "", timeout_seconds)

    def begin(self, what: str, function: Callable[[Any, Classes], T]) -> Future[T]:
        """On a thread of its own, however long it takes; `result` of this object maps what it raises."""
        self._refuse_missing(what)
        return self._jvm.begin(what, lambda jvm: function(self._filesystem(jvm, ""), self._known(jvm)))

    def result(self, what: str, coming: Future[T], timeout_seconds: float) -> T:
        """What a call that was begun gave. Raises StoreError."""
        return self._mapped(what, lambda: coming.result(timeout_seconds), True)

    def _again(
        self,
        what: str,
        function: Callable[[Any, Classes], T],
        brings_nothing: bool,
        mode: str = "",
        timeout_seconds: float = 0.0,
    ) -> T:
        def once() -> T:
            return self._ask(what, function, brings_nothing, mode, timeout_seconds)

        return self._pause.call(lambda: call_with_retries(once, _RETRIES, on_repeat=self.traffic.repeated))

    def _ask(
        self,
        what: str,
        function: Callable[[Any, Classes], T],
        brings_nothing: bool,
        mode: str,
        timeout_seconds: float,
    ) -> T:
        self._refuse_missing(what)

        def ask(jvm: Any) -> T:
            return function(self._filesystem(jvm, mode), self._known(jvm))

        return self._mapped(what, lambda: self._jvm.call(what, ask, timeout_seconds), brings_nothing)

    def _refuse_missing(self, what: str) -> None:
        if why := self._jvm.missing():
            raise NoJavaClient(f"cannot {what}: {self.place} goes through the Java client of Hadoop, and {why}", _WHERE)

    def _mapped(self, what: str, function: Callable[[], T], brings_nothing: bool) -> T:
        try:
            return function()
        except JavaFailed as error:
            raise self.error_of(what, error, brings_nothing) from None
        except FutureTimeoutError:  # in Python 3.10 not the one of its builtins
            raise error_of_java("", "timed out", f"cannot {what}: no answer from {self.place} in time") from None

    def error_of(self, what: str, error: JavaFailed, brings_nothing: bool) -> Hdfs2ossError:
        """Ours for what Java threw."""
        if error.name in _NO_CLASS or any(name in error.message for name in _NO_CLASS):
            jars = traits_of(self.scheme).jars
            needed = f"Let HADOOP_CLASSPATH name {jars}, on all nodes. " if jars else ""
            return NoJavaClient(
                f"cannot {what}: the Java client here cannot open {self.place}: {error.message} ({error.name})",
                needed + _WHERE,
            )
        message = f"cannot {what}: {error.message} ({error.name} from the Java client of {self.place})"
        if is_of_pipe(error.message):
            # No file of the store: such as too many open ones in the JVM.
            return Unreachable(message)
        if brings_nothing and says_below_a_file(f"{error.name}: {error.message}"):
            return NotFound(message)
        return error_of_java(error.name, error.message, message)

    def _known(self, jvm: Any) -> Classes:
        if self._classes is None:
            fs, io, lang, java_io = jvm.org.apache.hadoop.fs, jvm.org.apache.hadoop.io, jvm.java.lang, jvm.java.io
            self._classes = Classes(
                self._web_path(fs.Path) if traits_of(self.scheme).composes_names else fs.Path,
                io.IOUtils,
                jvm.org.apache.hadoop.util.LimitInputStream,
                java_io.FileInputStream,
                java_io.FileOutputStream,
                java_io.ByteArrayOutputStream,
                java_io.DataOutputStream,
                lang.Class.forName,
                lang.reflect.Array,
                lang.System.arraycopy,
                io.ArrayWritable,
                jvm.org.apache.hadoop.hdfs.protocolPB.PBHelperClient,
                fs.permission.FsPermission,
                fs.CreateFlag,
                jvm.java.util.EnumSet,
                fs.Options.Rename,
                fs.permission.AclEntry,
                fs.Trash,
            )
        return self._classes

    def _web_path(self, path_class: Any) -> Callable[..., Any]:
        def takes_for_another() -> bool:
            # Asked on a thread of its own, as what it raises is told there.
            if self._takes_for_another is None:
                self._takes_for_another = self.look("ask how WebHDFS reads paths", finds_root)
            return self._takes_for_another

        def finds_root(filesystem: Any, _: Classes) -> bool:
            return any(filesystem.exists(path_class(one)) for one in _ROOT_FOR_SOME)

        return partial(web_path, path_class, takes_for_another)

    def _filesystem(self, jvm: Any, mode: str) -> Any:
        with self._lock:
            if mode not in self._opened:
                self._opened[mode] = self._open(jvm, mode)
            return self._opened[mode]

    def _open(self, jvm: Any, mode: str) -> Any:
        version = str(jvm.org.apache.hadoop.util.VersionInfo.getVersion())
        if version.startswith(("1.", "2.")):
            raise NoJavaClient(f"{self.place} needs a Java client of Hadoop 3, and here is {version}", _WHERE)
        configuration = jvm.org.apache.hadoop.conf.Configuration()
        for key, value in {**self._conf, **_IMPATIENCE, **_SEEN, **({COMBINE_MODE: mode} if mode else {})}.items():
            configuration.set(key, value)
        if is_kerberized(self._conf):
            users = jvm.org.apache.hadoop.security.UserGroupInformation
            users.setConfiguration(configuration)
            if self._login.keytab:
                login = keytab_here(self._login)
                users.loginUserFromKeytab(login.principal, login.keytab)
        uri = jvm.java.net.URI(f"{self.place}/")
        return jvm.org.apache.hadoop.fs.FileSystem.newInstance(uri, configuration)


def web_path(path_class: Any, takes_for_another: Callable[[], bool], *names: Any) -> Any:
    """A Path that neither the client nor the server takes for another one. Raises StoreError."""
    for name in names:
        if isinstance(name, str) and not unicodedata.is_normalized("NFC", name):
            raise StoreError(
                f"{name!r} has characters that WebHDFS takes for others, as it composes them", _NAMED_BY_HDFS
            )
        if isinstance(name, str) and any(one in name for one in _UNLIKE_TWICE) and takes_for_another():
            raise StoreError(
                f"this WebHDFS takes {name!r} for another path, as old ones do with any of {_UNLIKE_TWICE}",
                _NAMED_BY_HDFS,
            )
    return path_class(*names)
