"""The deadlines that were missed, and to whom that was brought."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import TheStanding, sees_positions
from adapters.http.cursors import names_of, position_of
from adapters.http.scope import Row, force_of, linked, page, roles_of
from adapters.http.searching import SEARCHED
from adapters.postgres.missed_finder import MissedSearch
from application.ports import Actor
from domain.case.duties import DutyKind

router = APIRouter(
    prefix="/v1/duties", tags=["duties"], responses=openapi.problems(401, 403, 422, 503), dependencies=[SEARCHED]
)

MOST = 500

To = Annotated[str | None, Query(max_length=40, description="Brought to this role; `me`: to one of mine.")]


@router.get("/missed", summary="Missed deadlines")
def find_missed(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    kind: Annotated[DutyKind | None, Query()] = None,
    to: To = None,
    force: Annotated[str | None, Query(max_length=60)] = None,
    after: Annotated[str, Query(max_length=40, description="`next_after` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Response:
    """The misses that the deadline watch raised in one's own force (all forces with an oversight token), oldest first.

    Each was raised once, whatever became of the duty since: that is in the case. They are in the order in which they
    were raised: `written_at` says when, to the event, and asking again `after` the last one gives what is new. With an
    oversight token it is `raised_in`, the position in the log.
    """
    system.policy.role_for_read(actor, "caseload")
    start = position_of(system, actor, "after", after) or 0
    wanted = MissedSearch(force_of(actor, force), kind and kind.value, roles_of(actor, to), start, limit + 1)
    found = page(lambda: system.missed.find(wanted), limit)
    names = names_of(system, actor, [row["raised_in"] for row in found.rows])
    last = found.last("raised_in")
    body = {"missed": [_shown(row, actor, names) for row in found.rows], "next_after": last and names[last]}
    return found.answer(body, standing)


def _shown(row: Row, actor: Actor, names: dict[int, str]) -> Row:
    """The row; for members of a force, with the time of writing instead of the position."""
    found = linked(row, addresses.case, duty="duty_id", case="case_id")
    if not sees_positions(actor):
        found["written_at"] = names[found.pop("raised_in")]
    return found
