"""From what was counted of audited samples to an estimate, with the intervals that an inspection concludes with."""

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from statistics import NormalDist
from typing import Any, NamedTuple

from domain.inspection.statistics.audited import Audited, by_concern, by_reports
from domain.inspection.statistics.funnel import Funnel, funnel
from domain.inspection.statistics.proportion import Interval, Method
from domain.inspection.statistics.stratified import Sampled, effective, rate, stratified_interval
from projections.inspection_design import Design
from projections.metrics.kinds import COUNTED, NOT_COUNTED, Estimate

NOT_AUDITED = "not every stratum was audited: {strata}"
LEVELS_DIFFER = "the inspections conclude at different levels; ask by inspection_id"
INSPECTED_TWICE = (
    "{force} was inspected more than once in this period, and the 12 months of the estimates may overlap; ask by "
    "inspection_id"
)
NO_STAFF = "no headcount was adopted for the force"
PER = 1000
DIGITS = 6


class Counted(NamedTuple):
    """What is read of a tally: the verdict, how many rows, the number of each, and its text."""

    verdict: str
    rows: int
    seconds: float | None
    band: str | None


def estimate(metric: Estimate, tallies: Iterable[Counted], nothing: str) -> dict[str, Any]:
    """The weighted share with both intervals. `nothing`: why there is none where no item raises the question."""
    designs, counts = dict[str, Design](), dict[tuple[str, str], list[int]]()
    for tally in tallies:
        assert tally.band is not None
        stratum, _, text = tally.band.partition(" ")
        design = designs.setdefault(text, Design.read(text))
        found = counts.setdefault((design.inspection, stratum), [0, 0])
        found[0] += tally.rows * (tally.verdict == COUNTED)
        found[1] += tally.rows * (tally.verdict in (COUNTED, NOT_COUNTED))
    strata, silent = list[tuple[str, str, Audited]](), list[str]()
    for design in sorted(designs.values()):
        for stratum, reports, audited in design.strata:
            if stratum not in metric.strata or not reports:
                continue
            k, n = counts.get((design.inspection, stratum), (0, 0))
            if n:
                strata.append((design.inspection, stratum, Audited(reports, audited, k, n)))
            else:
                silent.append(stratum if len(designs) == 1 else f"{stratum} ({design.inspection})")
    k, n = sum(each.k for _, _, each in strata), sum(each.n for _, _, each in strata)
    answer: dict[str, Any] = {"value": None, "numerator": k, "denominator": n, "interval": None, "effective_size": None}
    answer["inspections"] = sorted(design.inspection for design in designs.values())
    if not n:
        return answer | {"no_value_because": nothing}
    if metric.every and silent:
        return answer | {"no_value_because": NOT_AUDITED.format(strata=", ".join(silent))}
    weighed = (by_reports if metric.by_reports else by_concern)([each for _, _, each in strata])
    answer["strata"] = [
        {"inspection": inspection, "stratum": stratum, **each._asdict(), "weight": round(part.weight, DIGITS)}
        for (inspection, stratum, each), part in zip(strata, weighed, strict=True)
    ]
    return answer | _around(weighed, designs.values())


def _around(weighed: Sequence[Sampled], designs: Iterable[Design]) -> dict[str, Any]:
    """The rate with both intervals at the level of the inspections, and which one is printed."""
    levels, printed = {design.level for design in designs}, {design.printed for design in designs}
    size = weighed[0].size if len(weighed) == 1 else effective(weighed)
    found: dict[str, Any] = {
        "value": round(rate(weighed), DIGITS),
        "effective_size": None if size is None else round(size, 3),
    }
    if len(levels) > 1:
        return found | {"no_interval_because": LEVELS_DIFFER}
    [level] = levels
    z = NormalDist().inv_cdf(0.5 + level / 2)
    both = {method.value: _bounds(stratified_interval(method, weighed, z)) for method in Method}
    method = printed.pop() if len(printed) == 1 else Method.WILSON.value
    return found | both | {"interval": {"method": method, "level": level, **both[method]}}


def _bounds(interval: Interval) -> dict[str, float | None]:
    low, high = interval.low, interval.high
    return {"low": None if low is None else round(low, DIGITS), "high": None if high is None else round(high, DIGITS)}


class Told(NamedTuple):
    """What an inspection extrapolated, as the fact row says it."""

    value: int
    inspection: str
    force: str
    printed: str
    level: str
    low: str
    high: str
    k: str
    n: str
    recorded_crime: str


def extrapolation(tallies: Iterable[Counted], nothing: str) -> dict[str, Any]:
    """The sum over the inspections, each once; independent bounds are added by their distances, squared."""
    told = sorted(
        Told(round(tally.seconds or 0), *(tally.band or "").split(" ")) for tally in tallies if tally.verdict == COUNTED
    )
    forces = [each.force for each in told]
    answer: dict[str, Any] = {
        "value": None,
        "numerator": sum(int(each.k) for each in told),
        "denominator": sum(int(each.n) for each in told),
        "interval": None,
        "recorded_crime": sum(int(each.recorded_crime) for each in told),
        "inspections": sorted(each.inspection for each in told),
    }
    twice = sorted({force for force in forces if forces.count(force) > 1})
    if not told or twice:
        return answer | {"no_value_because": INSPECTED_TWICE.format(force=", ".join(twice)) if told else nothing}
    value = sum(each.value for each in told)
    low, high = (
        _bound(value, [(each.value, text) for each, text in zip(told, side, strict=True)], sign)
        for sign, side in ((-1, [each.low for each in told]), (1, [each.high for each in told]))
    )
    methods, levels = {each.printed for each in told}, {each.level for each in told}
    interval = {
        "method": methods.pop() if len(methods) == 1 else "mixed",
        "level": float(levels.pop()) if len(levels) == 1 else None,
        "low": low,
        "high": high,
    }
    return answer | {"value": value, "interval": interval}


def _bound(value: int, parts: Sequence[tuple[int, str]], sign: int) -> int | None:
    if any(bound == "None" for _, bound in parts):
        return None
    return value + sign * round(sqrt(sum((int(bound) - own) ** 2 for own, bound in parts)))


def per_staff(cases: int, staff: Mapping[str, int], nothing: str) -> dict[str, Any]:
    """Cases per 1,000 staff of the forces whose headcount is known."""
    heads = sum(staff.values())
    answer: dict[str, Any] = {
        "value": round(PER * cases / heads, 4) if heads else None,
        "numerator": cases,
        "denominator": heads,
    }
    return answer if heads else answer | {"no_value_because": nothing}


def funnelled(rows: Mapping[str, dict[str, Any]]) -> None:
    """Put beside each force's figure where the common rate of these forces would let it lie by chance alone."""
    cases = sum(row["numerator"] for row in rows.values())
    heads = sum(row["denominator"] for row in rows.values())
    p = cases / heads if heads else 0.0
    for row in rows.values():
        limits = funnel(p, row["denominator"]) if row["denominator"] and p <= 1 else None
        row["funnel"] = None if limits is None else _limits(limits, p, row)


def _limits(limits: Funnel, p: float, row: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {name: round(PER * limit, 4) for name, limit in limits._asdict().items()}
    return {"centre": round(PER * p, 4), **told, "place": limits.place(row["numerator"] / row["denominator"])}
