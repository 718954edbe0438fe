"""Inspections of any course: whatever is sent, in whatever order, a plain model of the audit agrees with the state."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from inspection_scenario import (
    DIGEST,
    FRAME,
    LATE,
    MISSED,
    NO_CRIME,
    NONCE,
    NOW,
    OVER,
    RECORDED,
    By,
    case,
    nothing,
    open_inspection,
    reference,
)

from domain.event import Act, Command, Event, Refused, Role, enforce
from domain.inspection import concerns, conclusion, draw, estimate, judging, sampling, seeding, state
from domain.inspection.judging import Judgements, Verdict
from domain.inspection.scope import INSPECTORATE, WEIGHED, InspectionStatus, Stratum, StratumPlan
from domain.inspection.state import INSPECTION, Inspection
from domain.inspection.statistics.proportion import Method
from domain.rules import rule_book
from domain.values import Moment

AT = Moment.of(NOW).earliest
REVIEWERS = ("anna", "bert", "cleo")
SHOWN = INSPECTION.tracks
VERDICTS = (RECORDED, LATE, MISSED, NO_CRIME, OVER)
TOLD = "Looked into it."
SMALL = tuple(StratumPlan(stratum=stratum, sample=1) for stratum in Stratum)
who = st.sampled_from(REVIEWERS)
verdict = st.sampled_from(VERDICTS)


class AnyInspection(RuleBasedStateMachine):
    """An inspection, and beside it what a person with paper and pencil would know of it."""

    def __init__(self) -> None:
        super().__init__()
        self.history, self.now = nothing, nothing.state
        self.told: dict[str, dict[str, Verdict]] = {}
        self.settled: dict[str, Verdict] = {}
        self.ended: str | None = None
        self.open_concerns: set[int] = set()
        self.open_recommendations: dict[int, int | None] = {}
        self.raised = self.made = 0

    @initialize(start=st.sampled_from(("nothing", "opened", "drawn", "differing", "agreed", "followed")), found=verdict)
    def begins(self, start: str, found: Verdict) -> None:
        """Far enough that every part of an inspection's life is met with."""
        if start == "nothing":
            return
        self.opens()
        if start == "opened":
            return
        self.reveals(NONCE, DIGEST)
        self.draws()
        if start in ("differing", "agreed"):
            for item in self.items:
                self.judge_once(item, "anna", RECORDED if start == "differing" else found)
                self.judge_once(item, "bert", found)
        if start == "followed":
            self.raises()
            self.recommends(1)

    @property
    def items(self) -> tuple[str, ...]:
        return self.now.sample.cases

    def send(
        self, command: Command[Inspection], by: str = "anna", found: object = None, force: str = INSPECTORATE
    ) -> bool:
        """Whether it went through."""
        act = Act(by, Role.INSPECTOR, force, command.purpose, AT, rule_book(), found=found)
        listed, refused = type(command) in self.now.allowed, None
        facts: tuple[Event, ...] = ()
        try:
            facts = enforce(command, self.now, act)
        except Refused as refusal:
            refused = refusal.rule
        if refused is not None:
            assert refused is not state.INSPECTION_MOVE_IS_OPEN or not listed, "an open move was refused"
            return False
        assert listed, "a closed move went through"
        assert force == INSPECTORATE, "a force inspected itself"
        assert self.ended != "abandoned", "it went on after its end"
        self.history = self.history.and_then(*(By(fact, by) for fact in facts))
        assert self.history.state.version == self.now.version + 1
        self.now = self.history.state
        return True

    @rule()
    def opens(self) -> None:
        self.send(open_inspection(strata=SMALL))

    @rule(nonce=st.sampled_from((NONCE, NONCE, "0e" * 32)), digest=st.sampled_from((DIGEST, DIGEST, None)))
    def reveals(self, nonce: str, digest: str | None) -> None:
        if self.send(seeding.RevealNonce(nonce=nonce), found=digest):
            assert nonce == NONCE, "another nonce was taken than the one committed to"
            assert digest is not None, "a seed without a log"
            assert self.now.seeding.seed == draw.seed(DIGEST, NONCE)

    @rule()
    def draws(self) -> None:
        if self.send(sampling.DrawSample(), found=FRAME):
            seed = self.now.seeding.seed or ""
            again = draw.draw(seed, FRAME.strata, dict.fromkeys(Stratum, 1))
            assert self.items == tuple(item for stratum in Stratum for item in again.get(stratum, ())), (
                "drawn otherwise"
            )

    @rule()
    def adopts(self) -> None:
        self.send(conclusion_figure())

    @rule(data=st.data(), by=who, found=verdict)
    def judges(self, data: Any, by: str, found: Verdict) -> None:
        item = data.draw(st.sampled_from(self.items or (case(1),)))
        if self.send(judging.JudgeItem(case=item, verdict=found), by):
            assert by not in self.told.setdefault(item, {}), "judged twice by one"
            self.told[item][by] = found
            assert len(self.told[item]) <= 2, "judged by three"

    @rule(by=who)
    def judges_what_was_not_drawn(self, by: str) -> None:
        assert not self.send(judging.JudgeItem(case=case(999), verdict=RECORDED), by), "judged outside the sample"

    @rule(by=who, found=verdict)
    def judges_all_that_waits(self, by: str, found: Verdict) -> None:
        for item in self.items:
            if by not in self.told.get(item, {}):
                self.judge_once(item, by, found)

    @rule(by=who, found=verdict)
    def resolves_all(self, by: str, found: Verdict) -> None:
        for item in self.now.judgements.disagreements:
            self.resolve_once(item, by, found)

    def judge_once(self, item: str, by: str, found: Verdict) -> None:
        if self.send(judging.JudgeItem(case=item, verdict=found), by):
            self.told.setdefault(item, {})[by] = found
            assert len(self.told[item]) <= 2, "judged by three"

    @rule(data=st.data(), by=who, found=verdict)
    def resolves(self, data: Any, by: str, found: Verdict) -> None:
        self.resolve_once(data.draw(st.sampled_from(self.items or (case(1),))), by, found)

    def resolve_once(self, item: str, by: str, found: Verdict) -> None:
        if self.send(judging.ResolveDisagreement(case=item, verdict=found, because=TOLD), by):
            assert by not in self.told[item], "resolved by one of the two"
            assert len(set(map(str, self.told[item].values()))) == 2, "nothing to resolve"
            assert item not in self.settled, "resolved twice"
            self.settled[item] = found

    @rule(by=who)
    def concludes(self, by: str) -> None:
        if self.send(conclusion.ConcludeInspection(printed=Method.WILSON), by):
            final = {item: self.final(item) for item in self.items}
            assert None not in final.values(), "concluded without a verdict"
            self.ended = "concluded"
            self.counts_are_right(Counter(str(found) for found in final.values()))

    def counts_are_right(self, _: object) -> None:
        findings = self.now.findings
        assert findings is not None
        for drawn, found in zip(self.now.sample.strata, findings.strata, strict=True):
            verdicts = [self.final(item) for item in drawn.cases]
            should = [each for each in verdicts if each is not None and each.should_be_recorded]
            counted = (sum(each.recorded for each in should), len(should))
            assert (found.recorded.k, found.recorded.n) == counted, "counted otherwise"
        silent = any(found.recorded.n == 0 for found in findings.strata if found.stratum in WEIGHED)
        assert (findings.overall.rate is None) is silent, "an overall rate without a stratum"

    @rule(sure=st.integers(0, 4))
    def abandons(self, sure: int) -> None:
        if sure == 4 and self.send(conclusion.AbandonInspection(because=TOLD)):
            self.ended = "abandoned"

    @rule()
    def raises(self) -> None:
        if self.send(concerns.RaiseCauseOfConcern(element="timeliness", what=TOLD)):
            self.raised += 1
            self.open_concerns.add(self.raised)

    @rule(concern=st.one_of(st.none(), st.integers(1, 3)))
    def recommends(self, concern: int | None) -> None:
        command = concerns.MakeRecommendation(element="cancellation", concern=concern, due=date(2027, 1, 1), what=TOLD)
        if self.send(command):
            assert concern is None or concern in self.open_concerns, "of a concern that is not open"
            self.made += 1
            self.open_recommendations[self.made] = concern

    @rule(number=st.integers(1, 3))
    def meets(self, number: int) -> None:
        if self.send(concerns.CloseRecommendation(number=number, closed_as=concerns.ClosedAs.MET, because=TOLD)):
            assert number in self.open_recommendations, "closed what was not open"
            del self.open_recommendations[number]

    @rule(number=st.integers(1, 3))
    def closes(self, number: int) -> None:
        if self.send(concerns.CloseCauseOfConcern(number=number, because=TOLD)):
            assert number in self.open_concerns, "closed what was not open"
            assert number not in self.open_recommendations.values(), "closed before what it led to"
            self.open_concerns.remove(number)

    @rule(command=st.sampled_from((conclusion.ConcludeInspection(), sampling.DrawSample())))
    def a_force_meddles(self, command: Command[Inspection]) -> None:
        assert not self.send(command, found=FRAME, force="kent"), "a force inspected itself"

    def final(self, item: str) -> Verdict | None:
        told = list(self.told.get(item, {}).values())
        if len(told) == 2 and told[0] == told[1]:
            return told[0]
        return self.settled.get(item)

    @invariant()
    def the_status_is_what_was_done(self) -> None:
        complete = bool(self.items) and all(len(self.told.get(item, {})) == 2 for item in self.items)
        status = self.now.status
        if self.ended is not None:
            assert status.value == self.ended
        else:
            assert (status is InspectionStatus.REVIEWED) is complete, "reviewed too early or too late"

    @invariant()
    def nobody_learns_a_verdict_too_early(self) -> None:
        shown = SHOWN(self.now, AT)
        if self.now.status not in (InspectionStatus.REVIEWED, InspectionStatus.CONCLUDED):
            assert "should_be_recorded" not in str(shown), "a verdict shows"

    @invariant()
    def what_was_told_is_kept(self) -> None:
        kept = {item: dict(self.now.judgements.of(item)) for item in self.now.judgements.by_case}
        assert kept == self.told, "a verdict was lost or changed"
        assert {each.number for each in self.now.followed.concerns if each.open} == self.open_concerns


def conclusion_figure() -> Command[Inspection]:
    from domain.inspection.denominator import AdoptReferenceFigure

    return AdoptReferenceFigure(**dict(reference()))


SETTINGS = settings(max_examples=100, stateful_step_count=30, deadline=None)


def test_an_inspection_of_any_course() -> None:
    run_state_machine_as_test(AnyInspection, settings=SETTINGS)


Plant = Callable[[pytest.MonkeyPatch], None]


def _without(patch: pytest.MonkeyPatch, module: object, rule_name: str) -> None:
    real = module.broken  # type: ignore[attr-defined]
    ignored = getattr(module, rule_name)

    def lenient(rule_broken: Any, *, when: bool, **told: Any) -> Iterator[Any]:
        yield from real(rule_broken, when=when and rule_broken is not ignored, **told)

    patch.setattr(module, "broken", lenient)


def a_reviewer_who_judges_twice(patch: pytest.MonkeyPatch) -> None:
    _without(patch, judging, "JUDGED_ONCE_BY_EACH")


def an_item_from_outside(patch: pytest.MonkeyPatch) -> None:
    _without(patch, judging, "ITEM_IS_IN_THE_SAMPLE")


def a_third_verdict(patch: pytest.MonkeyPatch) -> None:
    _without(patch, judging, "TWO_JUDGE_AN_ITEM")


def a_reviewer_who_has_the_last_word(patch: pytest.MonkeyPatch) -> None:
    _without(patch, judging, "THIRD_PERSON_RESOLVES")


def another_nonce(patch: pytest.MonkeyPatch) -> None:
    _without(patch, seeding, "NONCE_FITS_ITS_COMMITMENT")


def a_seed_without_a_log(patch: pytest.MonkeyPatch) -> None:
    _without(patch, seeding, "LOG_HAS_GONE_ON")


def a_conclusion_over_differences(patch: pytest.MonkeyPatch) -> None:
    _without(patch, conclusion, "DISAGREEMENTS_ARE_RESOLVED")


def a_concern_that_closes_first(patch: pytest.MonkeyPatch) -> None:
    _without(patch, concerns, "CONCERN_CLOSES_LAST")


def a_review_by_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judging, "REVIEWERS", 1)
    patch.setattr(Judgements, "agreement", lambda judgements: {})


def a_verdict_that_shows(patch: pytest.MonkeyPatch) -> None:
    """All that is told, and nothing of what is done: shown as soon as it is given, whether there are two or differ."""

    class Telling(Judgements):
        @property
        def disagreements(self) -> tuple[str, ...]:
            return tuple(self.by_case)

    def talkative(inspection: Inspection, at: datetime) -> Mapping[str, object]:
        judged = inspection.judgements
        telling = Telling(judged.by_case, judged.resolved, judged.complete)
        return INSPECTION.tracks(replace(inspection, judgements=telling), at)

    patch.setattr(state, "_TOLD", frozenset(InspectionStatus))
    patch.setitem(globals(), "SHOWN", talkative)


def an_overall_rate_in_spite_of_all(patch: pytest.MonkeyPatch) -> None:
    real = estimate.overall

    def lenient(sample: Any, strata: Any, z: float) -> Any:
        found = real(sample, strata, z)
        return found if found.rate is not None else found.model_copy(update={"rate": 1.0})

    patch.setattr(estimate, "overall", lenient)
    patch.setattr(
        estimate, "unrecorded", lambda found, *rest: real_unrecorded(found.model_copy(update={"rate": None}), *rest)
    )


real_unrecorded = estimate.unrecorded


def a_miscount(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Judgements, "final", lambda judgements, item: judgements.of(item)[0][1])


def a_draw_by_the_frame(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        sampling.draw,
        "draw",
        lambda seed, frame, sizes: {name: tuple(frame[name][:size]) for name, size in sizes.items()},
    )


def a_force_that_inspects_itself(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        Inspection,
        "allows",
        lambda inspection, command, act: iter(
            () if inspection.is_open(type(command)) else (judging.broken(state.INSPECTION_MOVE_IS_OPEN, when=True))
        ),
    )


PLANTED: list[tuple[Plant, str]] = [
    (a_reviewer_who_judges_twice, "judged twice by one|was lost or changed|reviewed too early"),
    (an_item_from_outside, "judged outside the sample"),
    (a_third_verdict, "judged by three|was lost|too late"),
    (a_reviewer_who_has_the_last_word, "resolved by one of the two"),
    (another_nonce, "another nonce"),
    (a_seed_without_a_log, "a seed without a log"),
    (a_conclusion_over_differences, "concluded without a verdict"),
    (a_concern_that_closes_first, "closed before what it led to"),
    (a_review_by_one, "reviewed too early|a closed move"),
    (a_verdict_that_shows, "a verdict shows"),
    (an_overall_rate_in_spite_of_all, "an overall rate without a stratum"),
    (a_miscount, "counted otherwise"),
    (a_force_that_inspects_itself, "a force inspected itself"),
]


@pytest.mark.parametrize(("plant", "caught"), PLANTED, ids=lambda value: getattr(value, "__name__", ""))
def test_the_machine_catches(plant: Plant, caught: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    quick = settings(SETTINGS, phases=[Phase.generate], database=None, derandomize=True, max_examples=2000)
    with pytest.raises((AssertionError, ValueError, IndexError), match=caught):
        run_state_machine_as_test(AnyInspection, settings=quick)
