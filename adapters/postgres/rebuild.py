"""A rebuild: reads the log stream by stream, writes finished rows through COPY, in several processes.

Memory does not grow with the log: one stream is held at a time, and records leave in blocks.
"""

import os
from collections.abc import Callable
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
        model.create(connection, indexed=False)
    if found is None:
        model.index(connection)
        return 0
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
    _finish(connection, model, position, written_at, Summed(digest, blocks))
    return position


def _finish(
    connection: "psycopg.Connection[Any]", model: ReadModel[Any], position: int, written_at: datetime, sums: Summed
) -> None:
    with connection.transaction():
        connection.execute("SET LOCAL maintenance_work_mem = '16MB'")  # what is longer is sorted on disk
        model.index(connection)
        connection.execute(
            "UPDATE candour.read_models SET position = %s, written_at = %s, digest = %s, failed = NULL"
            " WHERE projection = %s AND build = %s",
            (position, written_at, add("", sums.total), model.projection.name, model.build),
        )
        keep(connection, model.projection.name, model.build, sums.blocks)
    with connection.transaction():
        # A sample of 9,000 rows will do for columns of codes and times; the usual one takes five times as long.
        connection.execute("SET LOCAL default_statistics_target = 30")
        connection.execute(sql.SQL("ANALYZE {}, {}").format(model.name(model.table), model.name(model.history)))
