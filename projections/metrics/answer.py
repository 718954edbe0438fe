"""From counted rows to a figure: pure, the same for every door."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from projections.metrics import estimates
from projections.metrics.incidence import Courses, incidence_quantiles
from projections.metrics.kinds import (
    COUNTED,
    EXCLUDED,
    NOT_COUNTED,
    UNKNOWN,
    Backlog,
    Count,
    Delay,
    Estimate,
    Extrapolation,
    Mean,
    Metric,
    Mix,
    PerStaff,
)

HOUR = 3600.0
NOBODY: Mapping[str, int] = MappingProxyType({})
NO_DENOMINATOR = "nothing to count in this period"
ALL_EXCLUDED = "everything in this period is excluded, for the reasons given"
NOT_REACHED = "not reached: too few of the reports have been recorded so far"
NOT_REACHED_YET = "not reached: too few have come to it so far"


Group = str | tuple[str, str] | None
"""What a row is counted with: the member of a dimension, or of each of two; None: unknown, or not broken down."""


class Tally(NamedTuple):
    """Rows of one group with one verdict. `seconds`: of a `Mean`, the sum of their numbers; of an `Extrapolation`, its
    number.

    `band`: an age, the parts, or what an estimate says of its sample.

    `courses`: of a `Delay`, how long each of them has waited and how that ended.
    """

    group: Group
    verdict: str
    rows: int
    seconds: float | None = None
    band: str | None = None
    courses: Courses | None = None


def figure(metric: Metric, tallies: Iterable[Tally], staff: Mapping[str, int] = NOBODY) -> dict[str, Any]:
    """The figure over all tallies: value, numerator, denominator, excluded by reason, and what the kind adds.

    `staff`: the headcount of each force, where the metric is per head.
    """
    counted = list(tallies)
    excluded = _excluded(counted)
    match metric:
        case Delay():
            return _delay(metric, counted, excluded) | {"excluded": excluded}
        case Backlog():
            return _backlog(metric, counted) | {"excluded": excluded}
        case Mean():
            return _mean(counted, excluded) | {"excluded": excluded}
        case Mix():
            return _mix(metric, counted, excluded) | {"excluded": excluded}
        case Estimate():
            return estimates.estimate(metric, map(_counted, counted), _nothing(excluded)) | {"excluded": excluded}
        case Extrapolation():
            return estimates.extrapolation(map(_counted, counted), _nothing(excluded)) | {"excluded": excluded}
        case PerStaff():
            cases = _sums(counted).get(COUNTED, 0)
            return estimates.per_staff(cases, staff, estimates.NO_STAFF) | {"excluded": excluded}
        case Count():
            rows = _sums(counted).get(COUNTED, 0)
            return {"value": rows, "numerator": rows, "denominator": None, "excluded": excluded}
        case _:
            return _share(counted, excluded) | {"excluded": excluded}


def series(
    metric: Metric, tallies: Iterable[Tally], staff: Mapping[str, int] = NOBODY, by: Sequence[str] = ()
) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    """The same figure for each group, in order of the names; per head, of each force with its funnel limits."""
    per_force = isinstance(metric, PerStaff) and (*by,) == ("force",)
    groups: dict[tuple[str, ...], list[Tally]] = {(force,): [] for force in staff} if per_force else {}
    for tally in tallies:
        group = tally.group or UNKNOWN
        groups.setdefault((group,) if isinstance(group, str) else group, []).append(tally)
    if not per_force:
        return [(group, figure(metric, groups[group], _of(staff, group, by))) for group in sorted(groups)]
    rows = {
        group: figure(metric, groups[group], {group[0]: staff[group[0]]} if group[0] in staff else NOBODY)
        for group in sorted(groups)
    }
    estimates.funnelled({group[0]: row for group, row in rows.items()})
    return list(rows.items())


def _of(staff: Mapping[str, int], group: tuple[str, ...], by: Sequence[str]) -> Mapping[str, int]:
    """The staff of the force of a group, or of all where it is not one force's."""
    force = dict(zip(by, group, strict=False)).get("force")
    return staff if force is None else {force: staff[force]} if force in staff else NOBODY


def _counted(tally: Tally) -> estimates.Counted:
    return estimates.Counted(tally.verdict, tally.rows, tally.seconds, tally.band)


def _excluded(tallies: Iterable[Tally]) -> dict[str, int]:
    found: dict[str, int] = {}
    for tally in tallies:
        if tally.verdict.startswith(EXCLUDED):
            reason = tally.verdict.removeprefix(EXCLUDED)
            found[reason] = found.get(reason, 0) + tally.rows
    return dict(sorted(found.items()))


def _share(tallies: Iterable[Tally], excluded: Mapping[str, int]) -> dict[str, Any]:
    rows: Mapping[str, int] = _sums(tallies)
    numerator, denominator = rows.get(COUNTED, 0), rows.get(COUNTED, 0) + rows.get(NOT_COUNTED, 0)
    figure: dict[str, Any] = {
        "value": round(numerator / denominator, 6) if denominator else None,
        "numerator": numerator,
        "denominator": denominator,
    }
    return figure if denominator else figure | {"no_value_because": _nothing(excluded)}


def _nothing(excluded: Mapping[str, int]) -> str:
    return ALL_EXCLUDED if excluded else NO_DENOMINATOR


def _sums(tallies: Iterable[Tally]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for tally in tallies:
        sums[tally.verdict] = sums.get(tally.verdict, 0) + tally.rows
    return sums


def _delay(metric: Delay, tallied: Sequence[Tally], excluded: Mapping[str, int]) -> dict[str, Any]:
    courses = Courses.together(each.courses for each in tallied if each.courses is not None)
    unit = HOUR if metric.measured_in == "hours" else 1.0
    reached = incidence_quantiles(courses, metric.quantiles)
    waited = {name: None if at is None else round(at / unit, 4) for name, at in reached.items()}
    first = metric.quantiles[0][0]
    closed, competing, size = courses.waits[courses.recorded], int(np.sum(courses.competing)), len(courses.waits)
    figure: dict[str, Any] = {
        "value": waited[first],
        **waited,
        "numerator": len(closed),
        "denominator": size,
        "competing": competing,
        "open": size - len(closed) - competing,
        "closed_mean": round(float(np.sum(closed)) / len(closed) / unit, 4) if len(closed) else None,
    }
    why = NOT_REACHED if metric.measured_in == "hours" else NOT_REACHED_YET
    missing = {name: why if size else _nothing(excluded) for name, at in waited.items() if at is None}
    return figure | ({"no_value_because": missing} if missing else {})


def _backlog(metric: Backlog, tallies: Iterable[Tally]) -> dict[str, Any]:
    bands = {band.name: 0 for band in metric.bands}
    for tally in tallies:
        if tally.verdict == COUNTED and tally.band is not None:
            bands[tally.band] += tally.rows
    total = sum(bands.values())
    return {"value": total, "numerator": total, "denominator": None, "bands": bands}


def _mean(tallies: Iterable[Tally], excluded: Mapping[str, int]) -> dict[str, Any]:
    counted = [
        (tally.rows, tally.seconds) for tally in tallies if tally.verdict == COUNTED and tally.seconds is not None
    ]
    rows, total = sum(rows for rows, _ in counted), round(sum(number for _, number in counted))
    figure: dict[str, Any] = {
        "value": round(total / rows, 4) if rows else None,
        "numerator": total,
        "denominator": rows,
    }
    return figure if rows else figure | {"no_value_because": _nothing(excluded)}


def _mix(metric: Mix, tallies: Iterable[Tally], excluded: Mapping[str, int]) -> dict[str, Any]:
    parts, total = dict.fromkeys(metric.known(), 0), 0
    for tally in tallies:
        if tally.verdict == COUNTED:
            total += tally.rows
            for part in (tally.band or "").split():
                parts[part] = parts.get(part, 0) + tally.rows
    shares = {part: round(rows / total, 6) if total else None for part, rows in parts.items()}
    figure: dict[str, Any] = {
        "value": total,
        "numerator": total,
        "denominator": total,
        "parts": parts,
        "shares": shares,
    }
    return figure if total else figure | {"no_value_because": _nothing(excluded)}


def weighted_mean(rows: Iterable[tuple[int, float | None]]) -> float | None:
    """The mean over groups of (cases, mean): each case counts once, not each group; None without cases."""
    counted = [(cases, mean) for cases, mean in rows if cases and mean is not None]
    total = sum(cases for cases, _ in counted)
    return round(sum(cases * mean for cases, mean in counted) / total, 4) if total else None
