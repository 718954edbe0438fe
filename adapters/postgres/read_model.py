"""A read model in PostgreSQL: a table of current rows and one of all their versions, generated from a projection."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Generic, LiteralString, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import psycopg
from psycopg import sql

from domain.values import Moment, Precision
from projections.projection import Keyed

Row = TypeVar("Row", bound=tuple[Any, ...])

TYPES: dict[type, str] = {
    str: "text",
    int: "int8",
    float: "float8",
    bool: "bool",
    date: "date",
    datetime: "timestamptz",
    Moment: "timestamptz",
    tuple: "text[]",
}
SCHEMA = "candour_read"
PROMOTED = "SELECT build, position, written_at FROM candour.read_models WHERE projection = %s AND promoted"
_TEXTS = {precision: precision.value for precision in Precision}
_PRECISIONS = {precision.value: precision for precision in Precision}


class Statements(NamedTuple):
    """The SQL that a projector runs for each page, written out once."""

    present: bytes
    remove: bytes
    copy_rows: bytes
    end: bytes
    copy_versions: bytes


class ReadModel(Generic[Row]):
    """The tables of one build of a projection. Key: the first field of the row.

    A build is named by the projection's signature, and a letter where it is built again beside another.
    """

    def __init__(self, projection: Keyed[Row], build: str | None = None) -> None:
        self.projection = projection
        self.build = build or projection.signature
        self.table = f"{projection.name}_{self.build}"
        self.history = f"{self.table}_history"
        self.fields = [(name, _plain(kind)) for name, kind in get_type_hints(projection.row).items()]
        self.key = self.fields[0][0]
        self.columns: list[tuple[str, str]] = []
        for name, kind in self.fields:
            self.columns.append((name, TYPES[kind]))
            if kind is Moment:
                self.columns.append((f"{name}_precision", "text"))
        self.stored = len(self.columns)
        self.columns += [(column.name, TYPES[column.type]) for column in projection.derived]

    @cached_property
    def to_record(self) -> Callable[[Row], list[object]]:
        """The values of a row in the order of `columns`; a function made for these columns, as it runs for each row."""
        scope: dict[str, Any] = {"texts": _TEXTS}
        values: list[str] = []
        for index, (_, kind) in enumerate(self.fields):
            if kind is Moment:
                values.append(f"(m := row[{index}]) and m.earliest")
                values.append("m and texts[m.precision]")
            else:
                values.append(f"list(row[{index}])" if kind is tuple else f"row[{index}]")
        for number, column in enumerate(self.projection.derived):
            scope[f"of_{number}"] = column.of
            values.append(f"of_{number}(row)")
        return eval(f"lambda row: [{', '.join(values)}]", scope)

    def to_row(self, record: Sequence[Any]) -> Row:
        """The row of a record read back (derived columns left out)."""
        values: list[object] = []
        column = 0
        for _, kind in self.fields:
            value = record[column]
            column += 1
            if kind is Moment:
                if value is not None:
                    value = Moment(value.astimezone(UTC), _PRECISIONS[record[column]])
                column += 1
            elif kind is datetime and value is not None:
                value = value.astimezone(UTC)
            elif kind is tuple and value is not None:
                value = (*value,)
            values.append(value)
        make: Any = self.projection.row
        return make(*values)

    def create(self, connection: "psycopg.Connection[Any]", *, indexed: bool = True) -> None:
        """Make both tables if they are not there, and register the read model at position 0."""
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))  # type: ignore[arg-type]
            for name, kind in self.columns
        )
        connection.execute(
            sql.SQL("CREATE TABLE IF NOT EXISTS {} ({}, from_position int8 NOT NULL)").format(
                self.name(self.table), columns
            )
        )
        connection.execute(
            sql.SQL("CREATE TABLE IF NOT EXISTS {} ({}, from_position int8 NOT NULL, to_position int8)").format(
                self.name(self.history), columns
            )
        )
        if indexed:
            self.index(connection)
        connection.execute(
            "INSERT INTO candour.read_models (projection, build) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (self.projection.name, self.build),
        )

    def index(self, connection: "psycopg.Connection[Any]") -> None:
        """Make the indexes of both tables if they are not there; those that the projection asks for, too."""
        self.index_keys(connection)
        self.index_positions(connection)

    def index_keys(self, connection: "psycopg.Connection[Any]") -> None:
        """Those that find a row, and a version of it."""
        for number, index in enumerate(self.projection.indexes):
            connection.execute(
                sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} {}").format(
                    sql.Identifier(f"{self.table}_{number}"),
                    self.name(self.table),
                    sql.SQL(index),  # type: ignore[arg-type]
                )
            )
        connection.execute(
            sql.SQL("CREATE UNIQUE INDEX IF NOT EXISTS {} ON {} ({})").format(
                sql.Identifier(f"{self.table}_key"), self.name(self.table), sql.Identifier(self.key)
            )
        )
        connection.execute(
            sql.SQL("CREATE UNIQUE INDEX IF NOT EXISTS {} ON {} ({}, from_position)").format(
                sql.Identifier(f"{self.history}_key"), self.name(self.history), sql.Identifier(self.key)
            )
        )

    def index_positions(self, connection: "psycopg.Connection[Any]") -> None:
        """Those of the positions, by which whoever counts the versions reads on."""
        for column in ("from_position", "to_position"):
            connection.execute(
                sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} ({})").format(
                    sql.Identifier(f"{self.history}_{column}"), self.name(self.history), sql.Identifier(column)
                )
            )

    def vacuumed(self, connection: "psycopg.Connection[Any]", *, by_itself: bool) -> None:
        """Whether the server looks after both tables by itself; while they are being filled that is for nothing."""
        for table in (self.table, self.history):
            connection.execute(
                sql.SQL("ALTER TABLE {} SET (autovacuum_enabled = {})").format(
                    self.name(table), sql.SQL("on" if by_itself else "off")
                )
            )

    def drop(self, connection: "psycopg.Connection[Any]") -> None:
        """Remove both tables and the registration."""
        for table in (self.table, self.history):
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(self.name(table)))
        connection.execute(
            "DELETE FROM candour.read_models WHERE projection = %s AND build = %s",
            (self.projection.name, self.build),
        )

    def name(self, table: str) -> sql.Identifier:
        """The qualified name of a table."""
        return sql.Identifier(SCHEMA, table)

    @cached_property
    def column_list(self) -> sql.Composable:
        """All columns, for INSERT and COPY."""
        return sql.SQL(", ").join(sql.Identifier(name) for name, _ in self.columns)

    @cached_property
    def statements(self) -> Statements:
        """The SQL over both tables of this build."""
        names = {
            "rows": self.name(self.table),
            "versions": self.name(self.history),
            "key": sql.Identifier(self.key),
            "columns": self.column_list,
        }

        def written(text: LiteralString) -> bytes:
            return sql.SQL(text).format(**names).as_bytes()

        return Statements(
            present=written("SELECT {columns} FROM {rows} WHERE {key} = ANY(%s)"),
            remove=written("DELETE FROM {rows} WHERE {key} = ANY(%s)"),
            copy_rows=written("COPY {rows} ({columns}, from_position) FROM STDIN (FORMAT BINARY)"),
            # No join: over a table without statistics the planner would go through all of it for each key.
            end=written(
                "UPDATE {versions} SET to_position = (%s::jsonb ->> {key})::int8"
                " WHERE {key} = ANY(%s) AND to_position IS NULL"
            ),
            copy_versions=written("COPY {versions} ({columns}, from_position, to_position) FROM STDIN (FORMAT BINARY)"),
        )


def _plain(kind: Any) -> type:
    """`X` of `X | None`; `tuple` of a tuple of texts."""
    if get_origin(kind) is tuple:
        return tuple
    parts = [part for part in get_args(kind) if part is not type(None)]
    return parts[0] if parts else kind


def is_of(projection: Keyed[Any], build: str) -> bool:
    """Whether a build has the columns of this version of the projection."""
    return build.partition("_")[0] == projection.signature


def promoted(connection: "psycopg.Connection[Any]", projection: str) -> tuple[str, int, datetime | None] | None:
    """(build, position, written_at) of the read model that readers use, or None."""
    row = connection.execute(PROMOTED, (projection,)).fetchone()
    return None if row is None else (row[0], row[1], row[2])
