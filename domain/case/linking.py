"""Linking: cases that are one incident are counted once, under the one that stands for it; and can be parted again."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from domain.case.codes import IN_THE_REGISTER, UNDECIDED
from domain.case.holding import holds_none
from domain.case.involvement import is_involved
from domain.event import Act, Command, Decision, Elsewhere, Event, Purpose, Rule, broken
from domain.replacing import replace
from domain.values import CaseId, FreeText, SealedText

if TYPE_CHECKING:
    from domain.case.state import Case


class LinkKind(StrEnum):
    """Why two cases are counted as one."""

    DUPLICATE = "duplicate"
    PRINCIPAL_CRIME = "principal_crime"
    FINISHED_INCIDENT = "finished_incident"


class CaseLinked(Event, name="case_linked.v1"):
    """The case is counted under another: a duplicate, or subsumed under its principal crime or finished incident."""

    under: CaseId
    kind: LinkKind
    because: SealedText | None = None


class CaseUnlinked(Event, name="case_unlinked.v1"):
    """The case is counted by itself again."""

    under: CaseId
    because: SealedText | None = None


class CaseJoined(Event, name="case_joined.v1"):
    """Another case is counted under this one, which stands for the incident."""

    case: CaseId
    kind: LinkKind


class CaseParted(Event, name="case_parted.v1"):
    """Another case is no longer counted under this one."""

    case: CaseId


LinkingEvent = CaseLinked | CaseUnlinked | CaseJoined | CaseParted

LINKED_TO_ANOTHER = Rule(
    "linked_to_another_case",
    "A case is linked to another case of the same force that is known here; give its id in `under`.",
    "Home Office Counting Rules: principal crime and finished incident",
)
LINKED_TO_WHAT_COUNTS = Rule(
    "linked_to_a_case_that_counts",
    "That case is itself counted under another one; link to the case that stands for the incident.",
    "Home Office Counting Rules: principal crime and finished incident",
)
LINKED_ONCE = Rule(
    "linked_once",
    "The case is linked already; part it first (`UnlinkCase`).",
    "Home Office Counting Rules: one crime is counted once",
)
WAS_LINKED = Rule(
    "unlinks_what_was_linked",
    "The case is not linked to another one.",
    "Home Office Counting Rules: one crime is counted once",
)


LINK_STANDS_FOR_INCIDENT = Rule(
    "linked_to_what_stands_for_the_incident",
    "That case does not stand for the incident: it was declined, cancelled or transferred. Link to one that is in the "
    "register or still to be decided on.",
    "Home Office Counting Rules: one crime is counted once, and it is counted",
)
LINK_OF_A_RECORD = Rule(
    "recorded_crime_is_linked_by_decision_maker",
    "A crime in the register leaves the count by a link only if a designated decision maker or the force crime "
    "registrar, who neither recorded nor investigates it, makes the link.",
    "Home Office Counting Rules: designated decision makers and the force crime registrar",
)


@dataclass(frozen=True, slots=True)
class Link:
    """The linking track of a case: the case it is counted under, and why; and those that are counted under it."""

    under: str | None = None
    kind: LinkKind | None = None
    holds: tuple[str, ...] = ()

    def evolve(self, event: LinkingEvent) -> "Link":
        """The track after one more fact."""
        match event:
            case CaseLinked():
                return replace(self, under=event.under, kind=event.kind)
            case CaseUnlinked():
                return replace(self, under=None, kind=None)
            case CaseJoined():
                return replace(self, holds=(*self.holds, event.case))
            case CaseParted():
                return replace(self, holds=tuple(case for case in self.holds if case != event.case))


class LinkCase(Command["Case"]):
    """Count this case under another: as its duplicate, or by the principal-crime or finished-incident rule."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    example: ClassVar[Mapping[str, Any]] = {"under": "case-0b7c9b1e-4f7e-4f0e-9d6a-2f1f6c1f8a11"}

    under: CaseId
    kind: LinkKind
    because: FreeText

    def concerns(self, state: "Case") -> tuple[str, ...]:
        """The case that stands for the incident."""
        return (self.under,)

    def decide(self, state: "Case", act: Act) -> Decision:
        """The other case stands for the incident: it is in the register or still to be decided on, and not linked.

        While others are linked under it, it cannot be declined, cancelled or transferred. A crime that is in the
        register is linked by a decision maker who neither recorded nor investigates it.
        """
        yield from state.allows(self)
        yield from broken(LINKED_ONCE, when=state.link.under is not None)
        yield from holds_none(state, act)
        if act.by_someone_known and state.recording.status in IN_THE_REGISTER:
            authority = act.role in act.rules.cancellation.approvers
            yield from broken(LINK_OF_A_RECORD, when=not authority or is_involved(act.actor, state))
        other: Case | None = act.others.get(self.under)
        known = other is not None and other.version > 0 and other.force == act.force
        same = self.under in state.own_references
        if act.at_the_live_door:
            yield from broken(LINKED_TO_ANOTHER, when=not known or same)
        if other is not None:
            yield from broken(LINKED_TO_WHAT_COUNTS, when=other.link.under is not None)
            stands = other.recording.status in IN_THE_REGISTER | UNDECIDED
            yield from broken(LINK_STANDS_FOR_INCIDENT, when=not stands)
        yield CaseLinked(under=self.under, kind=self.kind, because=self.because)
        if other is not None and state.id is not None:
            yield Elsewhere(self.under, CaseJoined(case=state.id, kind=self.kind))


class UnlinkCase(Command["Case"]):
    """Count this case by itself again, and say why."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    because: FreeText

    def concerns(self, state: "Case") -> tuple[str, ...]:
        """The case that it is counted under."""
        return (state.link.under,) if state.link.under is not None else ()

    def decide(self, state: "Case", act: Act) -> Decision:
        """Reverses a link; duties that the link had ended are open again."""
        yield from state.allows(self)
        under = state.link.under
        yield from broken(WAS_LINKED, when=under is None)
        if under is not None:
            yield CaseUnlinked(under=under, because=self.because)
            other: Case | None = act.others.get(under)
            if other is not None and state.id is not None and state.id in other.link.holds:
                yield Elsewhere(under, CaseParted(case=state.id))
