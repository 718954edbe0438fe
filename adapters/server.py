"""The server: the HTTP door over a system, and the projector as a child process beside it."""

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from adapters import logs
from adapters.http.app import create_app
from adapters.settings import Settings
from adapters.system import System
from application.ports import StoreUnavailable

RESTART_SECONDS = 1.0
LONGEST_RESTART_SECONDS = 30.0
STOP_SECONDS = 10


def serve_system(system: System, listener: socket.socket, ready: Callable[[str], None]) -> None:
    """Serve until stopped. `ready` is called with the address once requests are taken.

    Raises `NotMigrated`, `BadKey`, `WrongMasterKey` and `StoreUnavailable` before it takes any.
    """
    system.facts()
    system.master_key  # noqa: B018  (a wrong key shows now, not at the first command)
    logs.configure()
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    host, port = listener.getsockname()[:2]
    server = _Server(
        uvicorn.Config(
            create_app(system),
            loop="uvloop",
            http="httptools",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )
    server.when_ready = lambda: ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    with _projector():
        _listen(listener, system.settings)
        server.run(sockets=[listener])


@contextmanager
def bound(settings: Settings) -> Iterator[socket.socket]:
    """A socket that holds the address of the API, not yet listening; raises `StoreUnavailable` if it is taken."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            raise _unusable(settings, error) from error
        yield listener


def _listen(listener: socket.socket, settings: Settings) -> None:
    try:
        listener.listen(1024)
    except OSError as error:  # another process was quicker
        raise _unusable(settings, error) from error
    listener.setblocking(False)


def _unusable(settings: Settings, error: OSError) -> StoreUnavailable:
    setting = "CANDOUR_HOST to an address" if isinstance(error, socket.gaierror) else "CANDOUR_PORT to another port"
    return StoreUnavailable(f"{settings.host}:{settings.port} cannot be used ({error.strerror}); set {setting}")


class _Server(uvicorn.Server):
    """uvicorn's server, which calls back when it takes requests."""

    when_ready: Callable[[], None]

    async def startup(self, sockets: "list[socket.socket] | None" = None) -> None:
        """As uvicorn's, then call back."""
        await super().startup(sockets)
        if self.started:
            self.when_ready()


@contextmanager
def _projector() -> Iterator[None]:
    """The projector as a child process: started again if it ends, ever later if it keeps ending; stopped at last."""
    stopping = threading.Event()
    children: list[subprocess.Popen[bytes]] = []
    # -P: modules come from where this software is installed, not from the folder that it is started in.
    command = [sys.executable, "-P", "-m", "adapters.cli.main", "project", "--follow", "--beside", str(os.getpid())]

    def supervise() -> None:
        delay = RESTART_SECONDS
        while not stopping.is_set():
            started = time.monotonic()
            # A group of its own: Ctrl-C reaches the server alone, which stops this one in its turn.
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
            children[:] = [child]
            if stopping.is_set():  # it began while the others were being stopped
                child.terminate()
            child.wait()
            # One that fails at once would use up a core if it were started again without a pause.
            lasted = time.monotonic() - started > LONGEST_RESTART_SECONDS
            delay = RESTART_SECONDS if lasted else min(delay * 2, LONGEST_RESTART_SECONDS)
            if not stopping.is_set():
                logs.logger("candour.serve").warning("projector_ended", status=child.returncode)
            stopping.wait(delay)

    watcher = threading.Thread(target=supervise, name="projector", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stopping.set()
        for child in children:
            child.terminate()
        watcher.join(STOP_SECONDS)
        for child in children:
            if child.poll() is None:
                child.kill()
                child.wait()
