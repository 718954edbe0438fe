"""Advocacy: what an adviser does for the caller beside escalating."""

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from domain.case import linking
from domain.event import Act, Command, Decision, Event, Purpose
from domain.support_contact.cases import was_added
from domain.support_contact.consent import may_pass_on
from domain.values import FreeText, SealedText

if TYPE_CHECKING:
    from domain.support_contact.state import Contact


class AdvocacyKind(StrEnum):
    """What the adviser does for the caller: challenge a decision, complain, ask for an update, report."""

    CHALLENGE_DECISION = "challenge_decision"
    COMPLAINT = "complaint"
    UPDATE = "update"
    REPORT = "report"


class AdvocacyActionTaken(Event, name="advocacy_action_taken.v1"):
    """The adviser did something for the caller."""

    kind: AdvocacyKind
    case: linking.CaseId | None = None
    note: SealedText | None = None


class TakeAdvocacyAction(Command["Contact"]):
    """Note what was done for the caller: a decision challenged, a complaint made, an update asked for, a report."""

    purpose: ClassVar[Purpose] = Purpose.SUPPORT
    aggregate: ClassVar[str] = "contact"

    kind: AdvocacyKind
    case: linking.CaseId | None = None
    note: FreeText

    def decide(self, state: "Contact", act: Act) -> Decision:
        """It goes to the force, so the caller must have agreed. `case` is one of those of the contact."""
        yield from state.allows(self)
        yield from may_pass_on(state)
        yield from was_added(self.case, state)
        yield AdvocacyActionTaken(kind=self.kind, case=self.case, note=self.note)
