"""Which rules a fact breaks: the import door testifies, so they are kept with the fact and refuse nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from adapters.importers.table.meaning import DERIVED, with_values
from domain.case.correction import CorrectedFacts, CorrectFact, FactCorrected
from domain.case.outcome import AssignOutcome, OutcomeAssigned
from domain.case.recording import (
    CrimeRecorded,
    CrimeReported,
    DeclineRecording,
    IncidentRegistered,
    N100Recorded,
    RecordCrime,
    RecordingDeclined,
    RecordingStatus,
    RecordN100,
    RegisterIncident,
    ReportCrime,
)
from domain.case.state import Case
from domain.event import Act, Command, Event, testify


def _like(command: type[Command[Case]]) -> Callable[[Event], Command[Case]]:
    """The command that would have led to the event, with what the event says; a row may say less than it needs."""
    names = frozenset(command.model_fields)
    lacking = {name: None for name, field in command.model_fields.items() if field.is_required()}
    template = command.model_construct(**lacking)

    def build(event: Event) -> Command[Case]:
        return with_values(template, {name: value for name, value in event.__dict__.items() if name in names})

    return build


_COMMANDS: dict[type[Event], Callable[[Event], Command[Case]]] = {
    CrimeReported: _like(ReportCrime),
    IncidentRegistered: _like(RegisterIncident),
    RecordingDeclined: _like(DeclineRecording),
    N100Recorded: _like(RecordN100),
    CrimeRecorded: _like(RecordCrime),
    OutcomeAssigned: _like(AssignOutcome),
}


def rules_broken(case: Case, event: Event, act: Act, *, recorded_only: bool) -> tuple[str, ...]:
    """The ids of the rules that the fact breaks in that state of the case.

    A source that shows recorded crimes only cannot show the report that came before: its absence breaks nothing.
    """
    if recorded_only and case.recording.status is RecordingStatus.NONE:
        case = replace(case, recording=replace(case.recording, status=RecordingStatus.REPORTED))
    if recorded_only and isinstance(event, OutcomeAssigned) and case.recording.status is RecordingStatus.REPORTED:
        case = replace(case, recording=replace(case.recording, status=RecordingStatus.RECORDED))
    if isinstance(event, OutcomeAssigned) and event.outcome is None:
        return tuple(step.rule.id for step in case.allows(AssignOutcome.model_construct()))
    command = _correction(event) if isinstance(event, FactCorrected) else _COMMANDS[type(event)](event)
    if command is None:
        return ()
    _, rules = testify(command, case, act)
    return tuple(dict.fromkeys(rules))


def _correction(event: FactCorrected) -> Command[Case] | None:
    named = event.facts.model_fields_set - DERIVED
    if not named:
        return None
    facts = CorrectedFacts(**{name: getattr(event.facts, name) for name in named})
    return cast(Command[Case], CorrectFact.model_construct(corrects=event.corrects, facts=facts, because=None))
