"""Subjects: the people a report is about, unknown at first if need be; what each is selects procedure and sanctions."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeVar

from pydantic import Field

from domain.event import Act, Broken, Command, Decision, Event, Purpose, Rule, broken
from domain.misconduct.intake import is_listed
from domain.replacing import replace
from domain.values import ActorId, ForceCode, FreeText, PersonalData, Reference, SealedText

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.misconduct.state import Report

T = TypeVar("T")
SubjectNumber = Annotated[int, Field(ge=1)]


class PersonKind(StrEnum):
    """What a subject is to the force; selects the procedure and the table of sanctions."""

    OFFICER = "officer"
    SPECIAL = "special"
    STAFF = "staff"
    VOLUNTEER = "volunteer"
    FORMER = "former"
    CONTRACTOR = "contractor"


class Seniority(StrEnum):
    """Whether a subject is the chief officer, another senior officer (above chief superintendent), or neither."""

    OTHER = "other"
    SENIOR = "senior"
    CHIEF = "chief"


class SubjectNoted(Event, name="subject_noted.v1"):
    """The report is about somebody who is not known yet. The subjects of a report are numbered from 1."""

    subject: SubjectNumber
    description: SealedText | None = None


class SubjectIdentified(Event, name="subject_identified.v2"):
    """It is known who the subject is, and in whose line: walls of conflict start here.

    A later identification replaces this one, but lifts no wall.
    """

    subject: SubjectNumber
    person_kind: PersonKind
    force: ForceCode
    seniority: Seniority = Seniority.OTHER
    staff_id: ActorId | None = None
    unit: Reference | None = None
    person: PersonalData | None = None
    line: tuple[ActorId, ...] = ()


SubjectEvent = SubjectNoted | SubjectIdentified

_LAW = "SI 2020/4 (Conduct) and SI 2020/2 (Complaints and Misconduct): the person concerned"

SUBJECT_IS_NOTED = Rule(
    "subject_is_noted",
    "The report has no subject with that number; note one first (`NoteSubject`).",
    _LAW,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """One person the report is about; `kind` None: not identified yet. `line`: the staff ids of their managers.

    `walled`: everybody who was ever named as this subject or in their line, `walled_units`: the units with their force.
    Whoever was named once and is no longer stays walled off: the history that they would read says so, and whom else it
    is about. Only a correction of the event in which they were named, which says that it never was so, lifts a wall.
    """

    number: int
    kind: PersonKind | None = None
    force: str | None = None
    seniority: Seniority = Seniority.OTHER
    staff_id: str | None = None
    unit: str | None = None
    line: tuple[str, ...] = ()
    walled: tuple[str, ...] = ()
    walled_units: tuple[tuple[str, str], ...] = ()


Subjects = tuple[Subject, ...]


def evolve(subjects: Subjects, event: SubjectEvent) -> Subjects:
    """The subjects after one more fact."""
    match event:
        case SubjectNoted():
            return (*subjects, Subject(event.subject))
        case SubjectIdentified():
            return tuple(
                replace(
                    each,
                    kind=event.person_kind,
                    force=event.force,
                    seniority=event.seniority,
                    staff_id=event.staff_id,
                    unit=event.unit,
                    line=event.line,
                    walled=_and(each.walled, *filter(None, (event.staff_id,)), *event.line),
                    walled_units=_and(
                        each.walled_units, *((event.force, unit) for unit in filter(None, (event.unit,)))
                    ),
                )
                if each.number == event.subject
                else each
                for each in subjects
            )


def _and(known: tuple[T, ...], *more: T) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*known, *more)))


def has_subject(number: int, state: "Report") -> "Iterable[Broken]":
    """Broken if the report has no subject with that number."""
    return broken(SUBJECT_IS_NOTED, when=all(each.number != number for each in state.subjects))


def _next(state: "Report") -> int:
    """The next number: one that was withdrawn by the source that stated it leaves a gap."""
    return max((each.number for each in state.subjects), default=0) + 1


class NoteSubject(Command["Report"]):
    """Note that the report is about somebody, known or not yet."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    description: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """They get a number, by which allegations, findings and outcomes name them."""
        yield from state.allows(self)
        yield SubjectNoted(subject=_next(state), description=self.description)


class IdentifySubject(Command["Report"]):
    """Say who a subject is, and what they are to their force."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    subject: SubjectNumber
    person_kind: PersonKind
    force: Annotated[ForceCode, Field(examples=["kent"])]
    seniority: Seniority = Seniority.OTHER
    staff_id: ActorId | None = None
    unit: Reference | None = None
    person: PersonalData | None = None
    line: Annotated[tuple[ActorId, ...], Field(max_length=50, examples=[["sergeant-3"]])] = ()

    def decide(self, state: "Report", act: Act) -> Decision:
        """Anybody of any listed force. What they are selects the procedure and the table of sanctions."""
        yield from state.allows(self)
        yield from has_subject(self.subject, state)
        yield from is_listed(self.force, act)
        yield SubjectIdentified(**{name: getattr(self, name) for name in SubjectIdentified.model_fields})
