"""Reading an aggregate: its state at a moment, by what was known at another, and its whole history."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from adapters import logs
from adapters.disclosure import told_of
from adapters.http import addresses, openapi
from adapters.http.acting import Acting, StatedPurpose, TheSystem
from adapters.http.answers import Answer, Standing, TheStanding
from adapters.http.problems import invalid
from adapters.system import System, now
from application import known_at as knowledge
from application import replay
from application.known_at import KnownAt
from application.ports import Actor, NotFound
from domain.aggregate import AGGREGATES, Aggregate, State
from domain.event import Purpose, RecordedEvent
from domain.misconduct.passed_on import Told, shown_state
from domain.misconduct.state import REPORT
from domain.misconduct.walls import is_walled
from domain.values import instant

_log = logs.logger("candour.http")

AsOf = Annotated[
    str | None,
    Query(description="The case as it stood then, on the time of the acts: an instant with its zone, or a London day."),
]
KnownAtText = Annotated[
    str | None,
    Query(
        alias="known_at",
        description="By what was written then: an instant with its zone (the `written_at` of an event names it), "
        "a London day that is over, or, with an oversight token, a position.",
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
        return knowledge.parse(text, now(), last=standing.position, positions=standing.position is not None)
    except knowledge.NotKnowable as error:
        raise invalid("known_at", str(error)) from error


def as_of_instant(text: str | None) -> datetime | None:
    """`as_of` as given; a `Problem` (422) with the fix."""
    try:
        return None if text is None else knowledge.parse_as_of(text, now())
    except knowledge.NotKnowable as error:
        raise invalid("as_of", str(error)) from error


def routers() -> list[APIRouter]:
    """The two reads of every aggregate."""
    return [Reading(aggregate).router() for aggregate in AGGREGATES.values()]


class Reading:
    """The reads of one kind of aggregate."""

    def __init__(self, aggregate: Aggregate) -> None:
        self._aggregate = aggregate

    def router(self) -> APIRouter:
        """Their addresses."""
        name, plural = self._aggregate.name, self._aggregate.plural
        problems = openapi.problems(401, 403, 404, 422, 503)
        router = APIRouter(prefix=addresses.collection(self._aggregate), tags=[plural], responses=problems)
        where = f"/{{{addresses.parameter(self._aggregate)}}}"
        given: Any = Path(alias=addresses.parameter(self._aggregate))

        @router.get(where, summary=f"The state of a {name}", operation_id=f"read_{name}")
        def read(
            system: TheSystem,
            actor: Acting,
            purpose: StatedPurpose,
            standing: TheStanding,
            stream: str = given,
            as_of: AsOf = None,
            known_at: KnownAtText = None,
        ) -> Response:
            """The state now, or as it stood `as_of` a moment, by what was known at `known_at`.

            It holds codes, dates and flags only; narratives and names are in the history. `allowed` lists the commands
            that may be sent in this state, and `ETag` (of the present state only) is the version for their `If-Match`.
            """
            return self._state(stream, system, actor, purpose, standing, as_of, known_at)

        @router.get(f"{where}/history", summary=f"The history of a {name}", operation_id=f"read_{name}_history")
        def read_history(
            system: TheSystem,
            actor: Acting,
            purpose: StatedPurpose,
            standing: TheStanding,
            stream: str = given,
            known_at: KnownAtText = None,
        ) -> Response:
            """Every event with its whole envelope, oldest first; with `known_at`, those written by then.

            Narratives and names are opened for a role that may read them and a stated `Purpose`; else they read
            `[sealed]`. Of a report that was passed on, the events and fields that were not are `withheld`.
            """
            return self._history(stream, system, actor, purpose, standing, known_at)

        return router

    def _state(
        self,
        given: str,
        system: System,
        actor: Actor,
        purpose: Purpose | None,
        standing: Standing,
        as_of: str | None,
        known_at: str | None,
    ) -> Response:
        name = self._aggregate.name
        role = system.policy.role_for_read(actor, name)
        by, when = known_by(known_at, standing), as_of_instant(as_of)
        stream = addresses.stream_of(self._aggregate, given)
        told = _seen(system, actor, stream, by)
        entries = [each.entry for each in told]
        found: State = self._aggregate.replay(entries, when)
        present = as_of is None and known_at is None
        _note("state_read", role, actor, purpose, stream)
        return Answer(
            {
                name: stream,
                "force": found.force,
                "version": found.version,
                **self._tracks(found, told, when),
                "allowed": [
                    addresses.move(command, stream) | {"permitted": system.policy.may_send(actor, command)}
                    for command in found.allowed
                ],
                "history": addresses.history(stream),
                "as_of": when,
                "known_at": _named(by, entries),
            },
            standing,
            headers={"etag": f'"{found.version}"'} if present else None,
        )

    def _tracks(self, found: State, told: Sequence[Told], when: datetime | None) -> Mapping[str, object]:
        """What is shown of the state; of a report that was passed on, only what was passed. What is owed, is owed."""
        tracks = self._aggregate.tracks
        if all(each.withheld == frozenset() for each in told):
            return tracks(found, when or now())
        read = shown_state(REPORT.replay([each.entry for each in told if each.withheld is not None], when), told)
        return {**tracks(read, when or now()), "duties": tracks(found, when or now())["duties"]}

    def _history(
        self,
        given: str,
        system: System,
        actor: Actor,
        purpose: Purpose | None,
        standing: Standing,
        known_at: str | None,
    ) -> Response:
        name = self._aggregate.name
        role = system.policy.role_for_read(actor, "history" if name == "case" else f"{name}_history")
        by = known_by(known_at, standing)
        stream = addresses.stream_of(self._aggregate, given)
        told = _seen(system, actor, stream, by)
        entries = [each.entry for each in told if each.withheld is not None]
        readable = [entry for entry in entries if system.policy.sees_sealed_text(actor, entry)]
        opened = purpose is not None and bool(readable)
        clear = {entry.event_id: entry for entry in (system.store.reveal(readable) if opened else ())}
        _note("history_opened" if opened else "history_read", role, actor, purpose, stream)
        body: dict[str, Any] = {
            name: stream,
            "known_at": _named(by, [each.entry for each in told]),
            "sealed": {"opened": opened} | ({} if opened else {"how_to_open": HOW_TO_OPEN}),
            "events": [
                told_of(
                    each._replace(entry=clear.get(each.entry.event_id, each.entry)),
                    opened=each.entry.event_id in clear,
                    positioned=standing.position is not None,
                )
                for each in told
            ],
        }
        return Answer(body, standing, headers={"candour-sealed": "opened" if opened else "closed; send Purpose"})


def _seen(system: System, actor: Actor, stream: str, by: KnownAt) -> Sequence[Told]:
    """The history as it was known, if it is for the actor's eyes: of a report, as it stands now; else `NotFound`."""
    whole = replay.history(system.store, stream)
    entries = [entry for entry in whole if by.covers(entry)]
    if not entries or not system.policy.sees(actor, whole if is_walled(stream) else entries):
        raise NotFound(stream)
    return [each for each in system.policy.told(actor, whole) if by.covers(each.entry)]


def _named(by: KnownAt, entries: Sequence[RecordedEvent]) -> str:
    """What names what was known: as it was given, or the time of the last event, which names no other."""
    return str(by) or str(instant(entries[-1].written_at))


def _note(event: str, role: str, actor: Actor, purpose: str | None, stream: str) -> None:
    _log.info(event, actor=actor.id, role=role, force=actor.force, purpose=purpose, stream=stream)
