"""Schedule 3: a complaint, a conduct matter, or a death or serious injury is recorded; or it is handled outside."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from domain.event import Act, Broken, Command, Decision, Event, Purpose, RecordedEvent, Rule, broken
from domain.misconduct.assessment import (
    KEPT_OUT_OF_SCH3,
    Assessment,
    AssessmentEvent,
    Disposition,
    Handling,
    MatterKind,
    RecordingTest,
    RecordingTestMet,
    ReportAssessed,
    at_home,
)
from domain.misconduct.identity import may_be_named
from domain.misconduct.intake import ReportChannel
from domain.replacing import replace
from domain.values import FreeText, PersonalData, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class ComplaintRecorded(Event, name="complaint_recorded.v1"):
    """The report was recorded as a complaint under Schedule 3."""

    complainant: PersonalData | None = None


class ConductMatterRecorded(Event, name="conduct_matter_recorded.v1"):
    """The report was recorded as a conduct matter under Schedule 3."""


class DsiMatterRecorded(Event, name="dsi_matter_recorded.v1"):
    """The report was recorded as a matter of death or serious injury under Schedule 3."""


class HandlingOutsideSch3Decided(Event, name="handling_outside_sch3_decided.v1"):
    """The complaint is handled outside Schedule 3, with the aim that the complainant is satisfied."""

    rationale: SealedText | None = None


class LocalHandlingStarted(Event, name="local_handling_started.v1"):
    """The matter is handled under Schedule 3, but otherwise than by investigation."""

    rationale: SealedText | None = None


Schedule3Event = (
    ComplaintRecorded | ConductMatterRecorded | DsiMatterRecorded | HandlingOutsideSch3Decided | LocalHandlingStarted
)

DSI_NEEDS_ITS_TEST = Rule(
    "dsi_matter_has_its_test",
    "A matter of death or serious injury is one in which that test is met; note it first (`NoteRecordingTest`).",
    "Police Reform Act 2002, section 12(2A)",
)
RECORDED_AS_ASSESSED = Rule(
    "recorded_as_assessed",
    "The assessment came to something else; assess the report anew (`AssessReport`).",
    "Police Reform Act 2002, Schedule 3, paragraph 2 (that an assessment comes first is a policy of this system)",
)

LOCAL_IS_FOR_COMPLAINTS = Rule(
    "local_handling_is_for_complaints",
    "Only a recorded complaint can be handled otherwise than by investigation.",
    "Police Reform Act 2002, Schedule 3, paragraph 6",
)
COMPLAINT_IS_OF_THE_PUBLIC = Rule(
    "complaint_is_of_the_public",
    "A report from within the police, or of an audit, is not a complaint; record a conduct matter.",
    "Police Reform Act 2002, section 12: a complaint is made by or for a member of the public",
)

_RECORDED = {
    ComplaintRecorded: MatterKind.COMPLAINT,
    ConductMatterRecorded: MatterKind.CONDUCT,
    DsiMatterRecorded: MatterKind.DSI,
}


def evolve(assessment: Assessment, entry: RecordedEvent, event: AssessmentEvent | Schedule3Event) -> Assessment:
    """The handling track after one more fact."""
    match event:
        case ReportAssessed():
            intelligence = event.disposition is Disposition.INTELLIGENCE_ONLY
            return replace(
                assessment.with_tests(*event.tests),
                status=Handling.INTELLIGENCE_ONLY if intelligence else Handling.ASSESSED,
                disposition=event.disposition,
                cci_category=event.cci_category or assessment.cci_category,
                assessed_at=entry.at,
            )
        case RecordingTestMet():
            return assessment.with_tests(event.test)
        case ComplaintRecorded() | ConductMatterRecorded() | DsiMatterRecorded():
            matter = _RECORDED[type(event)]
            return replace(assessment, status=Handling.RECORDED, matter=matter, recorded_at=entry.at)
        case HandlingOutsideSch3Decided():
            return replace(assessment, status=Handling.OUTSIDE_SCH3)
        case LocalHandlingStarted():
            return replace(assessment, status=Handling.LOCAL_HANDLING)


def _to_be_recorded(state: "Report", act: Act) -> Iterable[Broken]:
    """Broken unless the assessment, or a test that was met since, says that it is recorded."""
    yield from at_home(state, act)
    wanted = state.assessment.disposition is Disposition.RECORD or state.assessment.tests
    yield from broken(RECORDED_AS_ASSESSED, when=not wanted)


def _of_the_public(state: "Report") -> Iterable[Broken]:
    within = state.intake.channel in (ReportChannel.INTERNAL, ReportChannel.AUDIT)
    return broken(COMPLAINT_IS_OF_THE_PUBLIC, when=within)


class RecordComplaint(Command["Report"]):
    """Record the report as a complaint under Schedule 3."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    complainant: PersonalData | None = None

    def decide(self, state: "Report", act: Act) -> Decision:
        """As assessed, or because a test is met since. An unknown reporter stays unknown."""
        yield from state.allows(self)
        yield from _to_be_recorded(state, act)
        yield from _of_the_public(state)
        yield from may_be_named(self.complainant, state)
        complainant = None if any(may_be_named(self.complainant, state)) else self.complainant
        yield ComplaintRecorded(complainant=complainant)


class RecordConductMatter(Command["Report"]):
    """Record the report as a conduct matter under Schedule 3."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    def decide(self, state: "Report", act: Act) -> Decision:
        """As assessed, or because a test is met since."""
        yield from state.allows(self)
        yield from _to_be_recorded(state, act)
        yield ConductMatterRecorded()


class RecordDsiMatter(Command["Report"]):
    """Record the report as a matter of death or serious injury under Schedule 3."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    def decide(self, state: "Report", act: Act) -> Decision:
        """Only with the test of death or serious injury met."""
        yield from state.allows(self)
        yield from _to_be_recorded(state, act)
        met = RecordingTest.DEATH_OR_SERIOUS_INJURY in state.assessment.tests
        yield from broken(DSI_NEEDS_ITS_TEST, when=not met)
        yield DsiMatterRecorded()


class HandleOutsideSch3(Command["Report"]):
    """Handle a complaint outside Schedule 3, and say why that will satisfy the complainant."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    rationale: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """Refused if any test is met that forces handling under Schedule 3."""
        yield from state.allows(self)
        yield from at_home(state, act)
        yield from _of_the_public(state)
        yield from broken(KEPT_OUT_OF_SCH3, when=bool(state.assessment.tests))
        yield from broken(RECORDED_AS_ASSESSED, when=state.assessment.disposition is not Disposition.OUTSIDE_SCH3)
        yield HandlingOutsideSch3Decided(rationale=self.rationale)


class StartLocalHandling(Command["Report"]):
    """Handle a recorded matter otherwise than by investigation."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    rationale: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """A complaint only, and not while it waits to be referred or for the decision on how it is investigated."""
        yield from state.allows(self)
        complaint = state.assessment.matter is MatterKind.COMPLAINT
        yield from broken(LOCAL_IS_FOR_COMPLAINTS, when=not complaint)
        yield LocalHandlingStarted(rationale=self.rationale)
