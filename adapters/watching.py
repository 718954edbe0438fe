"""Running the deadline watch: one process does, the others wait; a look every few seconds, for ever."""

import time
from collections.abc import Callable
from typing import Any

import psycopg

from adapters.postgres.projector import LOST, POLL_SECONDS
from adapters.postgres.readers import NotReady
from application.deadline_watch import DeadlineWatch, Raised
from application.ports import StoreUnavailable

EVERY_SECONDS = 15.0
BATCH = 100
LEAVES_TO_OTHERS = 3
LOCK = "SELECT pg_try_advisory_lock(hashtext('candour.deadline_watch'))"
AWAY = (*LOST, StoreUnavailable)


def watch_for_ever(
    connect: Callable[[], "psycopg.Connection[Any]"],
    watch: Callable[[], DeadlineWatch],
    stopping: Callable[[], bool],
    log: Any,
    every: float = EVERY_SECONDS,
) -> None:
    """Look, wait, look again, until told to stop; whatever goes wrong is tried again after the same pause."""
    while not stopping():
        try:
            with connect() as connection:
                if _alone(connection, stopping):
                    _look_for_ever(connection, watch(), stopping, log, every)
        except AWAY as error:
            log.warning("watch_lost_the_database", exception=type(error).__name__)
        except Exception as error:
            log.error("watch_failed", exc_info=error)
        _pause(stopping, every)


def _look_for_ever(
    connection: "psycopg.Connection[Any]",
    watch: DeadlineWatch,
    stopping: Callable[[], bool],
    log: Any,
    every: float,
) -> None:
    while not stopping():
        connection.execute("SELECT")  # with this connection the lock would be lost
        missed, began = 0, time.monotonic()

        def progress(raised: Raised) -> None:
            nonlocal missed, began
            missed += raised.missed
            # It leaves most of the time to the projections, which share a process with it.
            _pause(stopping, min(LEAVES_TO_OTHERS * (time.monotonic() - began), POLL_SECONDS))
            began = time.monotonic()

        try:
            watch.look(progress, stopping, BATCH)
        except NotReady:
            pass  # the duties are being built: look again later
        finally:
            if missed:
                log.info("deadlines_missed", count=missed)
        _pause(stopping, every)


def _alone(connection: "psycopg.Connection[Any]", stopping: Callable[[], bool]) -> bool:
    while not stopping():
        if connection.execute(LOCK).fetchone() == (True,):
            return True
        _pause(stopping, POLL_SECONDS)
    return False


def _pause(stopping: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not stopping() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, POLL_SECONDS))
