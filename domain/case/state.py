"""The state of a case: its tracks joined, and the moves that are open to it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, assert_never
from uuid import UUID

from domain.case.attestation import FactAttested
from domain.case.correction import CorrectFact, FactCorrected, restate
from domain.case.outcome import AssignOutcome, Outcome, OutcomeAssigned
from domain.case.recording import (
    CrimeRecorded,
    CrimeReported,
    DeclineRecording,
    IncidentRegistered,
    N100Recorded,
    RecordCrime,
    Recording,
    RecordingDeclined,
    RecordingStatus,
    RecordN100,
    RegisterIncident,
    ReportCrime,
)
from domain.case.reference import AddReference, ReferenceAdded, References
from domain.case.testimony import CrimeRecordEvidenced, Evidence, SourceRowWithdrawn
from domain.event import Broken, Command, RecordedEvent, Rule

CaseEvent = (
    CrimeReported
    | IncidentRegistered
    | CrimeRecorded
    | RecordingDeclined
    | N100Recorded
    | OutcomeAssigned
    | ReferenceAdded
    | FactCorrected
    | FactAttested
    | CrimeRecordEvidenced
    | SourceRowWithdrawn
)

MOVES: Mapping[RecordingStatus, tuple[type[Command[Any]], ...]] = MappingProxyType(
    {
        RecordingStatus.NONE: (ReportCrime,),
        RecordingStatus.REPORTED: (
            RegisterIncident,
            RecordCrime,
            RecordN100,
            DeclineRecording,
            AddReference,
            CorrectFact,
        ),
        RecordingStatus.INCIDENT: (RecordCrime, RecordN100, DeclineRecording, AddReference, CorrectFact),
        RecordingStatus.NOT_RECORDED: (RecordCrime, AddReference, CorrectFact),
        RecordingStatus.N100: (RecordCrime, AddReference, CorrectFact),
        RecordingStatus.RECORDED: (AssignOutcome, AddReference, CorrectFact),
    }
)

MOVE_IS_OPEN = Rule(
    "move_is_open",
    "This cannot be done in the present state of the case; `allowed` lists what can.",
    "Home Office Counting Rules: the recording decision (reference, state machine of a case)",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A case as its history has it. `facts` holds its events, as written, by id, so that a correction can name one."""

    force: str | None = None
    version: int = 0
    recording: Recording = Recording()
    outcome: Outcome = Outcome()
    evidence: Evidence = Evidence()
    references: References = References()
    facts: Mapping[UUID, RecordedEvent] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def allowed(self) -> tuple[type[Command[Any]], ...]:
        """The commands that are open in this state."""
        return MOVES[self.recording.status]

    def allows(self, command: Command["Case"]) -> Iterator[Broken]:
        """Broken if the command is not open in this state."""
        if type(command) not in self.allowed:
            yield Broken(MOVE_IS_OPEN, tuple(move.__name__ for move in self.allowed))

    def evolve(self, entry: RecordedEvent) -> "Case":
        """The case after one more fact. Corrections and withdrawals act through `replay`."""
        event: CaseEvent = entry.event  # type: ignore[assignment]
        match event:
            case CrimeReported():
                references = replace(self.references, own=event.reference).with_external(*event.external)
                return replace(self, recording=self.recording.evolve(entry, event), references=references)
            case IncidentRegistered() | CrimeRecorded() | RecordingDeclined() | N100Recorded():
                return replace(self, recording=self.recording.evolve(entry, event))
            case ReferenceAdded():
                return replace(self, references=self.references.with_external(event.external))
            case OutcomeAssigned():
                return replace(self, outcome=self.outcome.evolve(entry, event))
            case CrimeRecordEvidenced():
                recording = replace(self.recording, status=RecordingStatus.RECORDED)
                return replace(self, evidence=self.evidence.evolve(event), recording=recording)
            case FactCorrected() | FactAttested() | SourceRowWithdrawn():
                return self
            case _:
                assert_never(event)


def replay(entries: Iterable[RecordedEvent], as_of: datetime | None = None) -> Case:
    """The case as its events have it; with `as_of` (UTC), as it stood at that instant of its life."""
    history = list(entries)
    if not history:
        return Case()
    state = Case(
        force=history[0].force,
        version=history[-1].version,
        facts=MappingProxyType({entry.event_id: entry for entry in history}),
    )
    for entry in restate(history):
        if as_of is None or entry.at.earliest <= as_of:
            state = state.evolve(entry)
    return state
