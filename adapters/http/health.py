"""Whether the process lives, whether it can work, and what Prometheus wants to know."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from adapters.http import meters, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import Answer, sees_positions
from application.ports import Forbidden

router = APIRouter(tags=["health"])


@router.get("/health/live", summary="The process lives")
async def live() -> Response:
    """Answers as long as the process does; asks nothing of the database."""
    return Answer({"status": "live"})


@router.get("/health/ready", summary="Commands and reads can be answered", responses=openapi.problems(503))
def ready(request: Request, system: TheSystem) -> Response:
    """Answers when the event store does; else a problem (503). No token is needed, so that it tells nothing else."""
    system.store.head()
    return Answer({"status": "ready", "synthetic": request.app.state.nature.known()})


@router.get(
    "/metrics", summary="Counters for Prometheus", response_class=Response, responses=openapi.problems(401, 403)
)
def prometheus(request: Request, system: TheSystem, actor: Acting) -> Response:
    """Requests by route and class of status, commands by name and verdict, the end of the log.

    All of it moves when a report is stored; so it takes the token of an administrator for all forces (`*`).
    """
    system.policy.role_for_read(actor, "meters")
    if not sees_positions(actor):
        raise Forbidden("What is counted here is counted over all forces; it takes a token for all of them (`*`).")
    return Response(request.app.state.meters.text(), media_type=meters.CONTENT_TYPE)
