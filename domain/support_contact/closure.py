"""Closing a contact, and taking it up again."""

from typing import TYPE_CHECKING, ClassVar

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.values import FreeText, SealedText

if TYPE_CHECKING:
    from domain.support_contact.state import Contact


class ContactClosed(Event, name="contact_closed.v1"):
    """The support line has done what it could for the caller."""

    because: SealedText | None = None


class ContactReopened(Event, name="contact_reopened.v1"):
    """The contact was taken up again."""

    because: SealedText | None = None


ClosureEvent = ContactClosed | ContactReopened

CLOSES_WHEN_ANSWERED = Rule(
    "contact_closes_when_answered",
    "The force has not declined or resolved every escalation; the contact stays open until it has.",
    "A policy of this system: no caller is left without the force's answer",
)


class CloseContact(Command["Contact"]):
    """Close the contact."""

    purpose: ClassVar[Purpose] = Purpose.SUPPORT
    aggregate: ClassVar[str] = "contact"

    because: FreeText | None = None

    def decide(self, state: "Contact", act: Act) -> Decision:
        """Every escalation must have been declined or resolved."""
        yield from state.allows(self)
        yield from broken(CLOSES_WHEN_ANSWERED, when=any(escalation.is_open for escalation in state.escalations))
        yield ContactClosed(because=self.because)


class ReopenContact(Command["Contact"]):
    """Take a closed contact up again, and say why."""

    purpose: ClassVar[Purpose] = Purpose.SUPPORT
    aggregate: ClassVar[str] = "contact"

    because: FreeText

    def decide(self, state: "Contact", act: Act) -> Decision:
        """Cases, consent and escalations are as they were."""
        yield from state.allows(self)
        yield ContactReopened(because=self.because)
