"""What follows: causes of concern and recommendations, each until it is closed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.inspection.scope import INSPECTORATE
from domain.values import FreeText, Reference, SealedText, instant

if TYPE_CHECKING:
    from domain.inspection.state import Inspection

Number = Annotated[int, Field(ge=1, le=1_000)]


class ClosedAs(StrEnum):
    """How a recommendation ended."""

    MET = "met"
    NO_LONGER_APPLIES = "no_longer_applies"
    SUPERSEDED = "superseded"


class CauseOfConcernRaised(Event, name="cause_of_concern_raised.v1"):
    """A serious or persistent failing was found. Numbered within the inspection."""

    number: Number
    element: Reference
    what: SealedText | None = None


class CauseOfConcernClosed(Event, name="cause_of_concern_closed.v1"):
    """The cause of concern is no longer there."""

    number: Number
    because: SealedText | None = None


class RecommendationMade(Event, name="recommendation_made.v1"):
    """The force shall do something, perhaps by a day, perhaps because of a cause of concern."""

    number: Number
    element: Reference
    concern: Number | None = None
    due: date | None = None
    what: SealedText | None = None


class RecommendationClosed(Event, name="recommendation_closed.v1"):
    """The recommendation was met, or ended otherwise."""

    number: Number
    closed_as: ClosedAs
    because: SealedText | None = None


ConcernEvent = CauseOfConcernRaised | CauseOfConcernClosed | RecommendationMade | RecommendationClosed

_CDI = "HMICFRS: causes of concern and recommendations"

ELEMENT_IS_LISTED = Rule(
    "element_is_listed",
    "Name in `element` one of those that are inspected, such as records_violent_crime, timeliness or cancellation; "
    "the page `inspection` of the reference lists them.",
    f"{_CDI}, by the judgment criteria of the crime data integrity programme",
)
CONCERN_IS_OPEN = Rule(
    "concern_is_open",
    "There is no open cause of concern of that number; `concerns` lists them.",
    _CDI,
)
RECOMMENDATION_IS_OPEN = Rule(
    "recommendation_is_open",
    "There is no open recommendation of that number; `recommendations` lists them.",
    _CDI,
)
CONCERN_CLOSES_LAST = Rule(
    "concern_closes_last",
    "A recommendation that this cause of concern led to is open; close that first.",
    f"{_CDI} (that the one waits for the other is a policy of this system)",
)
DUE_LATER = Rule(
    "recommendation_is_due_later",
    "`due` lies before today; give a day that the force can keep, or leave it out.",
    f"{_CDI} (policy of this system)",
)


@dataclass(frozen=True, slots=True)
class Concern:
    """A cause of concern."""

    number: int
    element: str
    open: bool = True


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A recommendation; `closed_as` is None while it is open."""

    number: int
    element: str
    concern: int | None = None
    due: date | None = None
    closed_as: ClosedAs | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """The causes of concern and the recommendations, in order of their numbers."""

    concerns: tuple[Concern, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()

    def concern(self, number: int) -> Concern | None:
        """The open cause of concern of that number."""
        return next((each for each in self.concerns if each.number == number and each.open), None)

    def recommendation(self, number: int) -> Recommendation | None:
        """The open recommendation of that number."""
        return next((e for e in self.recommendations if e.number == number and e.closed_as is None), None)

    def evolve(self, event: ConcernEvent) -> "Followed":
        """With one more of them, or one closed."""
        match event:
            case CauseOfConcernRaised():
                return replace(self, concerns=(*self.concerns, Concern(event.number, event.element)))
            case CauseOfConcernClosed():
                shut = tuple(replace(c, open=False) if c.number == event.number else c for c in self.concerns)
                return replace(self, concerns=shut)
            case RecommendationMade():
                made = Recommendation(event.number, event.element, event.concern, event.due)
                return replace(self, recommendations=(*self.recommendations, made))
            case RecommendationClosed():
                ended = tuple(
                    replace(r, closed_as=event.closed_as) if r.number == event.number else r
                    for r in self.recommendations
                )
                return replace(self, recommendations=ended)


class RaiseCauseOfConcern(Command["Inspection"]):
    """Raise a cause of concern."""

    purpose: ClassVar[Purpose] = Purpose.OVERSIGHT
    aggregate: ClassVar[str] = "inspection"
    on_behalf: ClassVar[str | None] = INSPECTORATE
    example: ClassVar[Mapping[str, Any]] = {"element": "records_violent_crime"}

    element: Reference
    what: FreeText

    def decide(self, state: "Inspection", act: Act) -> Decision:
        """It need not wait for the conclusion: a failing that puts people at risk is told at once."""
        yield from state.allows(self, act)
        yield from broken(
            ELEMENT_IS_LISTED,
            when=self.element not in act.rules.inspection.elements,
            there_are=act.rules.inspection.elements,
        )
        number = len(state.followed.concerns) + 1
        yield CauseOfConcernRaised(number=number, element=self.element, what=self.what)


class MakeRecommendation(Command["Inspection"]):
    """Recommend something to the force."""

    purpose: ClassVar[Purpose] = Purpose.OVERSIGHT
    aggregate: ClassVar[str] = "inspection"
    on_behalf: ClassVar[str | None] = INSPECTORATE
    example: ClassVar[Mapping[str, Any]] = {"element": "timeliness", "concern": None, "due": "2099-12-31"}

    element: Reference
    concern: Number | None = None
    due: date | None = None
    what: FreeText

    def decide(self, state: "Inspection", act: Act) -> Decision:
        """`concern` names an open cause of concern, if one led to it."""
        yield from state.allows(self, act)
        yield from broken(
            ELEMENT_IS_LISTED,
            when=self.element not in act.rules.inspection.elements,
            there_are=act.rules.inspection.elements,
        )
        unknown = self.concern is not None and state.followed.concern(self.concern) is None
        yield from broken(CONCERN_IS_OPEN, when=unknown)
        today = instant(act.at).london_date
        yield from broken(DUE_LATER, when=self.due is not None and self.due < today)
        yield RecommendationMade(
            number=len(state.followed.recommendations) + 1,
            element=self.element,
            concern=self.concern,
            due=self.due,
            what=self.what,
        )


class CloseRecommendation(Command["Inspection"]):
    """Close a recommendation, and say how it ended and why."""

    purpose: ClassVar[Purpose] = Purpose.OVERSIGHT
    aggregate: ClassVar[str] = "inspection"
    on_behalf: ClassVar[str | None] = INSPECTORATE

    number: Number
    closed_as: ClosedAs
    because: FreeText

    def decide(self, state: "Inspection", act: Act) -> Decision:
        """It is the inspectorate that closes it, not the force."""
        yield from state.allows(self, act)
        yield from broken(RECOMMENDATION_IS_OPEN, when=state.followed.recommendation(self.number) is None)
        yield RecommendationClosed(number=self.number, closed_as=self.closed_as, because=self.because)


class CloseCauseOfConcern(Command["Inspection"]):
    """Close a cause of concern, and say why."""

    purpose: ClassVar[Purpose] = Purpose.OVERSIGHT
    aggregate: ClassVar[str] = "inspection"
    on_behalf: ClassVar[str | None] = INSPECTORATE

    number: Number
    because: FreeText

    def decide(self, state: "Inspection", act: Act) -> Decision:
        """The recommendations that it led to must have been closed."""
        yield from state.allows(self, act)
        yield from broken(CONCERN_IS_OPEN, when=state.followed.concern(self.number) is None)
        waits = any(e.concern == self.number and e.closed_as is None for e in state.followed.recommendations)
        yield from broken(CONCERN_CLOSES_LAST, when=waits)
        yield CauseOfConcernClosed(number=self.number, because=self.because)
