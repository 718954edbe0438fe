"""A question about a metric, from text: the same for HTTP and the command line."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from adapters.postgres.question import BadQuestion, Cell, Question, dimensions_of
from application.known_at import NotKnowable, parse, parse_as_of
from application.ports import Actor, Forbidden
from domain.rules import rule_book
from projections.metrics import CATALOGUE
from projections.metrics.inspection import is_of_inspections
from projections.metrics.kinds import UNKNOWN, Metric, Stock
from projections.metrics.misconduct import is_misconduct

PARAMETERS = {
    "force": "One force, by its code (thames-valley).",
    "since": "First London day of the period (2026-03-01).",
    "until": "First London day after the period.",
    "by": "Break down by a dimension or two: month,force. The catalogue has those there are.",
    "as_of": "For stocks: the moment of the stock.",
    "known_at": "As known at a position, an instant or the end of a day.",
}
"""What a question takes, each with its help."""

WHOLE = "all"
PATTERNS = {
    "day": (r"\d{4}-\d{2}-\d{2}", "2026-03-01"),
    "week": (r"\d{4}-W\d{2}", "2026-W09"),
    "month": (r"\d{4}-(0[1-9]|1[0-2])", "2026-03"),
    "quarter": (r"\d{4}-Q[1-4]", "2026-Q1"),
    "year": (r"\d{4}", "2026"),
    "financial_year": (r"\d{4}/\d{2}", "2025/26"),
}


class UnknownMetric(LookupError):
    """There is no such metric; the message names those there are."""


def metric_named(name: str) -> Metric:
    """The metric of that name; raises `UnknownMetric`."""
    try:
        return CATALOGUE[name]
    except KeyError as error:
        raise UnknownMetric(f"there is no metric {name!r}; there are {', '.join(CATALOGUE)}") from error


def live_for(actor: Actor, metric: Metric) -> Metric:
    """The metric, unless it is live for oversight only and the actor is of a force: raises `Forbidden`.

    Nothing of the log decides it, so that the refusal tells nothing either.
    """
    if is_misconduct(metric) and actor.force != "*":
        raise Forbidden(
            f"{metric.name} counts reports of misconduct; members of a force read it as it was published: "
            "`GET /v1/publications`."
        )
    if is_of_inspections(metric) and actor.force != "*":
        raise Forbidden(
            f"{metric.name} is over what inspections found; members of a force read that in `GET /v1/inspections`, and "
            "as it was published: `GET /v1/publications`."
        )
    return metric


def is_walled(metric: Metric) -> bool:
    """Whether it is live for oversight only."""
    return is_misconduct(metric) or is_of_inspections(metric)


def question(
    metric: Metric,
    given: Mapping[str, str | None],
    actor: Actor,
    now: datetime,
    *,
    min_position: int = 0,
    wait: float = 0,
    cell: Cell = (),
) -> Question:
    """The question that the parameters ask, within what the actor may see; of one `cell` of the figure, perhaps.

    Raises `BadQuestion` (its first argument begins with the parameter's name) or `Forbidden`.
    """
    live_for(actor, metric)
    known_at, as_of, positions = given.get("known_at"), given.get("as_of"), actor.force == "*"
    if min_position and not positions:
        raise BadQuestion("min_position: positions of the log are for oversight; give a written_at as known_at")
    try:
        known = parse(known_at, now, positions=positions) if known_at else None
    except NotKnowable as error:
        raise BadQuestion(f"known_at: {error}") from error
    try:
        instant = parse_as_of(as_of, now) if as_of else None
    except NotKnowable as error:
        raise BadQuestion(f"as_of: {error}") from error
    return Question(
        metric,
        force=_force(given.get("force"), actor),
        since=_day("since", given.get("since")),
        until=_day("until", given.get("until")),
        by=given.get("by") or None,
        as_of=instant,
        known_at=known,
        min_position=min_position,
        wait=wait,
        positions=positions,
        cell=cell,
    )


def cell(text: str) -> Cell:
    """The members of dimensions that a cell is of: `month=2026-03/force=kent`; `all` is the whole figure.

    Raises `BadQuestion`; whether the metric has the dimensions is for the question.
    """
    if text == WHOLE:
        return ()
    found: list[tuple[str, str]] = []
    for part in re.split(r"/(?=[a-z_]+=)", text):
        dimension, equals, member = part.partition("=")
        if not (dimension and equals and member):
            raise BadQuestion(f"cell: {part!r} is not dimension=member; write month=2026-03/force=kent, or {WHOLE}")
        pattern, example = PATTERNS.get(dimension, (r".+", ""))
        if member != UNKNOWN and not re.fullmatch(pattern, member, re.ASCII):
            raise BadQuestion(f"cell: {member!r} is not a {dimension.replace('_', ' ')}; write {dimension}={example}")
        if dimension == "force" and member != UNKNOWN:
            _known_force(member)
        found.append((dimension, member))
    return tuple(found)


def describe(metric: Metric) -> dict[str, Any]:
    """The catalogue entry of a metric."""
    return {
        "name": metric.name,
        "kind": metric.kind,
        "question": metric.question,
        "unit": metric.unit,
        "cohort": metric.cohort,
        "parameters": ["force", "as_of" if isinstance(metric, Stock) else "since, until", "by", "known_at"],
        "by": list(dimensions_of(metric)),
        "rule_sets": list(metric.rule_sets),
        "definition_version": metric.definition_version,
        "source": metric.source,
        "note": metric.note,
        "live_for": "oversight only; published for members of a force" if is_walled(metric) else "everybody",
        "href": f"/v1/metrics/{metric.name}",
    }


def _known_force(given: str) -> None:
    if given not in rule_book().forces:
        raise BadQuestion(
            f"force: {given!r} is not a force; use its code, such as thames-valley (/v1/reference/forces)"
        )


def _force(given: str | None, actor: Actor) -> str | None:
    if given is not None:
        _known_force(given)
    if actor.force == "*":
        return given
    if given is not None and given != actor.force:
        raise Forbidden(f"Your token is for {actor.force}; figures of other forces take an oversight token.")
    return actor.force


def _day(name: str, given: str | None) -> date | None:
    if not given:
        return None
    try:
        day = date.fromisoformat(given)
        if day.isoformat() != given:  # it reads other forms too
            raise ValueError(given)
        return day
    except ValueError as error:
        raise BadQuestion(f"{name}: {given!r} is not a date; write 2026-03-01") from error
