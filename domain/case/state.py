"""The state of a case: its tracks joined, and the moves that are open to it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, assert_never, get_args
from uuid import UUID

from domain.aggregate import Aggregate, aggregate
from domain.case import duties
from domain.case.attestation import FactAttested
from domain.case.cancellation import Cancellation, CancellationEvent, cancelled_wrongly, status_after
from domain.case.classification import CrimeReclassified, ReceiptEstablished, reclassified
from domain.case.closure import VICTIM_IS_TOLD_FIRST, Closure, ClosureEvent, ClosureStatus, ReviewOf
from domain.case.correction import FactCorrected
from domain.case.duties import Duties, DutyPaused, DutyResumed, PausingEvent
from domain.case.flags import FlagEvent, Flags
from domain.case.investigation import Investigation, InvestigationEvent, InvestigationStatus
from domain.case.linking import Link, LinkingEvent
from domain.case.moves import MOVES
from domain.case.outcome import VICTIM_SAID_SO, Outcome, OutcomeAssigned, fits_offence
from domain.case.ownership import OwnerAssigned, Ownership
from domain.case.recording import CrimeReported, Recording, RecordingEvent, RecordingStatus
from domain.case.reference import ReferenceAdded, References
from domain.case.testimony import CrimeRecordEvidenced, Evidence, SourceRowWithdrawn
from domain.case.victim import Victim, VictimEvent
from domain.event import Broken, Command, RecordedEvent, Rule
from domain.replacing import replace
from domain.replaying import newly_broken, replayed
from domain.rules import rule_book

CaseEvent = (
    RecordingEvent
    | CrimeReclassified
    | ReceiptEstablished
    | CancellationEvent
    | InvestigationEvent
    | OutcomeAssigned
    | ClosureEvent
    | VictimEvent
    | LinkingEvent
    | OwnerAssigned
    | FlagEvent
    | PausingEvent
    | ReferenceAdded
    | FactCorrected
    | FactAttested
    | CrimeRecordEvidenced
    | SourceRowWithdrawn
)

GONE = frozenset({RecordingStatus.CANCELLED, RecordingStatus.TRANSFERRED})

MOVE_IS_OPEN = Rule(
    "move_is_open",
    "This cannot be done in the present state of the case; `allowed` lists what can.",
    "Home Office Counting Rules: the recording decision (reference, state machine of a case)",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A case as its history has it. `facts` holds its events, as written, by id, so that a correction can name one."""

    id: str | None = None
    force: str | None = None
    version: int = 0
    recording: Recording = Recording()
    cancellation: Cancellation = Cancellation()
    investigation: Investigation = Investigation()
    outcome: Outcome = Outcome()
    closure: Closure = Closure()
    victim: Victim = Victim()
    link: Link = Link()
    ownership: Ownership = Ownership()
    evidence: Evidence = Evidence()
    flags: Flags = Flags()
    references: References = References()
    duties: Duties = ()
    facts: Mapping[UUID, RecordedEvent] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def allowed(self) -> tuple[type[Command[Any]], ...]:
        """The commands that are open in this state."""
        return tuple(command for command in MOVES if self.is_open(command))

    def is_open(self, command: type[Command[Any]]) -> bool:
        """Whether every track lets the command through."""
        where = MOVES[command]
        return (
            self.recording.status in where.recording
            and self.investigation.status in where.investigation
            and self.closure.status in where.closure
            and self.closure.review in where.review
        )

    def allows(self, command: Command["Case"]) -> Iterator[Broken]:
        """Broken if the command is not open in this state."""
        if not self.is_open(type(command)):
            yield Broken(MOVE_IS_OPEN, tuple(move.__name__ for move in self.allowed))

    @property
    def own_references(self) -> frozenset[str]:
        """Everything this case is known as here: its id, its number, its crime reference."""
        return frozenset(filter(None, (self.id, self.references.own, self.recording.crime_reference)))

    @property
    def entered_at(self) -> datetime | None:
        """The last instant (UTC) at which the report can have been entered here, as it was written; None: no report."""
        reports = (entry for entry in self.facts.values() if isinstance(entry.event, CrimeReported))
        return min((entry.at.latest for entry in reports), default=None)

    @property
    def decisions(self) -> Mapping[ReviewOf, str | None]:
        """The decisions that stand and can be reviewed, with who took them."""
        found: dict[ReviewOf, str | None] = {}
        if self.recording.status in (RecordingStatus.NOT_RECORDED, RecordingStatus.N100):
            found[ReviewOf.RECORDING] = self.recording.decided_by
        if self.recording.status is RecordingStatus.CANCELLED:
            found[ReviewOf.CANCELLATION] = self.cancellation.approved_by
        if self.investigation.status is InvestigationStatus.DECLINED:
            found[ReviewOf.INVESTIGATION] = self.investigation.declined_by
        if self.outcome.assigned_at is not None:
            found[ReviewOf.OUTCOME] = self.outcome.assigned_by
        return found

    def flaws(self) -> Iterator[Rule]:
        """The rules that the case as it stands does not keep; only testimony, or its correction, leads there."""
        yield from cancelled_wrongly(self)
        if self.closure.status is ClosureStatus.CLOSED and self.victim.owed:
            yield VICTIM_IS_TOLD_FIRST
        outcome = rule_book().outcomes.get(self.outcome.type or 0)
        if outcome is not None and outcome.needs_statement and not self.victim.ever_declined:
            yield VICTIM_SAID_SO
        if outcome is not None and self.recording.offence is not None:
            offence = rule_book().offences.get(self.recording.offence)
            yield from (step.rule for step in fits_offence(outcome, offence))

    def stands(self, correction: FactCorrected) -> Iterator[Broken]:
        """Broken for each rule that only the correction would make the case break."""
        return newly_broken(self, correction, replay)

    def evolve(self, entry: RecordedEvent) -> "Case":
        """The case after one more fact. Corrections and withdrawals act through `replay`."""
        after = self._moved(entry)
        if after is self:
            return self
        victim, owed = after.victim.after(entry), duties.evolve(self.duties, entry, after)
        if victim is after.victim and owed is after.duties:
            return after
        return replace(after, victim=victim, duties=owed)

    def _moved(self, entry: RecordedEvent) -> "Case":
        event: CaseEvent = entry.event  # type: ignore[assignment]
        if isinstance(event, CrimeReported):
            return replace(
                self,
                recording=self.recording.evolve(entry, event),
                references=self.references.with_own(event.reference).with_external(*event.external),
                ownership=Ownership(entry.actor, entry.unit) if entry.source is None else Ownership(),
            )
        if isinstance(event, RecordingEvent):
            return replace(self, recording=self.recording.evolve(entry, event))
        if isinstance(event, OutcomeAssigned):
            return replace(self, outcome=self.outcome.evolve(entry, event))
        if isinstance(event, CrimeRecordEvidenced):
            left = self.recording.status in GONE  # what others published does not bring it back
            recording = self.recording if left else replace(self.recording, status=RecordingStatus.RECORDED)
            return replace(self, evidence=self.evidence.evolve(event), recording=recording)
        if isinstance(event, FactCorrected | FactAttested | SourceRowWithdrawn):
            return self
        if isinstance(event, ReferenceAdded):
            return replace(self, references=self.references.with_external(event.external))
        if isinstance(event, CrimeReclassified | ReceiptEstablished):
            return replace(self, recording=reclassified(self.recording, event))
        if isinstance(event, CancellationEvent):
            recording = replace(self.recording, status=status_after(event))
            return replace(self, cancellation=self.cancellation.evolve(entry, event), recording=recording)
        if isinstance(event, InvestigationEvent):
            return replace(self, investigation=self.investigation.evolve(entry, event))
        if isinstance(event, ClosureEvent):
            return replace(self, closure=self.closure.evolve(entry, event, self.decisions))
        if isinstance(event, VictimEvent):
            return replace(self, victim=self.victim.evolve(event))
        if isinstance(event, LinkingEvent):
            return replace(self, link=self.link.evolve(event))
        if isinstance(event, FlagEvent):
            return replace(self, flags=self.flags.evolve(event))
        if isinstance(event, OwnerAssigned):
            return replace(self, ownership=Ownership(event.owner, event.unit))
        match event:
            case DutyPaused() | DutyResumed():
                return replace(self)
            case _:
                assert_never(event)


def replay(entries: Iterable[RecordedEvent], as_of: datetime | None = None) -> Case:
    """The case as its events have it; with `as_of` (UTC), as it stood at that instant of its life."""
    return replayed(Case(), entries, as_of)


TRACKS = (
    "recording",
    "cancellation",
    "investigation",
    "outcome",
    "closure",
    "victim",
    "link",
    "ownership",
    "flags",
    "evidence",
)


def _shown(case: Case, at: datetime) -> Mapping[str, object]:
    """What is shown of a case: its status, its tracks, what is owed in it at that moment, the rules it breaks."""
    return {
        "status": case.recording.status,
        **{name: getattr(case, name) for name in (*TRACKS, "references")},
        "duties": [{"status": duty.status(at), **duty._asdict()} for duty in case.duties],
        "breaks": [rule.id for rule in case.flaws()],
    }


CASE = aggregate(Aggregate("case", "cases", replay, _shown, get_args(CaseEvent)))
