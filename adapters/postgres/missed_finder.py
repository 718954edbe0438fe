"""Finding missed deadlines: by force, kind and the roles that they were brought to, in the order they were raised."""

from datetime import UTC
from typing import Any, NamedTuple

from psycopg import sql

from adapters.postgres.conditions import matching
from adapters.postgres.read_model import ReadModel, is_of, promoted
from adapters.postgres.readers import NotReady, Readers
from domain.values import Moment, Precision
from projections.missed_deadlines import missed_deadlines

SHOWN = (
    "duty_id",
    "case_id",
    "force",
    "kind",
    "about",
    "due",
    "rule_set",
    "raised_at",
    "raised_in",
    "escalated_to",
)
PRECISIONS = ("due_precision", "raised_at_precision")


class MissedSearch(NamedTuple):
    """What is looked for; None: whatever it is. `after`: only what was raised after that position of the log."""

    force: str | None = None
    kind: str | None = None
    to: list[str] | None = None
    after: int = 0
    limit: int = 100


class MissedFinder:
    """Reads the promoted read model of the missed deadlines. Threads may share it."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def close(self) -> None:
        """Give the connections back."""
        self._readers.close()

    def find(self, search: MissedSearch) -> dict[str, Any]:
        """The misses in the order they were raised, at most `limit`, and how far the read model has come.

        Raises `NotReady` or `StoreUnavailable`.
        """
        where: list[sql.Composable] = [sql.SQL("raised_in > %(after)s"), *matching(search, ("force", "kind"))]
        if search.to is not None:
            where.append(sql.SQL("escalated_to = ANY(%(to)s)"))
        with self._readers.connection() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            found = promoted(connection, missed_deadlines.name)
            if found is None or not is_of(missed_deadlines, found[0]):
                raise NotReady("the missed deadlines are being built; ask again in a moment, or run `candour project`")
            model = ReadModel(missed_deadlines, found[0])
            query = sql.SQL("SELECT {columns} FROM {table} WHERE {where} ORDER BY raised_in LIMIT %(limit)s").format(
                columns=sql.SQL(", ").join(map(sql.Identifier, (*SHOWN, *PRECISIONS))),
                table=model.name(model.table),
                where=sql.SQL(" AND ").join(where),
            )
            rows = connection.execute(query, search._asdict()).fetchall()
        return {
            "position": found[1],
            "missed": [_shown(dict(zip((*SHOWN, *PRECISIONS), row, strict=True))) for row in rows],
        }


def _shown(missed: dict[str, Any]) -> dict[str, Any]:
    for column in PRECISIONS:
        name, precision = column.removesuffix("_precision"), Precision(missed.pop(column))
        missed[name] = str(Moment(missed[name].astimezone(UTC), precision))
    return missed
