"""What Ctrl-C, SIGTERM and SIGHUP do to a command: while modules are read it goes at once, afterwards it clears up."""

import os
import signal
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn

NUMBERS = (signal.SIGINT, signal.SIGTERM)
CLEARING_UP_SECONDS = 10.0

_first_at: float | None = None


def go_at_once() -> None:
    """Until `clear_up` is called a signal ends the process on the spot: nothing was begun.

    An exception would not do: raised while a validator is built it is swallowed, and a damaged process goes on.
    """
    for number in NUMBERS:
        signal.signal(number, _go)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:  # under nohup it stays ignored
        signal.signal(signal.SIGHUP, _hang_up)


def clear_up() -> None:
    """From now on a signal raises KeyboardInterrupt or SystemExit(143); those that follow soon do not disturb that."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _terminate)


def ignore() -> None:
    """At the very end: Python's own clearing up would let a signal that comes late change the exit code."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)


class Told:
    """For a command that follows something: a signal does not interrupt it, it is asked whether to stop."""

    def __init__(self) -> None:
        self.code = 0
        self.to_stop = threading.Event()
        for number in NUMBERS:
            signal.signal(number, self._stop)

    def _stop(self, number: int, _: object) -> None:
        self.code = 128 + number
        self.to_stop.set()


@contextmanager
def undisturbed() -> Generator[None]:
    """Reading modules late: a signal that arrives meanwhile is heeded afterwards."""
    arrived: list[int] = []
    before = {number: signal.signal(number, lambda which, _: arrived.append(which)) for number in NUMBERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in arrived:
            signal.raise_signal(number)


def _go(number: int, _: object) -> NoReturn:
    if number == signal.SIGINT:
        os.write(2, b"candour: stopped\n")
    os._exit(128 + number)


def _interrupt(*_: object) -> None:
    if _is_the_first():
        raise KeyboardInterrupt


def _terminate(*_: object) -> None:
    if _is_the_first():
        sys.exit(143)


def _hang_up(*_: object) -> None:
    signal.raise_signal(signal.SIGTERM)


def _is_the_first() -> bool:
    """One that comes long afterwards counts as a first again: the exception of the other one may have been lost."""
    global _first_at
    if _first_at is not None and time.monotonic() - _first_at < CLEARING_UP_SECONDS:
        return False
    _first_at = time.monotonic()
    return True
