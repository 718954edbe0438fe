"""The SQL behind the metrics: it only counts, sums and sorts the columns that the projection has made."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from adapters.postgres.read_model import ReadModel
from domain.values import instant, london_midnight
from projections.fact_tables import TABLES
from projections.metrics.answer import Tally
from projections.metrics.estimates import NO_STAFF
from projections.metrics.kinds import (
    COUNTED,
    EXCLUDED,
    LINKED,
    NOT_COUNTED,
    NOT_DECIDABLE,
    NOT_DUE,
    OPEN,
    OUT,
    Backlog,
    Delay,
    Estimate,
    Extrapolation,
    Mean,
    Metric,
    Mix,
    PerStaff,
    Share,
    Stock,
    StockShare,
)
from projections.working_time import working_days_between

DAY_EXPRESSION = "to_char({} AT TIME ZONE 'Europe/London', 'YYYY-MM')"
IN_HOURS = (
    "CASE WHEN v = {open} THEN extract(epoch FROM (%(moment)s - {start})) ELSE {taken} END AS seconds, NULL AS band"
)
# Days are counted on the calendar of London: of what is open, the query gives the first one.
IN_DAYS = (
    "CASE WHEN v = {open} THEN NULL ELSE {taken} END AS seconds,"
    " CASE WHEN v = {open} THEN to_char({start} AT TIME ZONE 'Europe/London', 'YYYY-MM-DD') END AS band"
)

# A crime that an outcome of a month shows may have been recorded until the end of that month.
END_OF_MONTH = "({} AT TIME ZONE 'Europe/London' + interval '1 month') AT TIME ZONE 'Europe/London'"


class Scope(NamedTuple):
    """Which rows of which build, as known at which position; `moment` is the instant of that knowledge.

    `staff`: the headcount of each force as known there, where the metric is per head.
    """

    build: str
    position: int
    current: bool
    moment: datetime
    force: str | None = None
    since: date | None = None
    until: date | None = None
    as_of: datetime | None = None
    staff: Mapping[str, int] = MappingProxyType({})


Query = tuple[sql.Composable, dict[str, Any]]


def tallies(connection: "psycopg.Connection[Any]", metric: Metric, scope: Scope, by: str | None) -> list[Tally]:
    """Count the rows of a metric by group and verdict."""
    group = _group(metric, by)
    match metric:
        case Delay():
            extra = sql.SQL(IN_HOURS if metric.measured_in == "hours" else IN_DAYS).format(
                open=sql.Literal(OPEN),
                start=sql.Identifier(metric.cohort),
                taken=sql.Identifier(f"{metric.name}_seconds"),
            )
        case Backlog():
            extra = sql.SQL("NULL::float8 AS seconds, {} AS band").format(_band(metric))
        case Mean():
            extra = sql.SQL("{}::float8 AS seconds, NULL AS band").format(sql.Identifier(f"{metric.name}_number"))
        case Mix():
            extra = sql.SQL("NULL::float8 AS seconds, {} AS band").format(sql.Identifier(f"{metric.name}_parts"))
        case Estimate():
            extra = sql.SQL("NULL::float8 AS seconds, sample AS band")
        case Extrapolation():
            extra = sql.SQL("{}::float8 AS seconds, {} AS band").format(
                sql.Identifier(f"{metric.name}_number"), sql.Identifier(f"{metric.name}_told")
            )
        case _:
            extra = sql.SQL("NULL::float8 AS seconds, NULL AS band")
    rows, params = _rows(metric, scope)
    statement = sql.SQL(
        "SELECT g, v, count(*), seconds, band FROM (SELECT {group} AS g, v, {extra} FROM ({rows}) AS r) AS t"
        " GROUP BY g, v, seconds, band"
    ).format(group=group, extra=extra, rows=rows)
    found = [Tally(*row) for row in connection.execute(statement, params).fetchall()]
    if isinstance(metric, Delay) and metric.measured_in != "hours":
        return [_until(tally, instant(scope.moment).london_date, metric.measured_in) for tally in found]
    return found


def _until(tally: Tally, today: date, measured_in: str) -> Tally:
    """What is open, with how long it has been so."""
    if tally.band is None:
        return tally
    start = date.fromisoformat(tally.band)
    days = working_days_between(start, today) if measured_in == "working_days" else max((today - start).days, 0)
    return tally._replace(seconds=float(days), band=None)


def cases(
    connection: "psycopg.Connection[Any]", metric: Metric, scope: Scope, verdict: str, after: str, limit: int
) -> list[tuple[str, str]]:
    """The rows behind a figure: (key, verdict), in order of key, after a given one."""
    rows, params = _rows(metric, scope)
    key = ReadModel(TABLES[metric.over].projection, scope.build).key
    statement = sql.SQL(
        "SELECT {key}, v FROM ({rows}) AS r WHERE {key} > %(after)s AND (v = %(verdict)s OR"
        " starts_with(v, %(verdict)s || ':')) ORDER BY {key} LIMIT %(limit)s"
    ).format(rows=rows, key=sql.Identifier(key))
    found = connection.execute(statement, params | {"after": after, "verdict": verdict, "limit": limit}).fetchall()
    return [(row[0], row[1]) for row in found]


def _rows(metric: Metric, scope: Scope) -> Query:
    """The rows that concern the metric, each with its verdict `v` at the moment of knowledge."""
    facts = TABLES[metric.over]
    model = ReadModel(facts.projection, scope.build)
    table = model.name(model.table if scope.current else model.history)
    verdict: sql.Composable = sql.Identifier(metric.name)
    start = sql.Identifier(metric.cohort)
    where: list[sql.Composable] = [sql.SQL("{} <> {}").format(verdict, sql.Literal(OUT))]
    params: dict[str, Any] = {"moment": scope.moment, "position": scope.position}
    if not scope.current:
        where.append(sql.SQL("from_position <= %(position)s AND (to_position IS NULL OR to_position > %(position)s)"))
    if scope.force is not None:
        where.append(sql.SQL("force = %(force)s"))
        params["force"] = scope.force
    if isinstance(metric, Stock):
        params["as_of"] = scope.as_of or scope.moment
        begun = (metric.cohort, *facts.nearest, *((facts.before,) if facts.before else ()))
        where.append(
            sql.SQL(
                "CASE WHEN starts_with({v}, {excluded}) AND ({v} <> {linked} OR {start} IS NULL)"
                " THEN coalesce({begun}) <= %(as_of)s"
                " ELSE {start} <= %(as_of)s AND ({end} IS NULL OR {end} > %(as_of)s) END"
            ).format(
                begun=sql.SQL(", ").join(map(sql.Identifier, begun)),
                v=verdict,
                excluded=sql.Literal(EXCLUDED),
                linked=sql.Literal(EXCLUDED + LINKED),
                start=start,
                end=sql.Identifier(metric.ends),
            )
        )
    else:
        where += _period(metric, scope, params)
    if isinstance(metric, PerStaff):
        params["forces"] = list(scope.staff)
        verdict = sql.SQL(
            "CASE WHEN {v} = {counted} AND NOT force = ANY(%(forces)s) THEN {without} ELSE {v} END"
        ).format(v=verdict, counted=sql.Literal(COUNTED), without=sql.Literal(EXCLUDED + NO_STAFF))
    if isinstance(metric, StockShare):
        verdict = sql.SQL("CASE WHEN {v} = {open} AND NOT {limit} < %(as_of)s THEN {within} ELSE {v} END").format(
            v=verdict,
            open=sql.Literal(COUNTED),
            limit=sql.Identifier(metric.limit),
            within=sql.Literal(NOT_COUNTED),
        )
    if isinstance(metric, Share) and metric.due is not None and metric.only_due:
        where.append(sql.SQL("{} < %(moment)s").format(sql.Identifier(metric.due)))
    elif isinstance(metric, Share) and metric.due is not None:
        judged = (COUNTED, NOT_COUNTED, EXCLUDED + NOT_DECIDABLE)
        verdict = sql.SQL("CASE WHEN {due} >= %(moment)s AND {v} IN ({judged}) THEN {not_due} ELSE {v} END").format(
            due=sql.Identifier(metric.due),
            judged=sql.SQL(", ").join(map(sql.Literal, judged)),
            not_due=sql.Literal(EXCLUDED + NOT_DUE),
            v=verdict,
        )
    rows = sql.SQL("SELECT *, {} AS v FROM {} WHERE {}").format(verdict, table, sql.SQL(" AND ").join(where))
    return rows, params


def _period(metric: Metric, scope: Scope, params: dict[str, Any]) -> list[sql.Composable]:
    """Half-open London dates on the cohort's own date; rows without one go by the nearest date that they have."""
    conditions: list[sql.Composable] = []
    nearest, before = _nearest(metric), TABLES[metric.over].before
    last = sql.SQL(END_OF_MONTH).format(sql.Identifier(before)) if before else sql.SQL("NULL::timestamptz")
    if scope.since is not None:
        params["since"] = london_midnight(scope.since)
        conditions.append(
            sql.SQL("({n} >= %(since)s OR {n} IS NULL AND coalesce({last} > %(since)s, true))").format(
                n=nearest, last=last
            )
        )
    if scope.until is not None:
        params["until"] = london_midnight(scope.until)
        conditions.append(sql.SQL("({n} < %(until)s OR {n} IS NULL)").format(n=nearest))
    return conditions


def _group(metric: Metric, by: str | None) -> sql.Composable:
    if by is None:
        return sql.SQL("NULL::text")
    if by == "month":
        return sql.SQL(DAY_EXPRESSION).format(_nearest(metric))
    return sql.Identifier(by)


def _nearest(metric: Metric) -> sql.Composable:
    columns = (metric.cohort, *TABLES[metric.over].nearest)
    return sql.SQL("coalesce({})").format(sql.SQL(", ").join(map(sql.Identifier, columns)))


def _band(metric: Backlog) -> sql.Composable:
    start = sql.Identifier(metric.cohort)
    steps = [
        sql.SQL("WHEN %(as_of)s - {} <= {} THEN {}").format(start, sql.Literal(band.upto), sql.Literal(band.name))
        for band in metric.bands
        if band.upto is not None
    ]
    return sql.SQL("CASE WHEN v <> {} THEN NULL {} ELSE {} END").format(
        sql.Literal(COUNTED), sql.SQL(" ").join(steps), sql.Literal(metric.bands[-1].name)
    )
