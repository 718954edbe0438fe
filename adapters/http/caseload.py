"""Passing a whole caseload on."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import Answer
from adapters.http.scope import not_ready, owner_of
from adapters.postgres.readers import NotReady
from application.ports import Forbidden
from domain.case.ownership import AssignOwner
from domain.values import ActorId, FreeText, Reference

router = APIRouter(prefix="/v1/caseload", tags=["cases"], responses=openapi.problems(400, 401, 403, 422, 503))

MOST = 500


class Handover(BaseModel):
    """Whose open cases pass to whom, and why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"owner": "staff-1", "to": "staff-2"}})

    owner: ActorId
    to: ActorId
    unit: Reference | None = None
    because: FreeText | None = None
    after: Annotated[str, Field(max_length=80, description="`next_after` of the answer before.")] = ""
    limit: Annotated[int, Field(ge=1, le=MOST)] = MOST


@router.post("/reassign", summary="Pass a caseload on")
async def reassign(handover: Handover, system: TheSystem, actor: Acting) -> Response:
    """Gives every open case of somebody to somebody else, one event each; for when a person leaves or is ill.

    A case that is no longer theirs is left alone. With `next_after` there are more: send the same again with `after`.
    Sent again without it, only what is still theirs passes on.
    """
    if actor.force == "*":
        raise Forbidden("Commands are given on behalf of one force; use a token of that force.")
    system.policy.role_for_read(actor, "reassign")
    command = AssignOwner(owner=handover.to, unit=handover.unit, because=handover.because)
    owner = owner_of(actor, handover.owner) or ""
    try:
        done = await system.reassignment.pass_on(owner, command, actor, after=handover.after, limit=handover.limit)
    except NotReady as error:
        raise not_ready(error) from error
    return Answer(
        {
            "passed_on": [{"case": case, "href": addresses.case(case)} for case in done.passed_on],
            "not_theirs": done.not_theirs,
            "next_after": done.next_after,
        }
    )
