"""The mailbox: questions to the reporter, what they answer, and what they are told, for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.misconduct.subjects import SubjectNumber
from domain.replacing import replace
from domain.values import LONDON, FreeText, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report

QuestionNumber = SubjectNumber


class PlainStatus(StrEnum):
    """What a reporter is told of how their report stands."""

    RECEIVED = "received"
    WITH_THE_FORCE = "with_the_force"
    BEING_LOOKED_AT = "being_looked_at"
    UNDER_INVESTIGATION = "under_investigation"
    ACTION_TAKEN = "action_taken"
    NO_FURTHER_ACTION = "no_further_action"
    CLOSED = "closed"


class QuestionAsked(Event, name="question_asked.v1"):
    """The unit asks the reporter something. The questions of a report are numbered from 1."""

    question: QuestionNumber
    text: SealedText | None = None


class ReporterAnswered(Event, name="reporter_answered.v1"):
    """The reporter answers a question, or (None) adds something of their own accord."""

    question: QuestionNumber | None = None
    text: SealedText | None = None


class StatusTold(Event, name="status_told.v1"):
    """The reporter was told how the report stands, and by which day they hear more (None: nothing more is to come)."""

    status: PlainStatus
    next_by: date | None = None
    note: SealedText | None = None


MailboxEvent = QuestionAsked | ReporterAnswered | StatusTold

_POLICY = "Police Anti-Corruption and Abuse Reporting Service (2024): reporters come back (policy of this system)"

QUESTION_WAS_ASKED = Rule(
    "question_was_asked",
    "There is no question with that number; leave `question` out to add something of your own accord.",
    _POLICY,
)
PROMISE_IS_TO_COME = Rule(
    "promised_day_is_to_come",
    "The day by which the reporter hears more must be after today.",
    _POLICY,
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The mailbox of a report: how many questions were asked, which await an answer, what was told last."""

    asked: int = 0
    unanswered: tuple[int, ...] = ()
    written: int = 0
    told: PlainStatus | None = None
    next_by: date | None = None

    def evolve(self, event: MailboxEvent) -> "Mailbox":
        """The track after one more fact."""
        match event:
            case QuestionAsked():
                return replace(self, asked=event.question, unanswered=(*self.unanswered, event.question))
            case ReporterAnswered():
                left = tuple(each for each in self.unanswered if each != event.question)
                return replace(self, unanswered=left, written=self.written + 1)
            case StatusTold():
                return replace(self, told=event.status, next_by=event.next_by)


class AskReporter(Command["Report"]):
    """Put a question into the reporter's mailbox."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    text: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """At any time, also after the report was closed."""
        yield from state.allows(self)
        yield QuestionAsked(question=state.mailbox.asked + 1, text=self.text)


class AnswerAsReporter(Command["Report"]):
    """Answer a question, or add something to your report."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"
    by_reporter: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Any]] = {"question": None}

    question: QuestionNumber | None = None
    text: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """At any time, also after the report was closed; a question can be answered again."""
        yield from state.allows(self)
        yield from broken(QUESTION_WAS_ASKED, when=(self.question or 0) > state.mailbox.asked)
        yield ReporterAnswered(question=self.question, text=self.text)


class TellStatus(Command["Report"]):
    """Tell the reporter how the report stands, and by which day they hear more."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    status: PlainStatus
    next_by: Annotated[date | None, Field(examples=["2099-12-31"])] = None
    note: FreeText | None = None

    def decide(self, state: "Report", act: Act) -> Decision:
        """At any time, also after the report was closed. A promised day is one to come."""
        yield from state.allows(self)
        today = act.at.astimezone(LONDON).date()
        yield from broken(PROMISE_IS_TO_COME, when=self.next_by is not None and self.next_by <= today)
        yield StatusTold(status=self.status, next_by=self.next_by, note=self.note)
