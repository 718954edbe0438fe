"""Correction: a wrong fact is corrected by an event that names the one it corrects. Nothing is edited."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast, get_args
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from domain.case.cancellation import CancellationApproved, CancellationRequested
from domain.case.classification import ReceiptEstablished
from domain.case.closure import SOMETHING_TO_REVIEW, ReviewDecided, ReviewRequested
from domain.case.codes import DeclineReason, Receipt, RecordingStatus, ReporterRole, Route
from domain.case.duties import DutyPaused, DutyResumed
from domain.case.flags import CrimeFlagged, CrimeUnflagged
from domain.case.linking import CaseJoined, CaseLinked, CaseParted, CaseUnlinked
from domain.case.outcome import VICTIM_SAID_SO, OutcomeAssigned, SubCode, fits_offence, has_sub_code, in_force
from domain.case.recording import (
    FUTURE,
    LISTED_OFFENCE,
    CrimeReported,
    deadline,
    first_report_first,
    is_rape,
    received_by_entry,
)
from domain.case.testimony import SourceRowWithdrawn
from domain.case.transfer import to_another_force
from domain.case.victim import NoNotice, NoReferral, VictimInformed
from domain.event import Act, Command, Decision, Event, Fact, Purpose, RecordedEvent, Role, Rule, broken
from domain.values import Category, FreeText, Moment, OffenceCode, PersonalData, Place, Reference, Sealed, SealedText

if TYPE_CHECKING:
    from domain.case.state import Case


class CorrectedFacts(Fact):
    """The facts as they should have been, under the names they have in the corrected event; `at` is its time.

    Those of every event may be given; the most usual ones are listed.
    """

    model_config = ConfigDict(extra="allow")

    at: Moment | None = None
    received_at: Moment | None = None
    receipt: Receipt | None = None
    reported_at: Moment | None = None
    route: Route | None = None
    reporter_role: ReporterRole | None = None
    alleged: OffenceCode | None = None
    place_code: Reference | None = None
    record_by: Moment | None = None
    rule_set: str | None = None
    incident: Reference | None = None
    offence: OffenceCode | None = None
    crime_reference: Reference | None = None
    principal: bool | None = None
    reason: DeclineReason | NoReferral | NoNotice | None = None
    sub_code: Annotated[int, Field(ge=1, le=3)] | SubCode | None = None
    outcome: int | None = Field(default=None, ge=1, le=22)
    category: Category | None = None
    recorded: Moment | None = None
    before: Moment | None = None
    place: Place | None = None
    last_outcome: Category | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "CorrectedFacts":
        if not self.model_fields_set:
            raise ValueError("name at least one fact and what it should have been")
        return self

    @model_serializer(mode="wrap")
    def _only_what_was_named(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if name in self.model_fields_set}


class FactCorrected(Event, name="fact_corrected.v1"):
    """A fact of an earlier event was wrong; these are the facts as they should have been."""

    corrects: UUID
    facts: CorrectedFacts
    because: SealedText | None = None


CORRECTS_AN_EVENT = Rule(
    "correction_names_an_event",
    "`corrects` must be the event_id of a fact in this case's own history, and not of a correction or withdrawal.",
    "Home Office Counting Rules: nothing is edited; the history of a crime record is kept",
)
CORRECTS_ITS_FACTS = Rule(
    "correction_names_its_facts",
    "The corrected event has no such fact; name only facts that it states (and `at`, the time of the act).",
    "Home Office Counting Rules: nothing is edited; the history of a crime record is kept",
)
CLOCK_IS_DERIVED = Rule(
    "clock_is_derived",
    "`record_by` and `rule_set` follow from `received_at`; correct that instead.",
    "Home Office Counting Rules: the clock starts at receipt by the force",
)
FACT_IS_NOT_EMPTY = Rule(
    "corrected_fact_is_not_empty",
    "This fact cannot be empty; say what it should have been.",
    "Home Office Counting Rules: nothing is edited; the history of a crime record is kept",
)


FACT_HAS_ITS_FORM = Rule(
    "corrected_fact_has_its_form",
    "A corrected fact must have the form that the event gives it; see the event under its name in the reference.",
    "Home Office Counting Rules: nothing is edited; the history of a crime record is kept",
)


SECOND_PERSON_CORRECTS = Rule(
    "second_person_corrects",
    "A clock, a count or a decision rests on this fact: a supervisor, a designated decision maker or the force crime "
    "registrar who did not state it must correct it.",
    "Home Office Counting Rules: the force crime registrar is the final arbiter; HMICFRS crime data integrity",
)
UNDONE_NOT_CORRECTED = Rule(
    "undone_not_corrected",
    "This cannot be corrected after the event; undo it with its own command, or do it again as it should be.",
    "Home Office Counting Rules: nothing is edited; the history of a crime record is kept",
)
ACT_FOLLOWS_RECEIPT = Rule(
    "act_follows_receipt",
    "Nothing was done about the report before the force received it; give a later time.",
    "Home Office Counting Rules: the clock starts at receipt by the force",
)
CORRECTORS = frozenset({Role.SUPERVISOR, Role.DESIGNATED_DECISION_MAKER, Role.FORCE_CRIME_REGISTRAR})
# Facts that no clock, count or decision rests on: whoever may correct at all may correct them.
FREELY = frozenset(
    {"route", "reporter_role", "place_code", "place", "incident", "crime_reference", "external", "unit", "service"}
    | {"channel", "to", "category", "last_outcome", "principal"}
)
_NEVER: dict[type[Event], frozenset[str] | None] = {
    CrimeReported: frozenset({"receipt", "reference", "anonymous"}),
    CancellationRequested: None,
    CancellationApproved: None,
    ReviewDecided: None,
    DutyPaused: None,
    DutyResumed: None,
    CaseLinked: None,
    CaseUnlinked: None,
    CaseJoined: None,
    CaseParted: None,
    CrimeFlagged: None,
    CrimeUnflagged: None,
    VictimInformed: frozenset({"of_event"}),
}


class CorrectFact(Command["Case"]):
    """Correct a wrong fact of an earlier event; the event itself stays as it was written."""

    purpose: ClassVar[Purpose] = Purpose.CORRECTION

    corrects: UUID
    facts: CorrectedFacts
    because: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """A corrected time of receipt starts the clock again under the rules of its own day.

        What a clock, a count or a decision rests on is corrected by a second person with authority; what has a command
        that undoes it is not corrected.
        """
        yield from state.allows(self)
        given = {name: getattr(self.facts, name) for name in self.facts.model_fields_set}
        entry = state.facts.get(self.corrects)
        target = entry.event if entry is not None else None
        yield from broken(CORRECTS_AN_EVENT, when=target is None or restates(target))
        known = correctable(type(target)) if target is not None else frozenset[str]()
        yield from broken(CORRECTS_ITS_FACTS, when=not given.keys() <= known | {"at"})
        empty = _empty(given) - _may_be_empty(target)
        yield from broken(FACT_IS_NOT_EMPTY, when=bool(empty))
        full = {name: value for name, value in given.items() if name not in empty}
        yield from broken(FACT_HAS_ITS_FORM, when=not _has_form(target, full))
        if entry is not None and act.by_someone_known:
            yield from _may_correct(entry, given, state, act)
        yield from broken(CLOCK_IS_DERIVED, when=bool(given.keys() & {"record_by", "rule_set"}))
        times = (moment for moment in given.values() if isinstance(moment, Moment))
        yield from broken(FUTURE, when=any(moment.earliest > act.at for moment in times))
        offences = {self.facts.offence, self.facts.alleged} - {None}
        yield from broken(LISTED_OFFENCE, when=not offences <= act.rules.offences.keys())
        if isinstance(target, CrimeReported | ReceiptEstablished) and given.keys() & {"received_at", "reported_at"}:
            received = given.get("received_at", state.recording.received_at)
            yield from first_report_first(given.get("reported_at", state.recording.reported_at), received)
            if isinstance(received, Moment):
                yield from received_by_entry(received, state, act)
        if isinstance(target, OutcomeAssigned) and entry is not None and given.keys() & {"outcome", "sub_code", "at"}:
            yield from _outcome_stands(given, target, entry, state, act)
        if "to_force" in given:
            yield from to_another_force(given["to_force"], act)
        if isinstance(target, ReviewRequested) and "of" in given:
            yield from broken(SOMETHING_TO_REVIEW, when=given["of"] not in state.decisions)
        if isinstance(target, CrimeReported) and "alleged" in given and state.recording.status is RecordingStatus.N100:
            yield from is_rape(self.facts.alleged, act)
        if self.facts.received_at is not None:
            rules = act.rules.recording_rules(self.facts.received_at)
            entered = state.entered_at if act.at_the_live_door else None
            given |= {"record_by": deadline(self.facts.received_at, rules.limit, entered), "rule_set": rules.id}
        fact = FactCorrected(corrects=self.corrects, facts=CorrectedFacts(**given), because=self.because)
        if not empty and _has_form(target, given):
            yield from state.stands(fact)
        yield fact


def _may_correct(entry: RecordedEvent, given: Mapping[str, Any], state: "Case", act: Act) -> Decision:
    """Who may correct what at the live door, and what cannot be corrected at all."""
    never = _NEVER.get(type(entry.event), frozenset[str]())
    yield from broken(UNDONE_NOT_CORRECTED, when=never is None or not never.isdisjoint(given))
    second = act.role in CORRECTORS and act.actor.casefold() != entry.actor.casefold()
    yield from broken(SECOND_PERSON_CORRECTS, when=not second and not given.keys() <= FREELY)
    at, received = given.get("at"), state.recording.received_at
    too_early = isinstance(at, Moment) and received is not None and at.latest < received.earliest
    yield from broken(ACT_FOLLOWS_RECEIPT, when=too_early)
    outcome = entry.event
    if isinstance(outcome, OutcomeAssigned) and outcome.outcome is not None:
        untyped = given.get("outcome", outcome.outcome) is None or "category" in given
        yield from broken(FACT_IS_NOT_EMPTY, when=untyped)


def _outcome_stands(
    given: Mapping[str, Any], target: OutcomeAssigned, entry: RecordedEvent, state: "Case", act: Act
) -> Decision:
    """The outcome as corrected was in force on the day as corrected, and fits the offence."""
    number = given.get("outcome", target.outcome)
    if number is not None:
        outcome = act.rules.outcomes[number]
        yield from in_force(outcome, given.get("at") or entry.at)
        yield from fits_offence(outcome, act.rules.offences.get(state.recording.offence or ""))
        yield from has_sub_code(outcome, given.get("sub_code", target.sub_code))
        rested = target.outcome is not None and act.rules.outcomes[target.outcome].needs_statement
        said_otherwise = outcome.needs_statement and not rested and state.victim.supports is not False
        yield from broken(VICTIM_SAID_SO, when=said_otherwise)


@cache
def correctable(event: type[Event]) -> frozenset[str]:
    """The facts of an event that can be corrected: all that is not sealed."""
    return frozenset(
        name for name, field in event.model_fields.items() if not _is_sealed([field.annotation, field.metadata])
    )


def _is_sealed(told: Any) -> bool:
    if isinstance(told, list):
        return any(_is_sealed(each) for each in cast("list[Any]", told))
    if isinstance(told, Sealed) or told is PersonalData:
        return True
    return _is_sealed([*get_args(told), *getattr(told, "__metadata__", ())])


def _has_form(target: Event | None, given: Mapping[str, Any]) -> bool:
    try:
        if target is not None:
            _with_facts(target, given)
    except ValidationError:
        return False
    return True


def _with_facts(event: Event, changes: Mapping[str, Any]) -> Event:
    facts = {name: value for name, value in changes.items() if name in type(event).model_fields}
    return type(event).model_validate({**dict(event), **facts})


def _empty(given: Mapping[str, Any]) -> set[str]:
    return {name for name, value in given.items() if value is None}


def _may_be_empty(target: Event | None) -> set[str]:
    return {name for name, field in type(target).model_fields.items() if field.default is None} if target else set()


def restates(event: Event) -> bool:
    """Whether the event changes what earlier events mean."""
    return isinstance(event, FactCorrected | SourceRowWithdrawn)


def restate(entries: Iterable[RecordedEvent]) -> list[RecordedEvent]:
    """The history as it now stands: withdrawn facts left out, corrected ones with their corrected values."""
    history = list(entries)
    withdrawn: set[UUID] = set()
    corrected: dict[UUID, dict[str, Any]] = {}
    for entry in history:
        if isinstance(entry.event, SourceRowWithdrawn):
            withdrawn.update(entry.event.withdraws)
    for entry in history:
        if isinstance(entry.event, FactCorrected) and entry.event_id not in withdrawn:
            facts = entry.event.facts
            changes = {name: getattr(facts, name) for name in facts.model_fields_set}
            corrected.setdefault(entry.event.corrects, {}).update(changes)
    if not withdrawn and not corrected:
        return history
    return [_amended(entry, corrected.get(entry.event_id, {})) for entry in history if entry.event_id not in withdrawn]


def _amended(entry: RecordedEvent, changes: Mapping[str, Any]) -> RecordedEvent:
    if not changes:
        return entry
    return entry._replace(event=_with_facts(entry.event, changes), at=changes.get("at") or entry.at)
