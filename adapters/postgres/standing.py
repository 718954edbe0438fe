"""Where the read models stand: which build readers use, how far it covers the log, what stopped it."""

from typing import Any, NamedTuple

import psycopg

from adapters.postgres.readers import Readers
from projections import ALL

STANDINGS = """
SELECT projection, build, position, promoted, failed FROM candour.read_models
 WHERE projection = ANY (%s) ORDER BY projection, promoted DESC, position DESC"""


class Standing(NamedTuple):
    """A projection: the build in use and its position (None and 0: there is none yet), and why it failed, if it has."""

    projection: str
    build: str | None
    position: int
    failed: str | None


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
    """One for each projection. A build beside the one in use counts only in what stopped it."""
    found = {projection.name: Standing(projection.name, None, 0, None) for projection in ALL}
    for name, build, position, promoted, failed in connection.execute(STANDINGS, (list(found),)):
        if promoted:
            found[name] = found[name]._replace(build=build, position=position)
        found[name] = found[name]._replace(failed=found[name].failed or failed)
    return list(found.values())
