"""The builds of a projection: one is in use, another may wait beside it, one that was replaced goes after a while."""

from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql

from adapters.eventstore import codec, recorder
from adapters.postgres.read_model import SCHEMA, ReadModel, is_of
from domain.event import RecordedEvent
from domain.promotion import ProjectionPromoted
from projections.projection import Keyed

GRACE_SECONDS = 90  # longer than any reader may take
LETTERS = ("", *(f"_{letter}" for letter in "bcdefghijklmnopqrstuvwxyz"))
BUILDS = """
SELECT projection, build, build_id, position, promoted, digest, failed, unsound, differs, summed_from
  FROM candour.read_models WHERE retired_at IS NULL AND projection = ANY (%s)
 ORDER BY projection, promoted DESC, position DESC, build"""
PROMOTION = f"SELECT {recorder.COLUMNS} FROM candour.events WHERE stream_id = %s ORDER BY version DESC LIMIT 1"

Connection = psycopg.Connection[Any]


class Build(NamedTuple):
    """A build that was not replaced. `differs` says how it differs from the one in use, if that is known."""

    projection: str
    name: str
    id: UUID
    position: int
    promoted: bool
    digest: str
    failed: str | None
    unsound: str | None
    differs: str | None
    summed_from: int


def builds(connection: Connection, *projections: str) -> list[Build]:
    """The builds of these projections: the one in use first, then the others, the furthest first."""
    return [Build(*row) for row in connection.execute(BUILDS, (list(projections),))]


def in_use(found: list[Build]) -> Build | None:
    """The build that readers use."""
    return next((build for build in found if build.promoted), None)


def waiting(projection: Keyed[Any], found: list[Build]) -> Build | None:
    """The furthest build of this version of the projection that is not in use."""
    return next((each for each in found if not each.promoted and each.position and is_of(projection, each.name)), None)


def last_promotion(connection: Connection, projection: str) -> RecordedEvent | None:
    """The last `ProjectionPromoted` of the projection."""
    row = connection.execute(PROMOTION, (stream_of(projection),)).fetchone()
    return None if row is None else codec.decode(codec.Row._make(row))


def decided(connection: Connection, projection: str) -> UUID | None:
    """The build that was last decided for, by its id: whoever finds it not yet in use puts it in use."""
    entry = last_promotion(connection, projection)
    return entry.event.build_id if entry is not None and isinstance(entry.event, ProjectionPromoted) else None


def stream_of(projection: str) -> str:
    """The stream of the promotions of a projection that needed a reason."""
    return f"projection-{projection}"


def another(connection: Connection, projection: Keyed[Any]) -> ReadModel[Any]:
    """A build of the same version under a name that is free."""
    query = "SELECT build FROM candour.read_models WHERE projection = %s"
    taken = {build for (build,) in connection.execute(query, (projection.name,))}
    names = [f"{projection.signature}{letter}" for letter in LETTERS]
    return ReadModel(projection, next(name for name in names if name not in taken))


def put_in_use(connection: Connection, projection: str, build: str) -> None:
    """Let readers use this build. The others stay for those who are reading them, and go at a `sweep`."""
    retire = (
        "UPDATE candour.read_models SET promoted = false, retired_at = clock_timestamp()"
        " WHERE projection = %s AND build <> %s AND retired_at IS NULL"
    )
    use = "UPDATE candour.read_models SET promoted = true, differs = NULL WHERE projection = %s AND build = %s"
    with connection.transaction():
        connection.execute(retire, (projection, build))
        connection.execute(use, (projection, build))


def discard(connection: Connection, projection: str, build: str) -> None:
    """Remove the tables and the registration of a build that nobody reads."""
    for table in (f"{projection}_{build}", f"{projection}_{build}_history"):
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(SCHEMA, table)))
    connection.execute("DELETE FROM candour.read_models WHERE projection = %s AND build = %s", (projection, build))


def sweep(connection: Connection, grace: float = GRACE_SECONDS) -> int:
    """Remove the builds that were replaced longer ago than any reader may take (seconds); how many those were."""
    query = (
        "SELECT projection, build FROM candour.read_models"
        " WHERE retired_at < clock_timestamp() - make_interval(secs => %s)"
    )
    gone = 0
    for projection, build in connection.execute(query, (grace,)).fetchall():
        try:
            with connection.transaction():
                connection.execute("SET LOCAL lock_timeout = '1s'")
                discard(connection, projection, build)
            gone += 1
        except psycopg.errors.LockNotAvailable:
            continue  # somebody looks at it all the same: another time
    return gone
