"""Finding cases in the case register: by reference, by status, and those that may be the same report."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple

from psycopg import sql

from adapters.eventstore.lane import Cursor, Lane, PerLoop, fetched
from adapters.postgres.conditions import NOBODY, matching
from adapters.postgres.duty_finder import LISTING, STATES, DutyState
from adapters.postgres.read_model import PROMOTED, ReadModel, is_of
from adapters.postgres.readers import Readers
from adapters.postgres.reading_rows import Found, columns, shown, snapshot, standing
from application.reassignment import Caseload, Cases
from domain.values import end_of_day, instant, normal
from projections.case_register import case_register
from projections.duties import duties

SAME_REPORT = sql.SQL(
    "SELECT case_id FROM {} WHERE force = %s AND received_on = %s AND alleged = %s AND place_code = %s"
    " ORDER BY case_id LIMIT %s"
)
MOST_DUPLICATES = 5
CALLED = "the case register is"
ANY_OPEN = sql.SQL("is_open")
PAGE = sql.SQL(
    "SELECT {columns}, d.next_due, coalesce(d.overdue, 0) FROM ("
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
    "received_at_precision",
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

    `owner` may be `conditions.NOBODY`. `deadline` is a state of duties of which the case has
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
    deadline: DutyState | Literal["none"] | None = None
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

    def find(self, search: Search) -> Found:
        """The cases in order of id, at most `limit`, and how far the register has come. Raises `NotReady`.

        Each has its next deadline, and how many of its duties are overdue.
        """
        where: list[sql.Composable] = [AFTER, *matching(search, EXACT)]
        if search.received_before is not None:
            where.append(sql.SQL("received_at < %(received_before)s"))
        parameters = search._asdict() | {"today": end_of_day(instant(search.now).london_date)}
        if search.reference is not None:
            where.append(sql.SQL("string_to_array(\"references\", E'\\n') @> ARRAY[%(reference)s::text]"))
            parameters["reference"] = normal(search.reference)
        with snapshot(self._readers) as connection:
            model, position = standing(connection, case_register, CALLED)
            of_duties, owed_to = standing(connection, duties, LISTING.called)
            own = sql.SQL("d.case_id = c.case_id AND {}")
            owed = search.deadline
            if owed is not None:
                exists = sql.SQL("EXISTS (SELECT FROM {} d WHERE {})").format(
                    of_duties.name(of_duties.table),
                    own.format(STATES[owed] if isinstance(owed, DutyState) else ANY_OPEN),
                )
                where.append(exists if isinstance(owed, DutyState) else sql.SQL("NOT {}").format(exists))
            query = PAGE.format(
                columns=columns(SHOWN, "c"),
                table=model.name(model.table),
                duties=of_duties.name(of_duties.table),
                where=sql.SQL(" AND ").join(where),
                overdue=STATES[DutyState.OVERDUE],
            )
            rows = connection.execute(query, parameters).fetchall()
        return Found(min(position, owed_to), [shown((*SHOWN, "next_due", "overdue"), row) for row in rows])

    def _owned(self, wanted: Caseload) -> Cases:
        search = Search(datetime.now(UTC), wanted.force, owner=wanted.owner or NOBODY, closure=wanted.closure)
        search = search._replace(after=wanted.after, limit=wanted.limit)
        with snapshot(self._readers) as connection:
            model, position = standing(connection, case_register, CALLED)
            where = sql.SQL(" AND ").join([AFTER, *matching(search, EXACT)])
            query = IDS.format(table=model.name(model.table), where=where)
            return Cases([case for (case,) in connection.execute(query, search._asdict())], position)
