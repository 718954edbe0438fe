"""References: the numbers under which a case is known to people and to other systems."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.replacing import replace
from domain.values import ExternalReference

if TYPE_CHECKING:
    from domain.case.state import Case


class ReferenceAdded(Event, name="reference_added.v1"):
    """The case is known to another system under this reference."""

    external: ExternalReference


REFERENCE_IS_NEW = Rule(
    "reference_is_new",
    "The case has this reference of that system already.",
    "NPCC Minimum POLE Data Standards Dictionary v1.1: references identify a record",
)


@dataclass(frozen=True, slots=True)
class References:
    """The references track of a case: its own number, and those of other systems in order of arrival."""

    own: str | None = None
    external: tuple[ExternalReference, ...] = ()

    def with_own(self, number: str | None) -> "References":
        """The track with the number of the case here."""
        return self if number == self.own else replace(self, own=number)

    def with_external(self, *references: ExternalReference) -> "References":
        """The track with more references; those that it has are not taken twice."""
        if not references:
            return self
        return replace(self, external=tuple(dict.fromkeys((*self.external, *references))))


class AddReference(Command["Case"]):
    """Note the reference under which another system knows the case."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    external: ExternalReference

    def decide(self, state: "Case", act: Act) -> Decision:
        """A reference is noted once."""
        yield from state.allows(self)
        yield from broken(REFERENCE_IS_NEW, when=self.external in state.references.external)
        yield ReferenceAdded(external=self.external)
