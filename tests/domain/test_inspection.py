"""An inspection from its opening to its closed recommendations: what follows from what, and every rule."""

from datetime import date
from typing import Any

import pytest
from inspection_scenario import (
    COMMITMENT,
    DIGEST,
    FRAME,
    ITEMS,
    LATE,
    MISSED,
    NO_CRIME,
    NONCE,
    ONE,
    OVER,
    RECORDED,
    SEED,
    THREE,
    TO_THE_SAMPLE,
    TWO,
    all_judged,
    case,
    cases,
    drawn,
    given,
    judged,
    nothing,
    open_inspection,
    opened,
    reference,
    resolved,
    revealed,
)

from domain.inspection import draw
from domain.inspection.concerns import (
    CONCERN_CLOSES_LAST,
    CONCERN_IS_OPEN,
    DUE_LATER,
    ELEMENT_IS_LISTED,
    RECOMMENDATION_IS_OPEN,
    CauseOfConcernClosed,
    CauseOfConcernRaised,
    CloseCauseOfConcern,
    ClosedAs,
    CloseRecommendation,
    MakeRecommendation,
    RaiseCauseOfConcern,
    RecommendationClosed,
    RecommendationMade,
)
from domain.inspection.conclusion import (
    DISAGREEMENTS_ARE_RESOLVED,
    PREVIOUS_IS_COMPARABLE,
    AbandonInspection,
    ConcludeInspection,
    InspectionAbandoned,
)
from domain.inspection.denominator import REFERENCE_FITS_THE_AUDIT, AdoptReferenceFigure
from domain.inspection.judging import (
    DISAGREEMENT_IS_OPEN,
    ITEM_IS_IN_THE_SAMPLE,
    JUDGED_ONCE_BY_EACH,
    THIRD_PERSON_RESOLVES,
    TWO_JUDGE_AN_ITEM,
    VERDICT_FITS_ITSELF,
    DisagreementResolved,
    ItemJudged,
    JudgeItem,
    ResolveDisagreement,
    Verdict,
)
from domain.inspection.sampling import THERE_IS_SOMETHING_TO_AUDIT, DrawSample, Frame, FrameAt
from domain.inspection.scope import (
    AUDIT_PERIOD_IS_OVER,
    INSPECTED_FORCE_IS_LISTED,
    INSPECTED_FROM_OUTSIDE,
    STRATA_ARE_NAMED_ONCE,
    STRATUM_IS_NOT_EMPTY,
    InspectionStatus,
    Stratum,
    StratumPlan,
)
from domain.inspection.seeding import LOG_HAS_GONE_ON, NONCE_FITS_ITS_COMMITMENT, DigestAt, RevealNonce
from domain.inspection.state import INSPECTION, INSPECTION_MOVE_IS_OPEN
from domain.inspection.statistics.proportion import Method, sample_size
from domain.reference_figure import FigureKind
from domain.values import Moment

TOLD = "She had told them twice."
PREVIOUS = "inspection-00000000-0000-4000-8000-000000000001"
REVIEWED = given(*TO_THE_SAMPLE, *all_judged())


def plan(stratum: Stratum = Stratum.VIOLENT, sample: int | None = None, points: float | None = None) -> StratumPlan:
    return StratumPlan(stratum=stratum, sample=sample, half_width_points=points)


def test_an_inspection_is_opened_with_a_commitment() -> None:
    after = nothing.when(open_inspection()).then(opened())
    assert after.state.status is InspectionStatus.OPENED
    assert (after.state.scope.inspected, after.state.scope.position) == ("kent", 100)


def test_inspected_from_outside() -> None:
    nothing.when(open_inspection(), force="kent").refused(INSPECTED_FROM_OUTSIDE)
    REVIEWED.when(ConcludeInspection(), force="kent").refused(INSPECTED_FROM_OUTSIDE)


def test_inspected_force_is_listed() -> None:
    nothing.when(open_inspection(inspected="nowhere")).refused(INSPECTED_FORCE_IS_LISTED)


def test_audit_period_is_over() -> None:
    for since, until in (("2026-01-01", "2026-07-11"), ("2026-02-01", "2026-02-01"), ("2026-03-01", "2026-02-01")):
        period = {"since": date.fromisoformat(since), "until": date.fromisoformat(until)}
        nothing.when(open_inspection(**period)).refused(AUDIT_PERIOD_IS_OVER)
    nothing.when(open_inspection(until=date(2026, 7, 10))).accepted()


def test_strata_are_named_once() -> None:
    for strata in ((), (plan(sample=3), plan(sample=4))):
        nothing.when(open_inspection(strata=strata)).refused(STRATA_ARE_NAMED_ONCE)


def test_stratum_is_not_empty() -> None:
    for wrong in (plan(), plan(sample=0), plan(points=0), plan(sample=3, points=2.0)):
        nothing.when(open_inspection(strata=(wrong,))).refused(STRATUM_IS_NOT_EMPTY, there_are=tuple(Stratum))
    nothing.when(open_inspection(strata=(plan(points=2.0),))).accepted()


def test_the_nonce_and_the_log_make_the_seed() -> None:
    before = given(opened())
    assert RevealNonce(nonce=NONCE).asks(before.state) == DigestAt(101)
    before.when(RevealNonce(nonce=NONCE), found=DIGEST).then(revealed())
    assert SEED not in (draw.seed("cd" * 32, NONCE), draw.seed(DIGEST, "0e" * 32))


def test_nonce_fits_its_commitment() -> None:
    given(opened()).when(RevealNonce(nonce="0e" * 32), found=DIGEST).refused(NONCE_FITS_ITS_COMMITMENT)
    given(opened()).when(RevealNonce(nonce=COMMITMENT), found=DIGEST).refused(NONCE_FITS_ITS_COMMITMENT)


def test_log_has_gone_on() -> None:
    given(opened()).when(RevealNonce(nonce=NONCE), found=None).refused(LOG_HAS_GONE_ON)


def test_the_sample_is_drawn_from_what_was_known_at_the_opening() -> None:
    before = given(opened(), revealed())
    assert DrawSample().asks(before.state) == FrameAt("kent", date(2026, 1, 1), date(2026, 7, 1), 100, apart=True)
    after = before.when(DrawSample(), found=FRAME).then(drawn())
    assert after.state.status is InspectionStatus.DRAWN
    assert [len(stratum.cases) for stratum in after.state.sample.strata] == [2, 1, 2, 0]
    assert [stratum.frame for stratum in after.state.sample.strata] == [6, 4, 10, 0]


def test_a_stratum_that_is_not_audited_is_counted_and_not_sampled() -> None:
    only = given(opened(strata=(plan(sample=50),)), revealed()).when(DrawSample(), found=FRAME).accepted()
    violent, sexual, other, _ = only.state.sample.strata
    assert (violent.frame, len(violent.cases)) == (6, 6)  # no more than there are
    assert (sexual.frame, sexual.cases, other.frame, other.cases) == (4, (), 10, ())


def test_public_protection_is_apart_since_the_rule_set_that_says_so() -> None:
    found = Frame({**FRAME.strata, "public_protection": cases(901, 3)}, FRAME.definition)
    plans = (plan(Stratum.PUBLIC_PROTECTION, sample=2), plan(sample=1))
    before = given(opened(strata=plans), revealed())
    apart = before.when(DrawSample(), found=found).accepted().state.sample.strata[-1]
    assert (apart.stratum, apart.frame, len(apart.cases)) == (Stratum.PUBLIC_PROTECTION, 3, 2)
    earlier = opened(strata=plans).model_copy(update={"rule_set": "inspection-1"})
    old = given(earlier, revealed())
    assert DrawSample().asks(old.state) == FrameAt("kent", date(2026, 1, 1), date(2026, 7, 1), 100)
    strata = old.when(DrawSample(), found=found).accepted().state.sample.strata
    assert [stratum.stratum.value for stratum in strata] == ["violent", "sexual", "other"]


def test_a_target_interval_becomes_a_size() -> None:
    many = Frame({"violent": tuple(map(case, range(5_000)))}, "case_facts_4")
    after = given(opened(strata=(plan(points=3.0),)), revealed()).when(DrawSample(), found=many).accepted()
    assert len(after.state.sample.cases) == sample_size(0.03, 0.8, 5_000) == 601


def test_there_is_something_to_audit() -> None:
    for found in (None, Frame({}, ""), Frame({"other": (case(1),)}, "")):
        before = given(opened(strata=(plan(sample=5),)), revealed())
        before.when(DrawSample(), found=found).refused(THERE_IS_SOMETHING_TO_AUDIT)


def test_two_reviewers_judge_an_item_each_on_their_own() -> None:
    before = given(*TO_THE_SAMPLE)
    fact = ItemJudged(case=ITEMS[0], verdict=LATE, because=TOLD)
    one = before.when(JudgeItem(case=ITEMS[0], verdict=LATE, because=TOLD), by=ONE).then(fact)
    assert one.state.status is InspectionStatus.DRAWN
    assert one.state.judgements.final(ITEMS[0]) is None
    two = one.when(JudgeItem(case=ITEMS[0], verdict=LATE), by=TWO).accepted()
    assert two.state.judgements.final(ITEMS[0]) == LATE


def test_what_a_reviewer_found_shows_to_nobody_until_all_is_judged() -> None:
    at = Moment.of("2026-07-10T10:00:00Z").earliest
    odd = Verdict(should_be_recorded=True, recorded=True, right_class=False, in_time=False, victim_told=False)
    facts = all_judged({ITEMS[0]: (odd, RECORDED)})
    for n in range(len(facts)):
        shown = INSPECTION.tracks(given(*TO_THE_SAMPLE, *facts[:n]).state, at)
        assert "verdict" not in str(shown).lower(), n
        assert shown["disagreements"] is None
    [item] = [i for s in shown["sample"]["strata"] for i in s["items"] if i["case"] == ITEMS[0]]
    assert item["judged_by"] == (ONE, TWO)
    shown = INSPECTION.tracks(given(*TO_THE_SAMPLE, *facts).state, at)
    [difference] = shown["disagreements"]
    assert [told["verdict"] for told in difference["verdicts"]] == [odd, RECORDED]


def test_item_is_in_the_sample() -> None:
    outside = JudgeItem(case=case(99), verdict=RECORDED)
    given(*TO_THE_SAMPLE).when(outside).refused(ITEM_IS_IN_THE_SAMPLE, there_are=ITEMS)
    half = given(*TO_THE_SAMPLE, judged(ITEMS[0], ONE), judged(ITEMS[0], TWO))
    half.when(outside, by=THREE).refused(ITEM_IS_IN_THE_SAMPLE, there_are=ITEMS[1:])
    differing = given(*TO_THE_SAMPLE, *all_judged({ITEMS[0]: (RECORDED, LATE)}))
    wrong = ResolveDisagreement(case=case(99), verdict=RECORDED, because=TOLD)
    differing.when(wrong, by=THREE).refused(ITEM_IS_IN_THE_SAMPLE, there_are=ITEMS[:1])


def test_judged_once_by_each() -> None:
    before = given(*TO_THE_SAMPLE, judged(ITEMS[0], ONE))
    before.when(JudgeItem(case=ITEMS[0], verdict=LATE), by="Reviewer-1").refused(JUDGED_ONCE_BY_EACH)
    before.when(JudgeItem(case=ITEMS[1], verdict=LATE), by=ONE).accepted()


def test_two_judge_an_item() -> None:
    before = given(*TO_THE_SAMPLE, judged(ITEMS[0], ONE), judged(ITEMS[0], TWO))
    before.when(JudgeItem(case=ITEMS[0], verdict=LATE), by=THREE).refused(TWO_JUDGE_AN_ITEM)


WRONG = [
    {"should_be_recorded": True, "recorded": False, "in_time": True},
    {"should_be_recorded": True, "recorded": False, "right_class": False},
    {"should_be_recorded": False, "recorded": False, "cancelled_rightly": True},
    {"should_be_recorded": True, "recorded": True, "right_class": True},
    {"should_be_recorded": True, "recorded": True, "in_time": True},
    {"should_be_recorded": False, "recorded": False, "n100_correct": True},
    {"should_be_recorded": True, "recorded": False, "crime": "sexual", "n100_correct": False},
]


@pytest.mark.parametrize("answers", WRONG)
def test_verdict_fits_itself(answers: dict[str, Any]) -> None:
    wrong = Verdict(**answers)
    given(*TO_THE_SAMPLE).when(JudgeItem(case=ITEMS[0], verdict=wrong)).refused(VERDICT_FITS_ITSELF)
    before = given(*TO_THE_SAMPLE, *all_judged({ITEMS[0]: (RECORDED, LATE)}))
    resolve = ResolveDisagreement(case=ITEMS[0], verdict=wrong, because=TOLD)
    before.when(resolve, by=THREE).refused(VERDICT_FITS_ITSELF)


@pytest.mark.parametrize("verdict", [RECORDED, LATE, MISSED, NO_CRIME, OVER])
def test_a_verdict_that_fits_itself_is_taken(verdict: Verdict) -> None:
    given(*TO_THE_SAMPLE).when(JudgeItem(case=ITEMS[0], verdict=verdict)).accepted()


def test_a_difference_is_resolved_on_the_record() -> None:
    before = given(*TO_THE_SAMPLE, *all_judged({ITEMS[0]: (RECORDED, LATE)}))
    assert before.state.judgements.disagreements == (ITEMS[0],)
    assert before.state.judgements.final(ITEMS[0]) is None
    resolve = ResolveDisagreement(case=ITEMS[0], verdict=LATE, because=TOLD)
    fact = DisagreementResolved(case=ITEMS[0], verdict=LATE, because=TOLD)
    after = before.when(resolve, by=THREE).then(fact)
    assert after.state.judgements.final(ITEMS[0]) == LATE
    assert len(after.state.judgements.of(ITEMS[0])) == 2
    # The agreement is that of the reviewers, before.
    assert after.state.judgements.agreement() == before.state.judgements.agreement()
    assert after.state.judgements.agreement()["in_time"].agreed == 4


def test_disagreement_is_open() -> None:
    before = given(*TO_THE_SAMPLE, *all_judged({ITEMS[0]: (RECORDED, LATE), ITEMS[1]: (RECORDED, LATE)}))
    agreed = ResolveDisagreement(case=ITEMS[2], verdict=LATE, because=TOLD)
    before.when(agreed, by=THREE).refused(DISAGREEMENT_IS_OPEN)
    again = ResolveDisagreement(case=ITEMS[0], verdict=LATE, because=TOLD)
    before.and_then(resolved(ITEMS[0])).when(again, by=THREE).refused(DISAGREEMENT_IS_OPEN)


def test_third_person_resolves() -> None:
    before = given(*TO_THE_SAMPLE, *all_judged({ITEMS[0]: (RECORDED, LATE)}))
    resolve = ResolveDisagreement(case=ITEMS[0], verdict=LATE, because=TOLD)
    for reviewer in (ONE, "REVIEWER-2"):
        before.when(resolve, by=reviewer).refused(THIRD_PERSON_RESOLVES)


def test_reference_fits_the_audit() -> None:
    before = given(*TO_THE_SAMPLE)
    fact = reference()
    before.when(AdoptReferenceFigure(**dict(fact))).then(fact)
    for wrong in ({"until": date(2026, 6, 1)}, {"since": date(2025, 7, 2)}, {"since": date(2024, 7, 1)}):
        before.when(AdoptReferenceFigure(**{**dict(fact), **wrong})).refused(REFERENCE_FITS_THE_AUDIT)
    staff = {**dict(fact), "kind": FigureKind.HEADCOUNT, "since": date(2026, 3, 31), "until": date(2026, 4, 1)}
    before.when(AdoptReferenceFigure(**staff)).accepted()
    before.when(AdoptReferenceFigure(**{**staff, "until": date(2026, 3, 31)})).refused(REFERENCE_FITS_THE_AUDIT)


def test_the_latest_reference_of_a_kind_counts() -> None:
    after = given(*TO_THE_SAMPLE, reference(1), reference(2)).state
    assert after.figures[FigureKind.RECORDED_CRIME_12_MONTHS].value == 2


def test_an_inspection_concludes_when_all_is_judged() -> None:
    after = REVIEWED.when(ConcludeInspection(printed=Method.WALD)).accepted().state
    assert after.status is InspectionStatus.CONCLUDED
    assert after.findings is not None
    assert after.findings.printed is Method.WALD
    given(*TO_THE_SAMPLE, *all_judged()[:-1]).when(ConcludeInspection()).refused(INSPECTION_MOVE_IS_OPEN)


def test_disagreements_are_resolved() -> None:
    before = given(*TO_THE_SAMPLE, *all_judged({ITEMS[0]: (RECORDED, LATE)}))
    before.when(ConcludeInspection()).refused(DISAGREEMENTS_ARE_RESOLVED)
    before.and_then(resolved(ITEMS[0])).when(ConcludeInspection()).accepted()


def earlier(**scope: object) -> object:
    """An inspection of half a year before, concluded."""
    period = {"since": date(2025, 1, 1), "until": date(2025, 7, 1), **scope}
    judgements = all_judged({ITEMS[0]: (MISSED, MISSED)})
    return given(opened(**period), revealed(), drawn(), *judgements).when(ConcludeInspection()).accepted().state


def test_previous_is_comparable() -> None:
    conclude = ConcludeInspection(previous=PREVIOUS)
    assert conclude.concerns(REVIEWED.state) == (PREVIOUS,)
    REVIEWED.when(conclude).refused(PREVIOUS_IS_COMPARABLE)
    for other in (
        nothing.state,
        given(opened(since=date(2025, 1, 1), until=date(2025, 7, 1))).state,
        earlier(inspected="essex"),
        earlier(until=date(2026, 1, 2)),
    ):
        REVIEWED.when(conclude, beside={PREVIOUS: other}).refused(PREVIOUS_IS_COMPARABLE)
    found = REVIEWED.and_then(reference()).when(conclude, beside={PREVIOUS: earlier()}).accepted().state.findings
    assert found is not None
    assert found.additional.value is not None
    assert found.additional.value > 0
    assert found.previous == PREVIOUS


def test_an_inspection_can_be_abandoned_and_stays_on_the_record() -> None:
    after = REVIEWED.when(AbandonInspection(because=TOLD)).then(InspectionAbandoned(because=TOLD))
    assert after.state.status is InspectionStatus.ABANDONED
    assert after.state.allowed == ()
    assert after.state.sample.cases == ITEMS


def test_a_cause_of_concern_and_what_it_led_to_are_closed_in_order() -> None:
    before = given(*TO_THE_SAMPLE)
    raised = CauseOfConcernRaised(number=1, element="records_violent_crime", what=TOLD)
    one = before.when(RaiseCauseOfConcern(element="records_violent_crime", what=TOLD)).then(raised)
    made = RecommendationMade(number=1, element="timeliness", concern=1, due=date(2026, 12, 31), what=TOLD)
    make = MakeRecommendation(element="timeliness", concern=1, due=date(2026, 12, 31), what=TOLD)
    two = one.when(make).then(made)
    met = CloseRecommendation(number=1, closed_as=ClosedAs.MET, because=TOLD)
    three = two.when(met).then(RecommendationClosed(number=1, closed_as=ClosedAs.MET, because=TOLD))
    gone = three.when(CloseCauseOfConcern(number=1, because=TOLD)).then(CauseOfConcernClosed(number=1, because=TOLD))
    assert [concern.open for concern in gone.state.followed.concerns] == [False]
    assert [each.closed_as for each in gone.state.followed.recommendations] == [ClosedAs.MET]


def test_element_is_listed() -> None:
    for command in (RaiseCauseOfConcern(element="hats", what=TOLD), MakeRecommendation(element="hats", what=TOLD)):
        REVIEWED.when(command).refused(ELEMENT_IS_LISTED)


def test_concern_is_open() -> None:
    raised, closed = CauseOfConcernRaised(number=1, element="timeliness"), CauseOfConcernClosed(number=1)
    again = CauseOfConcernRaised(number=2, element="timeliness")
    before = REVIEWED.and_then(raised, closed, again)
    before.when(CloseCauseOfConcern(number=1, because=TOLD)).refused(CONCERN_IS_OPEN)
    before.when(MakeRecommendation(element="timeliness", concern=3, what=TOLD)).refused(CONCERN_IS_OPEN)
    before.when(CloseCauseOfConcern(number=2, because=TOLD)).accepted()


def test_recommendation_is_open() -> None:
    made = [RecommendationMade(number=number, element="timeliness") for number in (1, 2)]
    before = REVIEWED.and_then(*made, RecommendationClosed(number=1, closed_as=ClosedAs.MET))
    again = CloseRecommendation(number=1, closed_as=ClosedAs.MET, because=TOLD)
    before.when(again).refused(RECOMMENDATION_IS_OPEN)


def test_concern_closes_last() -> None:
    raised = CauseOfConcernRaised(number=1, element="timeliness")
    made = RecommendationMade(number=1, element="timeliness", concern=1)
    close = CloseCauseOfConcern(number=1, because=TOLD)
    REVIEWED.and_then(raised, made).when(close).refused(CONCERN_CLOSES_LAST)


def test_recommendation_is_due_later() -> None:
    REVIEWED.when(MakeRecommendation(element="timeliness", due=date(2026, 7, 9), what=TOLD)).refused(DUE_LATER)
    REVIEWED.when(MakeRecommendation(element="timeliness", due=date(2026, 7, 10), what=TOLD)).accepted()


def test_inspection_move_is_open() -> None:
    given(opened()).when(DrawSample(), found=FRAME).refused(INSPECTION_MOVE_IS_OPEN)
    REVIEWED.when(JudgeItem(case=ITEMS[0], verdict=LATE), by=THREE).refused(INSPECTION_MOVE_IS_OPEN)
