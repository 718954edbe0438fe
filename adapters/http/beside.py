"""Figures beside others: as they were known before, of the year before, of other forces."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from adapters.comparing import compare, similar_forces
from adapters.http import openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import Answer
from adapters.http.metrics import PROBLEMS, asked_of, problem
from adapters.postgres.question import BadQuestion
from adapters.postgres.readers import NotReady
from adapters.postgres.revisions import revisions
from application.ports import Forbidden

router = APIRouter(prefix="/v1/metrics", tags=["metrics"])

FOR_OVERSIGHT = "Comparisons with other forces are for oversight; a token of one force reads its own figures."


@router.get(
    "/{name}/revisions",
    summary="A figure as it was known before",
    responses=PROBLEMS,
    openapi_extra=openapi.of_question("force", "since", "until", "known_at"),
)
def read_revisions(
    request: Request,
    name: str,
    system: TheSystem,
    actor: Acting,
    by: Annotated[str, Query(description="The periods: day, week, month, quarter, year or financial_year.")] = "month",
) -> Response:
    """The revision triangle: the figure of each period as known at the end of each period since, and as known now.

    Each cell can be asked again for ever: its period with its `known_at`.
    """
    asked = asked_of(request, name, system, actor, leaving_out=("by",))
    try:
        return Answer(revisions(system.metrics, asked, by))
    except (BadQuestion, NotReady) as error:
        raise problem(error) from error


@router.get(
    "/{name}/comparison",
    summary="A force's figure beside others",
    responses=PROBLEMS,
    openapi_extra=openapi.of_question("force", "since", "until", "as_of", "known_at"),
)
def read_comparison(
    request: Request,
    name: str,
    system: TheSystem,
    actor: Acting,
    others: Annotated[str | None, Query(alias="with", description="Forces, with commas between them.")] = None,
) -> Response:
    """The figure of one force beside its own of the year before, those of similar forces, and of all.

    Of a share, every force is placed in the funnel p ± 1.96 and ± 3.09 √(p(1-p)/n) around the share p of all forces
    together. Similar forces are those of `with`, or those that the operator has listed.
    """
    if actor.force != "*":
        raise Forbidden(FOR_OVERSIGHT)
    asked = asked_of(request, name, system, actor)
    named = similar_forces(system.settings.similar_forces_file).get(asked.force or "", ())
    try:
        return Answer(compare(system.metrics, asked, tuple(others.split(",")) if others else named))
    except (BadQuestion, NotReady) as error:
        raise problem(error) from error
