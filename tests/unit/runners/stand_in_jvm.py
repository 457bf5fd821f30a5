"""What a driver asks of spark-submit's JVM about signals, played by threads of this process."""

import threading
from types import SimpleNamespace

# Who has a signal that nobody has taken.
OF_THE_JVM = "the JVM's own"


class Count(threading.Semaphore):
    """A java.util.concurrent.Semaphore; a call that would keep a thread of the JVM for ever is not to be had."""

    acquire = None

    def tryAcquire(self, permits: int, timeout: float, unit: str) -> bool:
        """Give True once there is one."""
        assert (permits, unit) == (1, "seconds")
        assert timeout < 10
        return threading.Semaphore.acquire(self, timeout=timeout)


class Jvm:
    """`handlers` are who has a signal, by its name."""

    def __init__(self) -> None:
        self.handlers: dict[str, object] = {}
        self.java = SimpleNamespace(
            util=SimpleNamespace(
                concurrent=SimpleNamespace(Semaphore=Count, TimeUnit=SimpleNamespace(SECONDS="seconds")),
            ),
            lang=SimpleNamespace(Class=SimpleNamespace(forName=lambda name: name)),
            beans=SimpleNamespace(EventHandler=SimpleNamespace(create=lambda listener, count, action: (count, action))),
        )
        self.sun = SimpleNamespace(misc=SimpleNamespace(Signal=lambda name: name))
        self.sun.misc.Signal.handle = self._handle

    def arrives(self, name: str) -> None:
        """A signal reaches the JVM."""
        count, action = self.handlers[name]
        getattr(count, action)()

    def _handle(self, name: str, handler: object) -> object:
        before = self.handlers.get(name, OF_THE_JVM)
        self.handlers[name] = handler
        return before
