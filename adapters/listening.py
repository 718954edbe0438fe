"""The socket of the API: bound once, listened on once, taken by one process or shared by several."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.settings import Settings
from application.ports import StoreUnavailable

WAITING = 1024


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


def listen(listener: socket.socket, settings: Settings) -> None:
    """Take connections from now on; raises `StoreUnavailable`."""
    try:
        listener.listen(WAITING)
    except OSError as error:  # another process was quicker
        raise _unusable(settings, error) from error
    listener.setblocking(False)


def address(listener: socket.socket) -> str:
    """Where the API is, such as http://127.0.0.1:8000."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _unusable(settings: Settings, error: OSError) -> StoreUnavailable:
    setting = "CANDOUR_HOST to an address" if isinstance(error, socket.gaierror) else "CANDOUR_PORT to another port"
    return StoreUnavailable(f"{settings.host}:{settings.port} cannot be used ({error.strerror}); set {setting}")
