"""`candour replay`: the history of a case, and its state at a moment."""

from typing import Annotated, Any

import typer

from adapters.cli.output import AsJson, print_json
from adapters.cli.serving import must_be_migrated
from adapters.disclosure import shown
from adapters.system import now, open_system
from application import replay as replaying
from application.known_at import parse, parse_as_of
from application.ports import NotFound
from domain.aggregate import aggregate_named


def replay(
    case_id: Annotated[
        str,
        typer.Argument(
            help="The id of the case or contact (case-…, contact-…). `GET /v1/cases?reference=` finds it by a "
            "reference; names are sealed and cannot be searched."
        ),
    ],
    as_of: Annotated[str | None, typer.Option(help="The state as it stood then (on the time of the acts).")] = None,
    known_at: Annotated[str | None, typer.Option(help="By what was written then.")] = None,
    unseal: Annotated[bool, typer.Option("--unseal", help="Open narratives and names.")] = False,
    json: AsJson = False,
) -> None:
    """Replay a case or a contact: every event with its envelope, and the state that follows."""
    with open_system() as system:
        must_be_migrated(system)
        moment = now()
        last = system.store.head().position
        by = parse(known_at, moment, last=last) if known_at else None
        when = parse_as_of(as_of, moment) if as_of else None
        entries = replaying.history(system.store, case_id, by)
        if not entries:
            raise NotFound(f"there is no {case_id!r} by then; ids look like case-1d0c… or contact-7f3e…")
        state = replaying.state_as_of(system.store, case_id, when, by)
        events = [shown(entry, opened=unseal) for entry in (system.store.reveal(entries) if unseal else entries)]
    aggregate = aggregate_named(case_id)
    answer: dict[str, Any] = {
        aggregate.name: case_id,
        "force": state.force,
        "version": state.version,
        **aggregate.tracks(state, when or moment),
        "as_of": when,
        "known_at": str(by) if by else str(last),
        "events": events,
    }
    if json:
        print_json(answer)
        return
    for event in events:
        _show(event)
    print(f"{case_id} of {state.force}: {answer['status']}, version {state.version}")


def _show(event: dict[str, Any]) -> None:
    written = f"{event['written_at']:%Y-%m-%dT%H:%M:%S.%fZ}"
    print(f"{event['version']}. {event['name']}  (position {event['position']}, event {event['event_id']})")
    print(f"   at {event['at']}, written {written}, by {event['actor']} as {event['role']} for {event['purpose']}")
    if event["broken"]:
        print(f"   breaks {', '.join(event['broken'])}")
    if event["source"]:
        print(f"   from row {event['source']['row']} of {event['source']['batch']}")
    for name, value in event["data"].items():
        if value is not None:
            print(f"   {name}: {value}")
