"""The cases that a contact is about: added and taken out again."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from domain.case import linking
from domain.event import Act, Broken, Command, Decision, Event, Purpose, Rule, broken
from domain.values import FreeText, SealedText

if TYPE_CHECKING:
    from domain.case.state import Case
    from domain.support_contact.state import Contact

CaseId = Annotated[linking.CaseId, Field(examples=["case-0b7c9b1e-4f7e-4f0e-9d6a-2f1f6c1f8a11"])]


class CaseAdded(Event, name="case_added.v1"):
    """The contact is about this case, among others."""

    case: linking.CaseId


class CaseRemoved(Event, name="case_removed.v1"):
    """The contact is not about this case after all."""

    case: linking.CaseId
    because: SealedText | None = None


CasesEvent = CaseAdded | CaseRemoved

_CALL = "GMCA, Crime Support Line (December 2020): crimes that were reported, handled or should have been recorded"

ADDS_A_KNOWN_CASE = Rule(
    "contact_adds_a_known_case",
    "The case is not known at this force. If it has no trace of it, take the report down first (`ReportCrime`).",
    _CALL,
)
ADDED_ONCE = Rule(
    "case_is_added_once",
    "The contact is about this case already.",
    _CALL,
)
WAS_ADDED = Rule(
    "case_was_added",
    "The contact is not about this case; add it first (`AddCase`).",
    _CALL,
)
REMOVED_WHEN_ANSWERED = Rule(
    "case_is_removed_when_answered",
    "An escalation about this case is still open; the case stays until the force has dealt with it.",
    "A policy of this system: an escalation keeps what it is about",
)


def was_added(case: str | None, state: "Contact") -> Iterable[Broken]:
    """Broken if a case is named that the contact is not about."""
    return broken(WAS_ADDED, when=case is not None and case not in state.cases)


class AddCase(Command["Contact"]):
    """Note that the contact is about this case, one of several if need be."""

    purpose: ClassVar[Purpose] = Purpose.SUPPORT
    aggregate: ClassVar[str] = "contact"

    case: CaseId

    def concerns(self, state: "Contact") -> tuple[str, ...]:
        """The case."""
        return (self.case,)

    def decide(self, state: "Contact", act: Act) -> Decision:
        """A case of this force. One that the force has no trace of is first taken down with `ReportCrime`."""
        yield from state.allows(self)
        case: Case | None = act.others.get(self.case)
        known = case is not None and case.version > 0 and case.force == act.force
        yield from broken(ADDS_A_KNOWN_CASE, when=act.at_the_live_door and not known)
        yield from broken(ADDED_ONCE, when=self.case in state.cases)
        yield CaseAdded(case=self.case)


class RemoveCase(Command["Contact"]):
    """Take a case out of the contact again, and say why."""

    purpose: ClassVar[Purpose] = Purpose.SUPPORT
    aggregate: ClassVar[str] = "contact"

    case: CaseId
    because: FreeText

    def decide(self, state: "Contact", act: Act) -> Decision:
        """It may be added again. While an escalation about it is open it stays."""
        yield from state.allows(self)
        yield from was_added(self.case, state)
        held = any(escalation.is_open and escalation.case == self.case for escalation in state.escalations)
        yield from broken(REMOVED_WHEN_ANSWERED, when=held)
        yield CaseRemoved(case=self.case, because=self.because)
