"""Linking: cases that are one incident are counted once, under the one that stands for it; and can be parted again."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import StringConstraints

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.values import FreeText, SealedText

if TYPE_CHECKING:
    from domain.case.state import Case

CaseId = Annotated[str, StringConstraints(pattern=r"^case-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


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


LinkingEvent = CaseLinked | CaseUnlinked

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


@dataclass(frozen=True, slots=True)
class Link:
    """The linking track of a case: the case it is counted under, and why."""

    under: str | None = None
    kind: LinkKind | None = None

    def evolve(self, event: LinkingEvent) -> "Link":
        """The track after one more fact."""
        match event:
            case CaseLinked():
                return Link(event.under, event.kind)
            case CaseUnlinked():
                return Link()


class LinkCase(Command["Case"]):
    """Count this case under another: as its duplicate, or by the principal-crime or finished-incident rule."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    example: ClassVar[Mapping[str, Any]] = {"under": "case-0b7c9b1e-4f7e-4f0e-9d6a-2f1f6c1f8a11"}

    under: CaseId
    kind: LinkKind
    because: FreeText

    def concerns(self) -> tuple[str, ...]:
        """The case that stands for the incident."""
        return (self.under,)

    def decide(self, state: "Case", act: Act) -> Decision:
        """The other case stands for the incident and is not itself counted under a third. Figures count it once."""
        yield from state.allows(self)
        yield from broken(LINKED_ONCE, when=state.link.under is not None)
        other: Case | None = act.others.get(self.under)
        known = other is not None and other.version > 0 and other.force == act.force
        same = self.under in state.own_references
        if act.by_someone_known:
            yield from broken(LINKED_TO_ANOTHER, when=not known or same)
        if other is not None:
            yield from broken(LINKED_TO_WHAT_COUNTS, when=other.link.under is not None)
        yield CaseLinked(under=self.under, kind=self.kind, because=self.because)


class UnlinkCase(Command["Case"]):
    """Count this case by itself again, and say why."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    because: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """Reverses a link; duties that the link had ended are open again."""
        yield from state.allows(self)
        yield from broken(WAS_LINKED, when=state.link.under is None)
        if state.link.under is not None:
            yield CaseUnlinked(under=state.link.under, because=self.because)
