"""Where the read models stand: which build readers use, how far it covers the log, what stopped it."""

from typing import Any, NamedTuple

import psycopg

from adapters.postgres.builds import builds
from adapters.postgres.read_model import is_of
from adapters.postgres.readers import Readers
from projections import ALL


class Standing(NamedTuple):
    """A projection: the build in use and its position (None and 0: there is none yet), and what is wrong, if anything.

    `failed` is why it stopped, `unsound` which events it did not apply as they are in the log, `waits` how a build that
    waits beside it to be promoted differs.
    """

    projection: str
    build: str | None
    position: int
    failed: str | None
    unsound: str | None = None
    waits: str | None = None


class Standings:
    """Asks where all projections stand. Threads may share it."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def now(self) -> list[Standing]:
        """One for each projection; raises `StoreUnavailable`."""
        with self._readers.connection() as connection:
            return standings(connection)

    def close(self) -> None:
        """Give the connections back."""
        self._readers.close()


def standings(connection: "psycopg.Connection[Any]") -> list[Standing]:
    """One for each projection.

    Of a build beside the one in use counts that it waits. What stopped it counts only if the one in use is of another
    version of the software, which nobody brings on.
    """
    found = {projection.name: Standing(projection.name, None, 0, None) for projection in ALL}
    all_builds, versions = builds(connection, *found), {projection.name: projection for projection in ALL}
    own = {each.projection for each in all_builds if each.promoted and is_of(versions[each.projection], each.name)}
    for build in all_builds:
        standing = found[build.projection]
        if build.promoted:
            standing = standing._replace(build=build.name, position=build.position, unsound=build.unsound)
        elif build.differs is not None:
            standing = standing._replace(waits=build.differs)
        if build.promoted or build.projection not in own:
            standing = standing._replace(failed=standing.failed or build.failed)
        found[build.projection] = standing
    return list(found.values())
