"""`GET /v1/reports/{report_id}/identity`: who a reporter is, for the one person whom it was released to."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from adapters import logs
from adapters.http import addresses, openapi
from adapters.http.acting import Acting, StatedPurpose, TheSystem
from adapters.http.answers import Answer
from adapters.http.problems import invalid
from domain.misconduct.state import REPORT

router = APIRouter(tags=["reports"], responses=openapi.problems(401, 403, 404, 422, 503))
_log = logs.logger("candour.http")


@router.get(
    f"{addresses.collection(REPORT)}/{{report_id}}/identity", summary="The identity of a reporter, released to you"
)
def read_identity(
    system: TheSystem, actor: Acting, purpose: StatedPurpose, given: Annotated[str, Path(alias="report_id")]
) -> Response:
    """Takes a `Purpose`. That it was read, by whom and for what, is an event in the stream of the identity."""
    role = system.policy.role_for_read(actor, "report_identity")
    stream = addresses.stream_of(REPORT, given)
    if purpose is None:
        raise invalid("Purpose", "is required: say in this header why you read who the reporter is")
    person = system.identities.read(stream, actor, role, purpose)
    _log.info("identity_read", actor=actor.id, role=role, force=actor.force, purpose=purpose, stream=stream)
    return Answer({"report": stream, "reporter": person.value}, headers={"cache-control": "no-store"})
