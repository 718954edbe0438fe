"""Ownership: who works on a case. It begins with whoever took the report, so that no case is nobody's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.values import ActorId, FreeText, Reference, SealedText

if TYPE_CHECKING:
    from domain.case.state import Case


class OwnerAssigned(Event, name="owner_assigned.v1"):
    """The case was given to somebody to work on."""

    owner: ActorId
    unit: Reference | None = None
    because: SealedText | None = None


OWNER_IS_NEW = Rule(
    "owner_is_new",
    "They own the case already; name somebody else.",
    "NPCC Minimum POLE Data Standards Dictionary v1.1: a crime has a responsible officer",
)


OWNER_IS_SOMEBODY = Rule(
    "owner_is_somebody",
    "`me` and `none` stand for nobody in particular; name the person by their id.",
    "NPCC Minimum POLE Data Standards Dictionary v1.1: a crime has a responsible officer",
)
NOBODY = frozenset({"me", "none"})


@dataclass(frozen=True, slots=True)
class Ownership:
    """The ownership track of a case."""

    owner: str | None = None
    unit: str | None = None


class AssignOwner(Command["Case"]):
    """Give the case to somebody to work on."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    example: ClassVar[Mapping[str, Any]] = {"owner": "staff-4712"}

    owner: ActorId
    unit: Reference | None = None
    because: FreeText | None = None

    def decide(self, state: "Case", act: Act) -> Decision:
        """A case always has an owner: it passes from one to the next."""
        yield from state.allows(self)
        same = (state.ownership.owner, state.ownership.unit) == (self.owner, self.unit)
        yield from broken(OWNER_IS_NEW, when=same)
        yield from broken(OWNER_IS_SOMEBODY, when=self.owner.casefold() in NOBODY)
        yield OwnerAssigned(owner=self.owner, unit=self.unit, because=self.because)
