"""Running a projection: catch up, rebuild and compare, follow for ever."""

import gc
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg

from adapters.eventstore.recorder import HEAD
from adapters.postgres.projector import LOST, POLL_SECONDS, Busy, Projector
from adapters.postgres.read_model import ReadModel
from adapters.postgres.rebuild import WORTH_IT, content, rebuild
from application.ports import StoreUnavailable
from projections.projection import Keyed

Progress = Callable[[int], None]
AWAY = (*LOST, StoreUnavailable)
Connect = Callable[[], "psycopg.Connection[Any]"]


class Stopped(Exception):
    """Told to stop in the middle of a catch-up; what was not finished is begun again."""


class Rebuilt(NamedTuple):
    """A finished rebuild: the position reached, and whether it equals the build in use (None: there was none)."""

    position: int
    agrees: bool | None


def backlog(projector: Projector) -> int:
    """Events that the projection has not yet applied."""
    found = projector.connection.execute(HEAD).fetchone()
    return (found[0] if found else 0) - projector.position()


def catch_up(conninfo: str, projector: Projector, progress: Progress = lambda _: None) -> int:
    """Bring the projection to the end of the log and promote it; the position reached.

    A long log is first read stream by stream by several processes, a short one page by page.
    """
    gc.set_threshold(100_000, 50, 50)  # a page is many small things and no garbage
    if projector.position() == 0 and backlog(projector) >= WORTH_IT:
        rebuild(conninfo, projector.connection, projector.model, progress=progress)
    return projector.catch_up(lambda step: progress(step.events))


def rebuild_and_compare(conninfo: str, projector: Projector, progress: Progress = lambda _: None) -> Rebuilt:
    """Build the read model again beside the one in use, compare the two, and promote the new one."""
    old = projector.model
    has_old = projector.position() > 0
    new: ReadModel[Any] = old.beside() if has_old else old
    rebuild(conninfo, projector.connection, new, progress=progress)
    agrees = None
    if has_old:
        projector.catch_up()
        beside = Projector(projector.connection, projector.projection, new)
        while projector.position() != beside.position():
            beside.catch_up(promote=False)
            projector.catch_up(promote=False)
        agrees = content(projector.connection, old) == content(projector.connection, new)
    projector.use(new)
    projector.promote()
    return Rebuilt(projector.position(), agrees)


def follow_for_ever(
    connect: Connect,
    conninfo: str,
    projection: Keyed[Any],
    stopping: Callable[[], bool],
    log: Callable[..., None],
) -> None:
    """Run a projection until told to stop; wait for the lock, and reconnect when the database goes away."""

    def progress(_: int) -> None:
        if stopping():
            raise Stopped

    while not stopping():
        try:
            with connect() as connection:
                projector = Projector(connection, projection)
                if not _lock(projector, stopping):
                    return
                projector.prepare()
                catch_up(conninfo, projector, progress)
                projector.follow(stopping)
        except Stopped:
            return
        except AWAY as error:
            log("projector_lost_the_database", projection=projection.name, exception=type(error).__name__)
            time.sleep(POLL_SECONDS)


def _lock(projector: Projector, stopping: Callable[[], bool]) -> bool:
    while not stopping():
        try:
            projector.lock()
        except Busy:
            time.sleep(POLL_SECONDS)
        else:
            return True
    return False
