"""The library's application recorder over Candour's own table: dense positions, one append function."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import IntegrityError, Notification, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.rows import tuple_row
from psycopg_pool import PoolTimeout

from adapters.eventstore import arrays
from adapters.eventstore.codec import Row
from application.ports import ByReporter, KeyReused, Request, StoreUnavailable

COLUMNS = "stream_id, version, name, position, written_at, event_id, force, state"
APPEND = (
    "SELECT * FROM candour.append(%b::text[], %b::int4[], %b::text[], %b::uuid[], %b::text[], %b::text[],"
    " %b::text[], %b::text[], %b::bytea[], %b::timestamptz[])"
)
APPEND_FOR_REQUESTS = (
    "SELECT * FROM candour.append_for_requests(%b::text[], %b::int4[], %b::text[], %b::uuid[], %b::text[], %b::text[],"
    " %b::text[], %b::text[], %b::bytea[], %b::timestamptz[], %b::text[], %b::text[], %b::text[], %b::bytea[],"
    " %b::text[], %b::text[])"
)
APPEND_BY_REPORTER = (
    "SELECT * FROM candour.append_by_reporter(%b::text[], %b::int4[], %b::text[], %b::uuid[], %b::text[], %b::text[],"
    " %b::text[], %b::text[], %b::bytea[], %b::timestamptz[], %b::bytea, %b::bytea)"
)
LOAD = f"SELECT {COLUMNS} FROM candour.events WHERE stream_id = %s ORDER BY version"
LOAD_MANY = f"SELECT {COLUMNS} FROM candour.events WHERE stream_id = ANY(%s) ORDER BY stream_id, version"
IN_RANGE = f"SELECT {COLUMNS} FROM candour.events WHERE position > %s AND position <= %s"
LOG = f"{IN_RANGE} ORDER BY position LIMIT %s"
LOG_OF_NAMES = f"{IN_RANGE} AND name = ANY(%s) ORDER BY position LIMIT %s"
LOG_OF_FORCE = f"{IN_RANGE} AND force = %s ORDER BY position LIMIT %s"
LOG_OF_KINDS = f"{IN_RANGE} AND force = %s AND split_part(stream_id, '-', 1) = ANY (%s) ORDER BY position LIMIT %s"
CATEGORY = f"SELECT {COLUMNS} FROM candour.events WHERE stream_id >= %s AND stream_id < %s ORDER BY position"
HEAD = "SELECT position, written_at FROM candour.events ORDER BY position DESC LIMIT 1"
LAST_OF = "SELECT position FROM candour.events WHERE starts_with(stream_id, %s) ORDER BY position DESC LIMIT 1"
POSITION_AT = (
    "SELECT position FROM candour.events WHERE written_at <= %s ORDER BY written_at DESC, position DESC LIMIT 1"
)
WRITTEN_AT = "SELECT position, written_at FROM candour.events WHERE position = ANY (%s)"
KEYS = "SELECT key_id, wrapped FROM candour.keys WHERE key_id = ANY(%s)"
KEPT = (
    "SELECT stream_id, version, position, written_at, event_id FROM candour.events"
    " WHERE (stream_id, version) IN (SELECT * FROM unnest(%b::text[], %b::int4[]))"
)
# Two statements: the second must see what was committed while the first waited for the lock.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('candour.events'))"
STANDS = (
    "SELECT NOT EXISTS (SELECT 1 FROM unnest(%b::text[], %b::int4[]) AS g (stream, version)"
    " WHERE g.version <> coalesce((SELECT e.version FROM candour.events e WHERE e.stream_id = g.stream"
    " ORDER BY e.version DESC LIMIT 1), 0))"
)
NO_LIMIT = 2**62
PAUSE = 1.0  # seconds without another try, so that callers do not queue up behind one that waits for a connection
AWAY = "the database cannot be reached; nothing was written"
LOST = "the connection to the database was lost; what was being written may have been kept, so load before trying again"


class Lost(StoreUnavailable):
    """The connection was lost in the middle of a call, so nobody knows yet whether it was carried out."""


class NewRow(NamedTuple):
    """An event that is about to be written; `state` is its JSON. A position and a time are given by the database."""

    stream: str
    version: int
    name: str
    event_id: UUID
    force: str
    state: str
    written_at: datetime | None = None


class NewKey(NamedTuple):
    """A wrapped data key that is stored together with the events of a stream."""

    stream: str
    key_id: str
    wrapped: bytes


class Verdict(NamedTuple):
    """What became of one stream of a batch; `position` is None if it was not accepted."""

    stream: str
    version: int
    position: int | None
    written_at: datetime | None


class Datastore(PostgresDatastore):
    """The library's connection pool, opened with a connection string and the role to work as."""

    def __init__(self, conninfo: str, *, pool_size: int = 4, max_overflow: int = 28) -> None:
        super().__init__(
            "",
            "",
            "",
            "",
            "",
            pool_size=pool_size,
            max_overflow=max_overflow,
            connect_timeout=5,
            originator_id_type="text",
            idle_in_transaction_session_timeout=10,
        )
        self._away_until = 0.0
        self.conninfo = self.pool.conninfo = conninfo
        self.pool.reconnect_timeout = 2.0  # then the next caller tries; longer, and they would wait for a slow retry
        self.pool.kwargs = {"row_factory": tuple_row, "autocommit": True}

    def after_connect_func(self) -> Callable[[psycopg.Connection[Any]], None]:
        """What is done to each new connection."""
        configure = super().after_connect_func()

        def after_connect(connection: psycopg.Connection[Any]) -> None:
            configure(connection)
            arrays.register(connection)

        return after_connect

    def register_type_adapters(self) -> None:
        """Nothing to do: no statement uses a composite type, and making a store must not need a database."""

    @contextmanager
    def rows(self) -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
        """A cursor in autocommit; a database that is away or read-only becomes `StoreUnavailable`."""
        if monotonic() < self._away_until:
            raise StoreUnavailable(AWAY)
        try:
            with self.get_connection() as connection:
                cursor: Any = connection.cursor(row_factory=tuple_row, binary=True)
                try:
                    yield cursor
                except psycopg.Error as error:
                    if connection.broken:
                        self.pool.drain()  # what ended this connection has ended the idle ones as well
                        raise Lost(LOST) from error
                    raise
        except StoreUnavailable:
            raise
        except Exception as error:
            if isinstance(error.__cause__, PoolTimeout):
                self._away_until = monotonic() + PAUSE
            known = translated(error)
            if known is error:
                raise
            raise known from error


def append_parameters(rows: Sequence[NewRow], keys: Sequence[NewKey]) -> tuple[object, ...]:
    """What `APPEND` takes."""
    streams, versions, names, ids, forces, states, written = (list(column) for column in zip(*rows, strict=True))
    return (
        arrays.texts(streams),
        arrays.integers(versions),
        arrays.repeated_texts(names),
        arrays.array(arrays.UUID, [event_id.bytes for event_id in ids]),
        arrays.repeated_texts(forces),
        arrays.texts(states),
        arrays.texts([key.stream for key in keys]),
        arrays.texts([key.key_id for key in keys]),
        arrays.array(arrays.BYTEA, [key.wrapped for key in keys]),
        written if any(written) else None,
    )


def append_statement(
    rows: Sequence[NewRow],
    keys: Sequence[NewKey],
    requests: Sequence[tuple[str, Request]],
    by_reporter: ByReporter | None = None,
) -> tuple[str, tuple[object, ...]]:
    """The statement that appends, with its parameters. `requests` are (stream, request) whose answers are kept."""
    parameters = append_parameters(rows, keys)
    if by_reporter is not None:
        return APPEND_BY_REPORTER, (*parameters, *by_reporter)
    if not requests:
        return APPEND, parameters
    return APPEND_FOR_REQUESTS, (
        *parameters,
        arrays.texts([stream for stream, _ in requests]),
        arrays.texts([request.actor for _, request in requests]),
        arrays.texts([request.key for _, request in requests]),
        arrays.array(arrays.BYTEA, [request.digest for _, request in requests]),
        arrays.texts([request.remarks.reference or "" for _, request in requests]),
        arrays.texts([" ".join(request.remarks.possible_duplicates) for _, request in requests]),
    )


def stands_parameters(provided: Sequence[tuple[str, int]]) -> tuple[object, ...]:
    """What `STANDS` takes."""
    return [stream for stream, _ in provided], [version for _, version in provided]


def refused(stream: str, verdicts: Sequence[Verdict]) -> list[Verdict] | None:
    """Where all must be accepted or none: the verdict on the stream if any was not; None: all were.

    If only another stream was not, there is no verdict: a conflict at the version that the stream has.
    """
    if all(verdict.position is not None for verdict in verdicts):
        return None
    return [verdict for verdict in verdicts if verdict.stream == stream and verdict.position is None]


class Recorder(PostgresApplicationRecorder):
    """Reads and appends the rows of `candour.events`. The table itself is made by `candour migrate`."""

    datastore: Datastore

    def append(
        self,
        rows: Sequence[NewRow],
        keys: Sequence[NewKey] = (),
        requests: Sequence[tuple[str, Request]] = (),
        provided: Sequence[tuple[str, int]] = (),
        by_reporter: ByReporter | None = None,
    ) -> list[Verdict]:
        """Append in one commit; each stream is accepted whole or not at all. Its versions must follow on.

        With `provided`, all streams or none, on condition that those have these versions; no verdict: they have not.
        """
        if not rows:
            return []
        statement, parameters = append_statement(rows, keys, requests, by_reporter)
        if provided:
            with self.datastore.rows() as cursor:
                against: list[Verdict] | None = None
                with cursor.connection.transaction() as transaction:
                    cursor.execute(LOCK)
                    if cursor.execute(STANDS, stands_parameters(provided)).fetchone() != (True,):
                        return []
                    cursor.execute(statement, parameters)  # pyright: ignore[reportArgumentType]
                    verdicts = list(map(Verdict._make, cursor.fetchall()))
                    against = refused(rows[0].stream, verdicts)
                    if against is not None:
                        raise psycopg.Rollback(transaction)
                return verdicts if against is None else against
        with self.datastore.rows() as cursor:
            cursor.execute(statement, parameters, prepare=True)  # pyright: ignore[reportArgumentType]
            return list(map(Verdict._make, cursor.fetchall()))

    def fetch(self, query: str, params: Sequence[object]) -> list[Row]:
        """Rows of the log."""
        with self.datastore.rows() as cursor:
            cursor.execute(query, params, prepare=True)  # pyright: ignore[reportArgumentType]
            return list(map(Row._make, cursor.fetchall()))

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """The library's call: all or nothing, `IntegrityError` on a version that is taken."""
        rows = [
            NewRow(str(e.originator_id), e.originator_version, e.topic, uuid4(), "none", e.state.decode())
            for e in stored_events
        ]
        if len({row.stream for row in rows}) > 1:
            raise NotImplementedError("append() takes several streams; insert_events() takes one")
        verdicts = self.append(rows)
        if any(verdict.position is None for verdict in verdicts):
            raise IntegrityError(f"{rows[0].stream} is at version {verdicts[0].version}")
        last = verdicts[0].position or 0
        return range(last - len(rows) + 1, last + 1)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The library's call: one stream, in order of version."""
        rows = [
            row
            for row in self.fetch(LOAD, (originator_id,))
            if row.version > (gt or 0) and (lte is None or row.version <= lte)
        ]
        if desc:
            rows.reverse()
        return [_stored(row) for row in rows[:limit]]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The library's call: the log, in order of position."""
        after = 0 if start is None else start - 1 if inclusive_of_start else start
        until = stop or NO_LIMIT
        if topics:
            rows = self.fetch(LOG_OF_NAMES, (after, until, list(topics), limit))
        else:
            rows = self.fetch(LOG, (after, until, limit))
        return [Notification(row.stream, row.version, row.name, row.state.encode(), row.position) for row in rows]

    def max_notification_id(self) -> int | None:
        """The library's call: the last position."""
        with self.datastore.rows() as cursor:
            found = cursor.execute(HEAD).fetchone()
            return found[0] if found else None

    def create_table(self) -> None:
        """Nothing to do: the schema is made by `candour migrate`, never by a worker."""


def _stored(row: Row) -> StoredEvent:
    return StoredEvent(row.stream, row.version, row.name, row.state.encode())


def translated(error: Exception) -> Exception:
    """`StoreUnavailable` for what a database that is away, busy or read-only raises; else the error itself."""
    cause = error.__cause__ if isinstance(error.__cause__, psycopg.Error) else error
    if isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.QueryCanceled):
        return StoreUnavailable("the database is busy; nothing was written, try again in a moment")
    if isinstance(cause, psycopg.errors.UniqueViolation) and cause.diag.constraint_name == "requests_pkey":
        return KeyReused("this idempotency key has an answer already")
    if isinstance(cause, psycopg.errors.ReadOnlySqlTransaction):
        return StoreUnavailable("the database is read-only; nothing was written")
    if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreUnavailable(AWAY)
    return error
