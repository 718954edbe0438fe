"""Sub judice: the investigation stands so as not to prejudice other proceedings, and goes on after them."""

from typing import TYPE_CHECKING, ClassVar

from domain.event import Act, Command, Decision, Event, Purpose
from domain.values import FreeText, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class SubJudiceSuspended(Event, name="sub_judice_suspended.v1"):
    """The investigation was suspended so as not to prejudice other proceedings."""

    because: SealedText | None = None


class SubJudiceResumed(Event, name="sub_judice_resumed.v1"):
    """The investigation goes on after other proceedings."""

    because: SealedText | None = None


class SuspendSubJudice(Command["Report"]):
    """Suspend the investigation so as not to prejudice other proceedings, and say which."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """Time with and without suspension can both be told; what is owed is owed all the same."""
        yield from state.allows(self)
        yield SubJudiceSuspended(because=self.because)


class ResumeSubJudice(Command["Report"]):
    """Go on with an investigation that was suspended."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """Only what was suspended is resumed."""
        yield from state.allows(self)
        yield SubJudiceResumed(because=self.because)
