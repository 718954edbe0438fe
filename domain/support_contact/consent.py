"""Consent: nothing is passed on to the force unless the caller agrees, and for as long as they do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from domain.event import Act, Broken, Command, Decision, Event, Purpose, Rule, broken
from domain.values import FreeText, SealedText

if TYPE_CHECKING:
    from domain.support_contact.state import Contact


class ConsentStatus(StrEnum):
    """Whether the caller agrees that their matter is passed on to the force."""

    NONE = "none"
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class ConsentGiven(Event, name="consent_given.v1"):
    """The caller agreed that their matter is passed on to the force; `with_details`: who they are, too."""

    with_details: bool = False


class ConsentWithdrawn(Event, name="consent_withdrawn.v1"):
    """The caller does not want anything more to be passed on."""

    because: SealedText | None = None


ConsentEvent = ConsentGiven | ConsentWithdrawn

PASSING_ON_NEEDS_CONSENT = Rule(
    "passing_on_needs_consent",
    "The caller has not agreed, or no longer agrees, that this goes to the force; ask, and note it (`GiveConsent`).",
    "UK GDPR, Articles 6(1)(a) and 7(3): consent, and its withdrawal at any time (chosen basis: policy of this system)",
)
ANONYMOUS_PASSES_NO_DETAILS = Rule(
    "anonymous_passes_no_details",
    "An anonymous caller left no details that could be passed on; leave out `with_details`.",
    "GMCA, Crime Support Line (December 2020): can be used anonymously",
)


@dataclass(frozen=True, slots=True)
class Consent:
    """The consent track of a contact."""

    status: ConsentStatus = ConsentStatus.NONE
    with_details: bool = False

    def evolve(self, event: ConsentEvent) -> "Consent":
        """The track after one more fact."""
        match event:
            case ConsentGiven():
                return Consent(ConsentStatus.GIVEN, event.with_details)
            case ConsentWithdrawn():
                return Consent(ConsentStatus.WITHDRAWN)


def may_pass_on(state: "Contact") -> Iterable[Broken]:
    """Broken unless the caller agrees at present."""
    return broken(PASSING_ON_NEEDS_CONSENT, when=state.consent.status is not ConsentStatus.GIVEN)


class GiveConsent(Command["Contact"]):
    """Note that the caller agrees that their matter is passed on to the force, with or without who they are."""

    purpose: ClassVar[Purpose] = Purpose.SUPPORT
    aggregate: ClassVar[str] = "contact"

    with_details: bool = False

    def decide(self, state: "Contact", act: Act) -> Decision:
        """The later one counts: it may widen or narrow an earlier one, and holds again after a withdrawal."""
        yield from state.allows(self)
        yield from broken(ANONYMOUS_PASSES_NO_DETAILS, when=self.with_details and state.opening.anonymous)
        yield ConsentGiven(with_details=self.with_details)


class WithdrawConsent(Command["Contact"]):
    """Note that the caller does not want anything more to be passed on."""

    purpose: ClassVar[Purpose] = Purpose.SUPPORT
    aggregate: ClassVar[str] = "contact"

    because: FreeText | None = None

    def decide(self, state: "Contact", act: Act) -> Decision:
        """Stops every further escalation and action; what was passed on already is answered as before."""
        yield from state.allows(self)
        yield ConsentWithdrawn(because=self.because)
