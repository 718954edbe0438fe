"""Correction of a report: a wrong fact is corrected by an event that names the one it corrects."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field, model_validator

from domain.case.correction import FACT_HAS_ITS_FORM, FACT_IS_NOT_EMPTY, CorrectedFacts, FactCorrected
from domain.event import Act, Command, Decision, Event, Fact, Purpose, Role, Rule, broken
from domain.misconduct.allegations import LISTED_ALLEGATION, AllegationMade
from domain.misconduct.assessment import LISTED_CCI_CATEGORY
from domain.misconduct.calendar import can_start_a_clock
from domain.misconduct.intake import (
    LISTED_REPORT_CATEGORY,
    RECEIVED_BY_TODAY,
    Code,
    Employed,
    ReportReceived,
    is_a_day_by_now,
    is_listed,
)
from domain.misconduct.parallel import LISTED_GRADE, Grade, IntelligenceRecorded
from domain.misconduct.passing import ReportAcknowledged
from domain.misconduct.referral import CalledInByIopc, MandatoryCriterionIdentified
from domain.misconduct.review import REVIEW_IN_TIME, ReviewApplied, in_time
from domain.misconduct.subjects import PersonKind, Seniority, SubjectIdentified, SubjectNumber, has_subject
from domain.misconduct.timing import TIMED, took_place
from domain.values import ActorId, ForceCode, FreeText, Moment, Reference

if TYPE_CHECKING:
    from domain.misconduct.state import Report

CORRECTABLE: Mapping[type[Event], frozenset[str]] = {
    ReportReceived: frozenset({"received", "categories", "about_force", "currently_employed"}),
    SubjectIdentified: frozenset({"person_kind", "force", "seniority", "staff_id", "unit", "line"}),
    AllegationMade: frozenset({"category", "subjects"}),
    IntelligenceRecorded: frozenset({"grade", "category"}),
    ReportAcknowledged: frozenset({"their_reference"}),
    MandatoryCriterionIdentified: frozenset({"clear_at"}),
    CalledInByIopc: frozenset({"notified_at"}),
    ReviewApplied: frozenset({"on"}),
}
"""What can be corrected of which event: facts that were taken down, and not what somebody decided or told anybody.
Of the acts in `TIMED`, also when they took place."""
FREELY = frozenset({"categories", "currently_employed", "grade", "category", "their_reference"})
SECOND_PERSONS = frozenset({Role.APPROPRIATE_AUTHORITY, Role.ACU_INVESTIGATOR, Role.INTAKE_OPERATOR})
_POLICY = "SI 2020/2, regulation 44: registers (that nothing in them is edited is a policy of this system)"

CORRECTS_A_REPORT = Rule(
    "correction_is_of_facts_taken_down",
    "`corrects` must be an event of this report that takes down such facts. Who reported it, what was passed on, told "
    "or decided is not corrected: do it again as it should be, or undo it with its own command. When somebody acted "
    "(`at`) is, but not the day of a determination, of proceedings or of a sanction.",
    _POLICY,
)
SECOND_PERSON_CORRECTS_REPORT = Rule(
    "second_person_corrects_report",
    "A clock or a wall rests on this fact: the appropriate authority, the counter-corruption unit or, at the service, "
    "an operator must correct it, and somebody who did not state it.",
    _POLICY,
)
DETERMINED_ON = Rule(
    "determined_on_is_not_corrected",
    "A determination rests on who stands accused of what; that is not corrected any more.",
    "SI 2020/4 (Conduct): determination and proceedings (policy of this system)",
)
HAPPENED_BEFORE = Rule(
    "corrected_report_time_is_past",
    "A corrected time cannot lie in the future; give the day, or the time of it.",
    _POLICY,
)


class ReportFacts(Fact):
    """The facts as they should have been, under the names they have in the corrected event; `at`: when it was done."""

    at: Moment | None = None
    received: Moment | None = None
    categories: tuple[Code, ...] | None = None
    about_force: ForceCode | None = None
    currently_employed: Employed | None = None
    person_kind: PersonKind | None = None
    force: ForceCode | None = None
    seniority: Seniority | None = None
    staff_id: ActorId | None = None
    unit: Reference | None = None
    line: tuple[ActorId, ...] | None = None
    category: Code | None = None
    subjects: tuple[SubjectNumber, ...] | None = None
    grade: Grade | None = None
    their_reference: Reference | None = None
    clear_at: Moment | None = None
    notified_at: Moment | None = None
    on: Moment | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "ReportFacts":
        if not self.model_fields_set:
            raise ValueError("name at least one fact and what it should have been")
        return self


class CorrectReport(Command["Report"]):
    """Correct a wrong fact of an earlier event of the report; the event itself stays as it was written."""

    purpose: ClassVar[Purpose] = Purpose.CORRECTION
    aggregate: ClassVar[str] = "report"

    corrects: UUID
    facts: Annotated[ReportFacts, Field(examples=[{"currently_employed": "yes"}])]
    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """At any time, also after it was closed. Clocks and walls follow from the facts as corrected."""
        yield from state.allows(self)
        given: dict[str, Any] = {name: getattr(self.facts, name) for name in self.facts.model_fields_set}
        entry = state.facts.get(self.corrects)
        target = entry.event if entry is not None else None
        known = CORRECTABLE.get(type(target), frozenset[str]()) if target is not None else frozenset[str]()
        known |= {"at"} if isinstance(target, TIMED) else frozenset()
        yield from broken(CORRECTS_A_REPORT, when=not given.keys() <= known)
        empty = {name for name, value in given.items() if value is None}
        yield from broken(FACT_IS_NOT_EMPTY, when=any(not _optional(target, name) for name in empty))
        second = act.role in SECOND_PERSONS and entry is not None and act.actor.casefold() != entry.actor.casefold()
        yield from broken(SECOND_PERSON_CORRECTS_REPORT, when=not second and not given.keys() <= FREELY)
        yield from _holds(target, given, state, act)
        if entry is not None and given.get("at") is not None:
            yield from took_place(given["at"], entry, state, act)
        facts = CorrectedFacts.model_validate(self.facts.model_dump(mode="json", include=set(given)))
        yield FactCorrected(corrects=self.corrects, facts=facts, because=self.because)


def _holds(target: Event | None, given: Mapping[str, Any], state: "Report", act: Act) -> Decision:
    """What the commands that state such facts ask of them."""
    rules = act.rules.misconduct
    received = given.get("received") or state.intake.received
    if given.get("received") is not None:
        yield from broken(RECEIVED_BY_TODAY, when=not is_a_day_by_now(given["received"], act))
    if isinstance(target, ReportReceived) and received is not None:
        listed = rules.report_categories(received.london_date)
        categories = set(given.get("categories") or target.categories)
        yield from broken(LISTED_REPORT_CATEGORY, when=not listed.keys() >= categories)
    for name in ("about_force", "force"):
        yield from is_listed(given.get(name), act)
    for number in given.get("subjects") or ():
        yield from has_subject(number, state)
    if isinstance(target, AllegationMade):
        doubled = len(set(given.get("subjects") or ())) != len(given.get("subjects") or ())
        yield from broken(FACT_HAS_ITS_FORM, when=doubled or given.get("subjects") == ())
        unknown = "category" in given and given["category"] not in rules.allegation_categories(act.at)
        yield from broken(LISTED_ALLEGATION, when=unknown)
    if isinstance(target, IntelligenceRecorded):
        yield from broken(LISTED_GRADE, when="grade" in given and not rules.is_grade(given["grade"]))
        category = given.get("category")
        yield from broken(LISTED_CCI_CATEGORY, when=category not in {None, *rules.counter_corruption(act.at)})
    rests = bool(state.determinations) and not given.keys().isdisjoint({"person_kind", "seniority", "subjects"})
    yield from broken(DETERMINED_ON, when=rests)
    times = [given[name] for name in ("clear_at", "notified_at", "on") if given.get(name) is not None]
    yield from broken(HAPPENED_BEFORE, when=not all(can_start_a_clock(moment, act) for moment in times))
    if given.get("on") is not None:
        yield from broken(REVIEW_IN_TIME, when=not in_time(given["on"], state))


def _optional(target: Event | None, name: str) -> bool:
    field = type(target).model_fields.get(name) if target is not None else None
    return field is not None and field.default is None
