"""Inspections beside their own histories: the list, and what anyone needs to draw a sample again."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import Answer, TheStanding
from adapters.http.scope import force_of
from application.ports import Actor, Forbidden, NotFound
from domain.inspection.draw import frame_digest
from domain.inspection.scope import INSPECTORATE
from domain.inspection.state import INSPECTION, Inspection

router = APIRouter(prefix="/v1", tags=["inspections"], responses=openapi.problems(401, 403, 404, 422, 503))

MOST = 10_000

Limit = Annotated[int, Query(ge=1, le=MOST, description="At most so many.")]


@router.get("/inspections", summary="Inspections")
def list_inspections(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    force: Annotated[str | None, Query(max_length=60, description="Inspections of that force.")] = None,
) -> Response:
    """Inspections, how each ended and what was found; the abandoned ones too.

    Members of a force read those of their own force once they are concluded: before, they would know the sample.
    """
    system.policy.role_for_read(actor, "inspections")
    inspected = force_of(actor, force)
    concluded_only = actor.force not in ("*", INSPECTORATE)
    found = system.inspections.all(inspected, concluded_only=concluded_only)
    return Answer({"inspections": found}, standing)


@router.get("/inspections/{inspection_id}/frame", summary="What the sample was drawn from")
def read_frame(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    stream: Annotated[str, Path(alias="inspection_id")],
    after: Annotated[str, Query(max_length=60, description="Only cases whose id comes after this one.")] = "",
    limit: Limit = 1000,
) -> Response:
    """The reports of the force in the audit period as they were known at the opening, by stratum, in order of id.

    `frame_digest` is the SHA-256 of all its lines `stratum|case` in order, joined by newlines. The sample of a stratum
    is its cases with the lowest SHA-256 of `seed|stratum|case`.
    """
    system.policy.role_for_read(actor, "inspection")
    _must_be_oversight(actor)
    entries = system.store.load(addresses.stream_of(INSPECTION, stream))
    state: Inspection = INSPECTION.replay(entries)
    if not entries:
        raise NotFound(stream)
    frame = system.inspecting.frame_of(state)
    rows = sorted((case, stratum) for stratum, cases in frame.strata.items() for case in cases if case > after)
    page = rows[:limit]
    return Answer(
        {
            "inspection": stream,
            "frame_digest": frame_digest(frame.strata),
            "definition": frame.definition,
            "sizes": _sizes(frame.strata),
            "cases": [{"case": case, "stratum": stratum} for case, stratum in page],
            "next_after": page[-1][0] if len(rows) > limit else None,
        },
        standing,
    )


@router.get("/events/leaves", summary="The leaves of the digest of the log")
def read_leaves(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    after: Annotated[int, Query(ge=0, le=2**62, description="Only events after this position.")] = 0,
    limit: Limit = 1000,
) -> Response:
    """Of each event the SHA-256 of `position|stream|version|name|event_id|written_at`, without the event itself.

    The digest of the log at a position is the SHA-256 of the digest before it followed by its leaf, both as hex text,
    beginning with 64 zeros. So the seed of an inspection can be worked out even where an event is withheld.
    """
    system.policy.role_for_read(actor, "leaves")
    _must_be_oversight(actor)
    leaves = system.inspecting.leaves(after, limit)
    return Answer({"after": after, "leaves": [leaf._asdict() for leaf in leaves]}, standing)


def _must_be_oversight(actor: Actor) -> None:
    if actor.force != "*":
        raise Forbidden("What a sample is drawn from is for oversight; it takes a token for all forces (`*`).")


def _sizes(strata: Mapping[str, Any]) -> dict[str, int]:
    return {stratum: len(cases) for stratum, cases in strata.items()}
