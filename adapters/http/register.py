"""Finding cases: the case register, by reference and status."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import Answer, TheStanding
from adapters.http.problems import Problem, invalid
from adapters.postgres.case_register import Search
from adapters.postgres.readers import NotReady
from application.ports import Forbidden
from domain.case.recording import RecordingStatus

router = APIRouter(prefix=addresses.CASES, tags=["cases"], responses=openapi.problems(401, 403, 422, 503))

MOST = 500
PARAMETERS = {"reference", "status", "force", "after", "limit"}
SEALED = (
    "is not something cases can be searched by. Names, contact details and narratives are sealed under the key of "
    "their case or person, and cannot be searched; look for a reference, or take `GET /v1/cases?status=`"
)


@router.get("", summary="Find cases")
def find_cases(
    request: Request,
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    reference: Annotated[
        str | None,
        Query(max_length=140, description="A case's own number, or a reference of another system (`SYSTEM:REF`)."),
    ] = None,
    status: Annotated[RecordingStatus | None, Query()] = None,
    force: Annotated[str | None, Query(max_length=60)] = None,
    after: Annotated[str, Query(max_length=80, description="Only cases whose id comes after this one.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Response:
    """The cases of one's own force (all forces with an oversight token), in order of id, by reference and status.

    Upper and lower case and blanks in a reference do not matter. Names are sealed and cannot be searched. The register
    follows the log within moments: `lag` says how many events it is behind.
    """
    system.policy.role_for_read(actor, "register")
    unknown = next((name for name in request.query_params if name not in PARAMETERS), None)
    if unknown is not None:
        raise invalid(unknown, SEALED)
    if actor.force != "*" and force not in (None, actor.force):
        raise Forbidden(f"Your token is for {actor.force}; cases of other forces take an oversight token.")
    wanted = force if actor.force == "*" else actor.force
    try:
        found = system.cases.find(Search(wanted, reference, status and status.value, after, limit + 1))
    except NotReady as error:
        raise Problem("figures-not-ready", f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
    page = [
        {"case": row.pop("case_id"), **row, "href": addresses.case(case)}
        for row, case in ((row, row["case_id"]) for row in found["cases"][:limit])
    ]
    more = len(found["cases"]) > limit
    lag = max(0, standing.position - found["position"])
    body = {"cases": page, "next_after": page[-1]["case"] if more else None}
    return Answer(body, standing._replace(position=found["position"], lag=lag))
