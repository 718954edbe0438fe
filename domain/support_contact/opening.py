"""Opening a contact: on what ground somebody rings, whether the line can take it on, and where they are directed."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.support_contact.signposting import (
    EmergencySignposted,
    ForceRoute,
    ForceRouteSignposted,
    PoliceNumber,
    SignpostingEvent,
    may_be_recent,
)
from domain.values import ForceCode, FreeText, Moment, PersonalData, Reference, SealedText

if TYPE_CHECKING:
    from domain.support_contact.state import Contact


class ContactGround(StrEnum):
    """Why somebody rings: never referred to support; a concern or complaint about handling; a crime not recorded."""

    NOT_REFERRED = "not_referred"
    CONCERN = "concern"
    UNRECORDED = "unrecorded"


class Eligibility(StrEnum):
    """Whether the line can take it on: a matter of this force, of another one, or not one for the police at all."""

    ELIGIBLE = "eligible"
    OTHER_FORCE = "other_force"
    NOT_A_POLICE_MATTER = "not_a_police_matter"


class ContactOpened(Event, name="contact_opened.v1"):
    """Somebody rang the support line."""

    ground: ContactGround
    anonymous: bool = False
    caller: PersonalData | None = None
    reference: Reference | None = None
    happened_on: Moment | None = None
    eligibility: Eligibility = Eligibility.ELIGIBLE
    force_concerned: ForceCode | None = None
    eligibility_because: SealedText | None = None
    in_danger: bool = False
    summary: SealedText | None = None


_LAUNCH = "GMCA, Crime Support Line (December 2020)"

ANONYMOUS_CONTACT_HAS_NO_NAME = Rule(
    "anonymous_contact_has_no_name",
    "An anonymous contact carries no details of the caller; leave out `caller` or `anonymous`.",
    f"{_LAUNCH}: can be used anonymously",
)
HAPPENED_ALREADY = Rule(
    "contact_is_about_what_happened",
    "`happened_on` cannot lie in the future; give the day as well as the caller knows it, or leave it out.",
    "NPCC Minimum POLE Data Standards Dictionary v1.1: no future dates",
)
OTHER_FORCE_IS_NAMED = Rule(
    "other_force_is_named",
    "Name in `force_concerned` another force of the list (/v1/reference/forces) if, and only if, the matter is its.",
    f"{_LAUNCH}: the line is for callers about this force",
)
NOT_ELIGIBLE_NEEDS_REASON = Rule(
    "not_eligible_needs_a_reason",
    "Say in `eligibility_because` why the support line cannot take this on.",
    f"{_LAUNCH}: three grounds of calling (that a refusal is reasoned is a policy of this system)",
)


@dataclass(frozen=True, slots=True)
class Opening:
    """How the contact began; `named` says whether the caller left details."""

    ground: ContactGround | None = None
    anonymous: bool = False
    named: bool = False
    reference: str | None = None
    happened_on: Moment | None = None
    eligibility: Eligibility | None = None
    force_concerned: str | None = None
    in_danger: bool = False
    opened_at: Moment | None = None

    @classmethod
    def of(cls, event: ContactOpened, at: Moment) -> "Opening":
        """What the event says, without what is sealed."""
        return cls(
            event.ground,
            event.anonymous,
            event.caller is not None,
            event.reference,
            event.happened_on,
            event.eligibility,
            event.force_concerned,
            event.in_danger,
            at,
        )

    @property
    def eligible(self) -> bool:
        """Whether the line takes it on."""
        return self.eligibility is Eligibility.ELIGIBLE


class OpenContact(Command["Contact"]):
    """Open a contact for somebody who rings the support line, anonymously if they wish."""

    purpose: ClassVar[Purpose] = Purpose.SUPPORT
    aggregate: ClassVar[str] = "contact"
    opens: ClassVar[bool] = True

    ground: ContactGround
    anonymous: bool = False
    caller: PersonalData | None = None
    reference: Reference | None = None
    happened_on: Moment | None = None
    eligibility: Eligibility | None = None
    force_concerned: ForceCode | None = None
    eligibility_because: FreeText | None = None
    in_danger: bool = False
    asked_for_101: bool = False
    summary: FreeText | None = None

    def decide(self, state: "Contact", act: Act) -> Decision:
        """The contact is kept whatever follows. `eligibility`, left out, follows from `force_concerned`.

        The caller is told to ring 999 if someone is in danger, 101 if they ask for it, and directed to the force's own
        routes if the crime may be of the last month, or to the other force whose matter it is.
        """
        yield from state.allows(self)
        yield from broken(ANONYMOUS_CONTACT_HAS_NO_NAME, when=self.anonymous and self.caller is not None)
        yield from broken(HAPPENED_ALREADY, when=self.happened_on is not None and self.happened_on.earliest > act.at)
        elsewhere = self.force_concerned not in (None, act.force)
        eligibility = self.eligibility or (Eligibility.OTHER_FORCE if elsewhere else Eligibility.ELIGIBLE)
        listed = self.force_concerned is None or self.force_concerned in act.rules.forces
        fits = fits_force(eligibility, self.force_concerned, act.force)
        yield from broken(OTHER_FORCE_IS_NAMED, when=not (listed and fits))
        no_reason = eligibility is Eligibility.NOT_A_POLICE_MATTER and self.eligibility_because is None
        yield from broken(NOT_ELIGIBLE_NEEDS_REASON, when=no_reason)
        facts: dict[str, Any] = {name: getattr(self, name) for name in ContactOpened.model_fields}
        facts["eligibility"] = eligibility
        yield ContactOpened(**facts)
        yield from _signposts(self, eligibility, act)


def _signposts(call: OpenContact, eligibility: Eligibility, act: Act) -> Iterator[SignpostingEvent]:
    if call.in_danger:
        yield EmergencySignposted(number=PoliceNumber.EMERGENCY)
    elif call.asked_for_101:
        yield EmergencySignposted(number=PoliceNumber.NON_EMERGENCY)
    if eligibility is Eligibility.OTHER_FORCE and call.force_concerned is not None:
        yield ForceRouteSignposted(to_force=call.force_concerned, because=ForceRoute.OTHER_FORCE)
    elif eligibility is Eligibility.ELIGIBLE and may_be_recent(call.happened_on, act):
        yield ForceRouteSignposted(to_force=act.force, because=ForceRoute.RECENT_CRIME)


def fits_force(eligibility: Eligibility | None, force_concerned: str | None, force: str | None) -> bool:
    """Whether another force is concerned exactly if the matter is said to be another force's."""
    elsewhere = force_concerned not in (None, force)
    return elsewhere is (eligibility is Eligibility.OTHER_FORCE)
