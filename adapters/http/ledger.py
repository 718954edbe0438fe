"""The ledger of the unrecorded: reports with neither a crime record nor a reasoned decision."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import Answer, sees_positions
from adapters.http.problems import invalid
from adapters.http.scope import force_of, not_ready
from adapters.postgres.ledger import Wanted
from adapters.postgres.question import BadQuestion
from adapters.postgres.readers import NotReady
from adapters.system import now
from application import known_at as knowledge

router = APIRouter(prefix="/v1/ledger", tags=["ledger"], responses=openapi.problems(401, 403, 422, 503))

MOST = 500
LONGEST_HOURS = 1_000_000


class LedgerStanding(StrEnum):
    """Whether it is said, or established, that the force was told."""

    ALLEGED = "alleged"
    CONFIRMED = "confirmed"


@router.get("", summary="The ledger of the unrecorded")
def read_ledger(
    request: Request,
    system: TheSystem,
    actor: Acting,
    standing: Annotated[LedgerStanding | None, Query()] = None,
    older_than: Annotated[
        float | None, Query(ge=0, le=LONGEST_HOURS, description="Only reports received more than so many hours ago.")
    ] = None,
    force: Annotated[str | None, Query(max_length=60)] = None,
    known_at: Annotated[
        str | None,
        Query(description="By what was written then: an instant, a London day that is over; a position (oversight)."),
    ] = None,
    after: Annotated[str, Query(max_length=200, description="`next_after` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Response:
    """Reports that were neither recorded nor declined with a reason, oldest first, each with its age and its history.

    Alleged and confirmed receipts are counted apart. It is a floor: a report that was never logged, or wrongly
    declined, shows only through inspection. A case that is linked to another is counted with it.
    """
    system.policy.role_for_read(actor, "ledger")
    try:
        positions = sees_positions(actor)
        last = system.store.head().position if positions and known_at is not None else None
        by = None if known_at is None else knowledge.parse(known_at, now(), last=last, positions=positions)
        hours = None if older_than is None else timedelta(hours=older_than)
        found = system.ledger.find(
            Wanted(force_of(actor, force), standing, hours, by, after, limit, positions=positions)
        )
    except knowledge.NotKnowable as error:
        raise invalid("known_at", str(error)) from error
    except BadQuestion as error:
        where, _, problem = str(error).partition(": ")
        raise invalid(where, problem) from error
    except NotReady as error:
        raise not_ready(error) from error
    for case in found["cases"]:
        case["history"] = addresses.history(case["case"])
    trouble = request.app.state.nature.trouble.seen_by(actor)
    return Answer(found | trouble.members(), headers=trouble.headers())
