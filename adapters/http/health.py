"""Whether the process lives, whether it can work, and what Prometheus wants to know."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from adapters.http import meters, openapi
from adapters.http.answers import Answer, TheStanding

router = APIRouter(tags=["health"])


@router.get("/health/live", summary="The process lives")
async def live() -> Response:
    """Answers as long as the process does; asks nothing of the database."""
    return Answer({"status": "live"})


@router.get("/health/ready", summary="Commands and reads can be answered", responses=openapi.problems(503))
def ready(standing: TheStanding) -> Response:
    """Answers when the event store does; else a problem (503)."""
    return Answer({"status": "ready"}, standing)


@router.get("/metrics", summary="Counters for Prometheus", response_class=Response)
def prometheus(request: Request) -> Response:
    """Requests by route and class of status, commands by name and verdict, the end of the log."""
    return Response(request.app.state.meters.text(), media_type=meters.CONTENT_TYPE)
