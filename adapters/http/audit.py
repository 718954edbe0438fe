"""The log in order, for auditors: all of it for oversight, of a force what its members may read."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from adapters.disclosure import shown
from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import Answer, TheStanding, sees_positions
from adapters.http.cursors import LAST, position_of, written
from adapters.system import System
from application.ports import Actor
from domain.event import RecordedEvent
from domain.misconduct.duties import ReportDeadlineMissed
from domain.misconduct.walls import is_walled

router = APIRouter(prefix="/v1", tags=["audit"], responses=openapi.problems(401, 403, 422, 503))

MOST = 1000
OF_A_FORCE = ("case", "contact", "duty")
"""What members of a force read of their log, by the beginning of the ids of streams: nothing of reports."""

After = Annotated[
    str,
    Query(
        max_length=40,
        description="Only events after this one: its position, or the `written_at` of it for members of a force.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="At most this many events.")]
UpTo = Annotated[
    str | None,
    Query(max_length=40, description="Only events up to this one: its position, or its `written_at` for members."),
]


@router.get("/events", summary="The log")
def read_log(
    system: TheSystem, actor: Acting, standing: TheStanding, after: After = "", limit: Limit = 100, upto: UpTo = None
) -> Response:
    """The events in the order in which they were written; a force's own only, unless the token is for all (`*`).

    `next` is the address of the next page, or null at the end of the log. Sealed text stays sealed here. With an
    oversight token events have their positions, and the log has no gaps: what is not for these eyes, such as a report
    about corruption, is an entry that is `withheld`. Members of a force read of cases, of contacts with the support
    line once something was escalated to the force, and of missed deadlines; they name events by their `written_at`.
    """
    system.policy.role_for_read(actor, "log")
    start = position_of(system, actor, "after", after) or 0
    end = position_of(system, actor, "upto", upto)
    if sees_positions(actor):
        body, last = _of_all(system, actor, start, limit, min(end or LAST, standing.position or 0))
    else:
        body, last = _of_force(system, actor, start, limit, end)
        body |= {"after": after or None, "upto": upto}
    following = last and addresses.events(last, limit, upto)
    headers = {"link": f'<{following}>; rel="next"'} if following else None
    return Answer({**body, "next": following}, standing, headers=headers)


Told = tuple[dict[str, Any], str | None]


def _of_all(system: System, actor: Actor, after: int, limit: int, upto: int) -> Told:
    """A page of the whole log, and its last event if there are more."""
    # One more than asked for shows whether there is another page.
    entries = system.store.read_log(after, limit + 1, upto)
    page = entries[:limit]
    hidden = _hidden(system, actor, page)
    events = [
        {"position": entry.position, "withheld": True} if entry.stream in hidden else shown(entry, opened=False)
        for entry in page
    ]
    more = len(entries) > limit
    return {"after": after, "upto": upto, "events": events}, str(page[-1].position) if more else None


def _of_force(system: System, actor: Actor, after: int, limit: int, upto: int | None) -> Told:
    """The same of what members of the force read."""
    entries = list(islice(_visible(system, actor, after, limit, upto), limit + 1))
    page = entries[:limit]
    events = [shown(entry, opened=False, positioned=False) for entry in page]
    return {"events": events}, written(page[-1].written_at) if len(entries) > limit else None


def _visible(system: System, actor: Actor, after: int, size: int, upto: int | None) -> Iterator[RecordedEvent]:
    """The force's events for the actor's eyes, page by page, so that what is left out leaves no page short."""
    while page := system.store.read_log_of(actor.force, OF_A_FORCE, after, size + 1, upto):
        hidden = _hidden(system, actor, page)
        yield from (entry for entry in page if entry.stream not in hidden)
        after = page[-1].position


def _hidden(system: System, actor: Actor, page: Sequence[RecordedEvent]) -> set[str]:
    """The streams of the page that are not, or not yet, for these eyes."""
    policy, about = system.policy, {entry.stream: entry.stream for entry in page}
    asked = [
        stream for stream in about if is_walled(stream) or not policy.sees_unescalated(actor, stream.partition("-")[0])
    ]
    histories = system.store.load_many(sorted(asked)) if asked else {}
    of_report = {
        stream: first.report
        for stream, (entry, *_) in histories.items()
        if isinstance(first := entry.event, ReportDeadlineMissed)
    }
    reports = system.store.load_many(sorted({*of_report.values()})) if of_report else {}
    judged = {stream: reports.get(of_report.get(stream, stream), history) for stream, history in histories.items()}
    return {stream for stream, history in judged.items() if not policy.sees(actor, history)}
