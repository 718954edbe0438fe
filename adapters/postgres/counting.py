"""Counting: how many of the selected rows there are of each group and verdict, and what a kind of metric needs more."""

from collections.abc import Sequence
from datetime import datetime
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.postgres.arrays import Ints, by_day, day_number, london_days, micros
from adapters.postgres.columns import View
from adapters.postgres.selecting import SAMPLE, Scope, Selected, groups_of, mask, select
from domain.values import instant
from projections.metrics.answer import Group, Tally
from projections.metrics.incidence import Courses
from projections.metrics.kinds import (
    COMPETING,
    COUNTED,
    OPEN,
    RECORDED,
    Backlog,
    Delay,
    Estimate,
    Extrapolation,
    Mean,
    Metric,
    Mix,
)
from projections.working_time import working_days_between

SECOND = 1_000_000
MISSING = "missing"
COURSES = "courses"
"""What is tallied with its waits, however these ended."""


def tallies(view: View, metric: Metric, scope: Scope, by: Sequence[str] = ()) -> list[Tally]:
    """Count the rows of a metric by group and verdict."""
    return tallies_of(view, metric, scope, select(view, metric, scope), by)


def tallies_of(view: View, metric: Metric, scope: Scope, found: Selected, by: Sequence[str] = ()) -> list[Tally]:
    """Count those rows of a metric by group and verdict."""
    groups, names = groups_of(view, metric, found.rows, by)
    match metric:
        case Delay():
            return _waits(view, metric, scope, found, groups, names)
        case Backlog():
            bands: list[str | None] = [None, *(band.name for band in metric.bands)]
            return _counted(found, groups, names, _bands(view, metric, scope, found), bands)
        case Mix():
            parts = f"{metric.name}_parts"
            return _counted(found, groups, names, view.codes(parts)[found.rows], view.texts(parts).values)
        case Mean():
            return _summed(found, groups, names, view.numbers(f"{metric.name}_number")[found.rows])
        case Estimate():
            return _counted(found, groups, names, view.codes(SAMPLE)[found.rows], view.texts(SAMPLE).values)
        case Extrapolation():
            return _extrapolated(view, metric, found, groups, names)
        case _:
            return _counted(found, groups, names, np.zeros(len(found.rows), np.int32), [None])


def _counted(
    found: Selected,
    groups: NDArray[np.int64],
    names: Sequence[Group],
    bands: NDArray[Any],
    band_names: Sequence[str | None],
    numbers: NDArray[np.float64] | None = None,
) -> list[Tally]:
    """By group, verdict and band; with the sum of the numbers of the rows, if there are any."""
    cells = (groups * len(found.labels) + found.verdicts) * len(band_names) + bands
    size = len(names) * len(found.labels) * len(band_names)
    if size <= max(4 * len(cells), 1 << 16):
        rows = np.bincount(cells, minlength=size)
        there = np.flatnonzero(rows)
        rows = rows[there]
        sums = None if numbers is None else np.bincount(cells, numbers, size)[there].tolist()
    else:
        there, places, rows = np.unique(cells, return_inverse=True, return_counts=True)
        sums = None if numbers is None else np.bincount(places, numbers).tolist()
    tallied: list[Tally] = []
    for cell, count, total in zip(there.tolist(), rows.tolist(), sums or repeat(None, len(rows)), strict=True):
        rest, band = divmod(cell, len(band_names))
        group, verdict = divmod(rest, len(found.labels))
        tallied.append(Tally(names[group], found.labels[verdict], count, total, band_names[band]))
    return tallied


def _summed(
    found: Selected, groups: NDArray[np.int64], names: Sequence[Group], numbers: NDArray[np.float64]
) -> list[Tally]:
    """With the sums of whole numbers, which are exact; those without a number apart."""
    missing = np.isnan(numbers)
    tallied = _counted(found, groups, names, missing, [None, MISSING], np.where(missing, 0.0, numbers))
    return [each._replace(seconds=None, band=None) if each.band == MISSING else each for each in tallied]


def _extrapolated(
    view: View, metric: Extrapolation, found: Selected, groups: NDArray[np.int64], names: Sequence[Group]
) -> list[Tally]:
    """As told: what is said of an inspection comes with its number."""
    told, numbers = f"{metric.name}_told", view.numbers(f"{metric.name}_number")[found.rows]
    codes = view.codes(told)[found.rows]
    of = {int(code): number for code, number in zip(codes, numbers, strict=True) if not np.isnan(number)}
    texts = view.texts(told)
    tallied = _counted(found, groups, names, codes, texts.values)
    return [each._replace(seconds=of.get(texts.find(each.band))) for each in tallied]


def _bands(view: View, metric: Backlog, scope: Scope, found: Selected) -> NDArray[Any]:
    """The number of the age band of each row that counts, from 1; 0 of the others."""
    ages = micros(scope.as_of or scope.moment) - view.times(metric.cohort)[found.rows]
    ends = [band.upto // band.upto.resolution for band in metric.bands if band.upto is not None]
    counts = mask(found.labels, lambda said: said == COUNTED)[found.verdicts]
    return np.where(counts, np.searchsorted(np.array(ends, np.int64), ages, side="left") + 1, 0)


def _waits(
    view: View, metric: Delay, scope: Scope, found: Selected, groups: NDArray[np.int64], names: Sequence[Group]
) -> list[Tally]:
    """One tally of each group with how long its rows have waited, never less than nothing; the others as counted."""
    waited = view.numbers(f"{metric.name}_seconds")[found.rows]
    is_open = mask(found.labels, OPEN.__eq__)[found.verdicts]
    starts = view.times(metric.cohort)[found.rows[is_open]]
    waited[is_open] = _so_far(starts, metric.measured_in, scope.moment)
    is_course = mask(found.labels, {RECORDED, COMPETING, OPEN}.__contains__).take(found.verdicts)
    others = ~is_course
    tallied = _counted(found.only(others), groups[others], names, np.zeros(int(np.sum(others)), np.int32), [None])
    kept = np.flatnonzero(is_course & ~np.isnan(waited))
    waits = np.maximum(waited.take(kept), 0.0)
    order = np.argsort(waits)
    places = np.argsort(_short(groups.take(kept.take(order))), kind="stable")
    order = order.take(places)
    kept = kept.take(order)
    waits, verdicts_of, grouped = waits.take(order), found.verdicts.take(kept), groups.take(kept)
    recorded, competing = (mask(found.labels, state.__eq__).take(verdicts_of) for state in (RECORDED, COMPETING))
    begins = np.flatnonzero(np.diff(grouped, prepend=-1))
    for begin, end in zip(begins, np.append(begins, len(kept))[1:], strict=True):
        own = slice(begin, end)
        courses = Courses(waits[own], recorded[own], competing[own], places[own])
        tallied.append(Tally(names[grouped[begin]], COURSES, len(courses.waits), courses=courses))
    return tallied


def _short(numbers: NDArray[np.int64]) -> NDArray[Any]:
    """The same numbers in the narrowest type, which are sorted faster."""
    return numbers.astype(np.min_scalar_type(numbers.max())) if len(numbers) else numbers


def _so_far(starts: Ints, measured_in: str, moment: datetime) -> NDArray[np.float64]:
    """How long what is open has been so, in seconds or in days of London."""
    if measured_in == "hours":
        return (micros(moment) - starts) / SECOND
    days, today = london_days(starts), instant(moment).london_date
    if measured_in == "working_days":
        return by_day(days, lambda day: working_days_between(day, today), np.float64, np.nan)
    return np.maximum(day_number(today) - days, 0).astype(np.float64)
