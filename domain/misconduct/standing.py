"""Where each subject of a report stands, from the determination to the end of an appeal."""

from enum import StrEnum
from typing import TYPE_CHECKING

from domain.misconduct.appeals import appeal_of
from domain.misconduct.determination import PROCEEDINGS, determined
from domain.misconduct.investigation import InquiryStatus
from domain.misconduct.proceedings import Proceeding, proceeding_of, rules_of
from domain.misconduct.sanctions import allowed_sanctions, imposed_on
from domain.rules import rule_book

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class Standing(StrEnum):
    """How far a subject has come."""

    NOT_REPORTED_ON = "not_reported_on"
    UNDETERMINED = "undetermined"
    DETERMINED = "determined"
    AWAITS_NOTICE = "awaits_notice"
    AWAITS_PROCEEDINGS = "awaits_proceedings"
    AWAITS_SANCTION = "awaits_sanction"
    SANCTIONED = "sanctioned"
    UNDER_APPEAL = "under_appeal"
    OVER = "over"


PENDING = frozenset(
    {
        Standing.UNDETERMINED,
        Standing.AWAITS_NOTICE,
        Standing.AWAITS_PROCEEDINGS,
        Standing.AWAITS_SANCTION,
        Standing.UNDER_APPEAL,
    }
)
HELD = frozenset({Standing.AWAITS_SANCTION, Standing.SANCTIONED, Standing.UNDER_APPEAL, Standing.OVER})


def standings(report: "Report") -> dict[int, Standing]:
    """Where each subject stands, by number."""
    return {subject.number: _standing(report, subject.number) for subject in report.subjects}


def _standing(report: "Report", subject: int) -> Standing:
    determination, proceeding = determined(report, subject), proceeding_of(report, subject)
    if determination is None:
        reported = report.inquiry.status is InquiryStatus.REPORTED
        return Standing.UNDETERMINED if reported else Standing.NOT_REPORTED_ON
    if determination.by not in PROCEEDINGS:
        return Standing.DETERMINED
    if proceeding is None:
        return Standing.AWAITS_NOTICE
    return _after(report, proceeding) if proceeding.held is not None else Standing.AWAITS_PROCEEDINGS


def _after(report: "Report", proceeding: Proceeding) -> Standing:
    appeal, imposed = appeal_of(report, proceeding.subject), imposed_on(report.sanctions, proceeding.subject)
    if appeal is not None:
        return Standing.UNDER_APPEAL if appeal.result is None else Standing.OVER
    if imposed is not None:
        return Standing.SANCTIONED
    may = proceeding.proven and allowed_sanctions(report, proceeding, rules_of(proceeding, rule_book()))
    return Standing.AWAITS_SANCTION if may else Standing.OVER
