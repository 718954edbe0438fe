"""Passing a whole caseload on."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import Answer, TheStanding
from adapters.http.problems import invalid
from adapters.http.scope import not_ready, owner_of
from adapters.postgres.conditions import NOBODY
from adapters.postgres.readers import NotReady
from application.ports import Actor, Forbidden
from application.reassignment import Caseload
from domain.case.closure import ClosureStatus
from domain.case.ownership import AssignOwner
from domain.case.state import CASE
from domain.values import ActorId, FreeText, Reference

router = APIRouter(prefix="/v1/caseload", tags=["cases"], responses=openapi.problems(400, 401, 403, 422, 503))

MOST = 500


class Handover(BaseModel):
    """Whose cases pass to whom, and why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"owner": "staff-1", "to": "staff-2"}})

    owner: Annotated[ActorId, Field(description="`me`: I; `none`: the cases of nobody, such as imported ones.")]
    to: Annotated[ActorId, Field(description="`me`: I.")]
    closure: Annotated[
        ClosureStatus | None, Field(description="Only cases that are open, or closed; left out: both.")
    ] = None
    unit: Reference | None = None
    because: FreeText | None = None
    after: Annotated[str, Field(max_length=80, description="`next_after` of the answer before.")] = ""
    limit: Annotated[int, Field(ge=1, le=MOST)] = MOST


@router.post("/reassign", summary="Pass a caseload on")
async def reassign(handover: Handover, system: TheSystem, actor: Acting, standing: TheStanding) -> Response:
    """Gives every case of somebody to somebody else, one event each; for when a person leaves or is ill.

    Closed cases too, for they come back when they are reopened. A case that is no longer theirs is left alone. With
    `next_after` there are more: send the same again with `after`. What was theirs when the request came is waited for;
    `complete` is false if the register did not get there in time: send the same again, without `after`. Only what is
    still theirs then passes on.
    """
    if actor.force == "*":
        raise Forbidden("Commands are given on behalf of one force; use a token of that force.")
    system.policy.role_for_read(actor, "reassign")
    command = AssignOwner(owner=_receiver(handover, actor), unit=handover.unit, because=handover.because)
    owner = None if handover.owner == NOBODY else owner_of(actor, handover.owner)
    closure = handover.closure and handover.closure.value
    wanted = Caseload(actor.force, owner, closure, handover.after, handover.limit)
    # Of cases, not of the log: how far the log is would tell of what is stored beside them.
    covering = await run_in_threadpool(system.store.last_of, CASE.prefix)
    try:
        done = await system.reassignment.pass_on(wanted, command, actor, covering)
    except NotReady as error:
        raise not_ready(error) from error
    return Answer(
        {
            "passed_on": [{"case": case, "href": addresses.case(case)} for case in done.passed_on],
            "not_theirs": done.not_theirs,
            "refused": [{"case": case, "rule": addresses.rule(rule)} for case, rule in done.refused],
            "next_after": done.next_after,
            "complete": done.position >= covering,
        },
        standing,
    )


def _receiver(handover: Handover, actor: Actor) -> str:
    """Who gets the cases; a `Problem` (422) if that is nobody, or the one who has them."""
    to = owner_of(actor, handover.to)
    if to is None or to == NOBODY:
        raise invalid("to", "must be a person: no case is left without an owner")
    if to == owner_of(actor, handover.owner) and handover.unit is None:
        raise invalid("to", "must be somebody else than `owner`, unless their cases go to another `unit`")
    return to
