"""Snapshots in which questions about metrics are answered, how far the read model is in them, and what was known."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql

from adapters.eventstore.recorder import HEAD
from adapters.postgres.read_model import is_of
from adapters.postgres.readers import not_ready
from application.known_at import KnownAt
from domain.values import MICROSECOND
from projections.fact_tables import TABLES

LOCK = "hashtext('candour.events')"
SNAPSHOT = sql.SQL(f"""
BEGIN; SELECT clock_timestamp() FROM pg_advisory_lock_shared({LOCK}); COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT build, build_id, m.position, m.written_at, last.position, last.written_at, named.position, named.written_at
  FROM (VALUES (1)) AS one_row LEFT JOIN candour.read_models AS m ON projection = {{over}} AND promoted
  LEFT JOIN ({HEAD}) AS last ON true LEFT JOIN ({{named}}) AS named ON true;
SELECT pg_advisory_unlock_shared({LOCK})""")
"""In one message: the clock, read while no append is under way, then the snapshot, where it stands and the event that
the question names."""
NO_EVENT = sql.SQL("SELECT NULL::bigint AS position, NULL::timestamptz AS written_at")
AT_POSITION = sql.SQL("SELECT position, written_at FROM candour.events WHERE position = greatest({position}, 1)")
BY_INSTANT = sql.SQL(
    "SELECT position, written_at FROM candour.events WHERE written_at <= {instant}"
    " ORDER BY written_at DESC, position DESC LIMIT 1"
)


class Standing(NamedTuple):
    """How far the read model is: its build, position and time, the head of the log, and the database's clock.

    `named`, `named_at`: the event that a `KnownAt` names by its position or by an instant; of position 0 the first one.
    """

    build: str
    build_id: UUID
    position: int
    written_at: datetime | None
    head: int
    now: datetime
    named: int | None = None
    named_at: datetime | None = None

    @property
    def lag(self) -> int:
        """Events not yet applied."""
        return self.head - self.position

    def known(self, known_at: KnownAt) -> tuple[int, datetime]:
        """Position and instant of a `KnownAt`; that of position 0 is the last one before anything was written."""
        if known_at.position is None:
            return self.named or 0, known_at.instant or self.now
        if self.named_at is None:
            return known_at.position, self.now
        return known_at.position, self.named_at if known_at.position else self.named_at - MICROSECOND


def begin(connection: "psycopg.Connection[Any]", over: str, known_at: KnownAt | None = None) -> Standing:
    """Begin a snapshot; raises `NotReady` in it if there is no read model of this version of the software."""
    try:
        answers = connection.execute(SNAPSHOT.format(over=sql.Literal(over), named=_named(known_at)))
        (now,), (build, build_id, position, written_at, head, head_at, *named), _ = _rows_of(answers)
    except psycopg.Error:
        if not connection.closed:
            connection.execute("ROLLBACK")
            connection.execute("SELECT pg_advisory_unlock_all()")
        raise
    if build is None or not is_of(TABLES[over].projection, build):
        raise not_ready("the figures are", other=build is not None)
    if head is None:
        return Standing(build, build_id, 0, None, 0, now)
    return Standing(build, build_id, position, written_at, head, max(now, head_at), *named)


@contextmanager
def ended(connection: "psycopg.Connection[Any]") -> Iterator[None]:
    """No transaction is left open."""
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("ROLLBACK")


def covered(connection: "psycopg.Connection[Any]", standing: Standing, of: str, *, synthetic: bool) -> datetime:
    """Up to when all of those streams is counted: now, or the instant before the first event that is not."""
    missing = connection.execute(
        "SELECT written_at FROM candour.events WHERE position > %s AND starts_with(stream_id, %s)"
        " ORDER BY position LIMIT 1",
        (standing.position, of),
    ).fetchone()
    if missing is not None:
        return missing[0] - MICROSECOND
    # In a synthetic store the next event may have been written at any time after the last one.
    last = (
        synthetic
        and connection.execute(
            "SELECT written_at FROM candour.events WHERE starts_with(stream_id, %s) ORDER BY position DESC LIMIT 1",
            (of,),
        ).fetchone()
    )
    return last[0] if last else standing.now


def position_at(connection: "psycopg.Connection[Any]", at: datetime, of: str) -> int:
    """The position of the last event of those streams by then."""
    row = connection.execute(
        "SELECT position FROM candour.events WHERE written_at <= %s AND starts_with(stream_id, %s)"
        " ORDER BY written_at DESC, position DESC LIMIT 1",
        (at, of),
    ).fetchone()
    return row[0] if row else 0


def _named(known_at: KnownAt | None) -> sql.Composable:
    if known_at is not None and known_at.position is not None:
        return AT_POSITION.format(position=sql.Literal(known_at.position))
    if known_at is not None and known_at.instant is not None:
        return BY_INSTANT.format(instant=sql.Literal(known_at.instant))
    return NO_EVENT


def _rows_of(answers: "psycopg.Cursor[Any]") -> list[Any]:
    """The row of each of several answers that has one."""
    rows: list[Any] = []
    while True:
        if answers.description is not None:
            rows.append(answers.fetchone())
        if not answers.nextset():
            return rows
