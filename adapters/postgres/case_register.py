"""Finding cases in the case register: by reference, by status, and those that may be the same report."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import sql

from adapters.eventstore.lane import Cursor, Lane, PerLoop, fetched
from adapters.postgres.read_model import PROMOTED, ReadModel, is_of, promoted
from adapters.postgres.readers import NotReady, Readers
from projections.case_register import case_register, normal

SAME_REPORT = sql.SQL(
    "SELECT case_id FROM {} WHERE force = %s AND received_on = %s AND alleged = %s AND place_code = %s"
    " ORDER BY case_id LIMIT %s"
)
MOST_DUPLICATES = 5
SHOWN = ("case_id", "force", "status", "reference", "crime_reference", "alleged", "offence", "place_code", "outcome")


class Search(NamedTuple):
    """What is looked for; None: whatever it is. `after`: only cases whose id comes later."""

    force: str | None = None
    reference: str | None = None
    status: str | None = None
    after: str = ""
    limit: int = 100


class SameReports:
    """`Register` for the write path: looks in the promoted case register, which may be moments behind."""

    def __init__(self, conninfo: str) -> None:
        self._lanes = PerLoop(lambda: Lane[tuple[Any, ...], tuple[str, ...]](conninfo, _same_reports, most=16))

    async def same_report(self, force: str, offence: str, day: date, place_code: str) -> tuple[str, ...]:
        """Cases of the force with that alleged offence, day of receipt and place; at most `MOST_DUPLICATES`."""
        return await self._lanes.get().submit((force, day, offence, normal(place_code), MOST_DUPLICATES))

    def close(self) -> None:
        """Give the connections back."""
        self._lanes.close()


async def _same_reports(cursor: Cursor, asked: Sequence[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    built = await fetched(cursor, PROMOTED, (case_register.name,))
    if not built or not is_of(case_register, built[0][0]):
        return [()] * len(asked)
    model = ReadModel(case_register, built[0][0])
    query = SAME_REPORT.format(model.name(model.table)).as_string()
    return [tuple(case for (case,) in await fetched(cursor, query, each)) for each in asked]


class CaseFinder:
    """Reads the promoted case register. Threads may share it."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def close(self) -> None:
        """Give the connections back."""
        self._readers.close()

    def find(self, search: Search) -> dict[str, Any]:
        """The cases in order of id, at most `limit`, and how far the register has come. Raises `NotReady`."""
        where: list[sql.Composable] = [sql.SQL("case_id > %(after)s")]
        if search.force is not None:
            where.append(sql.SQL("force = %(force)s"))
        if search.status is not None:
            where.append(sql.SQL("status = %(status)s"))
        parameters = search._asdict()
        if search.reference is not None:
            where.append(sql.SQL("string_to_array(\"references\", E'\\n') @> ARRAY[%(reference)s::text]"))
            parameters["reference"] = normal(search.reference)
        with self._readers.connection() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            found = promoted(connection, case_register.name)
            if found is None or not is_of(case_register, found[0]):
                raise NotReady("the case register is being built; ask again in a moment, or run `candour project`")
            model = ReadModel(case_register, found[0])
            query = sql.SQL("SELECT {columns} FROM {table} WHERE {where} ORDER BY case_id LIMIT %(limit)s").format(
                columns=sql.SQL(", ").join(map(sql.Identifier, SHOWN)),
                table=model.name(model.table),
                where=sql.SQL(" AND ").join(where),
            )
            rows = connection.execute(query, parameters).fetchall()
        return {"position": found[1], "cases": [dict(zip(SHOWN, row, strict=True)) for row in rows]}
