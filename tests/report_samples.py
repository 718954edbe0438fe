"""Examples of the events of a misconduct report from intake to review, for the samples that are kept for ever."""

from datetime import date
from uuid import UUID

from domain.event import Event
from domain.misconduct.allegations import AllegationMade, AllegationWithdrawn
from domain.misconduct.assessment import Disposition, RecordingTest, RecordingTestMet, ReportAssessed
from domain.misconduct.closure import MatterClosed, MatterOutcome, OutcomeSent
from domain.misconduct.duties import OwedKind, ReportDeadlineMissed
from domain.misconduct.identity import DisclosureWithdrawn, IdentityReleased, IdentityRequested, ReporterDisclosed
from domain.misconduct.intake import Anonymity, Employed, ReportChannel, ReportReceived
from domain.misconduct.kept_apart import IdentityKept, IdentityKeptApart, IdentityRead
from domain.misconduct.mailbox import PlainStatus, QuestionAsked, ReporterAnswered, StatusTold
from domain.misconduct.parallel import (
    EscalatedTo,
    EscalationGround,
    IntelligenceRecorded,
    ReportEscalated,
    SafeguardingCompleted,
    SafeguardingStarted,
)
from domain.misconduct.passing import ForceUnit, NotOurs, ReportAcknowledged, ReportPassed, ReportSignposted
from domain.misconduct.referral import (
    CalledInByIopc,
    MandatoryCriterionIdentified,
    Mode,
    ModeDecided,
    ReferralKind,
    ReferralNotMade,
    ReferredToIopc,
)
from domain.misconduct.review import (
    ComplaintReviewDecided,
    ReturnsTo,
    ReviewAcknowledged,
    ReviewApplied,
    ReviewBody,
    ReviewFinding,
)
from domain.misconduct.schedule3 import (
    ComplaintRecorded,
    ConductMatterRecorded,
    DsiMatterRecorded,
    HandlingOutsideSch3Decided,
    LocalHandlingStarted,
)
from domain.misconduct.subjects import PersonKind, Seniority, SubjectIdentified, SubjectNoted
from domain.misconduct.testimony import FindingEvidenced, ShownFinding
from domain.values import Moment, PersonalData


def of_the_report(text: str, person: str) -> tuple[Event, ...]:
    """One of each, with that sealed text and that person."""
    name, until = PersonalData(subject=person, value="A Name"), Moment.of("2024-06-01")
    return (
        ReportReceived(
            channel=ReportChannel.SUPPORT_LINE,
            anonymity=Anonymity.NAMED,
            received=Moment.of("2024-03-01"),
            categories=("sexual_purpose", "money_or_favours"),
            about_force="police-scotland",
            currently_employed=Employed.YES,
            by_operator=True,
            read_back=True,
            agreed=True,
            reporter=name,
            summary=text,
        ),
        ReporterDisclosed(recipient="psd-0001", reporter=name),
        DisclosureWithdrawn(),
        IdentityKept(reporter=name),
        IdentityKeptApart(identity="identity-00c0ffee"),
        IdentityRead(until=until),
        IdentityRequested(until=until, because=text),
        IdentityReleased(recipient="psd-0001", until=until),
        QuestionAsked(question=2, text=text),
        ReporterAnswered(question=2, text=text),
        StatusTold(status=PlainStatus.UNDER_INVESTIGATION, next_by=date(2024, 6, 1), note=text),
        ReportSignposted(to="101", because=NotOurs.NOT_CURRENTLY_EMPLOYED, note=text),
        ReportPassed(force="essex", unit=ForceUnit.CCU, fields=("received", "summary")),
        ReportAcknowledged(their_reference="PSD 12/24"),
        SafeguardingStarted(because=text),
        SafeguardingCompleted(note=text),
        IntelligenceRecorded(grade="2BP", category="vulnerability", text=text),
        ReportEscalated(ground=EscalationGround.CONFLICT_OF_INTEREST, to=EscalatedTo.LOCAL_POLICING_BODY, because=text),
        SubjectNoted(subject=2, description=text),
        SubjectIdentified(
            subject=2,
            person_kind=PersonKind.SPECIAL,
            force="essex",
            seniority=Seniority.SENIOR,
            staff_id="essex-0007",
            unit="Response north",
            person=name,
            line=("essex-0008", "essex-0009"),
        ),
        AllegationMade(allegation=2, category="J", subjects=(1, 2), text=text),
        AllegationWithdrawn(allegation=2, because=text),
        FindingEvidenced(
            allegation=2,
            subject=1,
            finding=ShownFinding.SUSTAINED,
            printed="Sustained Finding",
            followed="Training/Counseling",
        ),
        ReportAssessed(
            disposition=Disposition.RECORD,
            tests=(RecordingTest.CRIME_OR_DISCIPLINARY, RecordingTest.ARTICLE_2_OR_3),
            cci_category="abuse_of_authority",
            rationale=text,
        ),
        RecordingTestMet(test=RecordingTest.COMPLAINANT_WANTS_IT, because=text),
        ComplaintRecorded(complainant=name),
        ConductMatterRecorded(),
        DsiMatterRecorded(),
        HandlingOutsideSch3Decided(rationale=text),
        LocalHandlingStarted(rationale=text),
        MandatoryCriterionIdentified(
            criterion="serious_corruption", clear_at=Moment.of("2024-03-01T10:00Z"), because=text
        ),
        CalledInByIopc(notified_at=Moment.of("2024-03-01")),
        ReferredToIopc(kind=ReferralKind.MANDATORY, because=text),
        ReferralNotMade(because=text),
        ModeDecided(mode=Mode.DIRECTED, because=text),
        MatterClosed(outcome=MatterOutcome.CASE_ANSWERED, because=text),
        OutcomeSent(),
        ReportDeadlineMissed(
            report="report-0b7c9b1e-4f7e-4f0e-9d6a-2f1f6c1f8a11",
            duty=OwedKind.MEETING,
            about="subject 2",
            opened_by=UUID(int=7),
            due=Moment.of("2024-06-01T22:59:59.999999Z"),
            clock="proceedings-2020/meeting",
        ),
        ReviewApplied(on=Moment.of("2024-05-20"), body=ReviewBody.IOPC),
        ReviewAcknowledged(),
        ComplaintReviewDecided(finding=ReviewFinding.UPHELD, returns_to=ReturnsTo.INVESTIGATION, rationale=text),
    )
