"""Investigation: from allocation to the end of it, apart from whether the crime is recorded and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from domain.event import Act, Command, Decision, Event, Purpose, RecordedEvent
from domain.replacing import replace
from domain.values import ActorId, FreeText, Reference, SealedText

if TYPE_CHECKING:
    from domain.case.state import Case


class InvestigationStatus(StrEnum):
    """Where the investigation stands."""

    NOT_STARTED = "not_started"
    ALLOCATED = "allocated"
    UNDER_INVESTIGATION = "under_investigation"
    SUSPENDED = "suspended"
    FILE_SUBMITTED = "file_submitted"
    FINISHED = "finished"
    DECLINED = "declined"


class KeyEvent(StrEnum):
    """What happened in the investigation; all but `other` must be told to the victim (Victims' Code)."""

    ARREST = "arrest"
    BAIL = "bail"
    RELEASE = "release"
    CHARGE = "charge"
    NO_FURTHER_ACTION = "no_further_action"
    OTHER = "other"


class InvestigationAllocated(Event, name="investigation_allocated.v1"):
    """The investigation was given to an officer, or to another one."""

    officer: ActorId
    unit: Reference | None = None


class InvestigationStarted(Event, name="investigation_started.v1"):
    """The investigation began."""


class InvestigationUpdated(Event, name="investigation_updated.v1"):
    """Something happened in the investigation."""

    what: KeyEvent
    note: SealedText | None = None


class InvestigationSuspended(Event, name="investigation_suspended.v1"):
    """The investigation was suspended."""

    because: SealedText | None = None


class InvestigationResumed(Event, name="investigation_resumed.v1"):
    """The investigation goes on."""

    because: SealedText | None = None


class FileSubmitted(Event, name="file_submitted.v1"):
    """The file went to the prosecutor."""

    to: Reference | None = None


class InvestigationFinished(Event, name="investigation_finished.v1"):
    """The investigation came to its end."""

    summary: SealedText | None = None


class InvestigationDeclined(Event, name="investigation_declined.v1"):
    """The force decided not to investigate."""

    because: SealedText | None = None


InvestigationEvent = (
    InvestigationAllocated
    | InvestigationStarted
    | InvestigationUpdated
    | InvestigationSuspended
    | InvestigationResumed
    | FileSubmitted
    | InvestigationFinished
    | InvestigationDeclined
)


@dataclass(frozen=True, slots=True)
class Investigation:
    """The investigation track of a case."""

    status: InvestigationStatus = InvestigationStatus.NOT_STARTED
    officer: str | None = None
    unit: str | None = None
    declined_by: str | None = None

    def evolve(self, entry: RecordedEvent, event: InvestigationEvent) -> "Investigation":
        """The track after one more fact."""
        match event:
            case InvestigationAllocated():
                under_way = self.status in (InvestigationStatus.UNDER_INVESTIGATION, InvestigationStatus.SUSPENDED)
                status = self.status if under_way else InvestigationStatus.ALLOCATED
                return Investigation(status, event.officer, event.unit)
            case InvestigationStarted() | InvestigationResumed():
                return replace(self, status=InvestigationStatus.UNDER_INVESTIGATION)
            case InvestigationSuspended():
                return replace(self, status=InvestigationStatus.SUSPENDED)
            case FileSubmitted():
                return replace(self, status=InvestigationStatus.FILE_SUBMITTED)
            case InvestigationFinished():
                return replace(self, status=InvestigationStatus.FINISHED)
            case InvestigationDeclined():
                return replace(self, status=InvestigationStatus.DECLINED, declined_by=entry.actor)
            case InvestigationUpdated():
                return self


class AllocateInvestigation(Command["Case"]):
    """Give the investigation to an officer, or to another one."""

    purpose: ClassVar[Purpose] = Purpose.INVESTIGATION

    example: ClassVar[Mapping[str, Any]] = {"officer": "staff-4711"}

    officer: ActorId
    unit: Reference | None = None

    def decide(self, state: "Case", act: Act) -> Decision:
        """An investigation that has ended or was declined is taken up again by allocating it."""
        yield from state.allows(self)
        yield InvestigationAllocated(officer=self.officer, unit=self.unit)


class StartInvestigation(Command["Case"]):
    """Note that the investigation has begun."""

    purpose: ClassVar[Purpose] = Purpose.INVESTIGATION

    def decide(self, state: "Case", act: Act) -> Decision:
        """It is allocated first."""
        yield from state.allows(self)
        yield InvestigationStarted()


class UpdateInvestigation(Command["Case"]):
    """Note what happened in the investigation."""

    purpose: ClassVar[Purpose] = Purpose.INVESTIGATION

    what: KeyEvent
    note: FreeText | None = None

    def decide(self, state: "Case", act: Act) -> Decision:
        """Arrest, bail, release, charge and no further action start the clock for telling the victim."""
        yield from state.allows(self)
        yield InvestigationUpdated(what=self.what, note=self.note)


class SuspendInvestigation(Command["Case"]):
    """Suspend the investigation, and say why."""

    purpose: ClassVar[Purpose] = Purpose.INVESTIGATION

    because: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """A suspended investigation stops no clock by itself."""
        yield from state.allows(self)
        yield InvestigationSuspended(because=self.because)


class ResumeInvestigation(Command["Case"]):
    """Go on with a suspended investigation, and say why."""

    purpose: ClassVar[Purpose] = Purpose.INVESTIGATION

    because: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """Only what was suspended is resumed."""
        yield from state.allows(self)
        yield InvestigationResumed(because=self.because)


class SubmitFile(Command["Case"]):
    """Note that the file went to the prosecutor."""

    purpose: ClassVar[Purpose] = Purpose.INVESTIGATION

    to: Reference | None = None

    def decide(self, state: "Case", act: Act) -> Decision:
        """From an investigation that is under way."""
        yield from state.allows(self)
        yield FileSubmitted(to=self.to)


class FinishInvestigation(Command["Case"]):
    """Note that the investigation has come to its end."""

    purpose: ClassVar[Purpose] = Purpose.INVESTIGATION

    summary: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """The outcome of the crime is assigned apart from it."""
        yield from state.allows(self)
        yield InvestigationFinished(summary=self.summary)


class DeclineInvestigation(Command["Case"]):
    """Decide not to investigate, and say why."""

    purpose: ClassVar[Purpose] = Purpose.INVESTIGATION

    because: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """The victim must be told."""
        yield from state.allows(self)
        yield InvestigationDeclined(because=self.because)
