"""Determination and proceedings: who goes where, what is found, and by when."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from duty_oracle import last_instant, london_day
from proceedings_scenario import ACCELERATED, FORMER, HEARING, MEETING, OFFICER, SPECIAL, investigated
from report_scenario import FORCE, Given, fact, happened

from domain.event import Event
from domain.misconduct.allegations import AllegationWithdrawn
from domain.misconduct.clocks import clocked
from domain.misconduct.closure import INVESTIGATED_TO_THE_END, CloseMatter, MatterOutcome
from domain.misconduct.determination import (
    ACCELERATED_NEEDS_BOTH,
    AWAITS_DETERMINATION,
    FORMER_IS_ACCELERATED,
    PROCEDURE_FITS_PERSON,
    PROCEEDINGS_NEED_MISCONDUCT,
    SUBJECT_IS_IDENTIFIED,
    DealtWith,
    DetermineCase,
    MisconductCaseDetermined,
)
from domain.misconduct.duties import Owed, OwedKind
from domain.misconduct.proceedings import (
    ACCELERATED_IS_NOT_EARLY,
    CHAIR_FITS,
    FINDS_ON_EACH,
    FORM_CAN_FIND,
    NOTICE_COMES_FIRST,
    PROCEEDINGS_ARE_DETERMINED,
    REPORTED_ONCE_HELD,
    SEPARATE_ARE_SEVERAL,
    AllegationFinding,
    Chair,
    Finding,
    GiveNoticeOfProceedings,
    HoldProceedings,
    ProceedingsHeld,
    ProceedingsNotified,
    ProceedingsReported,
    SubmitProceedingsReport,
)
from domain.misconduct.severity import Severity, SeverityRevised
from domain.misconduct.standing import Standing
from domain.misconduct.subjects import PersonKind, SubjectIdentified, SubjectNoted
from domain.rules import clock, rule_book
from domain.values import instant

NOW = "2024-06-03T10:00:00Z"
OTHER: tuple[Event, ...] = (
    SubjectNoted(subject=2),
    SubjectIdentified(subject=2, person_kind=OFFICER, force=FORCE),
)
BOTH = {"strong_evidence": True, "public_interest": True}
GROSS, MISCONDUCT, NOT_PROVEN = Finding.GROSS_MISCONDUCT, Finding.MISCONDUCT, Finding.NOT_PROVEN


def determine(by: DealtWith, subject: int = 1, **facts: Any) -> DetermineCase:
    return DetermineCase.model_validate({"subject": subject, "by": by, "rationale": "So it is.", **facts})


def determined(by: DealtWith, subject: int = 1) -> MisconductCaseDetermined:
    return MisconductCaseDetermined(subject=subject, by=by, rule_set="proceedings-2024")


def notified(form: DealtWith = HEARING, at: str = NOW) -> Given:
    told = (determined(form), ProceedingsNotified(subject=1, form=form))
    return investigated().and_then(*(happened(each, at) for each in told))


def hold(*findings: Finding, chair: Chair = Chair.CHIEF_OFFICER, subject: int = 1, separate: bool = False) -> Any:
    each = tuple(AllegationFinding(allegation=n, finding=found) for n, found in enumerate(findings, start=1))
    facts = {"subject": subject, "chair": chair, "findings": each, "separate_incidents": separate}
    return HoldProceedings.model_validate({**facts, "rationale": "So it is."})


def test_determined_subject_is_identified() -> None:
    history = investigated().and_then(SubjectNoted(subject=2))
    history.when(determine(DealtWith.RPRP, 2)).refused(SUBJECT_IS_IDENTIFIED)
    history.when(determine(DealtWith.NO_CASE, 2)).goes_through()


@pytest.mark.parametrize("kind", PersonKind)
def test_procedure_fits_the_person(kind: PersonKind) -> None:
    bound = set(DealtWith)
    ways = {
        OFFICER: bound,
        SPECIAL: bound,
        FORMER: {DealtWith.NO_CASE, HEARING, ACCELERATED},
        PersonKind.STAFF: {DealtWith.NO_CASE, DealtWith.PERFORMANCE, MEETING, HEARING},
        PersonKind.VOLUNTEER: {DealtWith.NO_CASE, MEETING},
        PersonKind.CONTRACTOR: {DealtWith.NO_CASE, MEETING},
    }
    for by in DealtWith:
        when = investigated(kind).when(determine(by, **BOTH), at=NOW)
        if by in ways[kind]:
            when.goes_through()
        else:
            when.refused(PROCEDURE_FITS_PERSON)


def test_proceedings_need_misconduct() -> None:
    neither = investigated().and_then(SeverityRevised(subject=1, severity=Severity.NEITHER))
    for by in (MEETING, HEARING, ACCELERATED):
        neither.when(determine(by, **BOTH)).refused(PROCEEDINGS_NEED_MISCONDUCT)
        investigated().and_then(*OTHER).when(determine(by, 2, **BOTH)).refused(PROCEEDINGS_NEED_MISCONDUCT)
    for by in (DealtWith.NO_CASE, DealtWith.RPRP, DealtWith.PERFORMANCE):
        neither.when(determine(by)).goes_through()


def test_accelerated_hearing_needs_both_conditions() -> None:
    history = investigated()
    history.when(determine(ACCELERATED, **BOTH)).goes_through()
    for lacking in BOTH:
        history.when(determine(ACCELERATED, **BOTH | {lacking: False})).refused(ACCELERATED_NEEDS_BOTH)
    less = history.and_then(SeverityRevised(subject=1, severity=Severity.MISCONDUCT))
    less.when(determine(ACCELERATED, **BOTH)).refused(ACCELERATED_NEEDS_BOTH)


def test_former_officer_is_presumed_accelerated() -> None:
    history = investigated(FORMER)
    history.when(determine(HEARING), at="2025-05-27T22:59:59Z").goes_through()
    since = "2025-05-27T23:00:00Z"
    history.when(determine(HEARING), at=since).refused(FORMER_IS_ACCELERATED)
    history.when(determine(HEARING, presumption_rebutted="Ill."), at=since).goes_through()
    history.when(determine(ACCELERATED, **BOTH), at=since).goes_through()
    history.when(determine(DealtWith.NO_CASE), at=since).goes_through()
    investigated().when(determine(HEARING), at=since).goes_through()


def test_determined_before_proceedings_are_held() -> None:
    done = notified().when(hold(MISCONDUCT, NOT_PROVEN), at=NOW).goes_through()
    waits = done.and_then(*OTHER)
    waits.when(determine(DealtWith.NO_CASE)).refused(AWAITS_DETERMINATION)
    dropped = notified().when(determine(DealtWith.NO_CASE)).goes_through().state
    assert (dropped.proceedings, dropped.standings) == ((), {1: Standing.DETERMINED})


def test_proceedings_are_determined() -> None:
    history = investigated().and_then(*OTHER, determined(HEARING))
    history.when(GiveNoticeOfProceedings(subject=2)).refused(PROCEEDINGS_ARE_DETERMINED)
    history.when(GiveNoticeOfProceedings(subject=1)).then(ProceedingsNotified(subject=1, form=HEARING))
    history.and_then(determined(DealtWith.RPRP, 2)).when(GiveNoticeOfProceedings(subject=2)).refused(
        PROCEEDINGS_ARE_DETERMINED
    )


def test_notice_of_proceedings_comes_first() -> None:
    notified().and_then(*OTHER).when(hold(MISCONDUCT, NOT_PROVEN, subject=2)).refused(NOTICE_COMES_FIRST)


def test_finding_on_each_allegation() -> None:
    for findings in ((GROSS,), (GROSS, GROSS, GROSS)):
        notified().when(hold(*findings), at=NOW).refused(FINDS_ON_EACH)
    one = AllegationFinding(allegation=1, finding=GROSS)
    twice = hold(GROSS, GROSS).model_copy(update={"findings": (one, one)})
    notified().when(twice, at=NOW).refused(FINDS_ON_EACH)
    notified().and_then(AllegationWithdrawn(allegation=2)).when(hold(GROSS), at=NOW).goes_through()


def test_meeting_finds_no_gross_misconduct() -> None:
    notified(MEETING).when(hold(GROSS, NOT_PROVEN, chair=Chair.MANAGER), at=NOW).refused(FORM_CAN_FIND)
    notified(MEETING).when(hold(MISCONDUCT, NOT_PROVEN, chair=Chair.MANAGER), at=NOW).goes_through()


@pytest.mark.parametrize(
    ("at", "chair"),
    [
        ("2024-05-06T22:59:59Z", Chair.LEGALLY_QUALIFIED_CHAIR),
        ("2024-05-06T23:00:00Z", Chair.CHIEF_OFFICER),
        ("2026-01-05T10:00:00Z", Chair.CHIEF_OFFICER),
    ],
)
def test_hearing_is_chaired_as_on_its_day(at: str, chair: Chair) -> None:
    for other in Chair:
        when = notified(at=at).when(hold(MISCONDUCT, NOT_PROVEN, chair=other), at="2026-02-02T10:00:00Z")
        if other is chair:
            when.goes_through()
        else:
            when.refused(CHAIR_FITS)


def test_accelerated_hearing_is_not_early() -> None:
    for at in moments(40):
        history = notified(ACCELERATED, str(instant(at)))
        chair = Chair.CHIEF_OFFICER if london_day(at) >= date(2024, 5, 7) else Chair.LEGALLY_QUALIFIED_CHAIR
        ninth = last_instant(london_day(at), 9)
        command = hold(GROSS, NOT_PROVEN, chair=chair)
        history.when(command, at=str(instant(ninth))).refused(ACCELERATED_IS_NOT_EARLY)
        history.when(command, at=str(instant(ninth + timedelta(microseconds=1)))).goes_through()
    notified(HEARING).when(hold(GROSS, NOT_PROVEN), at=NOW).goes_through()


def test_separate_incidents_are_several() -> None:
    notified().when(hold(MISCONDUCT, NOT_PROVEN, separate=True), at=NOW).refused(SEPARATE_ARE_SEVERAL)
    notified().when(hold(MISCONDUCT, MISCONDUCT, separate=True), at=NOW).goes_through()


def test_proceedings_are_reported_once_held() -> None:
    report = SubmitProceedingsReport(subject=1)
    done = notified().when(hold(MISCONDUCT, NOT_PROVEN), at=NOW).goes_through()
    sent = done.when(report).then(ProceedingsReported(subject=1))
    sent.when(report).refused(REPORTED_ONCE_HELD)


def test_a_matter_stays_open_until_everybody_was_dealt_with() -> None:
    close = CloseMatter(outcome=MatterOutcome.CASE_ANSWERED, because="Done.")
    two = investigated().and_then(*OTHER, determined(DealtWith.NO_CASE, 2))
    two.when(close).refused(INVESTIGATED_TO_THE_END)
    for stage in (determined(HEARING), ProceedingsNotified(subject=1, form=HEARING)):
        two = two.and_then(stage)
        two.when(close).refused(INVESTIGATED_TO_THE_END)
    findings = tuple(AllegationFinding(allegation=n, finding=NOT_PROVEN) for n in (1, 2))
    facts = {"subject": 1, "form": HEARING, "chair": Chair.CHIEF_OFFICER, "rule_set": "proceedings-2024"}
    over = two.and_then(ProceedingsHeld(findings=findings, **facts))
    assert over.state.standings == {1: Standing.OVER, 2: Standing.DETERMINED}
    over.when(close).goes_through()
    proven = two.and_then(ProceedingsHeld(findings=(AllegationFinding(allegation=1, finding=GROSS),), **facts))
    proven.when(close).refused(INVESTIGATED_TO_THE_END)


WORKING_DAYS = {MEETING: 20, HEARING: 100, ACCELERATED: 15}
KINDS = {MEETING: OwedKind.MEETING, HEARING: OwedKind.HEARING, ACCELERATED: OwedKind.ACCELERATED_HEARING}


def moments(count: int) -> Iterator[datetime]:
    """Instants of all years, many of them near midnight, near Christmas, Easter and the extra bank holidays."""
    random = Random(42)
    near = [
        date(2022, 6, 1),
        date(2022, 9, 16),
        date(2023, 5, 5),
        date(2024, 3, 28),
        date(2026, 12, 24),
        date(2024, 2, 28),
    ]
    for number in range(count):
        day = near[number % 5] if number % 2 else date(2020, 3, 1) + timedelta(random.randrange(3000))
        minutes = random.choice([0, 10, 600, 22 * 60 + 59, 23 * 60, 23 * 60 + 59])
        yield datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)


def of_kind(history: Given, kind: OwedKind) -> list[Owed]:
    return [each for each in clocked(history.state, rule_book(), datetime(2030, 1, 1, tzinfo=UTC)) if each.kind is kind]


def all_clocks_agree(count: int) -> None:
    for number, at in enumerate(moments(count)):
        form = list(WORKING_DAYS)[number % 3]
        history = notified(form, str(instant(at)))
        (owed,) = of_kind(history, KINDS[form])
        assert owed.due == last_instant(london_day(at), WORKING_DAYS[form]), (form, at)
        held_at = at + timedelta(days=9)
        findings = (AllegationFinding(allegation=1, finding=NOT_PROVEN),)
        held = ProceedingsHeld(
            subject=1, form=form, chair=Chair.MANAGER, findings=findings, rule_set="proceedings-2020"
        )
        after = history.and_then(happened(held, str(instant(held_at))))
        (owed,) = of_kind(after, OwedKind.PROCEEDINGS_REPORT)
        assert owed.due == last_instant(london_day(held_at), 5), held_at
        assert (owed.opened_by, owed.met_by) == (fact(len(after.entries)), None)
        (met,) = of_kind(after.and_then(ProceedingsReported(subject=1)), OwedKind.PROCEEDINGS_REPORT)
        assert met.met_by == fact(len(after.entries) + 1)


def test_every_working_day_of_proceedings_is_right_across_bank_holidays() -> None:
    all_clocks_agree(200)
    clocks_of = rule_book().proceedings[0].clocks
    assert {name for name, clock in clocks_of.items() if clock.standing == "unconfirmed"} == {"meeting", "hearing"}
    assert clocks_of["accelerated_hearing"].not_before == 10


def test_working_days_that_are_weekdays_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def weekdays(start: date, count: int) -> datetime:
        day = start
        while count:
            day += timedelta(days=1)
            count -= day.weekday() < 5
        return clock.end_of_day(day)

    monkeypatch.setattr(clock, "end_of_working_day", weekdays)
    with pytest.raises(AssertionError):
        all_clocks_agree(60)
