"""Selecting: which versions of rows concern a metric as known at a position, with their verdicts and their groups."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adapters.postgres.arrays import NEVER, NO_DAY, Days, Ints, Mask, by_day, day_number, day_of, micros
from adapters.postgres.columns import View
from adapters.postgres.periods import NAMES, PERIODS
from adapters.postgres.question import Cell
from projections.fact_tables import TABLES
from projections.metrics.answer import Group
from projections.metrics.estimates import NO_STAFF
from projections.metrics.kinds import (
    COUNTED,
    EXCLUDED,
    LINKED,
    NOT_COUNTED,
    NOT_DECIDABLE,
    NOT_DUE,
    OUT,
    UNKNOWN,
    Estimate,
    Metric,
    PerStaff,
    Share,
    Stock,
    StockShare,
)

JUDGED = frozenset({COUNTED, NOT_COUNTED, EXCLUDED + NOT_DECIDABLE})
SAMPLE = "sample"
YEARS = 1461
"""Days."""


class Scope(NamedTuple):
    """Which rows of which build, as known at which position; `moment` is the instant of that knowledge.

    `cell`: only the rows of these members of dimensions. `besides`: streams whose rows are left out. `staff`: the
    headcount of each force as known there, where the metric is per head.
    """

    build: str
    position: int
    current: bool
    moment: datetime
    force: str | None = None
    since: date | None = None
    until: date | None = None
    as_of: datetime | None = None
    cell: Cell = ()
    besides: frozenset[str] = frozenset()
    staff: Mapping[str, int] = MappingProxyType({})


class Selected(NamedTuple):
    """The versions that concern a metric, each with the number of its verdict in `labels`."""

    rows: NDArray[np.int64]
    verdicts: NDArray[Any]
    labels: list[str]

    def only(self, keep: Mask) -> "Selected":
        """Those of them."""
        return Selected(self.rows.compress(keep), self.verdicts.compress(keep), self.labels)


ADDED = (EXCLUDED + NOT_DUE, NOT_COUNTED, EXCLUDED + NO_STAFF)
"""Verdicts that depend on the question, after those that the rows have."""


class Listed(NamedTuple):
    """A row behind a figure: its key, its verdict, and the position of the event that made it what it is."""

    key: str
    verdict: str
    position: int


def columns_of(metric: Metric) -> set[str]:
    """The columns that counting a metric takes."""
    facts = TABLES[metric.over]
    names = {metric.cohort, "force", *facts.nearest, *(column.name for column in metric.derived())}
    names |= {name for name in metric.dimensions if name not in PERIODS}
    if facts.before is not None:
        names.add(facts.before)
    if isinstance(metric, Estimate):
        names.add(SAMPLE)
    match metric:
        case Share():
            names |= {metric.due} if metric.due is not None else set()
        case StockShare():
            names |= {metric.ends, metric.limit}
        case Stock():
            names.add(metric.ends)
        case _:
            pass
    return names


def verdicts(found: Selected) -> dict[str, int]:
    """How many rows there are of each verdict."""
    totals = np.bincount(found.verdicts, minlength=len(found.labels))
    return {label: int(total) for label, total in zip(found.labels, totals, strict=True) if total}


def listed(view: View, found: Selected, verdict: str | None, after: str, limit: int) -> list[Listed]:
    """The rows behind a figure in the order in which they entered the log, after a given one.

    `verdict`: only those with it; `excluded` are all that are, for whatever reason.
    """
    if verdict is not None:
        found = found.only(mask(found.labels, lambda said: _is(said, verdict))[found.verdicts])
    numbers = view.key[found.rows]
    if after:
        found = found.only(keep := numbers > view.number[after])
        numbers = numbers[keep]
    order = np.argpartition(numbers, limit)[:limit] if limit < len(numbers) else np.arange(len(numbers))
    order = order[np.argsort(numbers[order])]
    rows, said = found.rows[order], found.verdicts[order]
    return [
        Listed(view.keys[number], found.labels[each], int(position))
        for number, each, position in zip(view.key[rows], said, view.since[rows], strict=True)
    ]


def _is(said: str, verdict: str) -> bool:
    return said == verdict or said.startswith(f"{verdict}:")


def mask(labels: Sequence[str], holds: Callable[[str], bool]) -> Mask:
    """Of which labels it holds, to be taken by their numbers."""
    return np.array([holds(label) for label in labels], np.bool_)


def select(view: View, metric: Metric, scope: Scope) -> Selected:
    """The rows that concern the metric, each with its verdict at the moment of knowledge."""
    labels = [text or OUT for text in view.texts(metric.name).values]
    rows = view.at(scope.position) if any(label != OUT for label in labels) else np.empty(0, np.int64)
    if scope.besides:
        left_out = [number for number, key in enumerate(view.keys) if key.partition("/")[0] in scope.besides]
        rows = rows[~np.isin(view.key[rows], left_out)]
    found = Selected(rows, view.codes(metric.name).take(rows), [*labels, *ADDED])
    found = found.only(mask(found.labels, lambda said: said != OUT)[found.verdicts])
    if scope.force is not None:
        found = found.only(view.codes("force")[found.rows] == view.texts("force").find(scope.force))
    found = (
        _of_stock(view, metric, scope, found) if isinstance(metric, Stock) else _of_period(view, metric, scope, found)
    )
    if isinstance(metric, Share) and metric.due is not None:
        found = _due(view, metric, metric.due, scope, found)
    if isinstance(metric, PerStaff):
        texts = view.texts("force").values
        without = mask([text or "" for text in texts], lambda force: force not in scope.staff)
        without = without[view.codes("force")[found.rows]] & mask(found.labels, COUNTED.__eq__)[found.verdicts]
        found = found._replace(verdicts=np.where(without, len(found.labels) - 1, found.verdicts))
    for dimension, member in scope.cell:
        groups, names = groups_of(view, metric, found.rows, (dimension,))
        found = found.only(mask([_name(name) for name in names], lambda name, of=member: name == of)[groups])
    return found


def _name(group: Group) -> str:
    return UNKNOWN if group is None else str(group)


def _due(view: View, metric: Share, column: str, scope: Scope, found: Selected) -> Selected:
    due, moment = view.times(column)[found.rows], micros(scope.moment)
    if metric.only_due:
        return found.only((due != NEVER) & (due < moment))
    not_due = (due >= moment) & mask(found.labels, JUDGED.__contains__)[found.verdicts]
    return found._replace(verdicts=np.where(not_due, len(found.labels) - 3, found.verdicts))


def _of_stock(view: View, metric: Stock, scope: Scope, found: Selected) -> Selected:
    """What had begun by `as_of` and not ended; what is excluded has no end, if it is not for being linked."""
    as_of = micros(scope.as_of or scope.moment)
    rows, facts = found.rows, TABLES[metric.over]
    start, ends = view.times(metric.cohort)[rows], view.times(metric.ends)[rows]
    begun = _first(view, (metric.cohort, *facts.nearest, *((facts.before,) if facts.before else ())), rows)
    excluded = mask(found.labels, lambda said: said.startswith(EXCLUDED))[found.verdicts]
    linked = mask(found.labels, lambda said: said == EXCLUDED + LINKED)[found.verdicts]
    endless = excluded & (~linked | (start == NEVER))
    stood = (start != NEVER) & (start <= as_of) & ((ends == NEVER) | (ends > as_of))
    found = found.only((endless & (begun != NEVER) & (begun <= as_of)) | (~endless & stood))
    if isinstance(metric, StockShare):
        limit = view.times(metric.limit)[found.rows]
        within = (limit != NEVER) & (limit >= as_of) & mask(found.labels, lambda said: said == COUNTED)[found.verdicts]
        found = found._replace(verdicts=np.where(within, len(found.labels) - 2, found.verdicts))
    return found


def _first(view: View, names: Sequence[str], rows: NDArray[np.int64]) -> Ints:
    """The first of these times that is known."""
    found = view.times(names[0])[rows]
    for name in names[1:]:
        found = np.where(found == NEVER, view.times(name)[rows], found)
    return found


def _days(view: View, metric: Metric, rows: NDArray[np.int64]) -> Days:
    """The London day of each row: of its cohort's date, or of the nearest date that it has."""
    found = view.days(metric.cohort).take(rows)
    for name in TABLES[metric.over].nearest:
        if not (missing := found == NO_DAY).any():
            break
        found = np.where(missing, view.days(name).take(rows), found)
    return found


def _of_period(view: View, metric: Metric, scope: Scope, found: Selected) -> Selected:
    """Half-open London dates; a row without a date of its own may belong to any period that it cannot be told from."""
    if scope.since is None and scope.until is None:
        return found
    days, before = _days(view, metric, found.rows), TABLES[metric.over].before
    keep = np.ones(len(days), np.bool_)
    if scope.until is not None:
        keep &= days < day_number(scope.until)
    if scope.since is not None:
        since, undated = day_number(scope.since), days == NO_DAY
        keep &= undated | (days >= since)
        if before is not None and undated.any():
            places = np.flatnonzero(undated)
            months = view.days(before).take(found.rows[places])
            ends = by_day(months, lambda month: day_number(_a_month_later(month)), np.int32, NO_DAY)
            keep[places] &= (months == NO_DAY) | (ends > since)
    return found.only(keep)


def _a_month_later(day: date) -> date:
    """The same day of the next month, or the last one of it. A crime shown in a month may be of any day of it."""
    year, month = day.year + day.month // 12, day.month % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - date.resolution).day
    return date(year, month, min(day.day, last))


def groups_of(
    view: View, metric: Metric, rows: NDArray[np.int64], by: Sequence[str]
) -> tuple[NDArray[np.int64], list[Group]]:
    """The number of the group of each row, and what the groups are called."""
    groups, names = np.zeros(len(rows), np.int64), list[Group]([None])
    for place, dimension in enumerate(by):
        members, texts = _members(view, metric, rows, dimension)
        groups = groups * len(texts) + members
        if place == 0:
            names = list[Group](texts)
        else:
            names = list[Group]((_name(name), text or UNKNOWN) for name in names for text in texts)
    return groups, names


def _members(
    view: View, metric: Metric, rows: NDArray[np.int64], dimension: str
) -> tuple[NDArray[Any], list[str | None]]:
    if dimension not in PERIODS:
        return view.codes(dimension)[rows], view.texts(dimension).values
    days = _days(view, metric, rows)
    known = days != NO_DAY
    if not known.any():
        return np.zeros(len(days), np.int64), [None]
    every = bool(known.all())
    dated = days if every else days[known]
    first, last = int(dated.min()) // YEARS * YEARS, (int(dated.max()) // YEARS + 1) * YEARS
    of_days, texts = _calendar(dimension, first, last)
    if every:
        return of_days.take(days - first), texts
    members = np.zeros(len(days), np.int64)
    members[known] = of_days.take(dated - first)
    return members, texts


@lru_cache(maxsize=256)
def _calendar(period: str, first: int, last: int) -> tuple[NDArray[np.int64], list[str | None]]:
    """The place of the period of each day, from the first to before the last, among the names of the periods."""
    places: dict[str | None, int] = {None: 0}
    named = (NAMES[period](day_of(day)) for day in range(first, last))
    return np.array([places.setdefault(name, len(places)) for name in named], np.int64), [*places]
