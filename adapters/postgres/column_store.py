"""The columns that are held in memory: of each fact table those of the build that readers use."""

from threading import Lock
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from adapters.postgres.columns import Columns, View
from adapters.postgres.read_model import ReadModel
from adapters.postgres.selecting import columns_of
from projections.fact_tables import TABLES
from projections.metrics import ALL
from projections.metrics.kinds import Metric

FEW = 100_000
"""Up to so many positions all columns are read at once; of a longer log, those that are asked for."""


class Held(NamedTuple):
    """The columns of a build; one that is made again under its name has another id."""

    build: UUID
    columns: Columns


class ColumnStore:
    """Holds columns and reads them on. Threads may share it.

    `everything`: all columns of a table are read at once, however long the log; for whoever answers many questions.
    """

    def __init__(self) -> None:
        self.everything = False
        self._held: dict[str, Held] = {}
        self._choosing = Lock()

    def upto(
        self, connection: "psycopg.Connection[Any]", metric: Metric, build: str, build_id: UUID, position: int
    ) -> View:
        """The columns that a metric takes, up to the position of that build that the transaction sees."""
        with self._choosing:
            held = self._held.get(metric.over)
            same = held is not None and held.build == build_id
            if held is None or not same or not columns_of(metric) <= held.columns.names:
                names = self._names(metric, position)
                if held is not None and same:
                    names |= held.columns.names
                held = Held(build_id, Columns(ReadModel(TABLES[metric.over].projection, build), names))
                self._held[metric.over] = held
        return held.columns.upto(connection, position)

    def _names(self, metric: Metric, position: int) -> set[str]:
        all_of_them = self.everything or position < FEW
        metrics = [each for each in ALL if each.over == metric.over] if all_of_them else [metric]
        return {name for each in metrics for name in columns_of(each)}
