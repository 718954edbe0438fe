"""The server: the HTTP door over a system, in this process, and the projector as a child process beside it."""

import gc
import logging
import os
import socket
from collections.abc import Callable

import uvicorn

from adapters import logs
from adapters.children import STOP_SECONDS, kept_running
from adapters.http.app import create_app
from adapters.listening import address, listen
from adapters.postgres.supervision import kept_up
from adapters.system import System
from adapters.workers import PROJECTOR


def serve_system(
    system: System, listener: socket.socket, ready: Callable[[str], None], *, projector: bool = True
) -> None:
    """Serve until stopped. `ready` is called with the address once requests are taken.

    Raises `NotMigrated`, `BadKey`, `WrongMasterKey` and `StoreUnavailable` before it takes any.
    """
    system.check()
    server = _server(system, lambda: ready(address(listener)))
    with kept_up(system.embedded), kept_running(*([PROJECTOR] if projector else [])):
        listen(listener, system.settings)
        server.run(sockets=[listener])


def serve_beside(system: System, listener: socket.socket, alive: Callable[[], None], parent: int) -> None:
    """Serve, with others, connections of a socket that the parent listens on, until stopped or until it has gone.

    `alive` is called once requests are taken, and then each second by the loop that handles them.
    """
    server = _server(system, alive)
    server.alive, server.parent = alive, parent
    server.run(sockets=[listener])


def _server(system: System, ready: Callable[[], None]) -> "_Server":
    logs.configure()
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    server = _Server(
        uvicorn.Config(
            create_app(system, warmed=gc.freeze),  # columns stay: whoever looks for garbage need not look through them
            loop="uvloop",
            http="httptools",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,  # the door adds it, and not to what a reporter is answered
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )
    server.when_ready = ready
    return server


class _Server(uvicorn.Server):
    """uvicorn's server, which calls back when it takes requests, and may depend on another process and report to it."""

    when_ready: Callable[[], None]
    alive: Callable[[], None] | None = None
    parent: int | None = None

    async def startup(self, sockets: "list[socket.socket] | None" = None) -> None:
        """As uvicorn's, then call back."""
        await super().startup(sockets)
        if self.started:
            self.when_ready()

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop: as uvicorn's, and when the parent has gone. Called ten times a second."""
        if self.alive is not None and counter % 10 == 0:
            self.alive()
        return await super().on_tick(counter) or (self.parent is not None and os.getppid() != self.parent)
