"""Figures: the catalogue, and each metric."""

import re
from collections.abc import Collection
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from adapters.http import openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import Answer, Standing
from adapters.http.problems import Problem, invalid
from adapters.left_out import without_reports_about
from adapters.postgres.question import BadQuestion, Question
from adapters.postgres.readers import NotReady
from adapters.questions import PARAMETERS, WHOLE, UnknownMetric, cell, describe, live_for, metric_named, question
from adapters.system import System, now
from adapters.tables import to_csv
from application.ports import Actor
from projections.metrics import ALL
from projections.metrics.kinds import Metric

router = APIRouter(prefix="/v1/metrics", tags=["metrics"])

LONGEST_WAIT = 30.0
WAIT = re.compile(r"wait\s*=\s*(\d+(\.\d+)?)")
PROBLEMS: Any = openapi.problems(401, 403, 404, 422, 503)

MinPosition = Annotated[
    int,
    Query(
        ge=0,
        le=2**62,
        description="Oversight only: answer once the figures cover this position. Others: `known_at=` a `written_at`.",
    ),
]


@router.get("", summary="The catalogue of metrics")
async def catalogue() -> Response:
    """Every metric with its question, unit, cohort, exclusions and source. No token is needed."""
    return Answer({"metrics": [describe(metric) for metric in ALL]})


@router.get("/{name}", summary="A figure", responses=PROBLEMS, openapi_extra=openapi.of_question(*PARAMETERS))
def read_metric(
    request: Request,
    name: str,
    system: TheSystem,
    actor: Acting,
    min_position: MinPosition = 0,
    form: Annotated[Literal["json", "csv"] | None, Query(alias="format")] = None,
) -> Response:
    """A figure with its numerator, denominator, exclusions by reason, and all that identifies it.

    `since` and `until` are London dates, `until` not included; stocks take `as_of` instead. `by` names a dimension, or
    two with a comma between them; what can be by month can be by any period. `known_at` is a position, an instant with
    its zone, or a day that is over: the same question with the same `known_at` has the same answer for ever.
    `Prefer: wait=5` waits that long for figures that cover `min_position`. CSV: `format=csv` or `Accept`.
    """
    asked = asked_of(request, name, system, actor, min_position)
    try:
        answer = system.metrics.answer(asked)
    except (BadQuestion, NotReady) as error:
        raise problem(error) from error
    trouble = request.app.state.nature.trouble.seen_by(actor)
    told = answer.get("position"), answer.get("age"), answer["synthetic"], answer.get("lag", 0)
    headers = Standing(*told, trouble).headers()
    if form == "csv" or (form is None and "text/csv" in request.headers.get("accept", "")):
        disposition = f'attachment; filename="{name}.csv"'
        return Response(to_csv(answer), media_type="text/csv", headers=headers | {"content-disposition": disposition})
    return Answer(answer | trouble.members(), headers=headers)


def asked_of(
    request: Request,
    name: str,
    system: System,
    actor: Actor,
    min_position: int = 0,
    of: str = WHOLE,
    leaving_out: Collection[str] = (),
) -> Question:
    """The question in the parameters of a request, of a cell of the figure; raises a `Problem` or `Forbidden`."""
    system.policy.role_for_read(actor, "metrics")
    given = {key: request.query_params.get(key) for key in PARAMETERS if key not in leaving_out}
    waiting = WAIT.search(request.headers.get("prefer", ""))
    wait = min(float(waiting[1]), LONGEST_WAIT) if waiting else 0.0
    try:
        metric = named(name, actor)
        asked = question(metric, given, actor, now(), min_position=min_position, wait=wait, cell=cell(of))
    except BadQuestion as error:
        raise problem(error) from error
    return without_reports_about(system, actor, asked)


def named(name: str, actor: Actor) -> Metric:
    """The metric, if it is live for the actor; a `Problem` (404) if there is none, or `Forbidden`."""
    try:
        return live_for(actor, metric_named(name))
    except UnknownMetric as error:
        raise Problem("not-found", f"{str(error)[:1].upper()}{str(error)[1:]}.") from error


def problem(error: BadQuestion | NotReady) -> Problem:
    """What is answered to a question that cannot be."""
    if isinstance(error, NotReady):
        text = str(error)
        return Problem("figures-not-ready", f"{text[:1].upper()}{text[1:]}.", headers=[(b"retry-after", b"1")])
    where, colon, problem = str(error).partition(": ")
    return invalid(where, problem) if colon else invalid("question", str(error))
