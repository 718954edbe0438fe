"""The state of a contact: its tracks joined, and the moves that are open to it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, assert_never, get_args
from uuid import UUID

from domain.aggregate import Aggregate, aggregate
from domain.case.attestation import FactAttested
from domain.case.correction import FactCorrected
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Broken, Command, RecordedEvent, Rule
from domain.replaying import newly_broken, replayed
from domain.support_contact import escalation
from domain.support_contact.advocacy import AdvocacyActionTaken, AdvocacyKind
from domain.support_contact.cases import CaseAdded, CaseRemoved, CasesEvent
from domain.support_contact.closure import ClosureEvent, ContactClosed, ContactReopened
from domain.support_contact.consent import ANONYMOUS_PASSES_NO_DETAILS, Consent, ConsentEvent
from domain.support_contact.escalation import ESCALATES_ITS_OWN, EscalationEvent, Escalations
from domain.support_contact.moves import MOVES, ContactStatus
from domain.support_contact.opening import (
    ANONYMOUS_CONTACT_HAS_NO_NAME,
    OTHER_FORCE_IS_NAMED,
    ContactOpened,
    Opening,
    fits_force,
)
from domain.support_contact.signposting import EmergencySignposted, ForceRouteSignposted, SignpostingEvent
from domain.values import Moment

ContactEvent = (
    ContactOpened
    | SignpostingEvent
    | ConsentEvent
    | CasesEvent
    | EscalationEvent
    | AdvocacyActionTaken
    | ClosureEvent
    | FactCorrected
    | FactAttested
    | SourceRowWithdrawn
)

CONTACT_MOVE_IS_OPEN = Rule(
    "contact_move_is_open",
    "This cannot be done in the present state of the contact; `allowed` lists what can.",
    "GMCA, Crime Support Line (December 2020): the course of a contact (policy of this system)",
)


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as its history has it. `cases`: those it is about; `signposted`: numbers and forces, as told."""

    id: str | None = None
    force: str | None = None
    version: int = 0
    status: ContactStatus = ContactStatus.NONE
    opening: Opening = Opening()
    consent: Consent = Consent()
    cases: tuple[str, ...] = ()
    escalations: Escalations = ()
    advocacy: tuple[AdvocacyKind, ...] = ()
    signposted: tuple[str, ...] = ()
    closed_at: Moment | None = None
    facts: Mapping[UUID, RecordedEvent] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def allowed(self) -> tuple[type[Command[Any]], ...]:
        """The commands that are open in this state."""
        return tuple(command for command in MOVES if self.is_open(command))

    def is_open(self, command: type[Command[Any]]) -> bool:
        """Whether the state lets the command through."""
        where = MOVES[command]
        return (
            self.status in where.status
            and self.consent.status in where.consent
            and (where.escalation is None or any(each.status in where.escalation for each in self.escalations))
        )

    def allows(self, command: Command["Contact"]) -> Iterator[Broken]:
        """Broken if the command is not open in this state."""
        if not self.is_open(type(command)):
            yield Broken(CONTACT_MOVE_IS_OPEN, tuple(move.__name__ for move in self.allowed))

    def flaws(self) -> Iterator[Rule]:
        """The rules that the contact as it stands does not keep; only testimony, or a correction, leads there."""
        if self.opening.anonymous and self.opening.named:
            yield ANONYMOUS_CONTACT_HAS_NO_NAME
        if self.opening.anonymous and self.consent.with_details:
            yield ANONYMOUS_PASSES_NO_DETAILS
        if not fits_force(self.opening.eligibility, self.opening.force_concerned, self.force):
            yield OTHER_FORCE_IS_NAMED
        if self.escalations and not self.opening.eligible:
            yield ESCALATES_ITS_OWN

    def stands(self, correction: FactCorrected) -> Iterator[Broken]:
        """Broken for each rule that only the correction would make the contact break."""
        return newly_broken(self, correction, replay)

    def evolve(self, entry: RecordedEvent) -> "Contact":
        """The contact after one more fact. Corrections and withdrawals act through `replay`."""
        event: ContactEvent = entry.event  # type: ignore[assignment]
        if isinstance(event, ConsentEvent):
            return replace(self, consent=self.consent.evolve(event))
        if isinstance(event, EscalationEvent):
            return replace(self, escalations=escalation.evolve(self.escalations, event, entry.at))
        match event:
            case ContactOpened():
                return replace(self, status=ContactStatus.OPEN, opening=Opening.of(event, entry.at))
            case EmergencySignposted():
                return replace(self, signposted=(*self.signposted, event.number.value))
            case ForceRouteSignposted():
                return replace(self, signposted=(*self.signposted, event.to_force))
            case CaseAdded():
                return replace(self, cases=(*self.cases, event.case))
            case CaseRemoved():
                return replace(self, cases=tuple(case for case in self.cases if case != event.case))
            case AdvocacyActionTaken():
                return replace(self, advocacy=(*self.advocacy, event.kind))
            case ContactClosed():
                return replace(self, status=ContactStatus.CLOSED, closed_at=entry.at)
            case ContactReopened():
                return replace(self, status=ContactStatus.OPEN, closed_at=None)
            case FactCorrected() | FactAttested() | SourceRowWithdrawn():
                return self
            case _:
                assert_never(event)


def replay(entries: Iterable[RecordedEvent], as_of: datetime | None = None) -> Contact:
    """The contact as its events have it; with `as_of` (UTC), as it stood at that instant of its life."""
    return replayed(Contact(), entries, as_of)


def _shown(contact: Contact, at: datetime) -> Mapping[str, object]:
    """What is shown of a contact; nothing that is sealed."""
    names = ("status", "opening", "consent", "cases", "escalations", "advocacy", "signposted", "closed_at")
    return {name: getattr(contact, name) for name in names} | {"breaks": [rule.id for rule in contact.flaws()]}


CONTACT = aggregate(Aggregate("contact", "contacts", replay, _shown, get_args(ContactEvent)))
