"""The sample is drawn from the reports of the force in the audit period, as they were known at the opening."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from domain.event import Act, Command, Decision, Event, Fact, Purpose, Rule, broken
from domain.inspection import draw
from domain.inspection.scope import INSPECTORATE, Digest, Stratum, StratumPlan
from domain.inspection.statistics.proportion import sample_size
from domain.values import CaseId

if TYPE_CHECKING:
    from domain.inspection.state import Inspection


class FrameAt(NamedTuple):
    """Asks for the cases of a force by stratum, of the reports received on these London days, as known at a position.

    `until` is the first day that no longer counts; `apart`: what was reported to public protection is a stratum.
    """

    force: str
    since: date
    until: date
    position: int
    apart: bool = False


class Frame(NamedTuple):
    """What can be drawn: ids of cases by stratum, and by which definition of the read model they were sorted."""

    strata: Mapping[str, Sequence[str]]
    definition: str


class StratumDrawn(Fact):
    """What was drawn of a stratum: how many it has (`frame`), and the cases in the order of the draw.

    A stratum that is not audited is there with its size and no case, for the weights.
    """

    stratum: Stratum
    frame: int
    cases: tuple[CaseId, ...]


class SampleDrawn(Event, name="sample_drawn.v1"):
    """The sample. `frame_digest` and `definition` say what it was drawn from: that of the opening."""

    known_at: int
    frame_digest: Digest
    definition: str
    strata: tuple[StratumDrawn, ...]


THERE_IS_SOMETHING_TO_AUDIT = Rule(
    "there_is_something_to_audit",
    "The force has no report in the audited strata and the audit period, as known at the opening. Abandon the "
    "inspection and open one with another period.",
    "HMICFRS crime data integrity programme: reports that reached the force by an auditable route",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample by stratum."""

    known_at: int | None = None
    frame_digest: str | None = None
    strata: tuple[StratumDrawn, ...] = ()

    @classmethod
    def of(cls, event: SampleDrawn) -> "Sample":
        """What the event says."""
        return cls(event.known_at, event.frame_digest, event.strata)

    @property
    def size(self) -> int:
        """How many items there are."""
        return sum(len(stratum.cases) for stratum in self.strata)

    @property
    def cases(self) -> tuple[str, ...]:
        """All items, stratum by stratum."""
        return tuple(case for stratum in self.strata for case in stratum.cases)


class DrawSample(Command["Inspection"]):
    """Draw the sample with the seed."""

    purpose: ClassVar[Purpose] = Purpose.OVERSIGHT
    aggregate: ClassVar[str] = "inspection"
    on_behalf: ClassVar[str | None] = INSPECTORATE

    def asks(self, state: "Inspection") -> FrameAt | None:
        """The reports of the inspected force in the audit period, as known at the opening."""
        scope = state.scope
        if scope.inspected is None or scope.since is None or scope.until is None:
            return None
        apart = Stratum.PUBLIC_PROTECTION in scope.sampled
        return FrameAt(scope.inspected, scope.since, scope.until, scope.position, apart)

    def decide(self, state: "Inspection", act: Act) -> Decision:
        """A stratum with fewer reports than asked for is taken whole; a target interval becomes a size here."""
        yield from state.allows(self, act)
        found: Frame = act.found or Frame({}, "")
        frame = {stratum.value: found.strata.get(stratum.value, ()) for stratum in state.scope.sampled}
        sizes = {
            plan.stratum.value: _size(plan, len(frame[plan.stratum.value]), act.rules.inspection.expected_rate)
            for plan in state.scope.strata
            if plan.stratum in state.scope.sampled
        }
        drawn = draw.draw(state.seeding.seed or draw.START, frame, sizes)
        yield from broken(THERE_IS_SOMETHING_TO_AUDIT, when=not any(drawn.values()))
        yield SampleDrawn(
            known_at=state.scope.position,
            frame_digest=draw.frame_digest(frame),
            definition=found.definition,
            strata=tuple(
                StratumDrawn(stratum=stratum, frame=len(frame[stratum]), cases=drawn.get(stratum, ()))
                for stratum in state.scope.sampled
            ),
        )


def _size(plan: StratumPlan, frame: int, expected: float) -> int:
    if plan.sample is not None:
        return plan.sample
    return sample_size((plan.half_width_points or 0) / 100, expected, frame)
