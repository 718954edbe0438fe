"""What is owed and by when: overdue, due today, open, paused; of a force, of one person, of one kind."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import TheStanding
from adapters.http.scope import cursor, force_of, linked, owner_of, page, since
from adapters.http.searching import SEARCHED
from adapters.postgres.duty_finder import DutySearch, DutyState
from adapters.system import now
from domain.case.duties import DutyKind

router = APIRouter(
    prefix="/v1/duties", tags=["duties"], responses=openapi.problems(401, 403, 422, 503), dependencies=[SEARCHED]
)

MOST = 500


Owner = Annotated[
    str | None, Query(max_length=64, description="Of the cases that this person owns; `me`: I; `none`: nobody.")
]


@router.get("", summary="What is owed, and by when")
def find_duties(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    state: Annotated[DutyState, Query(description="`due_today` ends with the London day.")] = DutyState.OVERDUE,
    owner: Owner = None,
    kind: Annotated[DutyKind | None, Query()] = None,
    force: Annotated[str | None, Query(max_length=60)] = None,
    after: Annotated[str, Query(max_length=100, description="`next_after` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Response:
    """The open duties of one's own force (all forces with an oversight token) in order of deadline.

    A duty is derived from the history of its case: opened by one event, met or lifted by another. `duty` is the stream
    in which a missed deadline is raised. Duties that a source shows were over before it was imported are not owed.
    """
    system.policy.role_for_read(actor, "caseload")
    wanted = DutySearch(
        now(), state, force_of(actor, force), owner_of(actor, owner), kind and kind.value, since(after), limit + 1
    )
    found = page(lambda: system.duties.find(wanted), limit)
    last = found.final
    body = {
        "state": state,
        "at": wanted.now,
        "duties": [linked(row, addresses.case, duty="duty_id", case="case_id") for row in found.rows],
        "next_after": last and cursor(last["due"], last["duty_id"]),
    }
    return found.answer(body, standing)
