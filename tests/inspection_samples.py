"""Examples of the events of an inspection, for the samples that are kept for ever."""

from datetime import date

from domain.event import Event
from domain.inspection.concerns import (
    CauseOfConcernClosed,
    CauseOfConcernRaised,
    ClosedAs,
    RecommendationClosed,
    RecommendationMade,
)
from domain.inspection.conclusion import InspectionAbandoned, InspectionConcluded
from domain.inspection.findings import (
    Agreement,
    Bounds,
    EstimatedCrimes,
    OverallFindings,
    Rate,
    StratumFindings,
)
from domain.inspection.judging import CrimeOf, DisagreementResolved, ItemJudged, Verdict
from domain.inspection.sampling import SampleDrawn, StratumDrawn
from domain.inspection.scope import InspectionOpened, Stratum, StratumPlan
from domain.inspection.seeding import NonceRevealed
from domain.inspection.statistics.proportion import Method
from domain.reference_figure import FigureKind, ReferenceFigureAdopted

CASE = "case-5a0f3c52-7c0e-4f4a-9a35-6a2d5d0a1c11"
PREVIOUS = "inspection-5a0f3c52-7c0e-4f4a-9a35-6a2d5d0a1c12"
A, B, C, D = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)


def of_the_inspection(text: str) -> tuple[Event, ...]:
    """One of each, with that sealed text."""
    rate = Rate(
        k=67,
        n=85,
        rate=67 / 85,
        wilson=Bounds(low=0.69, high=0.862),
        wald=Bounds(low=0.7, high=0.88),
        effective_size=85.5,
    )
    none = Rate(k=0, n=0, reason="no audited item raises the question")
    verdict = Verdict(
        should_be_recorded=True,
        recorded=True,
        right_class=False,
        in_time=True,
        cancelled_rightly=False,
        victim_told=True,
        crime=CrimeOf.RAPE,
        domestic_abuse=True,
        n100_correct=False,
    )
    return (
        InspectionOpened(
            inspected="kent",
            since=date(2023, 7, 1),
            until=date(2024, 1, 1),
            strata=(
                StratumPlan(stratum=Stratum.VIOLENT, sample=600),
                StratumPlan(stratum=Stratum.OTHER, half_width_points=2.5),
            ),
            commitment=A,
            rule_set="inspection-1",
        ),
        NonceRevealed(nonce=B, position=1043, log_digest=C, seed=D, method="sha256-rank.1"),
        SampleDrawn(
            known_at=1042,
            frame_digest=C,
            definition="case_facts_4",
            strata=(
                StratumDrawn(stratum=Stratum.VIOLENT, frame=4_000, cases=(CASE,)),
                StratumDrawn(stratum=Stratum.SEXUAL, frame=300, cases=()),
            ),
        ),
        ItemJudged(case=CASE, verdict=verdict, because=text),
        DisagreementResolved(case=CASE, verdict=verdict, because=text),
        ReferenceFigureAdopted(
            kind=FigureKind.RECORDED_CRIME_12_MONTHS,
            value=279_093,
            since=date(2023, 1, 1),
            until=date(2024, 1, 1),
            source="Police recorded crime, year to December 2023",
        ),
        InspectionConcluded(
            printed=Method.WILSON,
            level=0.95,
            strata=(
                StratumFindings(
                    stratum=Stratum.VIOLENT,
                    reports=4_000,
                    audited=120,
                    recorded=rate,
                    over_recorded=none,
                    right_class=rate,
                    in_time=rate,
                    cancelled_rightly=none,
                    victim_told=none,
                ),
            ),
            overall=OverallFindings(
                rate=0.777,
                wilson=Bounds(low=0.75, high=0.8),
                wald=Bounds(low=0.751, high=0.803),
                effective_size=980.25,
                weights={"violent": 0.4, "other": 0.6},
            ),
            unrecorded=EstimatedCrimes(
                value=80_100,
                low=69_773,
                high=93_031,
                formula="U = R × (1 − r) / r",
                recorded_crime=279_093,
                source="Police recorded crime, year to December 2023",
            ),
            additional=EstimatedCrimes(formula="additional", reason="no earlier inspection was named"),
            agreement=(
                Agreement(question="recorded", pairs=120, agreed=117, kappa=0.91, standard_error=0.04),
                Agreement(question="in_time", pairs=0, agreed=0, reason="no item was judged by two reviewers"),
            ),
            previous=PREVIOUS,
        ),
        InspectionAbandoned(because=text),
        CauseOfConcernRaised(number=2, element="records_violent_crime", what=text),
        CauseOfConcernClosed(number=2, because=text),
        RecommendationMade(number=3, element="timeliness", concern=2, due=date(2024, 12, 31), what=text),
        RecommendationClosed(number=3, closed_as=ClosedAs.SUPERSEDED, because=text),
    )
