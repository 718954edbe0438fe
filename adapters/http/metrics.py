"""Figures: the catalogue, each metric, and the cases behind a figure."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from adapters.drill_through import cases_behind
from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import Answer, Standing
from adapters.http.problems import Problem, invalid
from adapters.postgres.metric_reader import BadQuestion, NotReady, Question
from adapters.questions import PARAMETERS, UnknownMetric, describe, live_for, metric_named, question
from adapters.system import System, now
from adapters.tables import to_csv
from application.ports import Actor
from projections.metrics import ALL
from projections.metrics.kinds import Metric
from projections.metrics.misconduct import is_misconduct

router = APIRouter(prefix="/v1/metrics", tags=["metrics"])

MOST_CASES = 1000
LONGEST_WAIT = 30.0
VERDICTS = "counted|not_counted|excluded|recorded|competing|open"
_WAIT = re.compile(r"wait\s*=\s*(\d+(\.\d+)?)")
_PROBLEMS: Any = openapi.problems(401, 403, 404, 422, 503)

Text = Annotated[str | None, Query()]
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


@router.get("/{name}", summary="A figure", responses=_PROBLEMS)
def read_metric(
    request: Request,
    name: str,
    system: TheSystem,
    actor: Acting,
    force: Text = None,
    since: Text = None,
    until: Text = None,
    by: Text = None,
    as_of: Text = None,
    known_at: Text = None,
    min_position: MinPosition = 0,
    form: Annotated[str | None, Query(alias="format", pattern="^(json|csv)$")] = None,
) -> Response:
    """A figure with its numerator, denominator, exclusions by reason, and all that identifies it.

    `since` and `until` are London dates, `until` not included; stocks take `as_of` instead. `known_at` is a position,
    an instant with its zone, or a day that is over: the same question with the same `known_at` has the same answer
    for ever. `Prefer: wait=5` waits that long for figures that cover `min_position`. CSV: `format=csv` or `Accept`.
    """
    asked = _question(request, name, system, actor, min_position)
    try:
        answer = system.metrics.answer(asked)
    except (BadQuestion, NotReady) as error:
        raise _problem(error) from error
    trouble = request.app.state.nature.trouble.seen_by(actor)
    told = answer.get("position"), answer.get("age"), answer["synthetic"], answer.get("lag", 0)
    headers = Standing(*told, trouble).headers()
    if form == "csv" or (form is None and "text/csv" in request.headers.get("accept", "")):
        disposition = f'attachment; filename="{name}.csv"'
        return Response(to_csv(answer), media_type="text/csv", headers=headers | {"content-disposition": disposition})
    return Answer(answer | trouble.members(), headers=headers)


@router.get("/{name}/cases", summary="The cases behind a figure", responses=_PROBLEMS)
def read_cases(
    request: Request,
    name: str,
    system: TheSystem,
    actor: Acting,
    verdict: Annotated[str, Query(pattern=f"^({VERDICTS})$")] = "counted",
    after: Annotated[str, Query(max_length=80, description="Only cases after this one.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_CASES)] = 100,
    force: Text = None,
    since: Text = None,
    until: Text = None,
    as_of: Text = None,
    known_at: Text = None,
    min_position: MinPosition = 0,
) -> Response:
    """The cases that a figure counts, does not count, or excludes, with the address of each history.

    It takes the parameters of the figure itself; with the figure's `known_at` it lists exactly its cases. Of a figure
    about misconduct these are reports, allegations, people or steps of reports, by number, and for auditors only. What
    the reader may not open is not named: `withheld` counts it, so that the figure can be added up.
    """
    metric = _named(name, actor)
    system.policy.role_for_read(actor, "misconduct_cases" if is_misconduct(metric) else "metric_cases")
    asked = _question(request, name, system, actor, min_position)
    try:
        found, more = cases_behind(system, actor, asked, verdict, after, limit)
    except (BadQuestion, NotReady) as error:
        raise _problem(error) from error
    page = found["cases"]
    for case in page:
        case["history"] = _history(case["case"])
    trouble = request.app.state.nature.trouble.seen_by(actor)
    body = found | {"next_after": page[-1]["case"] if more else None} | trouble.members()
    return Answer(body, headers=trouble.headers())


def _question(request: Request, name: str, system: System, actor: Actor, min_position: int) -> Question:
    system.policy.role_for_read(actor, "metrics")
    given = {key: request.query_params.get(key) for key in PARAMETERS}
    waiting = _WAIT.search(request.headers.get("prefer", ""))
    wait = min(float(waiting[1]), LONGEST_WAIT) if waiting else 0.0
    try:
        return question(_named(name, actor), given, actor, now(), min_position=min_position, wait=wait)
    except BadQuestion as error:
        raise _problem(error) from error


def _named(name: str, actor: Actor) -> Metric:
    """The metric, if it is live for the actor; a `Problem` (404) if there is none, or `Forbidden`."""
    try:
        return live_for(actor, metric_named(name))
    except UnknownMetric as error:
        raise Problem("not-found", f"{str(error)[:1].upper()}{str(error)[1:]}.") from error


def _history(key: str) -> str:
    """Where the history of what a figure counts is read; the key of a part begins with that of the whole."""
    stream = key.partition("/")[0]
    return addresses.history(stream)


def _problem(error: BadQuestion | NotReady) -> Problem:
    if isinstance(error, NotReady):
        text = str(error)
        return Problem("figures-not-ready", f"{text[:1].upper()}{text[1:]}.", headers=[(b"retry-after", b"1")])
    where, colon, problem = str(error).partition(": ")
    return invalid(where, problem) if colon else invalid("question", str(error))
