"""Several processes that serve connections of one socket, kept running by this one, which serves none itself."""

import socket
import tempfile
import threading
from collections.abc import Callable
from functools import partial

from adapters import logs
from adapters.children import Child, kept_running
from adapters.listening import address, listen
from adapters.postgres.supervision import kept_up
from adapters.system import System

PROJECTOR = Child("projector", ("project", "--follow"))


def serve_with_workers(
    system: System,
    listener: socket.socket,
    ready: Callable[[str], None],
    workers: int,
    *,
    silence: float,
    projector: bool = True,
) -> None:
    """Serve until stopped. `ready` is called with the address once every worker takes requests.

    Raises as `serve_system` does, before there is any worker. A worker that dies is started again; one whose loop has
    given no sign of life for `silence` seconds is killed first.
    """
    system.check()
    logs.configure()
    waiting, one_at_a_time = set(range(workers)), threading.Lock()

    def takes_requests(number: int) -> None:
        with one_at_a_time:
            is_last = waiting == {number}
            waiting.discard(number)
        if is_last:
            ready(address(listener))

    # What each worker counts stands in a file there, and any of them answers /metrics for all.
    with tempfile.TemporaryDirectory(prefix="candour-meters-", ignore_cleanup_errors=True) as folder:
        listen(listener, system.settings)
        children = [
            Child(
                "worker",
                ("serve", "--listener", str(listener.fileno())),
                sockets=(listener.fileno(),),
                environment={"PROMETHEUS_MULTIPROC_DIR": folder},
                silence=silence,
                when_ready=partial(takes_requests, number),
            )
            for number in range(workers)
        ]
        with kept_up(system.embedded), kept_running(*children, *([PROJECTOR] if projector else [])):
            threading.Event().wait()
