"""Outcome: what became of a recorded crime."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, StringConstraints

from domain.event import Act, Broken, Command, Decision, Event, Purpose, RecordedEvent, Rule, broken
from domain.rules import Offence, OutcomeType
from domain.values import Category, Moment, instant

if TYPE_CHECKING:
    from domain.case.state import Case


SubCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]$")]


class OutcomeAssigned(Event, name="outcome_assigned.v2"):
    """An outcome was assigned to the recorded crime, or replaced the one before.

    A public file gives a published category; the type is stated only where the category determines it.
    """

    outcome: Annotated[int, Field(ge=1, le=22)] | None = None
    category: Category | None = None
    sub_code: SubCode | None = None


OUTCOME_IN_FORCE = Rule(
    "outcome_type_in_force",
    "This outcome type did not exist on that day; choose a type that was in force.",
    "Home Office user guide to crime outcomes: type 21 since January 2016, type 22 since April 2019",
)
OUTCOME_FITS_OFFENCE = Rule(
    "outcome_type_fits_offence",
    "Outcome type 19 is for fraud; choose another type for this offence.",
    "Home Office user guide to crime outcomes: type 19, National Fraud Intelligence Bureau",
)
SUB_CODE_OF_TYPE = Rule(
    "outcome_sub_code_of_type",
    "This outcome type has no such sub-code; A (alternate offence) goes with types 1, 2 and 3.",
    "Home Office user guide to crime outcomes: sub-codes 1A, 2A and 3A, as seen in force data",
)
VICTIM_SAID_SO = Rule(
    "victim_statement_before_14_or_16",
    "Types 14 and 16 rest on the victim not supporting action; record their statement first (`RecordVictimStatement`).",
    "HMICFRS, Greater Manchester 2020: cases closed without evidence of the victim's wish",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome track of a case: the last one assigned."""

    type: int | None = None
    category: str | None = None
    assigned_at: Moment | None = None
    sub_code: str | None = None
    assigned_by: str | None = None

    def evolve(self, entry: RecordedEvent, event: OutcomeAssigned) -> "Outcome":
        """The outcome assigned latest in the life of the case stands, in whatever order the facts arrive."""
        after = Outcome(event.outcome, event.category, entry.at, event.sub_code, entry.actor)
        return self if self.assigned_at is not None and after.rank < self.rank else after

    @property
    def is_stated(self) -> bool:
        """Whether it says what became of the crime: by a type, or by a category as published."""
        return self.type is not None or self.category is not None

    @property
    def rank(self) -> tuple[datetime, datetime, int, str, str]:
        """By when it was assigned; facts of the same time need some order that does not depend on arrival."""
        at = self.assigned_at or _NEVER
        return (at.earliest, at.latest, self.type or 0, self.category or "", self.sub_code or "")


_NEVER = Moment(datetime.min.replace(tzinfo=UTC))


class AssignOutcome(Command["Case"]):
    """Assign an outcome type (1 to 22) to a recorded crime; a later one replaces it."""

    purpose: ClassVar[Purpose] = Purpose.INVESTIGATION

    outcome: Annotated[int, Field(ge=1, le=22)]
    sub_code: SubCode | None = None

    def refusals(self, state: "Case", act: Act) -> Iterator[Broken]:
        """Only a recorded crime has an outcome, of a type in force on the day and fit for the offence.

        Types 14 and 16 need the victim's recorded statement that they do not support action.
        """
        yield from state.allows(self)
        outcome = act.rules.outcomes[self.outcome]
        yield from in_force(outcome, instant(act.at))
        yield from fits_offence(outcome, act.rules.offences.get(state.recording.offence or ""))
        yield from has_sub_code(outcome, self.sub_code)
        yield from broken(VICTIM_SAID_SO, when=outcome.needs_statement and state.victim.supports is not False)

    def decide(self, state: "Case", act: Act) -> Decision:
        """The outcome replaces the one before."""
        yield from self.refusals(state, act)
        yield OutcomeAssigned(outcome=self.outcome, sub_code=self.sub_code)


def in_force(outcome: OutcomeType, at: Moment) -> Iterable[Broken]:
    """Broken if the type did not exist on that London day."""
    return broken(OUTCOME_IN_FORCE, when=outcome.since is not None and at.london_date < outcome.since)


def has_sub_code(outcome: OutcomeType, sub_code: str | None) -> Iterable[Broken]:
    """Broken if the type has no such sub-code."""
    return broken(SUB_CODE_OF_TYPE, when=sub_code is not None and sub_code not in outcome.sub_codes)


def fits_offence(outcome: OutcomeType, offence: Offence | None) -> Iterable[Broken]:
    """Broken if the type is for one group of offences and this is not one of them."""
    misfit = outcome.only_group is not None and (offence is None or offence.group != outcome.only_group)
    return broken(OUTCOME_FITS_OFFENCE, when=misfit)
