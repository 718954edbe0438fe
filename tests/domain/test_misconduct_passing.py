"""Passing a misconduct report on; what goes on beside it; the people it is about and what is alleged."""

import pytest
from report_scenario import AT_THE_FORCE, FORCE, NAME, PASSED, SUBJECT, given, received

from domain.event import Role
from domain.misconduct.allegations import (
    ALLEGATION_STANDS,
    LISTED_ALLEGATION,
    AllegationMade,
    AllegationWithdrawn,
    MakeAllegation,
    WithdrawAllegation,
)
from domain.misconduct.assessment import LISTED_CCI_CATEGORY
from domain.misconduct.intake import LISTED_REPORT_FORCE, Anonymity, Employed, ReportChannel
from domain.misconduct.parallel import (
    LISTED_GRADE,
    SERVICE_ESCALATES_THE_OVERDUE,
    CompleteSafeguarding,
    EscalatedTo,
    EscalateReport,
    EscalationGround,
    IntelligenceRecorded,
    RecordIntelligence,
    ReportEscalated,
    SafeguardingCompleted,
    SafeguardingStarted,
    StartSafeguarding,
)
from domain.misconduct.passing import (
    IDENTITY_IS_NOT_PASSED,
    PASSED_ON_ALLOWED_FIELDS,
    SIGNPOSTED_OUT_FITS,
    STARTS_AT_THE_FORCE,
    AcknowledgeReport,
    ForceUnit,
    NotOurs,
    PassReport,
    ReportAcknowledged,
    ReportPassed,
    ReportSignposted,
    SignpostReport,
    Stage,
)
from domain.misconduct.state import REPORT_MOVE_IS_OPEN
from domain.misconduct.subjects import (
    SUBJECT_IS_NOTED,
    IdentifySubject,
    NoteSubject,
    PersonKind,
    Seniority,
    SubjectIdentified,
    SubjectNoted,
)


def to(force: str = FORCE, *fields: str) -> PassReport:
    return PassReport(force=force, unit=ForceUnit.CCU, fields=fields)


@pytest.mark.parametrize("because", NotOurs)
def test_a_report_that_is_not_for_the_service_is_signposted(because: NotOurs) -> None:
    told = (
        given(received())
        .when(SignpostReport(to="101", because=because))
        .then(ReportSignposted(to="101", because=because))
    )
    assert told.state.passing.stage is Stage.SIGNPOSTED
    told.when(to()).refused(REPORT_MOVE_IS_OPEN)


def test_signposting_fits_the_report() -> None:
    gone = SignpostReport(to="101", because=NotOurs.NOT_CURRENTLY_EMPLOYED)
    given(received(currently_employed=Employed.YES)).when(gone).refused(SIGNPOSTED_OUT_FITS)
    for employed in (Employed.NO, Employed.UNKNOWN):
        given(received(currently_employed=employed)).when(gone).goes_through()


def test_only_allowed_fields_are_passed() -> None:
    given(received()).when(to(FORCE, "summary", "address")).refused(PASSED_ON_ALLOWED_FIELDS)
    told = given(received()).when(to(FORCE, "summary", "received")).goes_through()
    assert told.state.passing.fields == ("summary", "received")


def test_identity_is_not_passed_on() -> None:
    for anonymity in (Anonymity.ANONYMOUS, Anonymity.CONFIDENTIAL):
        given(received(anonymity)).when(to(FORCE, "reporter")).refused(IDENTITY_IS_NOT_PASSED)
        assert "reporter" not in given(received(anonymity)).when(to()).goes_through().state.passing.fields
    named = given(received(Anonymity.NAMED, reporter=NAME))
    assert "reporter" in named.when(to()).goes_through().state.passing.fields


def test_a_report_is_passed_to_any_force_of_the_kingdom_and_to_no_other() -> None:
    given(received()).when(to("police-scotland", "summary")).then(
        ReportPassed(force="police-scotland", unit=ForceUnit.CCU, fields=("summary",))
    )
    given(received()).when(to("ruritania")).refused(LISTED_REPORT_FORCE)


def test_acknowledged_once_passed() -> None:
    wish = AcknowledgeReport(their_reference="PSD 1/24")
    given(received()).when(wish).refused(STARTS_AT_THE_FORCE)
    given(received(), PASSED).when(wish).then(ReportAcknowledged(their_reference="PSD 1/24"))
    for channel in (ReportChannel.INTERNAL, ReportChannel.PUBLIC, ReportChannel.AUDIT):
        given(received(channel=channel)).when(wish).goes_through()
    given(received(), *AT_THE_FORCE).when(wish).refused(REPORT_MOVE_IS_OPEN)


def test_a_report_leads_to_safeguarding_and_intelligence_beside_its_own_course() -> None:
    before = given(received(), *AT_THE_FORCE)
    safe = before.when(StartSafeguarding(because="She is at risk.")).then(
        SafeguardingStarted(because="She is at risk.")
    )
    known = safe.when(RecordIntelligence(grade="2BP", category="vulnerability", text="He drives there.")).then(
        IntelligenceRecorded(grade="2BP", category="vulnerability", text="He drives there.")
    )
    assert known.state.allowed != before.state.allowed
    assert (known.state.passing, known.state.assessment) == (before.state.passing, before.state.assessment)
    assert (known.state.beside.safeguarding, known.state.beside.intelligence) == (True, 1)
    done = known.when(CompleteSafeguarding()).then(SafeguardingCompleted())
    done.when(CompleteSafeguarding()).refused(REPORT_MOVE_IS_OPEN)


@pytest.mark.parametrize("grade", ["4BP", "2FP", "2BX"])
def test_intelligence_grade_is_listed(grade: str) -> None:
    given(received()).when(RecordIntelligence(grade=grade, text="So.")).refused(LISTED_GRADE)


def test_intelligence_is_of_a_listed_category() -> None:
    given(received()).when(RecordIntelligence(grade="2BP", category="rudeness", text="So.")).refused(
        LISTED_CCI_CATEGORY
    )


def test_a_report_is_escalated_while_it_is_open() -> None:
    wish = EscalateReport(ground=EscalationGround.CONFLICT_OF_INTEREST, to=EscalatedTo.IOPC, because="His brother.")
    fact = ReportEscalated(ground=wish.ground, to=wish.to, because=wish.because)
    for before in (given(received()), given(received(), PASSED), given(received(), *AT_THE_FORCE)):
        after = before.when(wish).then(fact)
        assert after.state.beside.escalated == ((wish.ground, wish.to),)
        assert set(after.state.allowed) == set(before.state.allowed)
    out = given(received(), ReportSignposted(to="101", because=NotOurs.NOT_POLICE))
    out.when(wish).refused(REPORT_MOVE_IS_OPEN)


def test_service_escalates_the_overdue() -> None:
    def wish(ground: EscalationGround = EscalationGround.OVERDUE) -> EscalateReport:
        return EscalateReport(ground=ground, to=EscalatedTo.HEAD_OF_PSD, because="No word of it.")

    operator, late = Role.INTAKE_OPERATOR, "2024-05-20T12:00:00Z"
    sent = given(received(), PASSED)
    given(received()).when(wish(EscalationGround.SERIOUSNESS), role=operator).goes_through()
    sent.when(wish(), at="2024-05-02T12:00:00Z", role=operator).refused(SERVICE_ESCALATES_THE_OVERDUE)
    sent.when(wish(), at=late, role=operator).goes_through()
    sent.when(wish(EscalationGround.SERIOUSNESS), at=late, role=operator).refused(SERVICE_ESCALATES_THE_OVERDUE)
    answered = sent.and_then(ReportAcknowledged())
    answered.when(wish(), at=late, role=operator).refused(SERVICE_ESCALATES_THE_OVERDUE)
    answered.when(wish(), at=late).goes_through()


def test_a_subject_may_be_unknown_at_first() -> None:
    noted = (
        given(received())
        .when(NoteSubject(description="The tall one."))
        .then(SubjectNoted(subject=1, description="The tall one."))
    )
    assert noted.state.subjects[0].kind is None
    identify = IdentifySubject(
        subject=1, person_kind=PersonKind.SPECIAL, force="essex", seniority=Seniority.OTHER, staff_id="essex-7"
    )
    known = noted.when(identify).then(
        SubjectIdentified(subject=1, person_kind=PersonKind.SPECIAL, force="essex", staff_id="essex-7")
    )
    (subject,) = known.state.subjects
    assert (subject.kind, subject.force, subject.staff_id) == (PersonKind.SPECIAL, "essex", "essex-7")


def test_subject_is_noted() -> None:
    wish = IdentifySubject(subject=2, person_kind=PersonKind.STAFF, force=FORCE)
    given(received(), *SUBJECT).when(wish).refused(SUBJECT_IS_NOTED)
    given(received(), *SUBJECT).when(MakeAllegation(category="G", subjects=(1, 2), text="So.")).refused(
        SUBJECT_IS_NOTED
    )


def test_several_allegations_against_several_people() -> None:
    two = given(received(), SubjectNoted(subject=1), SubjectNoted(subject=2))
    first = two.when(MakeAllegation(category="G", subjects=(2, 1, 2), text="Both took it.")).then(
        AllegationMade(allegation=1, category="G", subjects=(2, 1), text="Both took it.")
    )
    second = first.when(MakeAllegation(category="J", subjects=(2,), text="And this.")).then(
        AllegationMade(allegation=2, category="J", subjects=(2,), text="And this.")
    )
    gone = second.when(WithdrawAllegation(allegation=1, because="A mistake.")).then(
        AllegationWithdrawn(allegation=1, because="A mistake.")
    )
    assert [(each.category, each.subjects, each.withdrawn) for each in gone.state.allegations] == [
        ("G", (2, 1), True),
        ("J", (2,), False),
    ]


@pytest.mark.parametrize(("category", "at"), [("I", "2024-05-01T15:00:00Z"), ("G", "2020-01-31T23:59:59Z")])
def test_allegation_category_is_listed(category: str, at: str) -> None:
    wish = MakeAllegation(category=category, subjects=(1,), text="So.")
    given(received(), *SUBJECT).when(wish, at=at).refused(LISTED_ALLEGATION)


def test_allegation_stands() -> None:
    once = WithdrawAllegation(allegation=1, because="A mistake.")
    gone = given(received(), *SUBJECT).when(once).goes_through()
    gone.when(once).refused(ALLEGATION_STANDS)
    gone.when(WithdrawAllegation(allegation=2, because="So.")).refused(ALLEGATION_STANDS)
