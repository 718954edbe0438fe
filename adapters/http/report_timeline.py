"""What happened in a misconduct report, in plain words; and the statement on a long investigation, drafted from it."""

from collections.abc import Sequence
from inspect import cleandoc
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from adapters import logs
from adapters.http import addresses, openapi
from adapters.http.acting import Acting, StatedPurpose, TheSystem
from adapters.http.answers import Answer, TheStanding
from adapters.http.problems import Problem
from adapters.http.reading import HOW_TO_OPEN
from adapters.http.refusals import of_rule
from adapters.plain import SEALED, closed
from adapters.system import System
from application import replay
from application.ports import Actor, NotFound
from domain.case.correction import restate
from domain.event import RecordedEvent
from domain.misconduct.delay import Item
from domain.misconduct.delay_due import CLOCK, next_due
from domain.misconduct.delay_statement import MISSING, Draft, SendDelayStatement, draft_delay_statement
from domain.misconduct.passed_on import Fields, Told
from domain.misconduct.state import REPORT, Report
from domain.replacing import replace
from domain.rules import rule_book

router = APIRouter(
    prefix=addresses.collection(REPORT), tags=[REPORT.plural], responses=openapi.problems(401, 403, 404, 422, 503)
)
Given = Annotated[str, Path(alias=addresses.parameter(REPORT))]
UNSAID: tuple[object, ...] = (None, [], False)
TITLES = {
    Item.ATTENTION: "When the allegation came to the attention of the appropriate authority",
    Item.NOTICE: "When written notice was given to each person concerned",
    Item.PROGRESS: "How far the investigation has come",
    Item.ESTIMATE: "When it is expected to end, and its report expected",
    Item.REASONS: "Why it takes this long",
    Item.STEPS: "What is planned to bring it to its end",
}
_log = logs.logger("candour.http")


@router.get("/{report_id}/timeline", summary="What happened in a report")
def read_timeline(system: TheSystem, actor: Acting, standing: TheStanding, given: Given) -> Response:
    """What happened, in plain words and in the order in which it happened, as it stands corrected.

    `event` names the event in the history, which has its whole envelope. Narratives and names read `[sealed]` here. Of
    a report that was passed on, it tells what was passed; `withheld` counts the events that were not.
    """
    role = system.policy.role_for_read(actor, "report_timeline")
    stream = addresses.stream_of(REPORT, given)
    told = {each.entry.event_id: each for each in _seen(system, actor, stream)}
    _note("history_read", role, actor, None, stream)
    standing_now = restate([each.entry for each in told.values()])
    happened = sorted(standing_now, key=lambda entry: (entry.at.earliest, entry.version))
    body = {
        "report": stream,
        "timeline": [
            _in_words(entry, lost) for entry in happened if (lost := told[entry.event_id].withheld) is not None
        ],
        "withheld": sum(each.withheld is None for each in told.values()),
        "history": addresses.history(stream),
    }
    return Answer(body, standing)


@router.get(
    "/{report_id}/delay-statement",
    summary="The statement on a long investigation, drafted",
    responses=openapi.problems(409),
)
def draft_statement(
    system: TheSystem, actor: Acting, purpose: StatedPurpose, standing: TheStanding, given: Given
) -> Response:
    """The statement that is due next, drafted from the events: items (a) to (f), each with the events it rests on.

    Refused (409) while an item has no event; `missing` names each, and what supplies it. What the items say in words is
    opened for a role that may read it and a stated `Purpose`. `send` leads to the command that sends it.
    """
    role = system.policy.role_for_read(actor, "delay_statement")
    stream = addresses.stream_of(REPORT, given)
    report: Report = REPORT.replay([each.entry for each in _seen(system, actor, stream)])
    draft = draft_delay_statement(report)
    if draft.missing:
        raise _incomplete(draft)
    entries = [report.facts[event] for each in draft.rests_on for event in each.events]
    readable = [entry for entry in entries if system.policy.sees_sealed_text(actor, entry)]
    opened = purpose is not None and bool(readable)
    if opened:
        clear = {entry.event_id: entry for entry in system.store.reveal(readable)}
        draft = draft_delay_statement(replace(report, facts=MappingProxyType({**report.facts, **clear})))
    _note("history_opened" if opened else "history_read", role, actor, purpose, stream)
    says, since = _says(draft, opened=opened), report.delay.attention
    rules = rule_book().proceedings_rules(since.at) if since is not None else rule_book().proceedings[0]
    clock = rules.clocks[CLOCK]
    body: dict[str, Any] = {
        "report": stream,
        "due": next_due(report.delay, clock),
        "rule_set": rules.id,
        "source": clock.source,
        "sealed": {"opened": opened} | ({} if opened else {"how_to_open": HOW_TO_OPEN}),
        "items": [
            {
                "item": each.item,
                "title": TITLES[each.item],
                "says": says[each.item],
                "events": [_reference(report.facts[event]) for event in each.events],
            }
            for each in draft.rests_on
        ],
        "send": addresses.move(SendDelayStatement, stream),
        "history": addresses.history(stream),
    }
    return Answer(body, standing, headers={"candour-sealed": "opened" if opened else "closed; send Purpose"})


def _seen(system: System, actor: Actor, stream: str) -> Sequence[Told]:
    """The history, if the report is for the actor's eyes; else `NotFound`."""
    entries = replay.history(system.store, stream)
    if not entries or not system.policy.sees(actor, entries):
        raise NotFound(stream)
    return system.policy.told(actor, entries)


def _in_words(entry: RecordedEvent, lost: Fields) -> dict[str, Any]:
    words = cleandoc(type(entry.event).__doc__ or "").partition("\n")[0]
    return {
        "at": str(entry.at),
        "what": words,
        "facts": {
            name: value for name, value in closed(entry.event).items() if value not in UNSAID and name not in lost
        },
        "by": entry.role,
        **_reference(entry),
    }


def _reference(entry: RecordedEvent) -> dict[str, Any]:
    return {"event": entry.event_id, "version": entry.version, "name": entry.event.NAME, "at": str(entry.at)}


def _says(draft: Draft, *, opened: bool) -> dict[Item, Any]:
    """What each item says; words only if they were opened."""

    def words(text: str | None) -> str | None:
        return text if opened or text is None else SEALED

    return {
        Item.ATTENTION: draft.attention,
        Item.NOTICE: [{"subject": subject, "on": day} for subject, day in draft.notices],
        Item.PROGRESS: words(draft.progress),
        Item.ESTIMATE: draft.estimate,
        Item.REASONS: words(draft.reasons),
        Item.STEPS: words(draft.steps),
    }


def _incomplete(draft: Draft) -> Problem:
    rules = [(item, MISSING[item]) for item in draft.missing]
    items = ", ".join(f"({item})" for item, _ in rules)
    return Problem(
        "rule-broken",
        f"The statement cannot be drafted while an item has no event: {items}. `missing` says what supplies each.",
        rule=of_rule(rules[0][1]),
        missing=[{"item": item, "rule": of_rule(rule)} for item, rule in rules],
    )


def _note(event: str, role: str, actor: Actor, purpose: str | None, stream: str) -> None:
    _log.info(event, actor=actor.id, role=role, force=actor.force, purpose=purpose, stream=stream)
