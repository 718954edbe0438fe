"""Reading a case: its state at a moment, by what was known at another, and its whole history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from adapters import logs
from adapters.disclosure import shown
from adapters.http import addresses, openapi
from adapters.http.acting import Acting, StatedPurpose, TheSystem
from adapters.http.answers import Answer, Standing, TheStanding
from adapters.http.problems import invalid
from adapters.system import now
from application import known_at as knowledge
from application import replay
from application.known_at import KnownAt
from application.ports import Actor, NotFound
from domain.case import state
from domain.event import RecordedEvent

router = APIRouter(prefix=addresses.CASES, tags=["cases"], responses=openapi.problems(401, 403, 404, 422, 503))
_log = logs.logger("candour.http")

AsOf = Annotated[
    str | None,
    Query(description="The case as it stood then, on the time of the acts: an instant with its zone, or a London day."),
]
KnownAtText = Annotated[
    str | None,
    Query(
        alias="known_at",
        description="By what was written then: a position, an instant with its zone, or a London day that is over.",
    ),
]

HOW_TO_OPEN = (
    "Sealed text is closed in this answer. Send a Purpose header that says why you read it, with a role that may."
)


def known_by(text: str | None, standing: Standing) -> KnownAt:
    """`known_at` as given, or all that the standing covers; a `Problem` (422) with the fix."""
    if text is None:
        return KnownAt(position=standing.position)
    try:
        return knowledge.parse(text, now(), last=standing.position)
    except knowledge.NotKnowable as error:
        raise invalid("known_at", str(error)) from error


def as_of_instant(text: str | None) -> datetime | None:
    """`as_of` as given; a `Problem` (422) with the fix."""
    try:
        return None if text is None else knowledge.parse_as_of(text, now())
    except knowledge.NotKnowable as error:
        raise invalid("as_of", str(error)) from error


@router.get("/{case_id}", summary="The state of a case")
def read_case(
    case_id: str,
    system: TheSystem,
    actor: Acting,
    purpose: StatedPurpose,
    standing: TheStanding,
    as_of: AsOf = None,
    known_at: KnownAtText = None,
) -> Response:
    """The state of a case now, or as it stood `as_of` a moment, by what was known at `known_at`.

    It holds codes, dates and flags only; narratives and names are in the history. `allowed` lists the commands that
    may be sent in this state, and `ETag` (of the present state only) is the version for their `If-Match`.
    """
    system.policy.role_for_read(actor, "case")
    by, when = known_by(known_at, standing), as_of_instant(as_of)
    stream = addresses.stream_of(case_id)
    entries = replay.history(system.store, stream, by)
    _must_see(actor, entries, stream)
    found = state.replay(entries, when)
    present = as_of is None and known_at is None
    _note("case_read", system.policy.role_for_read(actor, "case"), actor, purpose, stream)
    return Answer(
        {
            "case": stream,
            "force": found.force,
            "version": found.version,
            "status": found.recording.status,
            "recording": found.recording,
            "outcome": found.outcome,
            "evidence": found.evidence,
            "references": found.references,
            "allowed": [addresses.move(command, stream) for command in found.allowed],
            "history": addresses.history(stream),
            "as_of": when,
            "known_at": str(by),
        },
        standing,
        headers={"etag": f'"{found.version}"'} if present else None,
    )


@router.get("/{case_id}/history", summary="The history of a case")
def read_history(
    case_id: str,
    system: TheSystem,
    actor: Acting,
    purpose: StatedPurpose,
    standing: TheStanding,
    known_at: KnownAtText = None,
) -> Response:
    """Every event of a case with its whole envelope, oldest first; with `known_at`, those written by then.

    Narratives and names are opened for a role that may read them and a stated `Purpose`; else they read `[sealed]`.
    """
    role = system.policy.role_for_read(actor, "history")
    by = known_by(known_at, standing)
    stream = addresses.stream_of(case_id)
    entries = replay.history(system.store, stream, by)
    _must_see(actor, entries, stream)
    opened = purpose is not None and system.policy.sees_sealed_text(actor)
    events = system.store.reveal(entries) if opened else entries
    _note("history_opened" if opened else "history_read", role, actor, purpose, stream)
    body: dict[str, Any] = {
        "case": stream,
        "known_at": str(by),
        "sealed": {"opened": opened} | ({} if opened else {"how_to_open": HOW_TO_OPEN}),
        "events": [shown(entry, opened=opened) for entry in events],
    }
    return Answer(body, standing, headers={"candour-sealed": "opened" if opened else "closed; send Purpose"})


def _must_see(actor: Actor, entries: Sequence[RecordedEvent], stream: str) -> None:
    if not entries or actor.force not in ("*", entries[0].force):
        raise NotFound(stream)


def _note(event: str, role: str, actor: Actor, purpose: str | None, stream: str) -> None:
    _log.info(event, actor=actor.id, role=role, force=actor.force, purpose=purpose, case=stream)
