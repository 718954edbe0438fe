"""Recording: the report, and the force's decision whether to enter it in the crime register."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from domain.case.codes import (
    DeclineReason,
    IncidentKind,
    Receipt,
    RecordingStatus,
    ReporterRole,
    Route,
)
from domain.case.holding import holds_none
from domain.event import Act, Broken, Command, Decision, Event, Purpose, RecordedEvent, Role, Rule, broken
from domain.replacing import replace
from domain.values import (
    LAST,
    ExternalReference,
    FreeText,
    Moment,
    OffenceCode,
    PersonalData,
    Place,
    Reference,
    SealedText,
    instant,
)

if TYPE_CHECKING:
    from domain.case.state import Case


class CrimeReported(Event, name="crime_reported.v1"):
    """A report of a crime reached the force."""

    received_at: Moment
    receipt: Receipt = Receipt.ESTABLISHED
    reported_at: Moment | None = None
    route: Route
    reporter_role: ReporterRole
    anonymous: bool = False
    alleged: OffenceCode | None = None
    summary: SealedText | None = None
    reporter: PersonalData | None = None
    reference: Reference | None = None
    external: tuple[ExternalReference, ...] = ()
    place_code: Reference | None = None
    record_by: Moment
    rule_set: str


class IncidentRegistered(Event, name="incident_registered.v1"):
    """The report was entered in the incident log."""

    kind: IncidentKind = IncidentKind.CRIME_RELATED
    incident: Reference | None = None
    place: Place | None = None


class CrimeRecorded(Event, name="crime_recorded.v1"):
    """The report was entered in the crime register."""

    offence: OffenceCode
    crime_reference: Reference | None = None
    principal: bool = True
    late_because: SealedText | None = None


class RecordingDeclined(Event, name="recording_declined.v1"):
    """The force decided not to record the report as a crime."""

    reason: DeclineReason
    rationale: SealedText | None = None


class N100Recorded(Event, name="n100_recorded.v1"):
    """A reported rape was entered as N100 instead of as a confirmed crime."""

    sub_code: int = Field(ge=1, le=3)
    rationale: SealedText | None = None


RecordingEvent = CrimeReported | IncidentRegistered | CrimeRecorded | RecordingDeclined | N100Recorded

FUTURE = Rule(
    "not_in_the_future",
    "The time of receipt and the time of the first report cannot lie in the future; give the time it happened.",
    "NPCC Minimum POLE Data Standards Dictionary v1.1: no future dates",
)
FIRST_REPORT_FIRST = Rule(
    "first_report_precedes_receipt",
    "The crime cannot have been first reported after the force received it; correct reported_at or received_at.",
    "Home Office Counting Rules: the clock starts at receipt by the force",
)
RECEIVED_BY_ENTRY = Rule(
    "received_before_it_was_entered",
    "The force had the report when it was entered here, at the latest; give a time of receipt before that.",
    "Home Office Counting Rules: the clock starts at receipt by the force",
)
ANONYMOUS_HAS_NO_NAME = Rule(
    "anonymous_has_no_name",
    "An anonymous report carries no details of the person reporting; leave out `reporter` or `anonymous`.",
    "Crime Support Line: can be used anonymously (GMCA, December 2020)",
)
LISTED_OFFENCE = Rule(
    "offence_is_listed",
    "The offence code is not in the adopted list; look it up under /v1/reference/offences.",
    "Home Office Counting Rules: offence classifications",
)
LATE_NEEDS_REASON = Rule(
    "late_recording_needs_a_reason",
    "The time allowed for recording has run out; give the reason in `late_because`.",
    "Home Office Counting Rules: record within 24 hours of the report (72 before April 2015)",
)
ADVISER_STATES_A_CLAIM = Rule(
    "adviser_states_a_claim",
    "A support line knows what its caller says, not what the force received; give `receipt` as `claimed`.",
    "GMCA, Crime Support Line (December 2020): crimes that should have been recorded",
)
N100_IS_FOR_RAPE = Rule(
    "n100_is_for_rape",
    "N100 is for a reported rape or attempted rape; record or decline this report instead.",
    "HMICFRS glossary: Home Office classification N100",
)


@dataclass(frozen=True, slots=True)
class Recording:
    """The recording track of a case."""

    status: RecordingStatus = RecordingStatus.NONE
    received_at: Moment | None = None
    receipt: Receipt | None = None
    reported_at: Moment | None = None
    record_by: Moment | None = None
    rule_set: str | None = None
    alleged: str | None = None
    registered_at: Moment | None = None
    decided_at: Moment | None = None
    decided_by: str | None = None
    recorded_at: Moment | None = None
    recorded_by: str | None = None
    offence: str | None = None
    crime_reference: str | None = None
    decline_reason: DeclineReason | None = None
    n100_sub_code: int | None = None

    def evolve(self, entry: RecordedEvent, event: RecordingEvent) -> "Recording":
        """The track after one more fact."""
        match event:
            case CrimeReported():
                return replace(
                    self,
                    status=RecordingStatus.REPORTED,
                    received_at=event.received_at,
                    receipt=event.receipt,
                    reported_at=event.reported_at,
                    record_by=event.record_by,
                    rule_set=event.rule_set,
                    alleged=event.alleged,
                )
            case IncidentRegistered():
                return replace(self, status=RecordingStatus.INCIDENT, registered_at=entry.at)
            case CrimeRecorded():
                return replace(
                    self,
                    status=RecordingStatus.RECORDED,
                    decided_at=self.decided_at or entry.at,
                    decided_by=entry.actor,
                    recorded_at=entry.at,
                    recorded_by=entry.actor,
                    offence=event.offence,
                    crime_reference=event.crime_reference,
                )
            case RecordingDeclined():
                return replace(
                    self,
                    status=RecordingStatus.NOT_RECORDED,
                    decided_at=self.decided_at or entry.at,
                    decided_by=entry.actor,
                    decline_reason=event.reason,
                )
            case N100Recorded():
                return replace(
                    self,
                    status=RecordingStatus.N100,
                    decided_at=self.decided_at or entry.at,
                    decided_by=entry.actor,
                    n100_sub_code=event.sub_code,
                )


class ReportCrime(Command["Case"]):
    """Take down a report of a crime, by whatever route it reached the force."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING
    opens: ClassVar[bool] = True

    received_at: Moment
    receipt: Receipt = Receipt.ESTABLISHED
    reported_at: Moment | None = None
    route: Route
    reporter_role: ReporterRole
    anonymous: bool = False
    alleged: OffenceCode | None = None
    summary: FreeText | None = None
    reporter: PersonalData | None = None
    external: tuple[ExternalReference, ...] = Field(default=(), max_length=20)
    place_code: Reference | None = None

    def refusals(self, state: "Case", act: Act) -> Iterator[Broken]:
        """A report is possible, honest about who sent it, and about an offence of the list."""
        yield from state.allows(self)
        yield from _times_are_possible(self.received_at, self.reported_at, act)
        adviser = act.role is Role.HELPLINE_ADVISER
        yield from broken(ADVISER_STATES_A_CLAIM, when=adviser and self.receipt is not Receipt.CLAIMED)
        yield from broken(ANONYMOUS_HAS_NO_NAME, when=self.anonymous and self.reporter is not None)
        yield from broken(LISTED_OFFENCE, when=self.alleged is not None and self.alleged not in act.rules.offences)

    def decide(self, state: "Case", act: Act) -> Decision:
        """The report starts the recording clock of the rule set in force on the day of receipt."""
        yield from self.refusals(state, act)
        rules = act.rules.recording_rules(self.received_at)
        facts = {name: getattr(self, name) for name in type(self).model_fields}
        yield CrimeReported(
            **facts,
            reference=act.reference,
            record_by=deadline(self.received_at, rules.limit, act.at if act.at_the_live_door else None),
            rule_set=rules.id,
        )


class RegisterIncident(Command["Case"]):
    """Enter the report in the incident log, pending the decision whether to record it."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    kind: IncidentKind = IncidentKind.CRIME_RELATED
    incident: Reference | None = None

    def decide(self, state: "Case", act: Act) -> Decision:
        """An incident is registered once, before the decision."""
        yield from state.allows(self)
        yield IncidentRegistered(kind=self.kind, incident=self.incident)


class RecordCrime(Command["Case"]):
    """Enter the report in the crime register."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    offence: OffenceCode
    crime_reference: Reference | None = None
    principal: bool = True
    late_because: FreeText | None = None

    def refusals(self, state: "Case", act: Act) -> Iterator[Broken]:
        """Once the clock has run out, recording needs a reason."""
        yield from state.allows(self)
        yield from broken(LISTED_OFFENCE, when=self.offence not in act.rules.offences)
        record_by = state.recording.record_by
        late = record_by is not None and act.at > record_by.latest
        yield from broken(LATE_NEEDS_REASON, when=late and not self.late_because)

    def decide(self, state: "Case", act: Act) -> Decision:
        """The crime is in the register; the first receipt stays."""
        yield from self.refusals(state, act)
        yield CrimeRecorded(
            offence=self.offence,
            crime_reference=self.crime_reference,
            principal=self.principal,
            late_because=self.late_because,
        )


class DeclineRecording(Command["Case"]):
    """Decide that the report is not to be recorded as a crime, and say why."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    reason: DeclineReason
    rationale: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """A declined report is an auditable incident: it is registered first where it was not."""
        yield from state.allows(self)
        yield from holds_none(state, act)
        if state.recording.status is RecordingStatus.REPORTED:
            kind = (
                IncidentKind.NON_CRIME if self.reason is DeclineReason.NO_CRIME_IN_LAW else IncidentKind.CRIME_RELATED
            )
            yield IncidentRegistered(kind=kind)
        yield RecordingDeclined(reason=self.reason, rationale=self.rationale)


class RecordN100(Command["Case"]):
    """Enter a reported rape as N100: not confirmed (1), contrary evidence (2), another force's area (3)."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    sub_code: Annotated[int, Field(ge=1, le=3)]
    rationale: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """N100 applies to reports of rape only; it is not a crime and may become one later."""
        yield from state.allows(self)
        yield from is_rape(state.recording.alleged, act)
        yield from holds_none(state, act)
        yield N100Recorded(sub_code=self.sub_code, rationale=self.rationale)


def deadline(received_at: Moment, limit: timedelta, entered_at: datetime | None = None) -> Moment:
    """The last instant at which recording is in time, whatever instant of receipt the precision allows.

    A report was received when it was entered at the latest (UTC), however coarse the time that is given.
    """
    received = received_at.latest if entered_at is None else min(received_at.latest, entered_at)
    return instant(min(received + limit, LAST))


def _times_are_possible(received_at: Moment, reported_at: Moment | None, act: Act) -> Iterator[Broken]:
    given = [moment for moment in (received_at, reported_at) if moment is not None]
    yield from broken(FUTURE, when=any(moment.earliest > act.at for moment in given))
    yield from first_report_first(reported_at, received_at)


def first_report_first(reported_at: Moment | None, received_at: Moment | None) -> Iterable[Broken]:
    """Broken if at every instant that the precisions allow, the first report came after the receipt."""
    if reported_at is None or received_at is None:
        return ()
    return broken(FIRST_REPORT_FIRST, when=reported_at.earliest > received_at.latest)


def received_by_entry(received_at: Moment, state: "Case", act: Act) -> Iterable[Broken]:
    """Broken if the receipt would lie after the report had been entered here."""
    entered = state.entered_at
    late = entered is not None and received_at.earliest > entered
    return broken(RECEIVED_BY_ENTRY, when=act.at_the_live_door and late)


def is_rape(alleged: str | None, act: Act) -> Decision:
    """Broken unless the alleged offence is a rape."""
    offence = act.rules.offences.get(alleged or "")
    yield from broken(N100_IS_FOR_RAPE, when=offence is None or not offence.rape)
