"""The adopted figures of forces, beside the histories in which they were adopted."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from adapters.http import openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import Answer, TheStanding
from adapters.http.problems import invalid
from domain.rules import rule_book

router = APIRouter(prefix="/v1", tags=["denominators"], responses=openapi.problems(401, 403, 404, 422, 503))


@router.get("/denominators", summary="Denominators")
def list_denominators(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    force: Annotated[str | None, Query(max_length=60, description="Figures of that force.")] = None,
) -> Response:
    """Every published figure that was adopted for a force, oldest first, with its source and the days it is for.

    Of the same kind and days the last one counts. They were published elsewhere: nobody is kept from those of others.
    """
    system.policy.role_for_read(actor, "denominators")
    if force is not None and force not in rule_book().forces:
        raise invalid("force", f"{force!r} is not a force; use its code, such as kent (/v1/reference/forces)")
    return Answer({"figures": system.denominators.all(force)}, standing)
