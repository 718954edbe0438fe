"""Finding cases in the case register: by reference, by status, and those that may be the same report."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from adapters.eventstore.lane import Cursor, Lane, PerLoop, fetched
from adapters.postgres.conditions import NOBODY, matching
from adapters.postgres.duty_finder import STATES, end_of_today
from adapters.postgres.read_model import PROMOTED, ReadModel, is_of, promoted
from adapters.postgres.readers import NotReady, Readers
from application.reassignment import Caseload, Cases
from domain.values import Moment, Precision, normal
from projections.case_register import case_register
from projections.duties import duties

SAME_REPORT = sql.SQL(
    "SELECT case_id FROM {} WHERE force = %s AND received_on = %s AND alleged = %s AND place_code = %s"
    " ORDER BY case_id LIMIT %s"
)
MOST_DUPLICATES = 5
ANY_OPEN = sql.SQL("is_open")
PAGE = sql.SQL(
    "SELECT {columns}, c.received_at_precision, d.next_due, coalesce(d.overdue, 0) FROM ("
    "SELECT * FROM {table} c WHERE {where} ORDER BY case_id LIMIT %(limit)s) c LEFT JOIN LATERAL ("
    "SELECT min(due) FILTER (WHERE NOT paused) AS next_due, count(*) FILTER (WHERE {overdue}) AS overdue"
    " FROM {duties} d WHERE d.case_id = c.case_id AND is_open) d ON true ORDER BY c.case_id"
)
SHOWN = (
    "case_id",
    "force",
    "status",
    "reference",
    "crime_reference",
    "received_at",
    "alleged",
    "offence",
    "place_code",
    "outcome",
    "cancellation",
    "investigation",
    "closure",
    "owner",
    "unit",
    "linked_under",
)
AFTER = sql.SQL("case_id > %(after)s")
IDS = sql.SQL("SELECT case_id FROM {table} WHERE {where} ORDER BY case_id LIMIT %(limit)s")
EXACT = ("force", "status", "investigation", "closure", "owner")


class Search(NamedTuple):
    """What is looked for; None: whatever it is. `after`: only cases whose id comes later.

    `owner` may be `conditions.NOBODY`. `deadline` is a state of duties (see `duty_finder.STATES`) of which the case has
    at least one at `now`, or `none`.
    """

    now: datetime
    force: str | None = None
    reference: str | None = None
    status: str | None = None
    investigation: str | None = None
    closure: str | None = None
    owner: str | None = None
    received_before: datetime | None = None
    deadline: str | None = None
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

    async def owned(self, wanted: Caseload) -> Cases:
        """The ids of the cases of that caseload, in order, and how far the register has come; raises `NotReady`."""
        return await asyncio.to_thread(self._owned, wanted)

    def find(self, search: Search) -> dict[str, Any]:
        """The cases in order of id, at most `limit`, and how far the register has come. Raises `NotReady`.

        Each has its next deadline, and how many of its duties are overdue.
        """
        where: list[sql.Composable] = [AFTER, *matching(search, EXACT)]
        if search.received_before is not None:
            where.append(sql.SQL("received_at < %(received_before)s"))
        parameters = search._asdict() | {"today": end_of_today(search.now)}
        if search.reference is not None:
            where.append(sql.SQL("string_to_array(\"references\", E'\\n') @> ARRAY[%(reference)s::text]"))
            parameters["reference"] = normal(search.reference)
        with self._readers.connection() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            model, position = _register(connection)
            owed = promoted(connection, duties.name)
            if owed is None or not is_of(duties, owed[0]):
                raise NotReady("the duties are being built; ask again in a moment, or run `candour project`")
            of_duties = ReadModel(duties, owed[0])
            own = sql.SQL("d.case_id = c.case_id AND {}")
            if search.deadline is not None:
                exists = sql.SQL("EXISTS (SELECT FROM {} d WHERE {})").format(
                    of_duties.name(of_duties.table), own.format(STATES.get(search.deadline, ANY_OPEN))
                )
                where.append(exists if search.deadline in STATES else sql.SQL("NOT {}").format(exists))
            query = PAGE.format(
                columns=sql.SQL(", ").join(sql.Identifier("c", name) for name in SHOWN),
                table=model.name(model.table),
                duties=of_duties.name(of_duties.table),
                where=sql.SQL(" AND ").join(where),
                overdue=STATES["overdue"],
            )
            rows = connection.execute(query, parameters).fetchall()
        names = (*SHOWN, "received_at_precision", "next_due", "overdue")
        cases = [_shown(dict(zip(names, row, strict=True))) for row in rows]
        return {"position": min(position, owed[1]), "cases": cases}

    def _owned(self, wanted: Caseload) -> Cases:
        search = Search(datetime.now(UTC), wanted.force, owner=wanted.owner or NOBODY, closure=wanted.closure)
        search = search._replace(after=wanted.after, limit=wanted.limit)
        with self._readers.connection() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            model, position = _register(connection)
            where = sql.SQL(" AND ").join([AFTER, *matching(search, EXACT)])
            query = IDS.format(table=model.name(model.table), where=where)
            return Cases([case for (case,) in connection.execute(query, search._asdict())], position)


def _register(connection: "psycopg.Connection[Any]") -> tuple[ReadModel[Any], int]:
    found = promoted(connection, case_register.name)
    if found is None or not is_of(case_register, found[0]):
        raise NotReady("the case register is being built; ask again in a moment, or run `candour project`")
    return ReadModel(case_register, found[0]), found[1]


def _shown(case: dict[str, Any]) -> dict[str, Any]:
    at, precision = case["received_at"], case.pop("received_at_precision")
    return case | {"received_at": at and str(Moment(at.astimezone(UTC), Precision(precision)))}
