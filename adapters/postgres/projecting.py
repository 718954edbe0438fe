"""Running a projection: catch up, rebuild and compare, promote with a reason, follow for ever."""

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg

from adapters.eventstore.recorder import HEAD
from adapters.postgres import builds
from adapters.postgres.builds import Build
from adapters.postgres.difference import Difference
from adapters.postgres.projector import LOST, POLL_SECONDS, Busy, Projector
from adapters.postgres.read_model import ReadModel, is_of
from adapters.postgres.rebuild import WORTH_IT, rebuild
from application.ports import StoreUnavailable
from projections.projection import Keyed

Progress = Callable[[int], None]
AWAY = (*LOST, StoreUnavailable)
Connect = Callable[[], "psycopg.Connection[Any]"]
Decide = Callable[[Difference, Build], None]


class Stopped(Exception):
    """Told to stop in the middle of a catch-up; what was not finished is begun again."""


class NothingWaits(Exception):
    """No build waits to be promoted."""


class Rebuilt(NamedTuple):
    """A finished rebuild: the position reached, and whether it equals the build in use (None: there was none).

    If it does not, it was not promoted; `difference` says how it differs.
    """

    position: int
    agrees: bool | None
    difference: Difference | None = None


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
        with _alone(progress):
            rebuild(conninfo, projector.connection, projector.model, progress=progress)
    return projector.catch_up(lambda step: progress(step.events))


_one_at_a_time = threading.Lock()


@contextmanager
def _alone(progress: Progress) -> Iterator[None]:
    """One rebuild at a time in this process: each has several processes of its own. `progress` may raise meanwhile."""
    while not _one_at_a_time.acquire(timeout=POLL_SECONDS):
        progress(0)
    try:
        yield
    finally:
        _one_at_a_time.release()


def _build_anew(conninfo: str, projector: Projector, progress: Progress) -> None:
    """Build what the projector stands on from the first event, in the way that suits the length of the log."""
    connection, model = projector.connection, projector.model
    found = connection.execute(HEAD).fetchone()
    if found is not None and found[0] >= WORTH_IT:
        rebuild(conninfo, connection, model, progress=progress)
    else:
        with connection.transaction():
            model.drop(connection)
            model.create(connection)
        projector.use(model)
    projector.catch_up(lambda step: progress(step.events), promote=False)


def take_for_rebuild(projector: Projector) -> None:
    """Have the projector stand on the build in use, and be the only one that rebuilds; raises `Busy`.

    While no build of this version is in use, that takes the projection itself: nobody may follow it meanwhile.
    """
    projector.lock_rebuild()
    chosen = builds.in_use(builds.builds(projector.connection, projector.projection.name))
    if chosen is not None and is_of(projector.projection, chosen.name):
        projector.use(ReadModel(projector.projection, chosen.name))
    else:
        projector.lock()
        projector.prepare()


def rebuild_and_compare(conninfo: str, projector: Projector, progress: Progress = lambda _: None) -> Rebuilt:
    """Build the read model again beside the one in use, compare the two, and promote the new one if they agree.

    Readers and whoever follows the log go on with the one in use. One that differs waits, see `promote`.
    """
    connection, name = projector.connection, projector.projection.name
    found = builds.builds(connection, name)
    used = builds.in_use(found)
    if used is None or used.name != projector.model.build or projector.position() == 0:
        return _rebuild_in_place(conninfo, projector, progress)
    for build in found:
        if not build.promoted:
            with connection.transaction():
                builds.discard(connection, name, build.name)  # of an earlier rebuild; nobody reads it
    beside = Projector(connection, projector.projection, builds.another(connection, projector.projection))
    _build_anew(conninfo, beside, progress)
    difference = beside.compared()
    agrees = beside.promote()
    if agrees:
        projector.use(beside.model)
    return Rebuilt(beside.position(), agrees, difference)


def _rebuild_in_place(conninfo: str, projector: Projector, progress: Progress) -> Rebuilt:
    """Of a build that readers do not use: they use none, or one of another version of the projection."""
    _build_anew(conninfo, projector, progress)
    difference = projector.compared()
    promoted = projector.promote()
    return Rebuilt(projector.position(), None if difference is None else promoted, difference)


def waiting(projector: Projector) -> Build:
    """The build that waits to be promoted; raises `NothingWaits`."""
    name = projector.projection.name
    found = builds.waiting(projector.projection, builds.builds(projector.connection, name))
    if found is None:
        raise NothingWaits(f"no build of {name} waits; `candour projections rebuild {name}` makes one")
    return found


def promote(projector: Projector, decide: Decide) -> Difference | None:
    """Put the build that waits in use; how it differs from the one that was (None: nobody used one).

    If it does, `decide` is called first: it puts the decision on record, or raises. A decision that is on record is
    carried out without being asked for again. Raises `Busy` and `NothingWaits`.
    """
    projector.lock_rebuild()
    build = waiting(projector)
    projector.use(ReadModel(projector.projection, build.name))
    projector.catch_up(promote=False)
    difference = projector.compared()
    on_record = builds.decided(projector.connection, build.projection) == build.id
    if difference is not None and not difference.agrees and not on_record:
        decide(difference, waiting(projector))
    projector.switch()
    return difference


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
