"""What a report leads to beside its own course: safeguarding of people, intelligence, escalation to somebody else."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

from pydantic import Field, StringConstraints

from domain.event import Act, Command, Decision, Event, Purpose, Role, Rule, broken
from domain.misconduct.assessment import LISTED_CCI_CATEGORY
from domain.misconduct.duties import OwedKind
from domain.misconduct.intake import Code
from domain.replacing import replace
from domain.values import FreeText, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report

Grade = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{3}$"), Field(examples=["2BP"])]


class EscalationGround(StrEnum):
    """Why a report is taken to somebody else."""

    OVERDUE = "overdue"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    SERIOUSNESS = "seriousness"
    PUBLIC_INTEREST = "public_interest"
    RISK_TO_PERSON = "risk_to_person"


class EscalatedTo(StrEnum):
    """Whom it is taken to."""

    HEAD_OF_PSD = "head_of_psd"
    CHIEF_OFFICER = "chief_officer"
    LOCAL_POLICING_BODY = "local_policing_body"
    OTHER_FORCE = "other_force"
    IOPC = "iopc"


class SafeguardingStarted(Event, name="safeguarding_started.v1"):
    """Somebody is being protected because of what the report says."""

    because: SealedText | None = None


class SafeguardingCompleted(Event, name="safeguarding_completed.v1"):
    """What could be done to protect them has been done."""

    note: SealedText | None = None


class IntelligenceRecorded(Event, name="intelligence_recorded.v1"):
    """An intelligence record was made from the report."""

    grade: str
    category: Code | None = None
    text: SealedText | None = None


class ReportEscalated(Event, name="report_escalated.v1"):
    """The report was taken to somebody else; its own course goes on."""

    ground: EscalationGround
    to: EscalatedTo
    because: SealedText | None = None


ParallelEvent = SafeguardingStarted | SafeguardingCompleted | IntelligenceRecorded | ReportEscalated

SERVICE_ESCALATES_THE_OVERDUE = Rule(
    "service_escalates_the_overdue",
    "The report was passed on; the service escalates it only as `overdue`, once the time to acknowledge it is over.",
    "Police Anti-Corruption and Abuse Reporting Service (2024): reports go to the force (policy of this system)",
)
LISTED_GRADE = Rule(
    "intelligence_grade_is_listed",
    "Give the grade of source, content and handling as the rule set misconduct-1 lists them, such as 2BP.",
    "College of Policing: intelligence report 3x5x2 (unconfirmed)",
)


class Escalated(NamedTuple):
    """Whom the report was taken to, and why."""

    ground: EscalationGround
    to: EscalatedTo


@dataclass(frozen=True, slots=True)
class Beside:
    """What goes on beside the course of the report. `intelligence`: how many records were made from it."""

    safeguarding: bool = False
    intelligence: int = 0
    escalated: tuple[Escalated, ...] = ()

    def evolve(self, event: ParallelEvent) -> "Beside":
        """The track after one more fact."""
        match event:
            case SafeguardingStarted():
                return replace(self, safeguarding=True)
            case SafeguardingCompleted():
                return replace(self, safeguarding=False)
            case IntelligenceRecorded():
                return replace(self, intelligence=self.intelligence + 1)
            case ReportEscalated():
                return replace(self, escalated=(*self.escalated, Escalated(event.ground, event.to)))


class StartSafeguarding(Command["Report"]):
    """Note that somebody is being protected because of what the report says."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """Beside whatever else is done with the report."""
        yield from state.allows(self)
        yield SafeguardingStarted(because=self.because)


class CompleteSafeguarding(Command["Report"]):
    """Note that what could be done to protect them has been done."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    note: FreeText | None = None

    def decide(self, state: "Report", act: Act) -> Decision:
        """After it was started; it may start again."""
        yield from state.allows(self)
        yield SafeguardingCompleted(note=self.note)


class RecordIntelligence(Command["Report"]):
    """Make an intelligence record from the report."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    grade: Grade
    category: Code | None = None
    text: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """Beside whatever else is done with the report; any number of them."""
        yield from state.allows(self)
        rules = act.rules.misconduct
        yield from broken(LISTED_GRADE, when=not rules.is_grade(self.grade))
        unknown = self.category is not None and self.category not in rules.counter_corruption(act.at)
        yield from broken(LISTED_CCI_CATEGORY, when=unknown)
        yield IntelligenceRecorded(grade=self.grade, category=self.category, text=self.text)


class EscalateReport(Command["Report"]):
    """Take the report to somebody else, and say on what ground."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    ground: EscalationGround
    to: EscalatedTo
    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """At any time while it is open. The service that passed it on escalates an overdue acknowledgement."""
        gone = act.role is Role.INTAKE_OPERATOR and state.passing.to_force is not None
        late = any(each.kind is OwedKind.ACKNOWLEDGEMENT and each.is_open and act.at > each.due for each in state.owed)
        overdue = late and self.ground is EscalationGround.OVERDUE
        # First, for it tells nothing else of how the report stands now.
        yield from broken(SERVICE_ESCALATES_THE_OVERDUE, when=gone and not overdue)
        yield from state.allows(self)
        yield ReportEscalated(ground=self.ground, to=self.to, because=self.because)
