"""The stock library's `ProjectionRunner`, keeping a read model with the rows and columns of ours.

It folds with the same functions, over rows that it holds in memory, and writes both tables with one statement, so that
what differs is the machinery: a transaction for each event, as the library's tracking wants it.
"""

from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import DomainEvent, DomainEventProtocol
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg import sql

from adapters.eventstore import codec
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.read_model import ReadModel
from benchmarks import bench
from domain.case.correction import restates
from projections.case_facts import CaseFacts, case_facts

MODEL = ReadModel(case_facts)
KEY = MODEL.key
CURRENT, HISTORY = "stock_facts", "stock_facts_history"
CHUNK = 100


class Happened(DomainEvent):
    """One event of our log as an event of the library."""

    stream: str
    name: str
    event_id: UUID
    force: str
    state: str


class Log(Application[UUID]):
    """The stock application that holds the log."""


class Facts(PostgresTrackingRecorder):
    """The stock view: the two tables of our read model, written together with the library's tracking."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        names = [*(name for name, _ in MODEL.columns), "from_position"]
        typed = ", ".join(f"{name} {kind}" for name, kind in [*MODEL.columns, ("from_position", "int8")])
        columns, values = ", ".join(names), ", ".join(["%s"] * len(names))
        changes = ", ".join(f"excluded.{name}" for name in names)
        self.sql_create_statements += [
            sql.SQL(f"CREATE TABLE IF NOT EXISTS {CURRENT} ({typed}, PRIMARY KEY ({KEY}))"),
            sql.SQL(
                f"CREATE TABLE IF NOT EXISTS {HISTORY} ({typed}, to_position int8, PRIMARY KEY ({KEY}, from_position))"
            ),
        ]
        # Kept short: psycopg parses a statement of more than 4,096 characters anew each time.
        ended = f"UPDATE {HISTORY} SET to_position = %s WHERE {KEY} = %s AND to_position IS NULL"
        added = f"added AS (INSERT INTO {HISTORY} VALUES ({values}) RETURNING {columns})"
        current = f"INSERT INTO {CURRENT} SELECT * FROM added"
        self.insert = f"WITH {added} {current}"
        self.update = (
            f"WITH ended AS ({ended}), {added} {current} ON CONFLICT ({KEY}) DO UPDATE SET ({columns}) = ROW({changes})"
        )
        self.remove = f"WITH ended AS ({ended}) DELETE FROM {CURRENT} WHERE {KEY} = %s"

    def put(self, key: str, before: CaseFacts | None, row: CaseFacts | None, tracking: Tracking) -> None:
        """The next version of a row."""
        at = tracking.notification_id
        statement, given = self.remove, [at, key, key]
        if row is not None:
            record = [*MODEL.to_record(row), at]
            statement, given = (self.insert, record) if before is None else (self.update, [at, key, *record])
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(statement, given, prepare=True)


class FactsProjection(Projection[Facts]):
    """The stock projection."""

    name = "stock"
    done = 0

    def __init__(self, view: Facts) -> None:
        super().__init__(view)
        self.rows: dict[str, CaseFacts | None] = {}
        self.streams: dict[str, list[Any]] = {}

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """One event, one transaction."""
        entry = codec.decode(_row(domain_event, tracking.notification_id))
        stream, row = entry.stream, self.rows.get(entry.stream)
        entries = self.streams.setdefault(stream, [])
        entries.append(entry)
        after = case_facts.fold(entries) if restates(entry.event) else case_facts.apply(row, entry)
        if after == row:
            self.view.insert_tracking(tracking)
        else:
            self.rows[stream] = after
            self.view.put(stream, row, after, tracking)
        self.done = tracking.notification_id


def _row(event: Happened, position: int) -> codec.Row:
    return codec.Row(
        event.stream,
        event.originator_version,
        event.name,
        position,
        event.timestamp,
        event.event_id,
        event.force,
        event.state,
    )


class Stock:
    """A stock application in a database of its own that holds the beginning of our log."""

    def __init__(self, server: EmbeddedPostgres, dbname: str, rows: Sequence[codec.Row]) -> None:
        self.server, self.dbname, self.events, self.done = server, dbname, len(rows), 0
        bench.execute(server, f"DROP DATABASE IF EXISTS {dbname}", f"CREATE DATABASE {dbname}")
        self.env = {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": dbname,
            "POSTGRES_HOST": str(server.socket_dir),
            "POSTGRES_PORT": "5432",
            "POSTGRES_USER": "postgres",
            "POSTGRES_PASSWORD": "none",
        }
        app = Log(self.env)
        try:
            for start in range(0, len(rows), CHUNK):
                happened: Iterator[DomainEventProtocol[UUID]] = map(_happened, rows[start : start + CHUNK])
                app.recorder.insert_events([app.mapper.to_stored_event(each) for each in happened])
        finally:
            app.close()

    def rate(self, seconds: float) -> float:
        """Events per second of the runner from an empty read model, from its first event on."""
        bench.execute(
            self.server,
            *(f"DROP TABLE IF EXISTS {t}" for t in (CURRENT, HISTORY, "stock_tracking")),
            dbname=self.dbname,
        )
        with ProjectionRunner(
            application_class=Log, projection_class=FactsProjection, view_class=Facts, env=self.env
        ) as runner:
            projection = runner.projection
            assert isinstance(projection, FactsProjection)
            while not (first := projection.done):
                runner.run_forever(timeout=0.001)
            began = perf_counter()
            while projection.done < self.events and perf_counter() - began < seconds:
                runner.run_forever(timeout=0.02)
            done, took = projection.done, perf_counter() - began
        self.done = projection.done
        return (done - first) / took

    def versions(self) -> tuple[Any, ...]:
        """What `versions_upto` says of the view."""
        with psycopg.connect(self.server.conninfo("postgres", self.dbname), options="-c timezone=UTC") as connection:
            return versions_upto(connection, HISTORY, self.done)


def versions_upto(connection: "psycopg.Connection[Any]", table: str, position: int) -> tuple[Any, ...]:
    """How many versions of rows there are up to a position, and the sum of their hashes."""
    columns = ", ".join(["from_position", *(name for name, _ in MODEL.columns)])
    hashes = f"sum(hashtextextended(ROW({columns})::text, 0))"
    query = f"SELECT count(*), {hashes} FROM {table} WHERE from_position <= {position}"
    return connection.execute(query.encode()).fetchone() or ()


def _happened(row: codec.Row) -> Happened:
    stream = row.stream.removeprefix("case-")
    try:
        case = UUID(stream)
    except ValueError:
        case = uuid5(NAMESPACE_URL, stream)
    return Happened(
        originator_id=case,
        originator_version=row.version,
        timestamp=row.written_at,
        stream=row.stream,
        name=row.name,
        event_id=row.event_id,
        force=row.force,
        state=row.state,
    )
