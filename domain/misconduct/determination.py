"""Determination: how each subject is dealt with once the investigation has been reported on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from domain.event import Act, Broken, Command, Decision, Event, Purpose, RecordedEvent, Rule, broken
from domain.misconduct.severity import Severity, assessed
from domain.misconduct.subjects import PersonKind, Subject, SubjectNumber, has_subject
from domain.values import FreeText, Moment, SealedText, instant

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class DealtWith(StrEnum):
    """How a subject is dealt with."""

    NO_CASE = "no_case"
    RPRP = "rprp"
    PERFORMANCE = "performance"
    MEETING = "meeting"
    HEARING = "hearing"
    ACCELERATED_HEARING = "accelerated_hearing"


class MisconductCaseDetermined(Event, name="misconduct_case_determined.v1"):
    """It was determined how a subject is dealt with. A later determination replaces this one."""

    subject: SubjectNumber
    by: DealtWith
    strong_evidence: bool = False
    public_interest: bool = False
    rule_set: str
    presumption_rebutted: SealedText | None = None
    rationale: SealedText | None = None


PROCEEDINGS = frozenset({DealtWith.MEETING, DealtWith.HEARING, DealtWith.ACCELERATED_HEARING})

_CONDUCT = "The Police (Conduct) Regulations 2020 (SI 2020/4)"

SUBJECT_IS_IDENTIFIED = Rule(
    "determined_subject_is_identified",
    "It is not known yet who this subject is (`IdentifySubject`); what they are selects the procedure.",
    f"{_CONDUCT}: whom the regulations bind",
)
PROCEDURE_FITS_PERSON = Rule(
    "procedure_fits_the_person",
    "This way is not open for what this person is to the force (rule sets proceedings-2020 to proceedings-2025).",
    f"{_CONDUCT}: officers and special constables (for others, their employer's procedure: unconfirmed)",
)
PROCEEDINGS_NEED_MISCONDUCT = Rule(
    "proceedings_need_misconduct",
    "A meeting or hearing is for conduct assessed as misconduct or gross misconduct; revise the severity or choose "
    "another way.",
    f"{_CONDUCT}: severity assessment",
)
ACCELERATED_NEEDS_BOTH = Rule(
    "accelerated_hearing_needs_both_conditions",
    "An accelerated hearing needs strong evidence of gross misconduct and a public interest in leaving without delay.",
    f"{_CONDUCT}: accelerated misconduct hearings",
)
FORMER_IS_ACCELERATED = Rule(
    "former_officer_is_presumed_accelerated",
    "A former officer is presumed to go to an accelerated hearing; say in `presumption_rebutted` why not.",
    "SI 2025/558, since 28 May 2025 (that the reason is recorded is a policy of this system)",
)
AWAITS_DETERMINATION = Rule(
    "determined_before_proceedings_are_held",
    "The proceedings against this subject have been held; how they are dealt with is not determined anew.",
    f"{_CONDUCT}: determination, then proceedings (policy of this system)",
)


@dataclass(frozen=True, slots=True)
class Determination:
    """How one subject is dealt with."""

    subject: int
    by: DealtWith
    event: UUID
    at: Moment


Determinations = tuple[Determination, ...]


def evolve(determinations: Determinations, entry: RecordedEvent, event: MisconductCaseDetermined) -> Determinations:
    """The determinations after one more."""
    others = (each for each in determinations if each.subject != event.subject)
    return (*others, Determination(event.subject, event.by, entry.event_id, entry.at))


def determined(state: "Report", subject: int) -> Determination | None:
    """The determination on a subject that stands, if there is one."""
    return next((each for each in state.determinations if each.subject == subject), None)


def subject_of(state: "Report", number: int) -> Subject | None:
    """The subject with that number."""
    return next((each for each in state.subjects if each.number == number), None)


def identified(state: "Report", number: int) -> Iterable[Broken]:
    """Broken unless there is such a subject and it is known who that is."""
    yield from has_subject(number, state)
    subject = subject_of(state, number)
    yield from broken(SUBJECT_IS_IDENTIFIED, when=subject is not None and subject.kind is None)


class DetermineCase(Command["Report"]):
    """Determine how a subject is dealt with, and say why."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"
    example: ClassVar[Mapping[str, Any]] = {"presumption_rebutted": None}

    subject: SubjectNumber
    by: DealtWith
    strong_evidence: bool = False
    public_interest: bool = False
    presumption_rebutted: FreeText | None = None
    rationale: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """Each subject by itself, in a way that is open for what they are and for how severe it is."""
        yield from state.allows(self)
        yield from has_subject(self.subject, state)
        if self.by is not DealtWith.NO_CASE:
            yield from identified(state, self.subject)
        held = any(each.subject == self.subject and each.held is not None for each in state.proceedings)
        yield from broken(AWAITS_DETERMINATION, when=held)
        rules = act.rules.proceedings_rules(instant(act.at))
        subject = subject_of(state, self.subject)
        kind = subject.kind if subject is not None else None
        yield from broken(PROCEDURE_FITS_PERSON, when=kind is not None and self.by not in rules.routes[kind])
        severity = assessed(state.severities, self.subject)
        mild = severity is None or severity.severity is Severity.NEITHER
        yield from broken(PROCEEDINGS_NEED_MISCONDUCT, when=self.by in PROCEEDINGS and mild)
        gross = severity is not None and severity.severity is Severity.GROSS_MISCONDUCT
        conditions = gross and self.strong_evidence and self.public_interest
        accelerated = self.by is DealtWith.ACCELERATED_HEARING
        yield from broken(ACCELERATED_NEEDS_BOTH, when=accelerated and not conditions)
        presumed = rules.former_to_accelerated_presumed and kind is PersonKind.FORMER
        slower = self.by in PROCEEDINGS and not accelerated and self.presumption_rebutted is None
        yield from broken(FORMER_IS_ACCELERATED, when=presumed and slower)
        yield MisconductCaseDetermined(
            subject=self.subject,
            by=self.by,
            strong_evidence=self.strong_evidence,
            public_interest=self.public_interest,
            rule_set=rules.id,
            presumption_rebutted=self.presumption_rebutted,
            rationale=self.rationale,
        )
