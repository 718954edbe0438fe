"""Allegations: what is alleged, in which category, against which of the subjects."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from domain.event import Act, Broken, Command, Decision, Event, Purpose, Rule, broken
from domain.misconduct.intake import Code
from domain.misconduct.subjects import SubjectNumber, has_subject
from domain.replacing import replace
from domain.values import FreeText, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report

AllegationNumber = Annotated[int, Field(ge=1)]


class AllegationMade(Event, name="allegation_made.v1"):
    """Something is alleged against these subjects. The allegations of a report are numbered from 1."""

    allegation: AllegationNumber
    category: Code
    subjects: tuple[SubjectNumber, ...]
    text: SealedText | None = None


class AllegationWithdrawn(Event, name="allegation_withdrawn.v1"):
    """An allegation was withdrawn by whoever made it."""

    allegation: AllegationNumber
    because: SealedText | None = None


AllegationEvent = AllegationMade | AllegationWithdrawn

_GUIDANCE = "IOPC, Guidance on capturing data about police complaints (the letters of the categories are unconfirmed)"

LISTED_ALLEGATION = Rule(
    "allegation_category_is_listed",
    "Choose an allegation category that is in use on this day (rule set misconduct-1).",
    _GUIDANCE,
)
ALLEGATION_STANDS = Rule(
    "allegation_stands",
    "The report has no allegation with that number that still stands.",
    "SI 2020/2, regulation 38: withdrawn complaints",
)


@dataclass(frozen=True, slots=True)
class Allegation:
    """One allegation, with those it is made against."""

    number: int
    category: str
    subjects: tuple[int, ...]
    withdrawn: bool = False


Allegations = tuple[Allegation, ...]


def evolve(allegations: Allegations, event: AllegationEvent) -> Allegations:
    """The allegations after one more fact."""
    match event:
        case AllegationMade():
            return (*allegations, Allegation(event.allegation, event.category, event.subjects))
        case AllegationWithdrawn():
            return tuple(
                replace(each, withdrawn=True) if each.number == event.allegation else each for each in allegations
            )


def stands(number: int, state: "Report") -> Iterable[Broken]:
    """Broken if there is no allegation with that number that was not withdrawn."""
    return broken(
        ALLEGATION_STANDS, when=not any(each.number == number and not each.withdrawn for each in state.allegations)
    )


class MakeAllegation(Command["Report"]):
    """Put down one allegation of the report, against one or more of its subjects."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    category: Annotated[Code, Field(examples=["G"])]
    subjects: Annotated[tuple[SubjectNumber, ...], Field(min_length=1, max_length=50, examples=[[1]])]
    text: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """Each allegation has a category of its own, and gets a number."""
        yield from state.allows(self)
        listed = act.rules.misconduct.allegation_categories(act.at)
        yield from broken(LISTED_ALLEGATION, when=self.category not in listed)
        against = tuple(dict.fromkeys(self.subjects))
        for subject in against:
            yield from has_subject(subject, state)
        number = max((each.number for each in state.allegations), default=0) + 1
        yield AllegationMade(allegation=number, category=self.category, subjects=against, text=self.text)


class WithdrawAllegation(Command["Report"]):
    """Note that an allegation was withdrawn, and why."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    allegation: AllegationNumber
    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """It stays on the record, and may still be pursued as a conduct matter."""
        yield from state.allows(self)
        yield from stands(self.allegation, state)
        yield AllegationWithdrawn(allegation=self.allegation, because=self.because)
