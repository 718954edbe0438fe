"""Transfer (C1): another force is asked to record a crime of its area; until it has, it stays recorded here."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from domain.case.cancellation import TransferAccepted, TransferRefused, TransferRequested, by_authority
from domain.case.closure import reopened
from domain.case.holding import holds_none
from domain.event import Act, Broken, Command, Decision, Purpose, Rule, broken
from domain.values import ForceCode, FreeText, Reference, normal

if TYPE_CHECKING:
    from domain.case.state import Case

THEIR_REFERENCE_IS_THEIRS = Rule(
    "their_reference_is_theirs",
    "This is a reference of this case here; give the one under which the other force has recorded the crime.",
    "Home Office Counting Rules: cancelled records, committed outside the jurisdiction of the force (C1)",
)
TRANSFER_TO_ANOTHER_FORCE = Rule(
    "transfer_to_another_force",
    "A crime is transferred to another force of the list; look it up under /v1/reference/forces.",
    "Home Office Counting Rules: cancelled records, committed outside the jurisdiction of the force (C1)",
)


class RequestTransfer(Command["Case"]):
    """Ask another force to record the crime, since it was committed in its area (C1)."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    example: ClassVar[Mapping[str, Any]] = {"to_force": "essex"}

    to_force: ForceCode
    because: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """The crime stays recorded here until the other force has accepted it with its own reference."""
        yield from state.allows(self)
        yield from to_another_force(self.to_force, act)
        yield TransferRequested(to_force=self.to_force, because=self.because)


class AcceptTransfer(Command["Case"]):
    """Note that the other force has recorded the crime, and under which reference."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    example: ClassVar[Mapping[str, Any]] = {"their_reference": "42/123456/26"}

    their_reference: Reference

    def decide(self, state: "Case", act: Act) -> Decision:
        """By whoever could cancel it (C1): a decision maker who neither asked nor recorded nor investigates it.

        Then the crime leaves the register of this force, and the victim must be told. A closed case is open again until
        they are.
        """
        yield from state.allows(self)
        yield from by_authority(state, act)
        known_here = {normal(each) for each in state.own_references}
        mine = act.by_someone_known and normal(self.their_reference) in known_here
        yield from broken(THEIR_REFERENCE_IS_THEIRS, when=mine)
        yield from holds_none(state, act)
        yield from reopened(state)
        yield TransferAccepted(their_reference=self.their_reference)


class RefuseTransfer(Command["Case"]):
    """Note that the other force will not record the crime; it stays here."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    because: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """The crime was recorded here all the time."""
        yield from state.allows(self)
        yield TransferRefused(because=self.because)


def to_another_force(force: str, act: Act) -> Iterable[Broken]:
    """Broken unless it is a listed force other than the one that acts."""
    return broken(TRANSFER_TO_ANOTHER_FORCE, when=force not in act.rules.forces or force == act.force)
