"""What the statement on a long investigation rests on beside the estimate: progress, reasons, steps."""

from typing import TYPE_CHECKING, ClassVar

from domain.event import Act, Command, Decision, Event, Purpose
from domain.misconduct.estimate import EstimateGiven
from domain.values import FreeText, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class ProgressNoted(Event, name="progress_noted.v1"):
    """How far the investigation has come."""

    progress: SealedText | None = None


class DelayExplained(Event, name="delay_explained.v1"):
    """Why the investigation takes so long."""

    because: SealedText | None = None


class StepsPlanned(Event, name="steps_planned.v1"):
    """What is planned to bring the investigation to its end."""

    steps: SealedText | None = None


DelayFact = ProgressNoted | EstimateGiven | DelayExplained | StepsPlanned


class NoteProgress(Command["Report"]):
    """Note how far the investigation has come."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    progress: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """The next delay statement rests on the last one noted."""
        yield from state.allows(self)
        yield ProgressNoted(progress=self.progress)


class ExplainDelay(Command["Report"]):
    """Explain why the investigation takes this long."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """The next delay statement rests on the last one given."""
        yield from state.allows(self)
        yield DelayExplained(because=self.because)


class PlanSteps(Command["Report"]):
    """Say which steps are planned to bring the investigation to its end."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    steps: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """The next delay statement rests on the last ones planned."""
        yield from state.allows(self)
        yield StepsPlanned(steps=self.steps)
