"""The difference between two builds of a projection: counts, and a sample of rows with what each of them has.

Both are read as of the position that both have reached, so neither has to stand still: a present row that came later
is left out, and a version that ended later is open. Builds of two versions of a projection are compared by the columns
that both have; there a version of a row has no counterpart of its own, so the two histories are compared at every
position at which either changed.
"""

from collections.abc import Sequence
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import sql

from adapters.postgres.digest import SPAN
from adapters.postgres.read_model import SCHEMA, ReadModel

SAMPLE = 10
SETTINGS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
 WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
STANDS = """
SELECT position, digest FROM candour.read_models WHERE projection = %s AND build = %s"""
BLOCKS = """
SELECT count(*) FROM (
    SELECT block, events, plain, weighted FROM candour.read_model_sums
     WHERE projection = %(name)s AND build = %(before)s) AS o
  FULL JOIN (
    SELECT block, events, plain, weighted FROM candour.read_model_sums
     WHERE projection = %(name)s AND build = %(after)s) AS n USING (block)
 WHERE block < %(full)s AND block >= %(since)s
   AND (o.events, o.plain, o.weighted) IS DISTINCT FROM (n.events, n.plain, n.weighted)"""
PLACES = ("from_position", "to_position")


class Counts(NamedTuple):
    """Of one table: how many each build has, how many only one has, how many both have but not the same."""

    before: int = 0
    after: int = 0
    only_before: int = 0
    only_after: int = 0
    changed: int = 0

    @property
    def differ(self) -> int:
        """How many differ in any way."""
        return self.only_before + self.only_after + self.changed


class Sample(NamedTuple):
    """One value that differs: of a row, or of the row as it stood from a position on. A row that is missing: None."""

    key: str
    position: int | None
    column: str | None
    before: object
    after: object


class Difference(NamedTuple):
    """How a build (`after`) differs from another (`before`), both as of `position`.

    `columns` says in how many rows and versions each column differs; `only` names the columns that one build alone has.
    `digests` is whether they applied the same events.
    """

    projection: str
    before: str
    after: str
    position: int
    digests: bool
    rows: Counts
    versions: Counts
    columns: dict[str, int]
    only: dict[str, list[str]]
    sample: list[Sample]

    @property
    def agrees(self) -> bool:
        """Whether there is none, as far as the two can be compared."""
        return self.digests and not self.rows.differ and not self.versions.differ

    def __str__(self) -> str:
        parts = [] if self.digests else ["other events were applied"]
        parts += [f"{self.rows.differ:,} present rows differ"] if self.rows.differ else []
        parts += [f"{self.versions.differ:,} versions differ"] if self.versions.differ else []
        return "; ".join(parts) or "no difference"


class _Compared(NamedTuple):
    counts: Counts
    columns: dict[str, int]
    sample: list[Sample]


def difference(
    connection: "psycopg.Connection[Any]", projection: str, before: str, after: str, sample: int = SAMPLE
) -> Difference:
    """Compare two builds, in one snapshot of both. Raises psycopg's `UndefinedTable` if one has gone."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SET LOCAL statement_timeout = 0")
        for setting in SETTINGS:  # a projector has switched them off
            connection.execute(f"SET LOCAL {setting} = on")  # pyright: ignore[reportArgumentType,reportCallIssue]
        return _Tables(connection, projection, before, after).compared(sample)


def content(connection: "psycopg.Connection[Any]", model: ReadModel[Any]) -> tuple[Any, ...]:
    """What a build holds: the digest of its events, and for each table its rows and their summed hashes."""
    found = list((connection.execute(STANDS, (model.projection.name, model.build)).fetchone() or ())[1:])
    for table in (model.table, model.history):
        counted = sql.SQL("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {} AS t").format(model.name(table))
        found += connection.execute(counted).fetchone() or ()
    return tuple(found)


class _Tables:
    """The tables of both builds, and where they stand."""

    def __init__(self, connection: "psycopg.Connection[Any]", projection: str, before: str, after: str) -> None:
        self.connection, self.projection, self.before, self.after = connection, projection, before, after
        self.stands = [connection.execute(STANDS, (projection, build)).fetchone() or (0, "") for build in self.names]
        self.position = min(position for position, _ in self.stands)
        had, has = (self._columns(build) for build in self.names)
        self.key = next(iter(has), "")
        self.common = [name for name, kind in has.items() if had.get(name) == kind and name not in PLACES]
        self.only = {
            "before": [name for name in had if name not in self.common and name not in PLACES],
            "after": [name for name in has if name not in self.common and name not in PLACES],
        }
        self.same_version = before.partition("_")[0] == after.partition("_")[0]

    @property
    def names(self) -> tuple[str, str]:
        """Both builds."""
        return self.before, self.after

    def compared(self, sample: int) -> Difference:
        """All of it."""
        rows = self._present(sample)
        versions = self._history(sample) if self.same_version else self._histories(sample)
        columns: dict[str, int] = {}
        for part in (rows, versions):
            for name, count in part.columns.items():
                columns[name] = columns.get(name, 0) + count
        return Difference(
            self.projection,
            self.before,
            self.after,
            self.position,
            self._same_events(),
            rows.counts,
            versions.counts,
            columns,
            self.only,
            rows.sample + versions.sample,
        )

    def _columns(self, build: str) -> dict[str, str]:
        name = sql.Identifier(SCHEMA, f"{self.projection}_{build}_history").as_string()
        return dict(self.connection.execute(COLUMNS, (name,)).fetchall())

    def _same_events(self) -> bool:
        """By their digests if both stand at the same position, else by the blocks that both have applied whole."""
        (one, first), (other, second) = self.stands
        if one == other:
            return first == second
        query = "SELECT max(summed_from) FROM candour.read_models WHERE projection = %s AND build = ANY (%s)"
        found = self.connection.execute(query, (self.projection, list(self.names))).fetchone()
        since = -(-(found[0] if found else 0) // SPAN)
        names = {"name": self.projection, "before": self.before, "after": self.after}
        counted = self.connection.execute(BLOCKS, names | {"full": self.position // SPAN, "since": since}).fetchone()
        return counted == (0,)

    def _present(self, sample: int) -> _Compared:
        """The rows as they are at the position: those that have since changed, or gone, are in the history."""
        columns = [*self.common, *(PLACES[:1] if self.same_version else ())]
        now: LiteralString = (
            "SELECT {columns} FROM {table} WHERE from_position <= {at} UNION ALL"
            " SELECT {columns} FROM {history} WHERE from_position <= {at} AND to_position > {at}"
        )
        return self._joined(now, columns, [self.key], sample, placed=False)

    def _history(self, sample: int) -> _Compared:
        """The versions up to the position."""
        versions: LiteralString = (
            "SELECT {common}, from_position, CASE WHEN to_position <= {at} THEN to_position END AS to_position"
            " FROM {history} WHERE from_position <= {at}"
        )
        return self._joined(versions, [*self.common, *PLACES], [self.key, PLACES[0]], sample, placed=True)

    def _joined(
        self, select: LiteralString, columns: Sequence[str], keys: Sequence[str], sample: int, *, placed: bool
    ) -> _Compared:
        """What a full join by the keys finds, unless counts and sums of hashes are equal."""
        sides = [self._side(select, build, columns) for build in self.names]
        hashed = [self._hashed(side, columns) for side in sides]
        if hashed[0] == hashed[1] or self.key not in self.common:
            missing = int(self.key not in self.common)  # without a common key there is nothing to compare by
            return _Compared(Counts(hashed[0][0], hashed[1][0], changed=missing), {}, [])
        joined = sql.SQL("FROM o FULL JOIN n ON {on} WHERE {differ}").format(
            on=sql.SQL(" AND ").join(
                sql.SQL("{} = {}").format(sql.Identifier("o", key), sql.Identifier("n", key)) for key in keys
            ),
            differ=_differ(columns),
        )
        found = self._found(sides, sql.SQL(""), joined, columns, keys, sample, placed=placed)
        counts = Counts(hashed[0][0], hashed[1][0], *found.counts[2:])
        if not counts.differ:
            counts = counts._replace(changed=1)  # the same rows, but some of them several times
        return found._replace(counts=counts)

    def _histories(self, sample: int) -> _Compared:
        """What both knew, at every position up to this one at which either changed."""
        versions: LiteralString = (
            "SELECT {common}, from_position, CASE WHEN to_position <= {at} THEN to_position END AS to_position"
            " FROM {history} WHERE from_position <= {at}"
        )
        if self.key not in self.common:
            return _Compared(Counts(changed=1), {}, [])
        sides = [self._side(versions, build, [*self.common, *PLACES]) for build in self.names]
        key = sql.Identifier(self.key)
        moments = sql.SQL(" UNION ").join(
            sql.SQL("SELECT {key}, {place} AS moment FROM {side} WHERE {place} IS NOT NULL").format(
                key=key, place=sql.Identifier(place), side=sql.SQL(side)
            )
            for side in ("o", "n")
            for place in PLACES
        )
        covering = sql.SQL(
            "LEFT JOIN {side} ON {side}.{key} = b.{key} AND {side}.from_position <= b.moment"
            " AND ({side}.to_position IS NULL OR {side}.to_position > b.moment)"
        )
        joined = sql.SQL("FROM b {before} {after} WHERE {differ}").format(
            before=covering.format(side=sql.SQL("o"), key=key),
            after=covering.format(side=sql.SQL("n"), key=key),
            differ=_differ(self.common),
        )
        found = self._found(
            sides, sql.SQL(", b AS ({})").format(moments), joined, self.common, [self.key], sample, placed=True
        )
        counted = [self._hashed(side, self.common)[0] for side in sides]
        return found._replace(counts=Counts(counted[0], counted[1], *found.counts[2:]))

    def _side(self, select: LiteralString, build: str, columns: Sequence[str]) -> sql.Composable:
        return sql.SQL(select).format(
            columns=_listed(columns),
            common=_listed(self.common),
            table=sql.Identifier(SCHEMA, f"{self.projection}_{build}"),
            history=sql.Identifier(SCHEMA, f"{self.projection}_{build}_history"),
            at=sql.Literal(self.position),
        )

    def _hashed(self, side: sql.Composable, columns: Sequence[str]) -> tuple[int, Any]:
        query = sql.SQL("SELECT count(*), sum(hashtextextended(ROW({})::text, 0)) FROM ({}) AS t")
        found = self.connection.execute(query.format(_listed(columns), side)).fetchone()
        assert found is not None
        return found[0], found[1]

    def _found(
        self,
        sides: Sequence[sql.Composable],
        more: sql.Composable,
        joined: sql.Composable,
        columns: Sequence[str],
        keys: Sequence[str],
        sample: int,
        *,
        placed: bool,
    ) -> _Compared:
        first = sql.Identifier(self.key)
        given = sql.SQL("WITH o AS MATERIALIZED ({}), n AS MATERIALIZED ({}){} ").format(*sides, more)
        counts = sql.SQL(
            "SELECT count(*) FILTER (WHERE n.{key} IS NULL), count(*) FILTER (WHERE o.{key} IS NULL),"
            " count(*) FILTER (WHERE o.{key} = n.{key}){columns} "
        ).format(
            key=first,
            columns=sql.SQL("").join(
                sql.SQL(", count(*) FILTER (WHERE o.{key} = n.{key} AND o.{name} IS DISTINCT FROM n.{name})").format(
                    key=first, name=sql.Identifier(name)
                )
                for name in columns
            ),
        )
        row = self.connection.execute(given + counts + joined).fetchone()
        assert row is not None
        listed = sql.SQL("SELECT to_jsonb(o), to_jsonb(n){moment} ").format(
            moment=sql.SQL(", b.moment") if more.as_string() else sql.SQL("")
        )
        order = sql.SQL(" ORDER BY {} LIMIT {}").format(
            sql.SQL(", ").join(
                sql.SQL("coalesce({}, {})").format(sql.Identifier("o", key), sql.Identifier("n", key)) for key in keys
            ),
            sql.Literal(sample),
        )
        found = self.connection.execute(given + listed + joined + order).fetchall()
        samples = [each for record in found for each in self._samples(record, columns, placed=placed)]
        differing = {name: count for name, count in zip(columns, row[3:], strict=True) if count}
        return _Compared(Counts(0, 0, *row[:3]), differing, samples)

    def _samples(self, record: tuple[Any, ...], columns: Sequence[str], *, placed: bool) -> list[Sample]:
        had, has, *moment = record
        row = had or has
        position = (moment[0] if moment else row[PLACES[0]]) if placed else None
        if had is None or has is None:
            return [Sample(row[self.key], position, None, had and _short(had), has and _short(has))]
        return [
            Sample(row[self.key], position, name, had[name], has[name]) for name in columns if had[name] != has[name]
        ]


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """What there is of a row that the other build has not."""
    return {name: value for name, value in row.items() if value is not None}


def _listed(columns: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _differ(columns: Sequence[str]) -> sql.Composable:
    sides = [sql.SQL(", ").join(sql.Identifier(side, name) for name in columns) for side in ("o", "n")]
    return sql.SQL("ROW({}) IS DISTINCT FROM ROW({})").format(*sides)
