"""Finding cases: the case register, by reference, status, owner, age and what is owed."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import Standing, TheStanding
from adapters.http.scope import Row, force_of, linked, owner_of, page
from adapters.http.searching import NOTHING_FOUND, SEARCHED
from adapters.postgres.case_register import Search
from adapters.postgres.duty_finder import DutyState
from adapters.system import System, now
from domain.case.closure import ClosureStatus
from domain.case.investigation import InvestigationStatus
from domain.case.recording import RecordingStatus

router = APIRouter(tags=["cases"], responses=openapi.problems(401, 403, 422, 503), dependencies=[SEARCHED])

MOST = 500
LONGEST_HOURS = 1_000_000
Owner = Annotated[
    str | None, Query(max_length=64, description="Of whom; `me`: my own; `none`: of nobody, as imported cases may be.")
]
DeadlineState = Annotated[
    DutyState | Literal["none"] | None, Query(description="With at least one duty in that state; `none`: nothing.")
]
Older = Annotated[float | None, Query(ge=0, le=LONGEST_HOURS, description="Received more than so many hours ago.")]
After = Annotated[str, Query(max_length=80, description="Only cases whose id comes after this one.")]
Limit = Annotated[int, Query(ge=1, le=MOST)]


@router.get(addresses.CASES, summary="Find cases")
def find_cases(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    reference: Annotated[
        str | None,
        Query(
            max_length=140,
            description="A case's own number, the crime reference, or a reference of another system (`SYSTEM:REF`). "
            "Names are sealed and cannot be searched.",
        ),
    ] = None,
    status: Annotated[RecordingStatus | None, Query()] = None,
    investigation: Annotated[InvestigationStatus | None, Query()] = None,
    closure: Annotated[ClosureStatus | None, Query()] = None,
    owner: Owner = None,
    older_than: Older = None,
    deadline: DeadlineState = None,
    force: Annotated[str | None, Query(max_length=60)] = None,
    after: After = "",
    limit: Limit = 100,
) -> Response:
    """The cases of one's own force (all forces with an oversight token), in order of id.

    Upper and lower case and blanks in a reference do not matter. Names are sealed and cannot be searched: a parameter
    that is not listed here is refused, and the answer to a reference that no case has says so. The register follows the
    log within moments: `lag` says how many events it is behind. Pages neither repeat nor skip a case.
    """
    system.policy.role_for_read(actor, "register")
    wanted = Search(
        now(),
        force_of(actor, force),
        reference,
        status and status.value,
        investigation and investigation.value,
        closure and closure.value,
        owner_of(actor, owner),
        None if older_than is None else now() - timedelta(hours=older_than),
        deadline,
        after,
        limit + 1,
    )
    return _page(system, standing, wanted)


@router.get("/v1/caseload", summary="A caseload")
def read_caseload(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    owner: Owner = "me",
    deadline: DeadlineState = None,
    after: After = "",
    limit: Limit = 100,
) -> Response:
    """The open cases that somebody owns (`me`: I), each with its next deadline and what is overdue."""
    system.policy.role_for_read(actor, "caseload")
    wanted = Search(
        now(),
        force_of(actor, None),
        closure=ClosureStatus.OPEN.value,
        owner=owner_of(actor, owner),
        deadline=deadline,
        after=after,
        limit=limit + 1,
    )
    return _page(system, standing, wanted)


def _page(system: System, standing: Standing, wanted: Search) -> Response:
    found = page(lambda: system.cases.find(wanted), wanted.limit - 1)
    body: Row = {"cases": [linked(row, addresses.case, case="case_id") for row in found.rows]}
    note = {"note": NOTHING_FOUND} if wanted.reference is not None and not (found.rows or wanted.after) else {}
    return found.answer(body | {"next_after": found.last("case_id"), **note}, standing)
