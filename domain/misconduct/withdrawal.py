"""Withdrawal of a complaint: it ends the investigation, unless that goes on all the same."""

from typing import TYPE_CHECKING, ClassVar

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.misconduct.assessment import MatterKind
from domain.values import FreeText, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class ComplaintWithdrawn(Event, name="complaint_withdrawn.v1"):
    """The complaint was withdrawn; `goes_on`: it is investigated all the same, as the authority or the IOPC decided."""

    goes_on: bool = False
    because: SealedText | None = None


COMPLAINT_IS_WITHDRAWN = Rule(
    "only_a_complaint_is_withdrawn",
    "This is not recorded as a complaint, so there is none that could be withdrawn; a single allegation is withdrawn "
    "with `WithdrawAllegation`.",
    "SI 2020/2, regulation 38: withdrawn complaints",
)


class WithdrawComplaint(Command["Report"]):
    """Note that the complaint was withdrawn, and whether it is investigated all the same."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    goes_on: bool = False
    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """Unless it goes on, it ends the investigation and its clocks."""
        yield from state.allows(self)
        complaint = state.assessment.matter is MatterKind.COMPLAINT
        yield from broken(COMPLAINT_IS_WITHDRAWN, when=not complaint)
        yield ComplaintWithdrawn(goes_on=self.goes_on, because=self.because)
