"""The deadlines that were missed, and to whom that was brought."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import TheStanding
from adapters.http.problems import invalid
from adapters.http.scope import force_of, linked, page
from adapters.postgres.missed_finder import MissedSearch
from application.ports import Actor
from domain.case.duties import DutyKind
from domain.event import Role

router = APIRouter(prefix="/v1/duties", tags=["duties"], responses=openapi.problems(401, 403, 422, 503))

MOST = 500
LAST = 2**62

To = Annotated[str | None, Query(max_length=40, description="Brought to this role; `me`: to one of mine.")]


@router.get("/missed", summary="Missed deadlines")
def find_missed(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    kind: Annotated[DutyKind | None, Query()] = None,
    to: To = None,
    force: Annotated[str | None, Query(max_length=60)] = None,
    after: Annotated[int, Query(ge=0, le=LAST, description="`next_after` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Response:
    """The misses that the deadline watch raised in one's own force (all forces with an oversight token), oldest first.

    Each was raised once, whatever became of the duty since: that is in the case. `raised_in` is its position in the
    log, by which they are in order: asking again `after` the last one gives what is new.
    """
    system.policy.role_for_read(actor, "caseload")
    wanted = MissedSearch(force_of(actor, force), kind and kind.value, _roles(actor, to), after, limit + 1)
    found = page(lambda: system.missed.find(wanted), limit)
    body = {"missed": [linked(row, addresses.case, duty="duty_id", case="case_id") for row in found.rows]}
    return found.answer(body | {"next_after": found.last("raised_in")}, standing)


def _roles(actor: Actor, to: str | None) -> list[str] | None:
    if to is None:
        return None
    if to == "me":
        return sorted(actor.roles)
    if to not in set(Role):
        raise invalid("to", f"must be me or one of {', '.join(Role)}")
    return [to]
