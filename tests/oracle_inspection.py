"""The figures from inspections, and cases per 1,000 staff, as a naive reader of the raw log works them out.

`answer(events, "recording_rate_all", known_at=…, force=…, since=…, until=…, by=…)`, as in the oracle of the cases. The
intervals are those of statsmodels, put together by hand. It shares no code with what it judges.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from math import sqrt
from typing import Any, NamedTuple

from oracle import LONDON, Raw, as_it_stands
from oracle_misconduct import units
from statsmodels.stats.proportion import proportion_confint

ALL = ("violent", "sexual", "other")
Verdict = dict[str, Any]
CRIME = "the reviewers did not say what was reported"
ABUSE = "the reviewers did not say whether it was domestic abuse"
OUT = "out"


class Item(NamedTuple):
    """An item of a sample with the verdict that stands."""

    case: str
    stratum: str
    verdict: Verdict


class Audit(NamedTuple):
    """A concluded inspection."""

    id: str
    force: str
    until: date
    printed: str
    level: float
    strata: dict[str, tuple[int, int]]
    items: list[Item]
    said: dict[str, Any]


def audits(events: Sequence[Raw]) -> list[Audit]:
    """The inspections that have concluded."""
    found: list[Audit] = []
    for stream in sorted({event.stream for event in events if event.stream.startswith("inspection-")}):
        facts = [(fact.name, fact.data) for fact in as_it_stands([event for event in events if event.stream == stream])]
        said = [data for name, data in facts if name.startswith("inspection_concluded.")]
        if not said:
            continue
        [opened] = [data for name, data in facts if name.startswith("inspection_opened.")]
        [drawn] = [data for name, data in facts if name.startswith("sample_drawn.")]
        items = [
            Item(case, stratum["stratum"], _stands(case, facts))
            for stratum in drawn["strata"]
            for case in stratum["cases"]
        ]
        strata = {each["stratum"]: (each["frame"], len(each["cases"])) for each in drawn["strata"]}
        until = date.fromisoformat(opened["until"])
        found.append(
            Audit(stream, opened["inspected"], until, said[0]["printed"], said[0]["level"], strata, items, said[0])
        )
    return found


def _stands(case: str, facts: Sequence[tuple[str, dict[str, Any]]]) -> Verdict:
    told = [data["verdict"] for name, data in facts if name.startswith("item_judged.") and data["case"] == case]
    final = [d["verdict"] for name, d in facts if name.startswith("disagreement_resolved.") and d["case"] == case]
    return (final or told)[-1]


def _yes(holds: Any) -> str:
    return "counted" if holds else "not_counted"


def _rate(stratum: str) -> Callable[[Item], str]:
    def judge(item: Item) -> str:
        v = item.verdict
        return _yes(v["recorded"]) if item.stratum == stratum and v["should_be_recorded"] else OUT

    return judge


def _all(item: Item) -> str:
    v = item.verdict
    return _yes(v["recorded"]) if item.stratum in ALL and v["should_be_recorded"] else OUT


def _rape(item: Item) -> str:
    v = item.verdict
    if item.stratum not in ALL or not v["should_be_recorded"]:
        return OUT
    if v["crime"] is None:
        return f"excluded: {CRIME}"
    return _yes(v["recorded"] and v["right_class"]) if v["crime"] == "rape" else OUT


def _abuse(item: Item) -> str:
    v = item.verdict
    if item.stratum not in ALL or not v["should_be_recorded"]:
        return OUT
    if v["domestic_abuse"] is None:
        return f"excluded: {ABUSE}"
    return _yes(v["recorded"]) if v["domestic_abuse"] else OUT


def _n100(item: Item) -> str:
    v = item.verdict
    if item.stratum not in ALL:
        return OUT
    if item.stratum == "sexual" and v["crime"] is None:
        return f"excluded: {CRIME}"
    return OUT if v["n100_correct"] is None else _yes(v["n100_correct"])


def _conduct(item: Item) -> str:
    v = item.verdict
    if item.stratum not in ALL or v["recorded"] or not v["should_be_recorded"]:
        return OUT
    if v["crime"] is None:
        return f"excluded: {CRIME}"
    return _yes(v["crime"] == "conduct") if v["crime"] in ("violent", "conduct") else OUT


def _class(item: Item) -> str:
    v = item.verdict
    return OUT if item.stratum not in ALL or v["right_class"] is None else _yes(v["right_class"])


def _over(item: Item) -> str:
    v = item.verdict
    return _yes(not v["should_be_recorded"]) if item.stratum in ALL and v["recorded"] else OUT


def _cancelled(*crimes: str) -> Callable[[Item], str]:
    def judge(item: Item) -> str:
        v = item.verdict
        if item.stratum not in ALL or v["cancelled_rightly"] is None:
            return OUT
        if v["crime"] is None:
            return f"excluded: {CRIME}"
        return _yes(not v["cancelled_rightly"]) if v["crime"] in crimes else OUT

    return judge


# What judges an item, over which strata, and whether the strata weigh by their reports and all must have been audited.
RATES: dict[str, tuple[Callable[[Item], str], Sequence[str], bool, bool]] = {
    "recording_rate_all": (_all, ALL, True, True),
    "recording_rate_violent": (_rate("violent"), ("violent",), True, False),
    "recording_rate_sexual": (_rate("sexual"), ("sexual",), True, False),
    "recording_rate_other": (_rate("other"), ("other",), True, False),
    "recording_rate_public_protection": (_rate("public_protection"), ("public_protection",), True, False),
    "recording_rate_rape": (_rape, ALL, False, False),
    "recording_rate_domestic_abuse": (_abuse, ALL, False, True),
    "n100_correct_rate": (_n100, ALL, False, False),
    "conduct_crime_share_of_unrecorded": (_conduct, ALL, False, False),
    "classification_accuracy": (_class, ALL, False, False),
    "over_recording_rate": (_over, ALL, False, False),
    "cancellation_error_rate_rape": (_cancelled("rape"), ALL, False, False),
    "cancellation_error_rate_sexual": (_cancelled("sexual"), ALL, False, False),
    "cancellation_error_rate_violent": (_cancelled("violent", "conduct"), ALL, False, False),
    "cancellation_error_rate_robbery": (_cancelled("robbery"), ALL, False, False),
}
ESTIMATES = {"unrecorded_estimate": "unrecorded", "additional_recorded": "additional"}
PER_STAFF = "cases_per_1000_staff"


class Row(NamedTuple):
    """Something a figure is over: its key, whose it is, when, what was found of it, and the audit that it is of."""

    key: str
    force: str
    month: str
    verdict: str
    audit: Any = None
    stratum: str | None = None


def rows(
    events: Sequence[Raw],
    name: str,
    *,
    known_at: int | datetime,
    force: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[Row]:
    """The rows that concern a figure."""
    known = [
        e for e in events if (e.written_at <= known_at if isinstance(known_at, datetime) else e.position <= known_at)
    ]
    found: list[Row] = []
    if name == PER_STAFF:
        staff = headcounts(known, since, until)
        for unit in units(known):
            if unit["unit"] != "report" or unit["logged"] is None or not (unit["complaint"] or unit["matter"]):
                continue
            day = unit["logged"].first.astimezone(LONDON).date()
            verdict = "counted" if unit["force"] in staff else "excluded: no headcount was adopted for the force"
            if _within(day, since, until):
                found.append(Row(unit["key"], unit["force"], f"{day:%Y-%m}", verdict))
    else:
        for audit in audits(known):
            last = audit.until - timedelta(days=1)
            if not _within(last, since, until):
                continue
            if name in ESTIMATES:
                said = audit.said[ESTIMATES[name]]
                verdict = "counted" if said["value"] is not None else f"excluded: {said['reason']}"
                found.append(Row(audit.id, audit.force, f"{last:%Y-%m}", verdict, audit))
                continue
            for item in audit.items:
                verdict = RATES[name][0](item)
                if verdict != OUT:
                    key = f"{audit.id}/{item.case}"
                    found.append(Row(key, audit.force, f"{last:%Y-%m}", verdict, audit, item.stratum))
    return [row for row in found if force in (None, row.force)]


def _within(day: date, since: date | None, until: date | None) -> bool:
    return (since is None or day >= since) and (until is None or day < until)


def headcounts(known: Sequence[Raw], since: date | None, until: date | None) -> dict[str, int]:
    """The staff of each force: the figure that begins last of those that hold on a day of the period."""
    of = {e.stream: e.state["data"]["of"] for e in known if e.name.startswith("denominator_opened.")}
    best: dict[str, tuple[str, int, int]] = {}
    for event in known:
        told = event.state["data"]
        if event.stream not in of or told.get("kind") != "headcount":
            continue
        if until is not None and date.fromisoformat(told["since"]) >= until:
            continue
        if since is not None and date.fromisoformat(told["until"]) <= since:
            continue
        candidate = (told["since"], event.position, told["value"])
        best[of[event.stream]] = max(best.get(of[event.stream], candidate), candidate)
    return {force: value for force, (_, _, value) in best.items()}


def answer(events: Sequence[Raw], name: str, *, by: str | None = None, **question: Any) -> dict[str, Any]:
    """The figure; with `by` also `series`, a list of (group, figure)."""
    found = rows(events, name, **question)
    staff: dict[str, int] = {}
    if name == PER_STAFF:
        at = question["known_at"]
        known = [e for e in events if (e.written_at <= at if isinstance(at, datetime) else e.position <= at)]
        staff = headcounts(known, question.get("since"), question.get("until"))
        staff = {f: n for f, n in staff.items() if question.get("force") in (None, f)}
    figure = _figure(name, found, staff)
    if by is not None:
        member = {
            "force": lambda row: row.force,
            "month": lambda row: row.month,
            "inspection_id": lambda row: row.audit.id,
            "stratum": lambda row: row.stratum,
        }[by]
        groups = {member(row) for row in found} | (set(staff) if by == "force" else set())
        series = []
        for group in sorted(groups):
            own = {group: staff[group]} if group in staff else {} if by == "force" else staff
            series.append((group, _figure(name, [row for row in found if member(row) == group], own)))
        if name == PER_STAFF and by == "force":
            _funnel(series)
        figure["series"] = series
    return figure


def _figure(name: str, found: Sequence[Row], staff: dict[str, int]) -> dict[str, Any]:
    excluded: dict[str, int] = {}
    for row in found:
        if row.verdict.startswith("excluded: "):
            reason = row.verdict.partition(": ")[2]
            excluded[reason] = excluded.get(reason, 0) + 1
    counted = [row for row in found if row.verdict == "counted"]
    if name == PER_STAFF:
        heads = sum(staff.values())
        value = 1000 * len(counted) / heads if heads else None
        return {"value": value, "numerator": len(counted), "denominator": heads, "interval": None, "excluded": excluded}
    if name in ESTIMATES:
        return _estimated(ESTIMATES[name], [row.audit for row in counted]) | {"excluded": excluded}
    return _weighted(name, found) | {"excluded": excluded}


def _funnel(series: Sequence[tuple[str, dict[str, Any]]]) -> None:
    heads, cases = sum(f["denominator"] for _, f in series), sum(f["numerator"] for _, f in series)
    for _, figure in series:
        n = figure["denominator"]
        figure["funnel"] = None
        if not n or cases > heads:
            continue
        p, own = cases / heads, figure["numerator"] / n
        width = sqrt(p * (1 - p) / n)
        limits = [
            max(0, p - 3.09 * width),
            max(0, p - 1.96 * width),
            min(1, p + 1.96 * width),
            min(1, p + 3.09 * width),
        ]
        inside, beyond = limits[1] <= own <= limits[2], not limits[0] <= own <= limits[3]
        names = ("action_low", "warning_low", "warning_high", "action_high")
        figure["funnel"] = {
            "centre": 1000 * p,
            **{name: 1000 * limit for name, limit in zip(names, limits, strict=True)},
            "place": "inside" if inside else "beyond_action" if beyond else "beyond_warning",
        }


def _estimated(which: str, found: Sequence[Audit]) -> dict[str, Any]:
    k = n = 0
    for audit in found:
        should = [i.verdict for i in audit.items if i.stratum in ALL and i.verdict["should_be_recorded"]]
        k, n = k + sum(v["recorded"] for v in should), n + len(should)
    figure: dict[str, Any] = {"value": None, "numerator": k, "denominator": n, "interval": None}
    if not found or len({audit.force for audit in found}) < len(found):
        return figure
    said = [audit.said[which] for audit in found]
    figure["value"] = value = sum(each["value"] for each in said)
    methods = {audit.printed for audit in found}
    interval: dict[str, Any] = {"method": methods.pop() if len(methods) == 1 else "mixed", "level": found[0].level}
    for side, sign in (("low", -1), ("high", 1)):
        if any(each[side] is None for each in said):
            interval[side] = None
        else:
            interval[side] = value + sign * round(sqrt(sum((each[side] - each["value"]) ** 2 for each in said)))
    return figure | {"interval": interval}


class Part(NamedTuple):
    """A stratum of an audit: its reports, how many of them the question concerns, and what was found."""

    reports: int
    concerned: float
    k: int
    n: int


def _weighted(name: str, found: Sequence[Row]) -> dict[str, Any]:
    _, strata, by_reports, every = RATES[name]
    parts: list[Part] = []
    silent = False
    of = {row.audit.id: row.audit for row in found}
    for audit in of.values():
        for stratum in strata:
            reports, audited = audit.strata.get(stratum, (0, 0))
            own = [row.verdict for row in found if row.audit is audit and row.stratum == stratum]
            k, n = own.count("counted"), own.count("counted") + own.count("not_counted")
            if reports and not n:
                silent = True
            if n:
                parts.append(Part(reports, n * reports / audited, k, n))
    figure: dict[str, Any] = {
        "value": None,
        "numerator": sum(part.k for part in parts),
        "denominator": sum(part.n for part in parts),
        "interval": None,
        "effective_size": None,
    }
    if not parts or (every and silent):
        return figure
    weights = [part.reports if by_reports else part.concerned for part in parts]
    weights = [weight / sum(weights) for weight in weights]
    value = sum(w * part.k / part.n for w, part in zip(weights, parts, strict=True))
    both = {method: _interval(method, parts, weights, value) for method in ("wilson", "wald")}
    methods = {audit.printed for audit in of.values()}
    method = methods.pop() if len(methods) == 1 else "wilson"
    interval = {"method": method, "level": 0.95, **both[method]}
    return figure | {"value": value, **both, "interval": interval, "effective_size": _size(parts, weights, value)}


def _corrected(part: Part) -> float | None:
    """The size of a sample without end that tells as much; None for a census."""
    if abs(part.concerned - part.n) < 1e-9:
        return None
    return part.n * (part.concerned - 1) / (part.concerned - part.n)


def _variance(parts: Sequence[Part], weights: Sequence[float]) -> float:
    total = 0.0
    for part, weight in zip(parts, weights, strict=True):
        size, p = _corrected(part), part.k / part.n
        total += 0 if size is None else weight**2 * p * (1 - p) / size
    return total


def _size(parts: Sequence[Part], weights: Sequence[float], value: float) -> float | None:
    if len(parts) == 1:
        return _corrected(parts[0])
    spread = _variance(parts, weights)
    return value * (1 - value) / spread if spread > 0 else None


def _interval(method: str, parts: Sequence[Part], weights: Sequence[float], value: float) -> dict[str, float]:
    if method == "wald":
        half = 1.959963984540054 * sqrt(_variance(parts, weights))
        return {"low": max(0.0, value - half), "high": min(1.0, value + half)}
    below = above = 0.0
    for part, weight in zip(parts, weights, strict=True):
        size, p = _corrected(part), part.k / part.n
        if size is not None:
            low, high = proportion_confint(p * size, size, alpha=0.05, method="wilson")
            below, above = below + (weight * (p - low)) ** 2, above + (weight * (high - p)) ** 2
    return {"low": max(0.0, value - sqrt(below)), "high": min(1.0, value + sqrt(above))}


def alike(given: Any, expected: Any) -> bool:
    """Whether they are the same, numbers to a few in the sixth place."""
    if isinstance(expected, dict) and isinstance(given, dict):
        return given.keys() == expected.keys() and all(alike(given[name], expected[name]) for name in expected)
    if isinstance(expected, list | tuple) and isinstance(given, list | tuple):
        return len(given) == len(expected) and all(map(alike, given, expected))
    if isinstance(expected, float) or isinstance(given, float):
        numbers = isinstance(given, float | int) and isinstance(expected, float | int)
        return numbers and abs(given - expected) <= 1e-6 + 6e-4 * (abs(expected) > 1.5)
    return given == expected


def keys(found: Iterable[Row], verdict: str) -> list[str]:
    """The rows of a verdict, in order."""
    return sorted(row.key for row in found if row.verdict == verdict or row.verdict.startswith(f"{verdict}: "))
