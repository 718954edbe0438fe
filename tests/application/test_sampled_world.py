"""Samples drawn from a world with planted rates: how often the intervals of an inspection cover what was planted."""

from collections.abc import Mapping
from datetime import date
from math import comb
from typing import NamedTuple

import pytest

from application.simulation import Fate, Plan, World, simulate
from application.simulation.world import UNRECORDED
from domain.inspection import draw
from domain.inspection.estimate import deviate, interval_of, of_stratum, overall
from domain.inspection.findings import OverallFindings, StratumFindings
from domain.inspection.judging import Judgements, Verdict
from domain.inspection.sampling import Sample, StratumDrawn
from domain.inspection.scope import WEIGHED, Stratum
from domain.inspection.statistics.proportion import Method
from domain.rules import rule_book

SEEDS, LEVEL = 200, 0.95
REPORTS = 1500
SIZES = {"violent": 110, "sexual": 25, "other": 130}
NO_CRIMES = frozenset({Fate.NO_CRIME, Fate.RIGHTLY_CANCELLED})
UNLIKELY = 0.001  # of a method that covers as often as it claims


class Audit(NamedTuple):
    """What can be drawn, and what two reviewers would find of each case."""

    frame: Mapping[str, tuple[str, ...]]
    verdicts: Mapping[str, Verdict]

    def found(self, sizes: Mapping[str, int], seed: str) -> tuple[list[StratumFindings], OverallFindings]:
        """An inspection with that seed."""
        drawn = draw.draw(seed, self.frame, sizes)
        strata = tuple(
            StratumDrawn(stratum=stratum, frame=len(self.frame[stratum]), cases=drawn[stratum]) for stratum in WEIGHED
        )
        told = {
            case: tuple((who, self.verdicts[case]) for who in ("one", "two")) for each in strata for case in each.cases
        }
        z, judgements = deviate(LEVEL), Judgements(by_case=told)
        found = [of_stratum(each, judgements, z) for each in strata]
        return found, overall(Sample(strata=strata), found, z)


@pytest.fixture(scope="module")
def audit() -> Audit:
    """Every report of a world, by stratum, as a reviewer who knows the truth would judge it."""
    plan = Plan(("kent",), REPORTS, 9, date(2026, 1, 1), world=World())
    frame: dict[str, list[str]] = {stratum: [] for stratum in WEIGHED}
    verdicts: dict[str, Verdict] = {}
    for case in simulate(plan, rule_book()):
        stratum = rule_book().offences[case.state.recording.alleged or ""].stratum
        if stratum not in frame:
            continue
        frame[stratum].append(case.stream)
        recorded = case.state.recording.recorded_at is not None
        cancelled = case.fate in (Fate.RIGHTLY_CANCELLED, Fate.WRONGLY_CANCELLED)
        verdicts[case.stream] = Verdict(
            should_be_recorded=case.fate not in NO_CRIMES,
            recorded=recorded,
            in_time=case.fate is not Fate.LATE if recorded else None,
            cancelled_rightly=case.fate is Fate.RIGHTLY_CANCELLED if cancelled else None,
        )
        assert recorded is not (case.fate in UNRECORDED or case.fate is Fate.NO_CRIME)
    return Audit({stratum: tuple(cases) for stratum, cases in frame.items()}, verdicts)


def planted(audit: Audit) -> float:
    """The rate over all crime, of all reports and not of a sample; each stratum weighs as its reports."""
    whole = sum(map(len, audit.frame.values()))
    rate = 0.0
    for cases in audit.frame.values():
        crimes = [audit.verdicts[case] for case in cases if audit.verdicts[case].should_be_recorded]
        rate += len(cases) / whole * sum(verdict.recorded for verdict in crimes) / len(crimes)
    return rate


Inspections = list[tuple[list[StratumFindings], OverallFindings]]


def inspections(audit: Audit) -> Inspections:
    """So many inspections, each with a seed of its own."""
    return [audit.found(SIZES, draw.seed(str(number), "nonce")) for number in range(SEEDS)]


@pytest.fixture(scope="module")
def inspected(audit: Audit) -> Inspections:
    return inspections(audit)


def within(rate: float, low: float | None, high: float | None) -> bool:
    """Whether the interval holds the rate."""
    return low is not None and high is not None and low <= rate <= high


def covering(found: Inspections, rate: float, method: Method) -> int:
    """How many give an interval that holds the rate."""
    intervals = [interval_of(whole, method) for _, whole in found]
    return sum(within(rate, each.low, each.high) for each in intervals)


def as_claimed(covered: int) -> bool:
    """Whether a method that covers as often as it claims would do so this often, but for one time in a thousand."""

    def chance(low: int, high: int) -> float:
        return sum(comb(SEEDS, k) * LEVEL**k * (1 - LEVEL) ** (SEEDS - k) for k in range(low, high + 1))

    return min(chance(0, covered), chance(covered, SEEDS)) >= UNLIKELY / 2


def test_the_world_has_the_rate_that_was_planted(audit: Audit) -> None:
    crimes = [verdict for verdict in audit.verdicts.values() if verdict.should_be_recorded]
    assert sum(verdict.recorded for verdict in crimes) / len(crimes) == pytest.approx(1 - 0.223, abs=0.02)
    found, everything = audit.found(dict.fromkeys(SIZES, REPORTS), draw.seed("all", "nonce"))
    assert everything.rate == pytest.approx(planted(audit), abs=1e-12)
    late = sum(each.in_time.n - each.in_time.k for each in found)
    assert late / sum(each.in_time.n for each in found) == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize("method", [Method.WILSON, Method.WALD])
def test_intervals_cover_the_planted_rate_as_often_as_they_claim(
    audit: Audit, inspected: Inspections, method: Method
) -> None:
    assert as_claimed(covering(inspected, planted(audit), method))


@pytest.mark.parametrize("stratum", WEIGHED)
def test_intervals_of_a_stratum_cover_its_rate_as_often_as_they_claim(
    audit: Audit, inspected: Inspections, stratum: Stratum
) -> None:
    place = WEIGHED.index(stratum)
    truly = audit.found(dict.fromkeys(SIZES, REPORTS), draw.START)[0][place].recorded.rate
    assert truly is not None
    bounds = [found[place].recorded.wilson for found, _ in inspected]
    assert as_claimed(sum(each is not None and within(truly, each.low, each.high) for each in bounds))


def test_reviewers_who_take_every_decision_for_right_miss_what_was_planted(audit: Audit) -> None:
    """Negative control: what was declined is judged by the record, so that the estimates are of another rate."""
    blind = {
        case: verdict.model_copy(update={"should_be_recorded": verdict.should_be_recorded and verdict.recorded})
        if int(case[-1], 16) % 2
        else verdict
        for case, verdict in audit.verdicts.items()
    }
    assert not as_claimed(covering(inspections(audit._replace(verdicts=blind)), planted(audit), Method.WILSON))


@pytest.mark.parametrize("covered", [165, 175, 178])
def test_a_method_that_covers_too_seldom_is_noticed(covered: int) -> None:
    assert not as_claimed(covered)
    assert as_claimed(190)
