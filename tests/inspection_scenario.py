"""A scenario of an inspection: given these facts, when somebody sends this, then those facts follow.

    given(opened()).when(RevealNonce(nonce=NONCE), found=DIGEST).then(revealed())

Facts are numbered from 1 and a minute apart. `judged(case, "reviewer-1", …)` is a fact of that reviewer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from domain.event import Act, Command, Event, Purpose, RecordedEvent, Refused, Role, Rule, enforce
from domain.inspection import draw
from domain.inspection.judging import DisagreementResolved, ItemJudged, Verdict
from domain.inspection.sampling import Frame, SampleDrawn, StratumDrawn
from domain.inspection.scope import INSPECTORATE, InspectionOpened, OpenInspection, Stratum, StratumPlan
from domain.inspection.seeding import NonceRevealed
from domain.inspection.state import Inspection, replay
from domain.reference_figure import FigureKind, ReferenceFigureAdopted
from domain.rules import rule_book
from domain.values import Moment, instant

NOW = "2026-07-10T10:00:00Z"
BEGAN = Moment.of("2026-07-01T09:00:00Z")
NONCE, DIGEST = "0f" * 32, "ab" * 32
COMMITMENT = draw.commitment(NONCE)
SEED = draw.seed(DIGEST, NONCE)
SINCE, UNTIL = date(2026, 1, 1), date(2026, 7, 1)
ONE, TWO, THREE = "reviewer-1", "reviewer-2", "reviewer-3"
FIRST_POSITION = 100

RECORDED = Verdict(should_be_recorded=True, recorded=True, right_class=True, in_time=True)
LATE = Verdict(should_be_recorded=True, recorded=True, right_class=True, in_time=False)
MISSED = Verdict(should_be_recorded=True, recorded=False)
NO_CRIME = Verdict(should_be_recorded=False, recorded=False)
OVER = Verdict(should_be_recorded=False, recorded=True)


def case(number: int) -> str:
    return f"case-{number:08d}-0000-4000-8000-000000000000"


def cases(first: int, count: int) -> tuple[str, ...]:
    return tuple(case(number) for number in range(first, first + count))


FRAME = Frame({"violent": cases(1, 6), "sexual": cases(101, 4), "other": cases(201, 10)}, "case_facts_4")
PLANS = (
    StratumPlan(stratum=Stratum.VIOLENT, sample=2),
    StratumPlan(stratum=Stratum.SEXUAL, sample=1),
    StratumPlan(stratum=Stratum.OTHER, sample=2),
)


def open_inspection(**facts: Any) -> OpenInspection:
    given_facts: dict[str, Any] = {
        "inspected": "kent",
        "since": SINCE,
        "until": UNTIL,
        "strata": PLANS,
        "commitment": COMMITMENT,
    }
    return OpenInspection(**given_facts | facts)


def opened(**facts: Any) -> InspectionOpened:
    return InspectionOpened(**dict(open_inspection(**facts)), rule_set="inspection-2")


def revealed() -> NonceRevealed:
    return NonceRevealed(nonce=NONCE, position=FIRST_POSITION + 1, log_digest=DIGEST, seed=SEED, method=draw.METHOD)


def drawn(sizes: Mapping[str, int] | None = None, frame: Frame = FRAME) -> SampleDrawn:
    found = draw.draw(SEED, frame.strata, sizes or {"violent": 2, "sexual": 1, "other": 2})
    return SampleDrawn(
        known_at=FIRST_POSITION,
        frame_digest=draw.frame_digest(frame.strata),
        definition=frame.definition,
        strata=tuple(
            StratumDrawn(stratum=stratum, frame=len(frame.strata.get(stratum, ())), cases=found.get(stratum.value, ()))
            for stratum in Stratum
        ),
    )


class By(NamedTuple):
    """A fact of somebody."""

    event: Event
    actor: str


def judged(item: str, by: str, verdict: Verdict = RECORDED) -> By:
    return By(ItemJudged(case=item, verdict=verdict), by)


def resolved(item: str, verdict: Verdict = RECORDED, by: str = THREE) -> By:
    return By(DisagreementResolved(case=item, verdict=verdict, because="Looked at again."), by)


def reference(value: int = 100_000) -> ReferenceFigureAdopted:
    return ReferenceFigureAdopted(
        kind=FigureKind.RECORDED_CRIME_12_MONTHS,
        value=value,
        since=date(2025, 7, 1),
        until=UNTIL,
        source="Police recorded crime, year to June 2026",
    )


ITEMS = tuple(item for stratum in drawn().strata for item in stratum.cases)
TO_THE_SAMPLE: tuple[Event, ...] = (opened(), revealed(), drawn())


def all_judged(verdicts: Mapping[str, tuple[Verdict, Verdict]] | None = None, items: Sequence[str] = ITEMS) -> list[By]:
    """Both verdicts of every item; `RECORDED` by both unless it says otherwise."""
    told = verdicts or {}
    return [
        judged(item, by, told.get(item, (RECORDED, RECORDED))[n]) for item in items for n, by in enumerate((ONE, TWO))
    ]


def entry(number: int, fact: Event | By) -> RecordedEvent:
    """An event of an inspection as the store would give it back."""
    event, actor = fact if isinstance(fact, By) else (fact, ONE)
    at = BEGAN.earliest + timedelta(minutes=number - 1)
    return RecordedEvent(
        "inspection-1",
        number,
        FIRST_POSITION + number - 1,
        at,
        UUID(int=number),
        INSPECTORATE,
        instant(at),
        actor,
        Role.INSPECTOR,
        Purpose.OVERSIGHT,
        event,
    )


@dataclass(frozen=True)
class Given:
    """The history of an inspection."""

    entries: tuple[RecordedEvent, ...] = ()

    @property
    def state(self) -> Inspection:
        return replay(self.entries)

    def and_then(self, *facts: Event | By) -> "Given":
        more = tuple(entry(number, fact) for number, fact in enumerate(facts, start=len(self.entries) + 1))
        return Given((*self.entries, *more))

    def when(
        self,
        command: Command[Inspection],
        *,
        by: str = ONE,
        force: str = INSPECTORATE,
        found: object = None,
        beside: Mapping[str, Inspection] | None = None,
    ) -> "When":
        at = Moment.of(NOW).earliest
        role, purpose = Role.INSPECTOR, command.purpose
        act = Act(by, role, force, purpose, at, rule_book(), others=beside or {}, found=found)
        return When(self, command, act)


@dataclass(frozen=True)
class When:
    """What became of the command."""

    given: Given
    command: Command[Inspection]
    act: Act

    @property
    def facts(self) -> tuple[Event, ...]:
        return enforce(self.command, self.given.state, self.act)

    def then(self, *facts: Event) -> Given:
        """Exactly these facts follow; the history with them."""
        assert self.facts == facts
        return self.given.and_then(*(By(fact, self.act.actor) for fact in facts))

    def accepted(self) -> Given:
        """Whatever follows; the history with it."""
        return self.given.and_then(*(By(fact, self.act.actor) for fact in self.facts))

    def refused(self, rule: Rule, there_are: tuple[str, ...] | None = None) -> None:
        """By that rule; with `there_are`, naming exactly these to choose from."""
        with pytest.raises(Refused) as refusal:
            enforce(self.command, self.given.state, self.act)
        assert refusal.value.rule == rule, refusal.value.rule.id
        assert there_are is None or refusal.value.there_are == there_are


def given(*facts: Event | By) -> Given:
    return Given().and_then(*facts)


nothing = Given()
