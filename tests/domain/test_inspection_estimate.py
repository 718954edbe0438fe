"""From verdicts to findings: against counts by hand, and never an overall rate where a stratum was not audited."""

import random
from math import sqrt

import pytest
from inspection_scenario import (
    LATE,
    MISSED,
    NO_CRIME,
    ONE,
    OVER,
    RECORDED,
    SEED,
    TWO,
    cases,
    drawn,
    given,
    judged,
    opened,
    reference,
    revealed,
)

from domain.inspection.conclusion import ConcludeInspection, InspectionConcluded
from domain.inspection.judging import Verdict
from domain.inspection.sampling import Frame
from domain.inspection.scope import Stratum, StratumPlan
from domain.inspection.statistics.proportion import Method, wilson
from domain.inspection.statistics.unrecorded import FORMULA

LARGE = Frame(
    {"violent": cases(1, 3_000), "sexual": cases(10_001, 1_000), "other": cases(20_001, 6_000)}, "case_facts_4"
)
SIZES = {"violent": 60, "sexual": 40, "other": 50}
MISS = {"violent": 15, "sexual": 8, "other": 5}


def conclude(
    sizes: dict[str, int],
    verdict_of: "dict[str, list[Verdict]]",
    printed: Method = Method.WILSON,
    frame: Frame = LARGE,
) -> InspectionConcluded:
    """An inspection with that many items by stratum, and these verdicts in the order of the draw (then `RECORDED`)."""
    sample = drawn(sizes, frame)
    facts = []
    for stratum in sample.strata:
        told = verdict_of.get(stratum.stratum.value, [])
        for n, item in enumerate(stratum.cases):
            verdict = told[n] if n < len(told) else RECORDED
            facts += [judged(item, ONE, verdict), judged(item, TWO, verdict)]
    plans = tuple(StratumPlan(stratum=Stratum(name), sample=size) for name, size in sizes.items())
    before = given(opened(strata=plans), revealed(), sample, reference(279_093), *facts)
    [found] = before.when(ConcludeInspection(printed=printed)).facts
    assert isinstance(found, InspectionConcluded)
    return found


def test_the_overall_rate_is_weighted_by_reports_and_not_pooled() -> None:
    found = conclude(SIZES, {name: [MISSED] * count for name, count in MISS.items()})
    rates = {each.stratum.value: each.recorded.rate for each in found.strata}
    assert rates == {"violent": 0.75, "sexual": 0.8, "other": 0.9, "public_protection": None}
    assert found.overall.weights == {"violent": 0.3, "sexual": 0.1, "other": 0.6}
    assert found.overall.rate == pytest.approx(0.3 * 0.75 + 0.1 * 0.8 + 0.6 * 0.9)
    pooled = (45 + 32 + 45) / 150
    assert abs(found.overall.rate - pooled) > 0.03
    assert found.overall.effective_size is not None
    assert found.overall.effective_size < 150


def test_both_intervals_are_kept_and_the_printed_one_bounds_what_is_missing() -> None:
    verdicts = {name: [MISSED] * count for name, count in MISS.items()}
    by_wilson, by_wald = conclude(SIZES, verdicts), conclude(SIZES, verdicts, Method.WALD)
    assert by_wilson.overall == by_wald.overall
    for found, bounds in ((by_wilson, by_wilson.overall.wilson), (by_wald, by_wald.overall.wald)):
        r = found.overall.rate
        assert found.unrecorded.value == round(279_093 * (1 - r) / r)
        assert found.unrecorded.low == round(279_093 * (1 - bounds.high) / bounds.high)
        assert found.unrecorded.high == round(279_093 * (1 - bounds.low) / bounds.low)
    assert by_wilson.unrecorded.low != by_wald.unrecorded.low
    assert FORMULA in found.unrecorded.formula
    assert "inferred" in found.unrecorded.formula
    assert found.unrecorded.source == "Police recorded crime, year to June 2026"


def test_the_interval_of_a_stratum_is_corrected_for_the_part_of_it_that_was_audited() -> None:
    half = Frame({"violent": cases(1, 120), "sexual": (), "other": ()}, "case_facts_4")
    found = conclude({"violent": 60}, {"violent": [MISSED] * 15}, frame=half).strata[0].recorded
    plain = wilson(45, 60)
    assert found.effective_size == pytest.approx(60 * 119 / 60)
    assert plain.low < found.wilson.low < 0.75 < found.wilson.high < plain.high
    census = conclude({"violent": 120}, {"violent": [MISSED] * 30}, frame=half).strata[0].recorded
    assert (census.wilson.low, census.rate, census.wilson.high) == (0.75, 0.75, 0.75)


def test_there_is_no_overall_rate_where_a_stratum_was_not_audited() -> None:
    found = conclude({"violent": 60, "sexual": 40}, {})
    assert found.overall.rate is None
    assert found.overall.reason == "not every stratum was audited: other"
    assert found.overall.wilson is None
    assert (found.unrecorded.value, found.unrecorded.reason) == (None, "there is no overall rate")
    assert found.strata[0].recorded.rate == 1


def test_there_is_no_overall_rate_where_no_item_of_a_stratum_should_be_recorded() -> None:
    found = conclude(SIZES, {"sexual": [NO_CRIME] * 40})
    assert found.strata[1].recorded.reason == "no audited item raises the question"
    assert found.overall.reason == "not every stratum was audited: sexual"


def test_a_stratum_without_reports_is_not_missed() -> None:
    empty = Frame({"violent": cases(1, 100), "sexual": (), "other": cases(201, 100)}, "case_facts_4")
    found = conclude({"violent": 50, "other": 50}, {}, frame=empty)
    assert found.overall.rate == 1
    assert found.overall.weights == {"violent": 0.5, "other": 0.5}


def test_each_question_has_its_own_denominator() -> None:
    wrong_class = Verdict(should_be_recorded=True, recorded=True, right_class=False, in_time=True, victim_told=False)
    cancelled = Verdict(
        should_be_recorded=True,
        recorded=True,
        right_class=True,
        in_time=True,
        cancelled_rightly=False,
        victim_told=True,
    )
    told = [MISSED] * 4 + [LATE] * 3 + [NO_CRIME] * 5 + [OVER] * 2 + [wrong_class] * 2 + [cancelled]
    found = conclude(SIZES, {"violent": told}).strata[0]
    counts = {name: (rate.k, rate.n) for name, rate in found if name not in ("stratum", "reports", "audited")}
    assert counts == {
        "recorded": (49, 53),
        "over_recorded": (2, 51),
        "right_class": (47, 49),
        "in_time": (46, 49),
        "cancelled_rightly": (0, 1),
        "victim_told": (1, 3),
    }
    assert (found.reports, found.audited) == (3_000, 60)


def test_agreement_is_told_by_question() -> None:
    found = {each.question: each for each in conclude(SIZES, {}).agreement}
    assert found["recorded"].pairs == found["recorded"].agreed == 150
    assert found["recorded"].kappa is None
    assert "same one answer" in (found["recorded"].reason or "")


def test_sampled_estimates_cover_the_planted_truth_as_often_as_they_claim() -> None:
    """200 seeds over a world whose rates are known: violent 70 %, sexual 80 %, other 90 % recorded."""
    draw = random.Random(80_100)
    shares = {"violent": 0.7, "sexual": 0.8, "other": 0.9}
    world = {
        item: RECORDED if draw.random() < shares[stratum] else MISSED
        for stratum, items in LARGE.strata.items()
        for item in items
    }
    whole = sum(map(len, LARGE.strata.values()))
    truth = sum(verdict.recorded for verdict in world.values()) / whole
    from domain.inspection import draw as drawing
    from domain.inspection.statistics.stratified import Sampled, stratified_interval

    hits = narrow = 0
    for number in range(200):
        sample = drawing.draw(drawing.seed(SEED, f"{number:064x}"), LARGE.strata, SIZES)
        parts = [
            Sampled(
                len(LARGE.strata[name]) / whole,
                sum(world[item].recorded for item in items),
                len(items),
                len(LARGE.strata[name]),
            )
            for name, items in sample.items()
        ]
        hits += stratified_interval(Method.WILSON, parts).covers(truth)
        narrow += stratified_interval(Method.WILSON, parts, 1.0).covers(truth)
    allowed = 3 * sqrt(0.95 * 0.05 * 200)
    assert abs(hits - 190) <= allowed
    assert abs(narrow - 190) > allowed  # an interval that claims too much is noticed


def test_a_rate_of_zero_says_nothing_of_how_many() -> None:
    found = conclude({"violent": 60, "sexual": 40, "other": 50}, {name: [MISSED] * 60 for name in SIZES})
    assert found.overall.rate == 0
    assert found.unrecorded.value is None
    assert "rate of 0" in (found.unrecorded.reason or "")
