"""A force's figure beside its own of the year before, those of similar forces, and the limits of a funnel."""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from adapters.postgres.metric_reader import MetricReader
from adapters.postgres.question import BadQuestion, Question
from adapters.settings import BadSetting
from application.known_at import KnownAt
from domain.inspection.statistics.funnel import funnel
from domain.rules import rule_book
from projections.metrics.kinds import Share, StockShare

PARTS = ("value", "numerator", "denominator", "median", "p90", "closed_mean", "no_value_because", "excluded")
NOT_NAMED = (
    "no forces are named as similar to it: give `with=essex,sussex`, or list them in the file that "
    "CANDOUR_SIMILAR_FORCES_FILE names"
)
WRITE = 'write lines such as kent = ["essex", "sussex"], with the codes of /v1/reference/forces'
FORCES = TypeAdapter(dict[str, tuple[str, ...]])
NO_PERIOD = "give since and until to compare with the same days of the year before"
NOT_A_SHARE = "a funnel is drawn around shares only"


@cache
def similar_forces(path: Path | None) -> dict[str, tuple[str, ...]]:
    """The forces that are compared with each, from a TOML file: `kent = ["essex", "sussex"]`. Raises `BadSetting`."""
    if path is None:
        return {}
    try:
        found = FORCES.validate_python(tomllib.loads(path.read_text()))
    except (OSError, ValueError) as error:  # what TOML and its content raise are of this kind
        raise BadSetting(f"CANDOUR_SIMILAR_FORCES_FILE: {path}: {WRITE} ({str(error).splitlines()[0]})") from error
    unknown = [each for force, others in found.items() for each in (force, *others) if not _is_force(each)]
    if unknown:
        raise BadSetting(f"CANDOUR_SIMILAR_FORCES_FILE: {path}: {WRITE}; {unknown[0]!r} is none")
    return found


def _is_force(code: str) -> bool:
    return code in rule_book().forces


def compare(metrics: MetricReader, question: Question, similar: Sequence[str]) -> dict[str, Any]:
    """The comparison, all as known at one moment. Raises `BadQuestion`, `NotReady`, `StoreUnavailable`."""
    metric, force = question.metric, question.force
    if force is None:
        raise BadQuestion("force: name the force that is compared, such as force=kent")
    if "force" not in metric.dimensions:
        raise BadQuestion(f"force: {metric.name} cannot be broken down by force")
    for each in similar:
        if not _is_force(each):
            raise BadQuestion(f"with: {each!r} is not a force; use codes such as thames-valley (/v1/reference/forces)")
    own = metrics.answer(question)
    known = KnownAt(instant=datetime.fromisoformat(own["known_at"]))
    every = metrics.answer(replace(question, force=None, by="force", known_at=known))
    of_force = {row["force"]: row for row in every["series"]}
    common = every["value"] if isinstance(metric, Share | StockShare) else None
    return {
        **{name: value for name, value in own.items() if name not in ("series", "beside")},
        "year_before": _year_before(metrics, question, known),
        "similar": [{"force": each, **_parts(of_force.get(each))} for each in similar] if similar else None,
        "similar_because": None if similar else NOT_NAMED,
        "all_forces": _parts(every),
        "funnel": None if common is None else [_placed(row, common) for row in every["series"] if row["denominator"]],
        "funnel_because": NOT_A_SHARE if common is None else None,
    }


def _year_before(metrics: MetricReader, question: Question, known: KnownAt) -> dict[str, Any]:
    if question.since is None or question.until is None:
        return {"value": None, "no_value_because": NO_PERIOD}
    since, until = _a_year_earlier(question.since), _a_year_earlier(question.until)
    found = metrics.answer(replace(question, since=since, until=until, known_at=known))
    return {"since": since.isoformat(), "until": until.isoformat(), **_parts(found)}


def _a_year_earlier(day: date) -> date:
    """The same day of the year before; of 29 February, the first of March, so that periods still meet."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 3, 1)


def _parts(found: dict[str, Any] | None) -> dict[str, Any]:
    if found is None:
        return {"value": None, "no_value_because": "nothing is known of this force in this period"}
    return {name: found[name] for name in PARTS if name in found}


def _placed(row: dict[str, Any], common: float) -> dict[str, Any]:
    limits = funnel(common, row["denominator"])
    return {
        "force": row["force"],
        "value": row["value"],
        "denominator": row["denominator"],
        **{name: round(limit, 6) for name, limit in limits._asdict().items()},
        "place": limits.place(row["numerator"] / row["denominator"]),
    }
