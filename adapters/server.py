"""The server: the HTTP door over a system, and the projector as a child process beside it."""

import logging
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from adapters import logs
from adapters.http.app import create_app
from adapters.settings import Settings
from adapters.system import System
from application.ports import StoreUnavailable

RESTART_SECONDS = 1.0
STOP_SECONDS = 10


def serve_system(system: System, ready: Callable[[str], None]) -> None:
    """Serve until stopped. `ready` is called with the address once requests are taken."""
    with _listening(system.settings) as listener:
        system.facts()
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
        server.when_ready = lambda: ready(f"http://{host}:{port}")
        with _projector():
            server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn's server, which calls back when it takes requests."""

    when_ready: Callable[[], None]

    async def startup(self, sockets: "list[socket.socket] | None" = None) -> None:
        """As uvicorn's, then call back."""
        await super().startup(sockets)
        if self.started:
            self.when_ready()


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            raise StoreUnavailable(
                f"{settings.host}:{settings.port} cannot be used ({error.strerror}); set CANDOUR_PORT to another port"
            ) from error
        listener.listen(1024)
        listener.setblocking(False)
        yield listener


@contextmanager
def _projector() -> Iterator[None]:
    """The projector as a child process, started again if it ends, stopped at the end."""
    stopping = threading.Event()
    children: list[subprocess.Popen[bytes]] = []

    def supervise() -> None:
        while not stopping.is_set():
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "adapters.cli.main", "project", "--follow"], stdin=subprocess.PIPE
            )
            children[:] = [child]
            child.wait()
            if not stopping.wait(RESTART_SECONDS):
                logs.logger("candour.serve").warning("projector_ended", status=child.returncode)

    watcher = threading.Thread(target=supervise, name="projector", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stopping.set()
        for child in children:
            child.send_signal(signal.SIGTERM)
        watcher.join(STOP_SECONDS)
        for child in children:
            if child.poll() is None:
                child.kill()
                child.wait()
