"""Correcting a report: what was taken down, by whom, and never who reported it."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given as every
from hypothesis import strategies as st
from report_scenario import (
    AT_THE_FORCE,
    COMPLAINT,
    INVESTIGATOR,
    NAME,
    SUBJECT,
    Given,
    fact,
    given,
    happened,
    received,
)

from domain.case.correction import FACT_HAS_ITS_FORM, FACT_IS_NOT_EMPTY, CorrectedFacts, FactCorrected, restate
from domain.event import Event, Role, Rule
from domain.misconduct import correction
from domain.misconduct.allegations import LISTED_ALLEGATION, AllegationMade
from domain.misconduct.closure import MatterClosed, MatterOutcome, OutcomeSent
from domain.misconduct.correction import (
    CORRECTABLE,
    CORRECTS_A_REPORT,
    DETERMINED_ON,
    HAPPENED_BEFORE,
    SECOND_PERSON_CORRECTS_REPORT,
    CorrectReport,
    ReportFacts,
)
from domain.misconduct.determination import DealtWith, MisconductCaseDetermined
from domain.misconduct.identity import IdentityReleased, IdentityRequested, ReporterDisclosed
from domain.misconduct.intake import (
    LISTED_REPORT_CATEGORY,
    LISTED_REPORT_FORCE,
    RECEIVED_BY_TODAY,
    Anonymity,
    ReportReceived,
)
from domain.misconduct.kept_apart import IdentityKeptApart
from domain.misconduct.mailbox import ReporterAnswered
from domain.misconduct.parallel import LISTED_GRADE, IntelligenceRecorded
from domain.misconduct.passing import ReportAcknowledged
from domain.misconduct.referral import MandatoryCriterionIdentified, Mode, ModeDecided, ReferralKind, ReferredToIopc
from domain.misconduct.review import REVIEW_IN_TIME, ReviewApplied, ReviewBody
from domain.misconduct.schedule3 import LocalHandlingStarted
from domain.misconduct.state import ReportEvent
from domain.misconduct.subjects import SUBJECT_IS_NOTED, SubjectIdentified
from domain.misconduct.timing import ACTS_KEEP_THEIR_ORDER, TIMED
from domain.misconduct.walls import admits, visibility
from domain.owing import DutyStatus
from domain.values import Moment, instant

AA, SECOND = Role.APPROPRIATE_AUTHORITY, "aa-1"
SERIOUS = MandatoryCriterionIdentified(criterion="serious_corruption", clear_at=Moment.of("2024-05-01T09:00:00Z"))
TOLD = given(received(categories=("money_or_favours",)), *AT_THE_FORCE, *SUBJECT, IntelligenceRecorded(grade="2BP"))


def correct(number: int, **facts: Any) -> CorrectReport:
    return CorrectReport.model_validate({"corrects": fact(number), "facts": facts, "because": "A slip."})


def number_of(history: Given, kind: type[Event]) -> int:
    return next(n for n, entry in enumerate(history.entries, start=1) if isinstance(entry.event, kind))


def test_a_correction_is_an_event_and_the_fact_stays_as_it_was_written() -> None:
    after = TOLD.when(correct(1, categories=["sexual_purpose"])).goes_through()
    assert after.state.intake.categories == ("sexual_purpose",)
    assert isinstance(after.entries[-1].event, FactCorrected)
    assert after.entries[0] == TOLD.entries[0]


def test_a_clock_and_a_wall_follow_from_the_facts_as_corrected() -> None:
    waits = given(received(), *COMPLAINT, SERIOUS)
    wish = correct(number_of(waits, MandatoryCriterionIdentified), clear_at="2024-04-29T09:00:00Z")
    (before,) = (each.due for each in waits.state.owed if each.about == "serious_corruption")
    after = waits.when(wish, by=SECOND, role=AA).goes_through()
    (due,) = (each.due for each in after.state.owed if each.about == "serious_corruption")
    assert before - due == timedelta(days=2)
    named = number_of(TOLD, SubjectIdentified)
    freed = TOLD.when(correct(named, staff_id="officer-8", line=["sergeant-3"]), by=SECOND, role=AA).goes_through()
    psd = frozenset({Role.PSD_INVESTIGATOR})
    for who, before_it, after_it in (
        ("officer-7", False, True),
        ("officer-8", True, False),
        ("sergeant-3", True, False),
    ):
        for history, expected in ((TOLD, before_it), (freed, after_it)):
            assert admits(who, history.entries[0].force, None, psd, visibility(history.state)) is expected


@pytest.mark.parametrize(
    "event",
    [
        ReporterDisclosed(recipient=INVESTIGATOR, reporter=NAME),
        IdentityKeptApart(identity="identity-00c0ffee"),
        IdentityRequested(until=Moment.of("2024-06-01")),
        IdentityReleased(recipient=INVESTIGATOR, until=Moment.of("2024-06-01")),
        OutcomeSent(),
        LocalHandlingStarted(),
    ],
)
def test_correction_is_of_facts_taken_down(event: Event) -> None:
    history = TOLD.and_then(event)
    for facts in ({"unit": "north"}, {"received": "2024-04-01"}, {"category": "H"}):
        history.when(correct(len(history.entries), **facts), by=SECOND, role=AA).refused(CORRECTS_A_REPORT)


def test_who_reported_and_what_was_promised_them_is_no_fact_that_can_be_named() -> None:
    never = {"reporter", "anonymity", "recipient", "identity", "complainant", "agreed", "read_back", "by_operator"}
    assert not never & ReportFacts.model_fields.keys()
    assert all(not never & fields for fields in CORRECTABLE.values())
    assert all(fields <= kind.model_fields.keys() for kind, fields in CORRECTABLE.items())
    assert {*ReportFacts.model_fields} == {"at"}.union(*CORRECTABLE.values())
    assert not {AllegationMade, ReporterAnswered, ReporterDisclosed, ReportReceived} & {*get_args(TIMED)}
    assert all(issubclass(kind, ReportEvent) for kind in CORRECTABLE)
    TOLD.when(correct(1, unit="north")).refused(CORRECTS_A_REPORT)
    TOLD.when(CorrectReport(corrects=fact(99), facts=ReportFacts(unit="n"), because="So.")).refused(CORRECTS_A_REPORT)


def test_second_person_corrects_report() -> None:
    named = correct(number_of(TOLD, SubjectIdentified), staff_id="officer-8")
    TOLD.when(named, by=INVESTIGATOR, role=AA).refused(SECOND_PERSON_CORRECTS_REPORT)
    TOLD.when(named, by=INVESTIGATOR.upper(), role=AA).refused(SECOND_PERSON_CORRECTS_REPORT)
    TOLD.when(named, by=SECOND).refused(SECOND_PERSON_CORRECTS_REPORT)
    TOLD.when(named, by=SECOND, role=AA).goes_through()
    TOLD.when(correct(1, currently_employed="no")).goes_through()
    TOLD.when(correct(1, about_force="essex")).refused(SECOND_PERSON_CORRECTS_REPORT)


@pytest.mark.parametrize(
    ("kind", "facts", "rule"),
    [
        (None, {"categories": ["rudeness"]}, LISTED_REPORT_CATEGORY),
        (None, {"received": "2022-10-01"}, LISTED_REPORT_CATEGORY),
        (None, {"received": "2024-06-01"}, RECEIVED_BY_TODAY),
        (None, {"about_force": "ruritania"}, LISTED_REPORT_FORCE),
        (None, {"received": None}, FACT_IS_NOT_EMPTY),
        (SubjectIdentified, {"force": "ruritania"}, LISTED_REPORT_FORCE),
        (SubjectIdentified, {"person_kind": None}, FACT_IS_NOT_EMPTY),
        (IntelligenceRecorded, {"grade": "9ZZ"}, LISTED_GRADE),
    ],
)
def test_what_is_corrected_holds_to_the_rules_of_what_is_taken_down(
    kind: type[Event] | None, facts: dict[str, Any], rule: Rule
) -> None:
    number = 1 if kind is None else number_of(TOLD, kind)
    TOLD.when(correct(number, **facts), by=SECOND, role=AA).refused(rule)


def test_determined_on_is_not_corrected() -> None:
    alleged = 6
    TOLD.when(correct(alleged, category="I"), by=SECOND, role=AA).refused(LISTED_ALLEGATION)
    TOLD.when(correct(alleged, subjects=[2]), by=SECOND, role=AA).refused(SUBJECT_IS_NOTED)
    TOLD.when(correct(alleged, subjects=[1, 1]), by=SECOND, role=AA).refused(FACT_HAS_ITS_FORM)
    TOLD.when(correct(alleged, subjects=[]), by=SECOND, role=AA).refused(FACT_HAS_ITS_FORM)
    after = TOLD.when(correct(alleged, category="H")).goes_through()
    assert after.state.allegations[0].category == "H"
    decided = MisconductCaseDetermined(subject=1, by=DealtWith.NO_CASE, rule_set="proceedings-2020")
    late = TOLD.and_then(decided)
    late.when(correct(alleged, subjects=[1]), by=SECOND, role=AA).refused(DETERMINED_ON)
    kind = correct(number_of(late, SubjectIdentified), person_kind="staff")
    late.when(kind, by=SECOND, role=AA).refused(DETERMINED_ON)


def test_corrected_report_time_is_past() -> None:
    waits = given(received(), *COMPLAINT, SERIOUS)
    wish = correct(number_of(waits, MandatoryCriterionIdentified), clear_at="2024-06-01T09:00:00Z")
    waits.when(wish, by=SECOND, role=AA).refused(HAPPENED_BEFORE)
    month = correct(number_of(waits, MandatoryCriterionIdentified), clear_at="2024-05")
    waits.when(month, by=SECOND, role=AA).refused(HAPPENED_BEFORE)
    asked = ReviewApplied(on=Moment.of("2024-05-10"), body=ReviewBody.LOCAL_POLICING_BODY)
    closed = MatterClosed(outcome=MatterOutcome.RESOLVED)
    review = given(
        received(Anonymity.NAMED, reporter=NAME), *COMPLAINT, LocalHandlingStarted(), closed, OutcomeSent(), asked
    )
    last, now = len(review.entries), "2024-07-01T12:00:00Z"
    review.when(correct(last, on="2024-06-10"), at=now, by=SECOND, role=AA).refused(REVIEW_IN_TIME)
    after = review.when(correct(last, on="2024-05-20"), at=now, by=SECOND, role=AA).goes_through()
    (due,) = (each.due for each in after.state.owed if each.kind == "review_acknowledgement")
    assert due.date().isoformat() == "2024-05-28", "five working days and a bank holiday"


def test_an_acknowledgement_is_corrected_by_whoever_made_it() -> None:
    number = number_of(TOLD, ReportAcknowledged)
    after = TOLD.when(correct(number, their_reference="PSD 13/24")).goes_through()
    assert after.state.passing.their_reference == "PSD 13/24"
    assert after.when(correct(number, their_reference=None)).goes_through().state.passing.their_reference is None


REFERRED = given(
    received(),
    *COMPLAINT,
    SERIOUS,
    happened(ReferredToIopc(kind=ReferralKind.MANDATORY), "2024-05-03T09:00:00Z"),
    happened(ModeDecided(mode=Mode.LOCAL), "2024-05-06T09:00:00Z"),
)
MADE, NEXT_WEEK = number_of(REFERRED, ReferredToIopc), "2024-05-07T12:00:00Z"


def test_an_act_that_was_entered_late_is_in_time_once_its_time_is_corrected() -> None:
    (late,) = (each for each in REFERRED.state.owed if each.about == "serious_corruption")
    assert late.status(Moment.of(NEXT_WEEK).earliest) is DutyStatus.MET_LATE
    wish = correct(MADE, at="2024-05-02T16:00:00Z")
    REFERRED.when(wish, at=NEXT_WEEK).refused(SECOND_PERSON_CORRECTS_REPORT)
    after = REFERRED.when(wish, at=NEXT_WEEK, by=SECOND, role=AA).goes_through()
    (met,) = (each for each in after.state.owed if each.about == "serious_corruption")
    assert met.status(Moment.of(NEXT_WEEK).earliest) is DutyStatus.MET
    assert after.state.referral.referred_at == Moment.of("2024-05-02T16:00:00Z")
    assert after.entries[MADE - 1] == REFERRED.entries[MADE - 1]
    REFERRED.when(correct(MADE, at=None), at=NEXT_WEEK, by=SECOND, role=AA).refused(FACT_IS_NOT_EMPTY)


@pytest.mark.parametrize(
    ("at", "possible"),
    [
        ("2024-04-30", False),
        ("2024-05-01", True),
        ("2024-05-01T10:00:30Z", False),
        ("2024-05-06", True),
        ("2024-05-06T10:00:00Z", False),
        ("2024-05-08", False),
        ("2024-05", False),
    ],
)
def test_acts_keep_their_order(at: str, possible: bool) -> None:
    wish = REFERRED.when(correct(MADE, at=at), at=NEXT_WEEK, by=SECOND, role=AA)
    if possible:
        wish.goes_through()
    else:
        wish.refused(ACTS_KEEP_THEIR_ORDER)


def test_an_outcome_was_sent_in_time_for_the_review_that_was_asked_for() -> None:
    sent = happened(OutcomeSent(), "2024-05-10T09:00:00Z")
    asked = ReviewApplied(on=Moment.of("2024-06-03"), body=ReviewBody.LOCAL_POLICING_BODY)
    closed = MatterClosed(outcome=MatterOutcome.RESOLVED)
    review = given(received(Anonymity.NAMED, reporter=NAME), *COMPLAINT, LocalHandlingStarted(), closed, sent, asked)
    number, now = number_of(review, OutcomeSent), "2024-07-01T12:00:00Z"
    review.when(correct(number, at="2024-05-03"), at=now, by=SECOND, role=AA).refused(REVIEW_IN_TIME)
    after = review.when(correct(number, at="2024-05-07"), at=now, by=SECOND, role=AA).goes_through()
    assert after.state.closure.sent_on == date(2024, 5, 7)


ACTS = [n for n, entry in enumerate(REFERRED.entries, start=1) if isinstance(entry.event, TIMED)]


def are_in_order(history: Given) -> bool:
    """Whether the acts, as they now stand, may have taken place in the order in which they were written."""
    acts = [entry for entry in restate(history.entries) if isinstance(entry.event, TIMED)]
    return all(one.at.earliest <= other.at.latest for one, other in pairwise(acts))


@every(wishes=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 7 * 24), st.booleans()), max_size=8))
def test_however_times_are_corrected_the_acts_stay_in_order(wishes: list[tuple[int, int, bool]]) -> None:
    history = REFERRED
    for number, hours, to_the_day in wishes:
        at = instant(Moment.of("2024-05-01T00:00:00Z").earliest + timedelta(hours=hours))
        told = str(at.london_date) if to_the_day else str(at)
        wish = history.when(correct(number, at=told), at=NEXT_WEEK, by=SECOND, role=AA)
        slip = FactCorrected(corrects=fact(number), facts=CorrectedFacts(at=Moment.of(told)))
        then = history.and_then(happened(slip, NEXT_WEEK, by=SECOND))
        ahead = Moment.of(told).earliest > Moment.of(NEXT_WEEK).earliest
        if are_in_order(then) and not ahead:
            history = wish.goes_through()
            assert are_in_order(history)
        else:
            wish.refused(ACTS_KEEP_THEIR_ORDER)


def test_an_order_that_nobody_looks_at_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correction, "took_place", lambda *_: iter(()))
    with pytest.raises(pytest.fail.Exception):
        test_acts_keep_their_order("2024-04-30", possible=False)


def test_a_fact_about_the_reporter_that_slips_in_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    disclosed = frozenset({"recipient"})
    monkeypatch.setattr(correction, "CORRECTABLE", {**CORRECTABLE, ReporterDisclosed: disclosed})
    monkeypatch.setitem(globals(), "CORRECTABLE", correction.CORRECTABLE)
    with pytest.raises(AssertionError):
        test_who_reported_and_what_was_promised_them_is_no_fact_that_can_be_named()
