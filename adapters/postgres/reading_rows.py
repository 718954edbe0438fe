"""Reading rows of promoted read models: several in one transaction, as they stand together."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from adapters.postgres.read_model import ReadModel, is_of, promoted
from adapters.postgres.readers import Readers, not_ready
from domain.values import Moment, Precision
from projections.projection import Keyed

PRECISION = "_precision"


class Found(NamedTuple):
    """Rows by the names of their columns, and the position of the log up to which they were read."""

    position: int
    rows: list[dict[str, Any]]


class Listing(NamedTuple):
    """The columns that are shown of a projection, and how readers call it in `…being built`."""

    projection: Keyed[Any]
    called: str
    names: Sequence[str]

    def page(
        self, readers: Readers, where: Sequence[sql.Composable], order: Sequence[str], parameters: Mapping[str, Any]
    ) -> Found:
        """The rows where all of that holds, in that order, at most `%(limit)s`; raises `NotReady`."""
        with snapshot(readers) as connection:
            model, position = standing(connection, self.projection, self.called)
            query = sql.SQL("SELECT {columns} FROM {table} WHERE {where} ORDER BY {order} LIMIT %(limit)s").format(
                columns=columns(self.names),
                table=model.name(model.table),
                where=sql.SQL(" AND ").join(where),
                order=columns(order),
            )
            rows = connection.execute(query, parameters).fetchall()
        return Found(position, [shown(self.names, row) for row in rows])


@contextmanager
def snapshot(readers: Readers) -> "Iterator[psycopg.Connection[Any]]":
    """A connection in a transaction that sees one state of all tables; raises `StoreUnavailable` or `NotReady`."""
    with readers.connection() as connection, connection.transaction():
        yield connection


def standing(connection: "psycopg.Connection[Any]", projection: Keyed[Any], called: str) -> tuple[ReadModel[Any], int]:
    """The read model that readers use and its position; raises `NotReady`, which says how it is `called`."""
    found = promoted(connection, projection.name)
    if found is None or not is_of(projection, found[0]):
        raise not_ready(called, other=found is not None)
    return ReadModel(projection, found[0]), found[1]


def columns(names: Sequence[str], of: str | None = None) -> sql.Composable:
    """Names of columns for a query, of a table by its alias."""
    return sql.SQL(", ").join(sql.Identifier(*((of, name) if of else (name,))) for name in names)


def shown(names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    """The row by its names; a moment, which has a column with its precision beside it, as it is written."""
    found = dict(zip(names, row, strict=True))
    for name in [name for name in names if name.endswith(PRECISION)]:
        precision, of = found.pop(name), name.removesuffix(PRECISION)
        at = found[of]
        found[of] = at and str(Moment(at.astimezone(UTC), Precision(precision)))
    return found
