"""Judging: each item by two reviewers who do not see each other's verdict; then their disagreements, on the record."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from domain.event import Act, Command, Decision, Event, Fact, Purpose, RecordedEvent, Rule, broken
from domain.inspection.scope import INSPECTORATE
from domain.inspection.statistics.agreement import Kappa, kappa
from domain.replacing import replace
from domain.values import CaseId, FreeText, SealedText

if TYPE_CHECKING:
    from domain.inspection.state import Inspection

REVIEWERS = 2
MOST_LISTED = 20


class CrimeOf(StrEnum):
    """What was reported, as far as audits tell crimes apart. `conduct`: harassment, stalking, coercive behaviour."""

    RAPE = "rape"
    SEXUAL = "sexual"
    CONDUCT = "conduct"
    VIOLENT = "violent"
    ROBBERY = "robbery"
    OTHER = "other"


class Verdict(Fact):
    """What a reviewer finds of an item. None: the question does not arise, or was not looked at.

    `right_class` and `in_time` of what was recorded; `cancelled_rightly` of what was cancelled; `victim_told` where
    the victim had to be told of a decision. `crime`: what was reported; `domestic_abuse`: whether it was that;
    `n100_correct`, of a rape for which an N100 or a crime was due: whether N100 was used where it should be, and only
    there.
    """

    should_be_recorded: bool
    recorded: bool
    right_class: bool | None = None
    in_time: bool | None = None
    cancelled_rightly: bool | None = None
    victim_told: bool | None = None
    crime: CrimeOf | None = None
    domestic_abuse: bool | None = None
    n100_correct: bool | None = None


QUESTIONS = tuple(Verdict.model_fields)


class ItemJudged(Event, name="item_judged.v2"):
    """A reviewer (the actor) judged an item of the sample."""

    case: CaseId
    verdict: Verdict
    because: SealedText | None = None


class DisagreementResolved(Event, name="disagreement_resolved.v2"):
    """A third person decided where two reviewers differ."""

    case: CaseId
    verdict: Verdict
    because: SealedText | None = None


_CDI = "HMICFRS crime data integrity programme"

ITEM_IS_IN_THE_SAMPLE = Rule(
    "item_is_in_the_sample",
    "This case is not in the sample; judge one of those that the inspection lists under `sample`. The first that "
    "wait are in `there_are`.",
    f"{_CDI}: the audit is of a sample",
)
JUDGED_ONCE_BY_EACH = Rule(
    "judged_once_by_each",
    "You have judged this item. A verdict is not changed after the fact; a difference is resolved on the record.",
    f"{_CDI}: peer review of audit decisions (its form is a policy of this system)",
)
TWO_JUDGE_AN_ITEM = Rule(
    "two_judge_an_item",
    "Two reviewers have judged this item; judge one that waits for another verdict.",
    f"{_CDI}: peer review of audit decisions (its form is a policy of this system)",
)
VERDICT_FITS_ITSELF = Rule(
    "verdict_fits_itself",
    "Class, time and cancellation are those of a record: leave them out of what was not recorded, and of what was "
    "recorded and should be, say whether class and time were right. N100 is for rape: answer `n100_correct` only where "
    "`crime` is rape.",
    "Home Office Counting Rules: what is recorded is classified, in time, and cancelled only by the rules",
)
DISAGREEMENT_IS_OPEN = Rule(
    "disagreement_is_open",
    "The reviewers do not differ on this item, or it was resolved; `disagreements` lists those that are open.",
    f"{_CDI}: peer review of audit decisions (its form is a policy of this system)",
)
THIRD_PERSON_RESOLVES = Rule(
    "third_person_resolves",
    "Somebody who did not judge this item resolves the disagreement.",
    f"{_CDI}: peer review of audit decisions (its form is a policy of this system)",
)


@dataclass(frozen=True, slots=True)
class Judgements:
    """The verdicts by case and reviewer, in order, those that resolved a difference, and how many cases have both."""

    by_case: Mapping[str, tuple[tuple[str, Verdict], ...]] = field(default_factory=lambda: MappingProxyType({}))
    resolved: Mapping[str, Verdict] = field(default_factory=lambda: MappingProxyType({}))
    complete: int = 0

    def of(self, case: str) -> tuple[tuple[str, Verdict], ...]:
        """Who judged the case, and how."""
        return self.by_case.get(case, ())

    def reviewers(self, case: str) -> tuple[str, ...]:
        """Who judged the case."""
        return tuple(reviewer for reviewer, _ in self.of(case))

    @property
    def disagreements(self) -> tuple[str, ...]:
        """The cases on which the reviewers differ, as far as that was not resolved."""
        return tuple(case for case in self.by_case if self.differs(case) and case not in self.resolved)

    def differs(self, case: str) -> bool:
        """Whether the reviewers answered any question differently."""
        verdicts = [verdict for _, verdict in self.of(case)]
        return any(verdict != verdicts[0] for verdict in verdicts)

    def final(self, case: str) -> Verdict | None:
        """What counts: the verdict that all share, or that resolved their difference; None as long as there is none."""
        if case in self.resolved:
            return self.resolved[case]
        return None if self.differs(case) or len(self.of(case)) < REVIEWERS else self.of(case)[0][1]

    def agreement(self) -> dict[str, Kappa]:
        """Cohen's kappa of the first verdicts, before any was resolved, by question."""
        pairs = [(told[0][1], told[1][1]) for told in self.by_case.values() if len(told) >= REVIEWERS]
        return {
            question: kappa([(getattr(one, question), getattr(other, question)) for one, other in pairs])
            for question in QUESTIONS
        }

    def evolve(self, entry: RecordedEvent, event: ItemJudged | DisagreementResolved) -> "Judgements":
        """With one more verdict."""
        if isinstance(event, DisagreementResolved):
            return replace(self, resolved=MappingProxyType({**self.resolved, event.case: event.verdict}))
        told = (*self.of(event.case), (entry.actor.casefold(), event.verdict))
        complete = self.complete + (len(told) == REVIEWERS)
        return replace(self, by_case=MappingProxyType({**self.by_case, event.case: told}), complete=complete)


_EXAMPLE: Mapping[str, Any] = {
    "case": "case-5a0f3c52-7c0e-4f4a-9a35-6a2d5d0a1c11",
    "verdict": {"should_be_recorded": True, "recorded": True, "right_class": True, "in_time": False},
}


class JudgeItem(Command["Inspection"]):
    """Judge an item of the sample, without knowing what the other reviewer found."""

    purpose: ClassVar[Purpose] = Purpose.OVERSIGHT
    aggregate: ClassVar[str] = "inspection"
    on_behalf: ClassVar[str | None] = INSPECTORATE
    example: ClassVar[Mapping[str, Any]] = _EXAMPLE

    case: CaseId
    verdict: Verdict
    because: FreeText | None = None

    def decide(self, state: "Inspection", act: Act) -> Decision:
        """The one who sends it is the reviewer. Two judge each item, each once."""
        yield from state.allows(self, act)
        waiting = (case for case in state.sample.cases if len(state.judgements.of(case)) < REVIEWERS)
        outside = self.case not in state.sample.cases
        yield from broken(ITEM_IS_IN_THE_SAMPLE, when=outside, there_are=islice(waiting, MOST_LISTED))
        reviewers = state.judgements.reviewers(self.case)
        yield from broken(JUDGED_ONCE_BY_EACH, when=act.actor.casefold() in reviewers)
        yield from broken(TWO_JUDGE_AN_ITEM, when=len(reviewers) >= REVIEWERS)
        yield from _fits(self.verdict)
        yield ItemJudged(case=self.case, verdict=self.verdict, because=self.because)


class ResolveDisagreement(Command["Inspection"]):
    """Decide where two reviewers differ, and say why."""

    purpose: ClassVar[Purpose] = Purpose.OVERSIGHT
    aggregate: ClassVar[str] = "inspection"
    on_behalf: ClassVar[str | None] = INSPECTORATE
    example: ClassVar[Mapping[str, Any]] = _EXAMPLE

    case: CaseId
    verdict: Verdict
    because: FreeText

    def decide(self, state: "Inspection", act: Act) -> Decision:
        """Both verdicts stay on the record, and the agreement is that of before."""
        yield from state.allows(self, act)
        differing = state.judgements.disagreements
        listed = islice(differing, MOST_LISTED)
        yield from broken(ITEM_IS_IN_THE_SAMPLE, when=self.case not in state.sample.cases, there_are=listed)
        yield from broken(DISAGREEMENT_IS_OPEN, when=self.case not in differing, there_are=differing[:MOST_LISTED])
        mine = act.actor.casefold() in state.judgements.reviewers(self.case)
        yield from broken(THIRD_PERSON_RESOLVES, when=mine)
        yield from _fits(self.verdict)
        yield DisagreementResolved(case=self.case, verdict=self.verdict, because=self.because)


def _fits(verdict: Verdict) -> Iterator[Any]:
    of_a_record = (verdict.right_class, verdict.in_time)
    if verdict.recorded:
        yield from broken(VERDICT_FITS_ITSELF, when=verdict.should_be_recorded and None in of_a_record)
    else:
        yield from broken(VERDICT_FITS_ITSELF, when=(*of_a_record, verdict.cancelled_rightly) != (None,) * 3)
    n100 = verdict.n100_correct is not None
    yield from broken(VERDICT_FITS_ITSELF, when=n100 and verdict.crime is not CrimeOf.RAPE)
