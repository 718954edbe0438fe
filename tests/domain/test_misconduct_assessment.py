"""Assessment of a misconduct report: what brings it under Schedule 3, and what may then be done with it."""

import pytest
from report_scenario import AT_THE_FORCE, COMPLAINT, INVESTIGATOR, SUBJECT, Given, assessed, given, received

from domain.event import Command
from domain.misconduct.assessment import (
    ENGLAND_AND_WALES,
    KEPT_OUT_OF_SCH3,
    LISTED_CCI_CATEGORY,
    AssessReport,
    Disposition,
    Handling,
    MatterKind,
    NoteRecordingTest,
    RecordingTest,
    RecordingTestMet,
    ReportAssessed,
)
from domain.misconduct.intake import ReportChannel
from domain.misconduct.investigation import MisconductInvestigationStarted
from domain.misconduct.passing import ForceUnit, ReportAcknowledged, ReportPassed
from domain.misconduct.referral import IdentifyCriterion, NoteCallIn, ReferralKind, ReferredToIopc, ReferToIopc
from domain.misconduct.schedule3 import (
    COMPLAINT_IS_OF_THE_PUBLIC,
    DSI_NEEDS_ITS_TEST,
    LOCAL_IS_FOR_COMPLAINTS,
    RECORDED_AS_ASSESSED,
    ComplaintRecorded,
    ConductMatterRecorded,
    DsiMatterRecorded,
    HandleOutsideSch3,
    HandlingOutsideSch3Decided,
    LocalHandlingStarted,
    RecordComplaint,
    RecordConductMatter,
    RecordDsiMatter,
    StartLocalHandling,
)
from domain.misconduct.state import REPORT_MOVE_IS_OPEN, Report
from domain.values import Moment

OUTSIDE, INTELLIGENCE, RECORD = Disposition.OUTSIDE_SCH3, Disposition.INTELLIGENCE_ONLY, Disposition.RECORD
TESTS = list(RecordingTest)
HERE = given(received(), *AT_THE_FORCE, *SUBJECT)


def assess(disposition: Disposition, *tests: RecordingTest, cci: str | None = None) -> AssessReport:
    return AssessReport(disposition=disposition, tests=tests, cci_category=cci, rationale="So.")


def abroad(force: str = "police-scotland") -> Given:
    passed = ReportPassed(force=force, unit=ForceUnit.PSD, fields=("summary",))
    return given(received(), passed, ReportAcknowledged())


def test_the_assessment_keeps_what_it_came_to() -> None:
    after = HERE.when(assess(RECORD, RecordingTest.ARTICLE_2_OR_3, cci="infiltration")).then(
        ReportAssessed(
            disposition=RECORD, tests=(RecordingTest.ARTICLE_2_OR_3,), cci_category="infiltration", rationale="So."
        )
    )
    assert after.state.assessment.status is Handling.ASSESSED
    assert after.state.assessment.cci_category == "infiltration"


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("disposition", [OUTSIDE, INTELLIGENCE])
def test_schedule_3_is_forced(test: RecordingTest, disposition: Disposition) -> None:
    HERE.when(assess(disposition, test)).refused(KEPT_OUT_OF_SCH3)
    HERE.and_then(RecordingTestMet(test=test)).when(assess(disposition)).refused(KEPT_OUT_OF_SCH3)
    HERE.and_then(assessed(RECORD, test)).when(assess(disposition)).refused(KEPT_OUT_OF_SCH3)
    late = HERE.and_then(assessed(OUTSIDE), RecordingTestMet(test=test))
    late.when(HandleOutsideSch3(rationale="She agrees.")).refused(KEPT_OUT_OF_SCH3)
    HERE.when(assess(disposition)).goes_through()


@pytest.mark.parametrize("test", TESTS)
def test_a_test_that_is_met_later_brings_it_under_schedule_3(test: RecordingTest) -> None:
    outside = HERE.and_then(assessed(OUTSIDE), HandlingOutsideSch3Decided())
    outside.when(RecordComplaint()).refused(RECORDED_AS_ASSESSED)
    noted = outside.when(NoteRecordingTest(test=test, because="She rang.")).then(
        RecordingTestMet(test=test, because="She rang.")
    )
    after = noted.when(RecordComplaint()).then(ComplaintRecorded())
    assert after.state.assessment.status is Handling.RECORDED


def test_schedule_3_is_of_england_and_wales() -> None:
    clear = Moment.of("2024-05-01")
    commands: list[Command[Report]] = [
        assess(RECORD),
        NoteRecordingTest(test=RecordingTest.ARTICLE_2_OR_3, because="So."),
        IdentifyCriterion(criterion="serious_corruption", clear_at=clear, because="So."),
        NoteCallIn(notified_at=clear),
        ReferToIopc(kind=ReferralKind.VOLUNTARY, because="So."),
    ]
    for command in commands:
        for force in ("police-scotland", "northern-ireland"):
            abroad(force).when(command).refused(ENGLAND_AND_WALES)
    for command in commands:
        abroad("btp").when(command).goes_through()
    recorded = abroad().and_then(assessed())
    for record in (RecordComplaint(), RecordConductMatter(), RecordDsiMatter()):
        recorded.when(record).refused(ENGLAND_AND_WALES)
    abroad().and_then(assessed(OUTSIDE)).when(HandleOutsideSch3(rationale="So.")).refused(ENGLAND_AND_WALES)


def test_counter_corruption_category_is_listed() -> None:
    HERE.when(assess(RECORD, cci="rudeness")).refused(LISTED_CCI_CATEGORY)


def test_recorded_as_assessed() -> None:
    for disposition in (OUTSIDE, INTELLIGENCE):
        for record in (RecordComplaint(), RecordConductMatter(), RecordDsiMatter()):
            HERE.and_then(assessed(disposition)).when(record).refused(RECORDED_AS_ASSESSED)
    HERE.and_then(assessed(RECORD)).when(HandleOutsideSch3(rationale="So.")).refused(RECORDED_AS_ASSESSED)
    HERE.and_then(assessed(OUTSIDE)).when(HandleOutsideSch3(rationale="So.")).then(
        HandlingOutsideSch3Decided(rationale="So.")
    )


def test_complaint_is_of_the_public() -> None:
    for channel in (ReportChannel.INTERNAL, ReportChannel.AUDIT):
        before = given(received(channel=channel), *AT_THE_FORCE)
        before.and_then(assessed()).when(RecordComplaint()).refused(COMPLAINT_IS_OF_THE_PUBLIC)
        before.and_then(assessed(OUTSIDE)).when(HandleOutsideSch3(rationale="So.")).refused(COMPLAINT_IS_OF_THE_PUBLIC)
        after = before.and_then(assessed()).when(RecordConductMatter()).then(ConductMatterRecorded())
        assert after.state.assessment.matter is MatterKind.CONDUCT


def test_dsi_matter_has_its_test() -> None:
    HERE.and_then(assessed()).when(RecordDsiMatter()).refused(DSI_NEEDS_ITS_TEST)
    died = HERE.and_then(assessed(RECORD, RecordingTest.DEATH_OR_SERIOUS_INJURY))
    assert died.when(RecordDsiMatter()).then(DsiMatterRecorded()).state.assessment.matter is MatterKind.DSI


def test_local_handling_is_for_complaints() -> None:
    local = StartLocalHandling(rationale="She agrees.")
    conduct = given(received(), *COMPLAINT[:-1], ConductMatterRecorded())
    conduct.when(local).refused(LOCAL_IS_FOR_COMPLAINTS)
    after = given(received(), *COMPLAINT).when(local).then(LocalHandlingStarted(rationale="She agrees."))
    assert after.state.assessment.status is Handling.LOCAL_HANDLING


def test_local_handling_waits_for_the_iopc_and_the_investigation() -> None:
    local = StartLocalHandling(rationale="She agrees.")
    given(received(), *COMPLAINT, ReferredToIopc(kind=ReferralKind.VOLUNTARY)).when(local).refused(REPORT_MOVE_IS_OPEN)
    started = MisconductInvestigationStarted(investigator=INVESTIGATOR)
    given(received(), *COMPLAINT, started).when(local).refused(REPORT_MOVE_IS_OPEN)


def test_intelligence_only_is_assessed_anew_when_there_is_more() -> None:
    kept = HERE.and_then(assessed(INTELLIGENCE))
    assert kept.state.assessment.status is Handling.INTELLIGENCE_ONLY
    again = kept.when(assess(RECORD, RecordingTest.CRIME_OR_DISCIPLINARY)).goes_through()
    assert again.state.assessment.status is Handling.ASSESSED
    again.when(RecordConductMatter()).goes_through()
