"""A rebuild: reads the log stream by stream, writes finished rows through COPY, in several processes.

Memory does not grow with the log: one stream is held at a time, and records leave in blocks.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from typing import Any

import psycopg
from psycopg import sql

from adapters.eventstore import recorder
from adapters.eventstore.codec import UnknownEvent
from adapters.postgres.digest import NOTHING, Summed, Sums, add, both, keep
from adapters.postgres.projector import ProjectionFailed
from adapters.postgres.read_model import ReadModel
from adapters.postgres.rebuild_worker import Task, in_parallel, table_id

WORTH_IT = 20_000
ANALYZE = sql.SQL("ANALYZE {}")
HEX = "0123456789abcdef"
BOUNDS = [
    "",
    *[f"case-{a}{b}" for a in HEX for b in "08"],
    "case-g",
    *[f"contact-{a}" for a in HEX[::4]],
    *[f"duty-{a}" for a in HEX],
    "duty-g",
    "inspection-",
    *[f"report-{a}" for a in HEX],
    "report-g",
    "\x7f",
]
RANGES = list(pairwise(BOUNDS))


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
        model.create(connection, indexed=found is None)
        if found is None:
            return 0
        model.vacuumed(connection, by_itself=False)
    position, written_at = found
    table = table_id(connection, model)
    tasks = [Task(model.projection.name, model.build, table, low, high, position) for low, high in RANGES]
    digest = 0
    blocks: dict[int, Sums] = {}
    with closing(in_parallel(conninfo, tasks, processes or min(os.cpu_count() or 1, 4))) as parts:
        try:
            for part in parts:
                digest += part.digest
                for block, sums in part.sums.items():
                    blocks[block] = both(blocks.get(block, NOTHING), sums)
                progress(part.events)
        except (ProjectionFailed, UnknownEvent) as error:
            connection.execute(
                "UPDATE candour.read_models SET failed = %s WHERE projection = %s AND build = %s",
                (str(error)[:500], model.projection.name, model.build),
            )
            raise
    _finish(conninfo, connection, model, position, written_at, Summed(digest, blocks))
    return position


def _finish(
    conninfo: str,
    connection: "psycopg.Connection[Any]",
    model: ReadModel[Any],
    position: int,
    written_at: datetime,
    sums: Summed,
) -> None:
    """Index, tell how far it is, and gather statistics, on two connections; until it is told nobody reads it."""
    with psycopg.connect(conninfo, autocommit=True) as other, ThreadPoolExecutor(1) as beside:
        for each in (connection, other):
            each.execute("SET maintenance_work_mem = '16MB'")  # what is longer is sorted on disk
            # A sample of 9,000 rows will do for columns of codes and times; the usual one takes five times as long.
            each.execute("SET default_statistics_target = 30")
        try:
            indexing = beside.submit(model.index_positions, other)
            with connection.transaction():
                model.index_keys(connection)
            indexing.result()
            analysing = beside.submit(other.execute, ANALYZE.format(model.name(model.table)))
            connection.execute(ANALYZE.format(model.name(model.history)))
            analysing.result()
        finally:
            connection.execute("RESET maintenance_work_mem")
            connection.execute("RESET default_statistics_target")
    with connection.transaction():
        model.vacuumed(connection, by_itself=True)
        connection.execute(
            "UPDATE candour.read_models SET position = %s, written_at = %s, digest = %s, failed = NULL"
            " WHERE projection = %s AND build = %s",
            (position, written_at, add("", sums.total), model.projection.name, model.build),
        )
        keep(connection, model.projection.name, model.build, sums.blocks)
