"""The second process of an import: two cores read and judge more rows than one.

Which rows a process takes follows from their keys, so that all rows of a key are in the same hands. The second process
is a plain one, which shares the file that was read once and opens the store for itself; it ends with the first.
"""

import io
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, Generic, NamedTuple, TypeVar
from zlib import crc32

from adapters.importers.reading import PIECE, ImportFailed
from adapters.settings import Settings
from application.ports import EventStore, StoreUnavailable

WORTH_IT = 2_000_000
"""Bytes of a file for which it is worth starting another process, which takes about a second."""

D = TypeVar("D")
Told = Callable[[int], None]
Work = Callable[[EventStore, IO[bytes], Told], D]
"""What a process does: over the store and the file, telling how many more rows are done, and what came of it."""


class Share(NamedTuple):
    """The part of the keys that one of several processes takes; rows without a readable key are for the first."""

    number: int = 0
    of: int = 1

    def has(self, key: str | None) -> bool:
        """Whether the rows of that key belong to this share."""
        if self.of == 1 or key is None:
            return self.number == 0
        return crc32(key.encode()) % self.of == self.number


ALL, FIRST, SECOND = Share(), Share(0, 2), Share(1, 2)


class _Order(NamedTuple):
    """What the second process is given: how to open the store, the file, and what to do."""

    settings: Settings
    file: int
    work: Work[Any]


class _Answer(NamedTuple):
    """What came of it."""

    result: Any


class Partner(Generic[D]):
    """The second process, as the first one sees it. It waits for work; `rows` counts those it has done."""

    def __init__(self, process: "subprocess.Popen[bytes]", settings: Settings, file: int) -> None:
        self._process, self._settings, self._file = process, settings, file
        self._messages: SimpleQueue[int | _Answer | Exception] = SimpleQueue()
        self._answer: _Answer | None = None
        self.rows = 0

    def begin(self, work: Work[D]) -> None:
        """Let it do this."""
        assert self._process.stdin is not None
        try:
            pickle.dump(_Order(self._settings, self._file, work), self._process.stdin)
            self._process.stdin.flush()
        except OSError as error:
            raise self._ended() from error
        Thread(target=self._listen, name="partner", daemon=True).start()

    def listen(self) -> None:
        """Hear how far it is; raises what stopped it."""
        while not self._messages.empty():
            self._take(self._messages.get())

    def result(self) -> D:
        """Wait until it is done."""
        while self._answer is None:
            self._take(self._messages.get())
        return self._answer.result

    def _take(self, message: int | _Answer | Exception) -> None:
        if isinstance(message, Exception):
            raise message
        if isinstance(message, int):
            self.rows += message
        else:
            self._answer = message

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while True:
            try:
                message: int | _Answer | Exception = pickle.load(self._process.stdout)
            except (EOFError, OSError, ValueError, pickle.UnpicklingError):
                self._messages.put(self._ended())
                return
            self._messages.put(message)
            if not isinstance(message, int):  # its last word: that it ends after it is no failure
                return

    def _ended(self) -> ImportFailed:
        return ImportFailed(
            f"the second process of the import ended with status {self._process.wait()}; import the file again, "
            "it goes on where it stopped"
        )


@contextmanager
def partner(settings: Settings | None, file: IO[bytes], *, quicker: int = 1) -> Iterator[Partner[Any] | None]:
    """A second process where it helps: for a large file, on a machine with several cores, of a store with settings.

    An importer that is several times `quicker` with a byte needs a file that is as many times larger.
    """
    if settings is None or os.fstat(file.fileno()).st_size < WORTH_IT * quicker or (os.cpu_count() or 1) < 2:
        yield None
        return
    command = [sys.executable, "-P", "-c", f"from {__name__} import work; work()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, pass_fds=(file.fileno(),)) as process:
        try:
            yield Partner(process, settings, file.fileno())
        finally:
            process.kill()


def work() -> None:
    """The second process: does what it is given, tells how far it is, and ends."""
    from adapters.system import open_system  # late: the first process has a system already

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the first process ends this one

    def tell(message: object) -> None:
        pickle.dump(message, sys.stdout.buffer)
        sys.stdout.buffer.flush()  # fails once nobody listens any more: then this ends too

    try:
        order: _Order = pickle.load(sys.stdin.buffer)
    except EOFError:  # there was nothing to do
        return
    try:
        with open_system(order.settings) as system:
            tell(_Answer(order.work(system.store, io.BufferedReader(Shared(order.file), PIECE), tell)))
    except (ImportFailed, StoreUnavailable) as error:
        tell(error)


class Shared(io.RawIOBase):
    """A file that another process reads too: each has a place of its own in it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._at = descriptor, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def readinto(self, buffer: Any) -> int:
        """Read from its own place."""
        found = os.pread(self._descriptor, len(buffer), self._at)
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        begins = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: os.fstat(self._descriptor).st_size}
        self._at = begins[whence] + offset
        return self._at
