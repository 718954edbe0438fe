"""The log in order, for auditors."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from adapters.disclosure import shown
from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import Answer, TheStanding
from adapters.system import System
from application.ports import Actor
from domain.event import RecordedEvent

router = APIRouter(prefix="/v1", tags=["audit"], responses=openapi.problems(401, 403, 422, 503))

MOST = 1000
LAST = 2**62

After = Annotated[int, Query(ge=0, le=LAST, description="Only events after this position.")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="At most this many events.")]
UpTo = Annotated[int | None, Query(ge=0, le=LAST, description="Only events up to this position.")]


@router.get("/events", summary="The log")
def read_log(
    system: TheSystem, actor: Acting, standing: TheStanding, after: After = 0, limit: Limit = 100, upto: UpTo = None
) -> Response:
    """The events in the order of their positions; a force's own only, unless the token is for all forces (`*`).

    `next` is the address of the next page, or null at the end of the log. Sealed text stays sealed here. The registrar
    of a force reads of a contact with the support line once something was escalated to the force.
    """
    system.policy.role_for_read(actor, "log")
    end = standing.position if upto is None else min(upto, standing.position)
    force = None if actor.force == "*" else actor.force
    # One more than asked for shows whether there is another page.
    entries = system.store.read_log(after, limit + 1, end, force)
    page = entries[:limit]
    following = addresses.events(page[-1].position, limit, upto) if len(entries) > limit else None
    return Answer(
        {
            "after": after,
            "upto": end,
            "events": [shown(entry, opened=False) for entry in _seen(system, actor, page)],
            "next": following,
        },
        standing,
        headers={"link": f'<{following}>; rel="next"'} if following else None,
    )


def _seen(system: System, actor: Actor, page: Sequence[RecordedEvent]) -> list[RecordedEvent]:
    """Without the events of what is not, or not yet, for these eyes; their positions stay out."""
    policy = system.policy
    asked = {entry.stream for entry in page if not policy.sees_unescalated(actor, entry.stream.partition("-")[0])}
    histories = system.store.load_many(sorted(asked)) if asked else {}
    hidden = {stream for stream, history in histories.items() if not policy.sees(actor, history)}
    return [entry for entry in page if entry.stream not in hidden]
