"""Correction of a contact: a wrong fact is corrected by an event that names the one it corrects."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field, model_validator

from domain.case.correction import FACT_IS_NOT_EMPTY, CorrectedFacts, FactCorrected, correctable
from domain.event import Act, Command, Decision, Event, Fact, Purpose, Rule, broken
from domain.support_contact.advocacy import AdvocacyActionTaken, AdvocacyKind
from domain.support_contact.consent import ConsentGiven
from domain.support_contact.escalation import EscalationChannel, EscalationRaised
from domain.support_contact.opening import (
    HAPPENED_ALREADY,
    OTHER_FORCE_IS_NAMED,
    ContactGround,
    ContactOpened,
    Eligibility,
)
from domain.values import ForceCode, FreeText, Moment, Reference

if TYPE_CHECKING:
    from domain.support_contact.state import Contact

CORRECTABLE: tuple[type[Event], ...] = (ContactOpened, ConsentGiven, EscalationRaised, AdvocacyActionTaken)


class ContactFacts(Fact):
    """The facts as they should have been, under the names they have in the corrected event; `at` is its time."""

    at: Moment | None = None
    ground: ContactGround | None = None
    anonymous: bool | None = None
    reference: Reference | None = None
    happened_on: Moment | None = None
    eligibility: Eligibility | None = None
    force_concerned: ForceCode | None = None
    in_danger: bool | None = None
    with_details: bool | None = None
    channel: EscalationChannel | None = None
    kind: AdvocacyKind | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "ContactFacts":
        if not self.model_fields_set:
            raise ValueError("name at least one fact and what it should have been")
        return self


CORRECTS_THE_CONTACT = Rule(
    "contact_correction_names_its_facts",
    "`corrects` must be the event_id of a fact in this contact's own history, and `facts` name only what that states.",
    "UK GDPR, Article 5(1)(d): accuracy (that nothing is edited is a policy of this system)",
)


class CorrectContact(Command["Contact"]):
    """Correct a wrong fact of an earlier event of the contact; the event itself stays as it was written."""

    purpose: ClassVar[Purpose] = Purpose.CORRECTION
    aggregate: ClassVar[str] = "contact"

    corrects: UUID
    facts: Annotated[ContactFacts, Field(examples=[{"happened_on": "2026-03-01"}])]
    because: FreeText

    def decide(self, state: "Contact", act: Act) -> Decision:
        """What the caller was told stays as it was. The force's answers are not corrected, but given anew."""
        yield from state.allows(self)
        given: dict[str, Any] = {name: getattr(self.facts, name) for name in self.facts.model_fields_set}
        entry = state.facts.get(self.corrects)
        target = entry.event if entry is not None and isinstance(entry.event, CORRECTABLE) else None
        known = correctable(type(target)) | {"at"} if target is not None else frozenset[str]()
        yield from broken(CORRECTS_THE_CONTACT, when=not given.keys() <= known)
        yield from broken(FACT_IS_NOT_EMPTY, when=any(v is None and not _optional(target, n) for n, v in given.items()))
        times = (moment for moment in given.values() if isinstance(moment, Moment))
        yield from broken(HAPPENED_ALREADY, when=any(moment.earliest > act.at for moment in times))
        force = given.get("force_concerned")
        yield from broken(OTHER_FORCE_IS_NAMED, when=force is not None and force not in act.rules.forces)
        # Written as JSON: `CorrectedFacts` does not know the types of all these facts, the corrected event does.
        facts = CorrectedFacts.model_validate(self.facts.model_dump(mode="json", include=set(given)))
        fact = FactCorrected(corrects=self.corrects, facts=facts, because=self.because)
        if target is not None:
            yield from state.stands(fact)
        yield fact


def _optional(target: Event | None, name: str) -> bool:
    field = type(target).model_fields.get(name) if target is not None else None
    return field is not None and not field.is_required() and field.default is None
