"""Passing on: a report goes to those who can deal with it, with what they need of it, and they acknowledge it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from domain.event import Act, Command, Decision, Event, Purpose, RecordedEvent, Rule, broken
from domain.misconduct.intake import Anonymity, Code, Employed, ReportChannel, is_listed
from domain.replacing import replace
from domain.values import ForceCode, FreeText, Moment, Reference, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class Stage(StrEnum):
    """How far the report has come: to where it is dealt with, or out of the service."""

    NONE = "none"
    RECEIVED = "received"
    SIGNPOSTED = "signposted"
    PASSED = "passed"
    ACKNOWLEDGED = "acknowledged"


class ForceUnit(StrEnum):
    """Whom a report is passed to at a force: professional standards, or the counter-corruption unit."""

    PSD = "psd"
    CCU = "ccu"


class NotOurs(StrEnum):
    """Why the service does not take a report on."""

    NOT_POLICE = "not_police"
    NOT_CORRUPTION = "not_corruption"
    NOT_CURRENTLY_EMPLOYED = "not_currently_employed"
    EMERGENCY = "emergency"


class ReportSignposted(Event, name="report_signposted.v1"):
    """The reporter was told who can deal with it; the service does not take it on."""

    to: Reference
    because: NotOurs
    note: SealedText | None = None


class ReportPassed(Event, name="report_passed.v1"):
    """The report was passed to a unit of a force, with these of its fields and no others."""

    force: ForceCode
    unit: ForceUnit
    fields: tuple[str, ...]


class ReportAcknowledged(Event, name="report_acknowledged.v1"):
    """The unit says that it has the report."""

    their_reference: Reference | None = None


PassingEvent = ReportSignposted | ReportPassed | ReportAcknowledged

_SERVICE = "Police Anti-Corruption and Abuse Reporting Service (2024)"

SIGNPOSTED_OUT_FITS = Rule(
    "signposting_fits_the_report",
    "The report says that the person works for the police at present; that is no reason to send the reporter away.",
    f"{_SERVICE}: about people who work for the police at present",
)
PASSED_ON_ALLOWED_FIELDS = Rule(
    "only_allowed_fields_are_passed",
    "Some of the fields are not on the list of those that may be passed on (rule set misconduct-1); leave them out.",
    "UK GDPR, Article 5(1)(c): data minimisation (the list is a policy of this system)",
)
IDENTITY_IS_NOT_PASSED = Rule(
    "identity_is_not_passed_on",
    "Only a report whose reporter gave their name for it is passed on with that; leave out `reporter`.",
    f"{_SERVICE}: anonymous and confidential reports",
)
STARTS_AT_THE_FORCE = Rule(
    "acknowledged_once_passed",
    "The report has not been passed to a force yet; pass it on first (`PassReport`).",
    f"{_SERVICE}: reports are passed to the force (that others start with its own unit is a policy of this system)",
)

OWN_CHANNELS = frozenset({ReportChannel.INTERNAL, ReportChannel.PUBLIC, ReportChannel.AUDIT})


@dataclass(frozen=True, slots=True)
class Passing:
    """The passing track of a report: where it went, with what, and under which number they have it."""

    stage: Stage = Stage.NONE
    to_force: str | None = None
    unit: ForceUnit | None = None
    fields: tuple[str, ...] = ()
    signposted_to: str | None = None
    signposted_because: NotOurs | None = None
    passed_at: Moment | None = None
    acknowledged_at: Moment | None = None
    their_reference: str | None = None

    def received(self) -> "Passing":
        """The track once the report is there."""
        return replace(self, stage=Stage.RECEIVED)

    def evolve(self, entry: RecordedEvent, event: PassingEvent) -> "Passing":
        """The track after one more fact."""
        match event:
            case ReportSignposted():
                told = {"signposted_to": event.to, "signposted_because": event.because}
                return replace(self, stage=Stage.SIGNPOSTED, **told)
            case ReportPassed():
                return Passing(Stage.PASSED, event.force, event.unit, event.fields, passed_at=entry.at)
            case ReportAcknowledged():
                return replace(
                    self,
                    stage=Stage.ACKNOWLEDGED,
                    acknowledged_at=entry.at,
                    their_reference=event.their_reference,
                )


class SignpostReport(Command["Report"]):
    """Tell the reporter who can deal with it, since the service cannot take it on."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    to: Annotated[Reference, Field(examples=["101"])]
    because: NotOurs
    note: FreeText | None = None

    def decide(self, state: "Report", act: Act) -> Decision:
        """Not about the police, not about corruption or serious abuse, or not about somebody who works there now."""
        yield from state.allows(self)
        employed = state.intake.currently_employed is Employed.YES
        gone = self.because is NotOurs.NOT_CURRENTLY_EMPLOYED
        yield from broken(SIGNPOSTED_OUT_FITS, when=gone and employed)
        yield ReportSignposted(to=self.to, because=self.because, note=self.note)


class PassReport(Command["Report"]):
    """Pass the report to a unit of a force."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    force: Annotated[ForceCode, Field(examples=["kent"])]
    unit: ForceUnit
    fields: Annotated[tuple[Code, ...], Field(max_length=50, examples=[["categories", "received", "summary"]])] = ()

    def decide(self, state: "Report", act: Act) -> Decision:
        """To any force of the United Kingdom, with fields of the list only; none named: all of the list.

        The clock of its acknowledgement starts.
        """
        yield from state.allows(self)
        yield from is_listed(self.force, act)
        rules = act.rules.misconduct
        yield from broken(PASSED_ON_ALLOWED_FIELDS, when=not set(self.fields) <= rules.passed_fields)
        named = state.intake.anonymity is Anonymity.NAMED
        yield from broken(IDENTITY_IS_NOT_PASSED, when="reporter" in self.fields and not named)
        fields = self.fields or tuple(sorted(rules.passed_fields - ({"reporter"} if not named else set())))
        yield ReportPassed(force=self.force, unit=self.unit, fields=tuple(dict.fromkeys(fields)))


class AcknowledgeReport(Command["Report"]):
    """Say that the unit has the report."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    their_reference: Reference | None = None

    def decide(self, state: "Report", act: Act) -> Decision:
        """After it was passed on; one that came to the force itself is acknowledged where it came in."""
        yield from state.allows(self)
        unsent = state.passing.stage is Stage.RECEIVED and state.intake.channel not in OWN_CHANNELS
        yield from broken(STARTS_AT_THE_FORCE, when=unsent)
        yield ReportAcknowledged(their_reference=self.their_reference)
