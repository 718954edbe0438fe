"""A revision triangle: the same figure of each period, as it was known at the end of each period since."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import psycopg

from adapters.postgres.metric_reader import MetricReader, Reading, staff_of, written
from adapters.postgres.periods import PERIODS, last_days, name_of
from adapters.postgres.question import BadQuestion, Question, dimensions_of
from domain.values import end_of_day, instant
from projections.metrics.answer import figure, series
from projections.metrics.kinds import UNKNOWN, Metric, Stock

MOST = 240
SHOWN = ("value", "numerator", "denominator")
POSITIONS = """
SELECT (SELECT position FROM candour.events WHERE written_at <= at ORDER BY written_at DESC, position DESC LIMIT 1)
  FROM unnest(%s::timestamptz[]) WITH ORDINALITY AS known (at, n) ORDER BY n"""


def revisions(metrics: MetricReader, question: Question, period: str) -> dict[str, Any]:
    """Each period's figure at the end of each period that was over by then, and as now known.

    Of a stock it is what stood at the end of the period. Raises `BadQuestion`, `NotReady`, `StoreUnavailable`.
    """
    metric = question.metric
    possible = PERIODS if isinstance(metric, Stock) else [each for each in dimensions_of(metric) if each in PERIODS]
    if period not in possible:
        raise BadQuestion(f"by: {period!r} is not a period of {metric.name}; write one of {', '.join(possible)}")
    if question.as_of is not None:
        raise BadQuestion("as_of: a triangle of a stock has the ends of the periods; leave it out")
    with metrics.reading(question) as reading:
        first = _first_day(reading, metric)
        today = instant(reading.scope.moment).london_date
        ends = last_days(period, first, today) if first else []
        if len(ends) > MOST:
            raise BadQuestion(f"since: that is {len(ends)} periods, and {MOST} are shown; begin later, or by month")
        known = [*(end_of_day(day) for day in ends if end_of_day(day) < reading.scope.moment), reading.scope.moment]
        at = _positions(reading.connection, known)
        rows: list[dict[str, Any]] = [
            {"period": name, "known_at": written(moment), **{name: found.get(name) for name in SHOWN}}
            for moment, position in zip(known, at, strict=True)
            for name, found in _periods(reading, question, period, ends, moment, position)
        ]
    names = sorted({row["period"] for row in rows} - {UNKNOWN})
    return reading.identity | {
        "by": period,
        "periods": names,
        "known": [written(at) for at in known],
        "revisions": rows,
    }


def _first_day(reading: Reading, metric: Metric) -> date | None:
    """The first London day that the triangle is about: of the question, or the first that anything is known of."""
    scope = reading.scope
    if scope.since is not None:
        return scope.since
    if isinstance(metric, Stock):
        row = reading.connection.execute("SELECT min(written_at) FROM candour.events WHERE position > 0").fetchone()
        return instant(row[0]).london_date if row and row[0] else None
    days = [tally.group for tally in reading.tallies(metric, ("day",)) if isinstance(tally.group, str)]
    return date.fromisoformat(min(days)) if days else None


def _periods(
    reading: Reading, question: Question, period: str, ends: Sequence[date], moment: datetime, position: int
) -> Sequence[tuple[str, dict[str, Any]]]:
    metric, staff = question.metric, staff_of(reading.connection, question, position)
    scope = reading.scope._replace(position=position, moment=moment, staff=staff)
    if isinstance(metric, Stock):
        stood = [(name_of(period, day), end_of_day(day)) for day in ends]
        return [
            (name, figure(metric, reading.at(scope._replace(as_of=end)).tallies(metric), scope.staff))
            for name, end in stood
            if end <= moment
        ]
    found = series(metric, reading.at(scope).tallies(metric, (period,)), scope.staff, (period,))
    return [(members[0], part) for members, part in found if members[0] != UNKNOWN]


def _positions(connection: "psycopg.Connection[Any]", moments: Sequence[datetime]) -> list[int]:
    """The position of the last event by each of them."""
    return [row[0] or 0 for row in connection.execute(POSITIONS, (list(moments),)).fetchall()]
