"""A rebuild: reads the log stream by stream, writes finished rows through COPY, in several processes.

Memory does not grow with the log: one stream is held at a time, and records leave in blocks.
"""

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from adapters.eventstore import codec, recorder
from adapters.postgres.digest import add, digest_of
from adapters.postgres.projector import copy_records
from adapters.postgres.read_model import ReadModel
from projections import ALL

BLOCK = 5000
WORTH_IT = 20_000
BOUNDS = ["", *[f"case-{a:x}{b:x}" for a in range(16) for b in range(0, 16, 8)], "case-g", "\x7f"]
RANGES = list(pairwise(BOUNDS))


class Part(NamedTuple):
    """What one worker has done: events read, and their digest."""

    events: int
    digest: int


def rebuild(
    conninfo: str,
    connection: "psycopg.Connection[Any]",
    model: ReadModel[Any],
    *,
    processes: int | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Build the read model from nothing up to the present end of the log; the position reached.

    The caller holds the projection's lock. Nothing is visible to readers until it is promoted.
    """
    found = connection.execute(recorder.HEAD).fetchone()
    with connection.transaction():
        model.drop(connection)
        model.create(connection, indexed=False)
    if found is None:
        model.index(connection)
        return 0
    position, written_at = found
    digest = 0
    tasks = [(conninfo, model.projection.name, model.build, low, high, position) for low, high in RANGES]
    workers = processes or min(os.cpu_count() or 1, 4)
    with multiprocessing.get_context("spawn").Pool(workers, _leave_to_the_parent) as pool:
        for part in pool.imap_unordered(_build_range, tasks):
            digest += part.digest
            progress(part.events)
    _finish(connection, model, position, written_at, digest)
    return position


def content(connection: "psycopg.Connection[Any]", model: ReadModel[Any]) -> tuple[Any, ...]:
    """What the build holds: digest of its events, and for each table its rows and their summed hashes."""
    found: list[Any] = []
    query = "SELECT digest FROM candour.read_models WHERE projection = %s AND build = %s"
    found += connection.execute(query, (model.projection.name, model.build)).fetchone() or ()
    for table in (model.table, model.history):
        counted = sql.SQL("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {} AS t").format(model.name(table))
        found += connection.execute(counted).fetchone() or ()
    return tuple(found)


def _finish(
    connection: "psycopg.Connection[Any]", model: ReadModel[Any], position: int, written_at: datetime, digest: int
) -> None:
    with connection.transaction():
        model.index(connection)
        connection.execute(
            "UPDATE candour.read_models SET position = %s, written_at = %s, digest = %s, failed = NULL,"
            " updated_at = clock_timestamp() WHERE projection = %s AND build = %s",
            (position, written_at, add("", digest), model.projection.name, model.build),
        )
    connection.execute(sql.SQL("ANALYZE {}").format(model.name(model.table)))
    connection.execute(sql.SQL("ANALYZE {}").format(model.name(model.history)))


def _leave_to_the_parent() -> None:
    """Ctrl-C reaches the whole group; the parent ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _build_range(task: tuple[str, str, str, str, str, int]) -> Part:
    conninfo, name, build, low, high, upto = task
    model = ReadModel(next(projection for projection in ALL if projection.name == name), build)
    gc.disable()
    with (
        psycopg.connect(conninfo, autocommit=True) as reading,
        psycopg.connect(conninfo, autocommit=True) as writing,
    ):
        return _build(reading, writing, model, low, high, upto)


def _build(
    reading: "psycopg.Connection[Any]",
    writing: "psycopg.Connection[Any]",
    model: ReadModel[Any],
    low: str,
    high: str,
    upto: int,
) -> Part:
    table, history = model.name(model.table), model.name(model.history)
    events, digest = 0, 0
    current: list[list[object]] = []
    versions: list[list[object]] = []
    with writing.transaction():
        for _, group in groupby(_rows(reading, low, high, upto), key=lambda row: row.stream):
            rows = list(group)
            events += len(rows)
            digest += digest_of(rows)
            last: list[object] | None = None
            for version in model.projection.versions([codec.decode(row) for row in rows]):
                if last is not None:
                    versions.append([*last, version.position])
                last = None if version.row is None else [*model.to_record(version.row), version.position]
            if last is not None:
                versions.append([*last, None])
                current.append(last)
            if len(versions) >= BLOCK:
                copy_records(writing, model, table, current, ended=False)
                copy_records(writing, model, history, versions, ended=True)
                current, versions = [], []
        copy_records(writing, model, table, current, ended=False)
        copy_records(writing, model, history, versions, ended=True)
    return Part(events, digest)


def _rows(connection: "psycopg.Connection[Any]", low: str, high: str, upto: int) -> Iterator[codec.Row]:
    query = (
        f"SELECT {recorder.COLUMNS} FROM candour.events"
        " WHERE stream_id >= %s AND stream_id < %s AND position <= %s ORDER BY stream_id, version"
    )
    with connection.transaction(), connection.cursor(name="rebuild", binary=True) as cursor:  # pyright: ignore
        cursor.itersize = BLOCK
        cursor.execute(query, (low, high, upto))  # pyright: ignore[reportArgumentType,reportCallIssue]
        yield from map(codec.Row._make, cursor)
