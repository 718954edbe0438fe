"""The written notice: it tells a subject what is alleged, how severe it is, and what is likely to follow."""

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.misconduct.subjects import SubjectNumber, has_subject

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class LikelyForm(StrEnum):
    """The proceedings that the notice says are likely."""

    MEETING = "meeting"
    HEARING = "hearing"
    NONE = "none"


class MisconductNoticeServed(Event, name="misconduct_notice_served.v1"):
    """A subject was told in writing what is alleged, how severe it is, and which proceedings are likely."""

    subject: SubjectNumber
    likely: LikelyForm
    barred_list_warning: bool = False


_CONDUCT = "The Police (Conduct) Regulations 2020 (SI 2020/4)"

NOTICE_NEEDS_SEVERITY = Rule(
    "notice_needs_a_severity_assessment",
    "Assess the severity for this subject first (`AssessSeverity`); the notice states it.",
    f"{_CONDUCT}: the written notice states the result of the severity assessment",
)
NOTICE_NEEDS_A_NAME = Rule(
    "notice_needs_a_known_subject",
    "It is not known yet who this subject is (`IdentifySubject`).",
    f"{_CONDUCT}: the written notice goes to the person concerned",
)


class ServeMisconductNotice(Command["Report"]):
    """Note that a subject was told in writing what is alleged, how severe it is, and what is likely to follow."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    subject: SubjectNumber
    likely: LikelyForm
    barred_list_warning: bool = False

    def decide(self, state: "Report", act: Act) -> Decision:
        """After the severity assessment, to somebody who is known; again if the assessment is revised."""
        yield from state.allows(self)
        yield from has_subject(self.subject, state)
        yield from broken(NOTICE_NEEDS_SEVERITY, when=all(each.subject != self.subject for each in state.severities))
        unknown = any(each.number == self.subject and each.kind is None for each in state.subjects)
        yield from broken(NOTICE_NEEDS_A_NAME, when=unknown)
        yield MisconductNoticeServed(
            subject=self.subject, likely=self.likely, barred_list_warning=self.barred_list_warning
        )
