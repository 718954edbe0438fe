"""`candour` without the second that it takes to load: a process that has loaded it forks one for each command.

What runs is a process of its own, with its own arguments, environment, folder and streams. Those who start a server,
and whose environment says how Python itself is to start, start it from nothing.
"""

import gc
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import IO, Any

LOADED = (
    "adapters.cli.commands",
    "adapters.cli.exits",
    "adapters.comparing",
    "adapters.postgres.inspecting",
    "adapters.postgres.ledger",
    "adapters.postgres.revisions",
)
LONGEST = 1 << 20


class Preloaded:
    """A process that waits to become a command."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="candour-preloaded-")
        self._path = str(Path(self._folder.name) / "socket")
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(self._path)
        listening.listen(64)
        # It ends with this one, which holds the other end of its standard input.
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, str(listening.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listening.fileno()],
        )
        listening.close()

    def run(
        self,
        arguments: list[str],
        environment: dict[str, str],
        folder: Path,
        streams: tuple[IO[Any], IO[Any]],
        seconds: float,
    ) -> int:
        """Run it to its end; the exit code, negative for the signal that ended it. Raises `TimeoutExpired`."""
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(self._path)
            asking.settimeout(seconds)
            message = json.dumps([arguments, environment, str(folder)]).encode()
            asking.sendall(len(message).to_bytes(4) + message)
            socket.send_fds(asking, [b"."], [stream.fileno() for stream in streams])
            pid = int.from_bytes(asking.recv(4))
            try:
                return int.from_bytes(asking.recv(4), signed=True)
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(arguments, seconds) from None

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()


@cache
def preloaded() -> Preloaded:
    """The one of this test run."""
    return Preloaded()


def close() -> None:
    """End it, if there is one."""
    if preloaded.cache_info().currsize:
        preloaded().close()
        preloaded.cache_clear()


def wait_for_commands(listening: socket.socket) -> None:
    """Fork for each that asks, until standard input ends. Returns in the process that is to be the command."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait
    gc.freeze()
    with selectors.DefaultSelector() as ready:
        ready.register(listening, selectors.EVENT_READ)
        ready.register(0, selectors.EVENT_READ)
        while True:
            found = [key.fileobj for key, _ in ready.select()]
            if 0 in found:
                os._exit(0)
            asking, _ = listening.accept()
            if os.fork() == 0:
                break
            asking.close()
    listening.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _become(asking)


def _become(asking: socket.socket) -> None:
    size = int.from_bytes(asking.recv(4, socket.MSG_WAITALL))
    arguments, environment, folder = json.loads(asking.recv(size, socket.MSG_WAITALL))
    _, streams, _, _ = socket.recv_fds(asking, 1, 2)
    pid = os.fork()
    if pid:
        asking.sendall(pid.to_bytes(4))
        _, status = os.waitpid(pid, 0)
        asking.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, signed=True))
        os._exit(0)
    asking.close()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, stream in enumerate((nothing, *streams)):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = arguments


if __name__ == "__main__":
    from importlib import import_module

    from adapters.cli.main import main

    for name in LOADED:
        import_module(name)
    wait_for_commands(socket.socket(fileno=int(sys.argv[1])))
    main()
