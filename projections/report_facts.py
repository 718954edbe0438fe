"""Report facts: one row per misconduct report, with what the figures about reports and complaints count."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.misconduct.assessment import Handling, MatterKind
from domain.misconduct.closure import MatterOutcome
from domain.misconduct.intake import ReportChannel
from domain.misconduct.investigation import InquiryStatus, Suspension
from domain.misconduct.passing import Stage
from domain.misconduct.state import Report
from domain.values import Moment, Precision
from projections.projection import Fan
from projections.report_life import Life, replay
from projections.working_time import working_days

OF_THE_PUBLIC = frozenset({ReportChannel.PUBLIC, ReportChannel.SUPPORT_LINE})


class ReportFacts(NamedTuple):
    """What is known of a report. Moments keep their precision.

    `force` has the report. `complaint`: it is dealt with as a complaint; `logged_at`: it came to the attention of the
    appropriate authority; `contacted_at`: the reporter first heard from those who deal with it. `closed_at` is empty
    while it is open (again). `suspended_days`: working days for which the investigation stood, None where the times are
    known only to the month. `categories` has the public ones with blanks between them; `triage` what it led to.
    """

    report_id: str
    force: str
    channel: str | None
    anonymity: str | None
    unit: str | None
    complaint: bool
    matter: str | None
    handling: str
    received_at: Moment | None
    logged_at: Moment | None
    passed_at: Moment | None
    signposted_at: Moment | None
    assessed_at: Moment | None
    contacted_at: Moment | None
    recorded_at: Moment | None
    closed_at: Moment | None
    withdrawn: bool
    suspended_days: int | None
    categories: str
    cci_category: str | None
    allegations: int
    referred_at: Moment | None
    mode: str | None
    mode_decided_at: Moment | None
    triage: str


def _facts(stream: str, life: Life) -> Sequence[ReportFacts]:
    report = life.report
    if report.intake.received is None:
        return ()
    intake, passing, assessment, closure = report.intake, report.passing, report.assessment, report.closure
    return [
        ReportFacts(
            report_id=stream,
            force=report.held_by or "",
            channel=intake.channel and intake.channel.value,
            anonymity=intake.anonymity and intake.anonymity.value,
            unit=passing.unit and passing.unit.value,
            complaint=is_complaint(life),
            matter=assessment.matter and assessment.matter.value,
            handling=assessment.status.value,
            received_at=intake.received,
            logged_at=report.delay.attention and report.delay.attention.at,
            passed_at=passing.passed_at,
            signposted_at=life.signposted,
            assessed_at=life.assessed,
            contacted_at=life.contacted,
            recorded_at=assessment.recorded_at,
            closed_at=closure.closed_at,
            withdrawn=_withdrawn(report),
            suspended_days=_suspended(report.inquiry.suspensions),
            categories=" ".join(sorted(set(intake.categories))),
            cci_category=assessment.cci_category,
            allegations=len(report.allegations),
            referred_at=report.referral.referred_at,
            mode=report.referral.mode and report.referral.mode.value,
            mode_decided_at=report.referral.mode_decided_at,
            triage=_triage(life),
        )
    ]


def is_complaint(life: Life) -> bool:
    """Whether it is dealt with as one: recorded so, handled outside Schedule 3, or told by the public and kept.

    A report whose receipt its source took back is none, whatever else a file says of it.
    """
    report = life.report
    if report.intake.received is None:
        return False
    if report.assessment.matter is not None:
        return report.assessment.matter is MatterKind.COMPLAINT
    if life.outside:
        return True
    gone = report.passing.stage is Stage.SIGNPOSTED or report.assessment.status is Handling.INTELLIGENCE_ONLY
    return report.intake.channel in OF_THE_PUBLIC and not gone


def _withdrawn(report: Report) -> bool:
    return report.inquiry.status is InquiryStatus.WITHDRAWN or report.closure.outcome is MatterOutcome.WITHDRAWN


def _suspended(pauses: tuple[Suspension, ...]) -> int | None:
    """Working days of the suspensions that are over."""
    over = [(pause.since, pause.until) for pause in pauses if pause.until is not None]
    if any(Precision.MONTH in (since.precision, until.precision) for since, until in over):
        return None
    return sum(working_days(since, until) for since, until in over)


def _triage(life: Life) -> str:
    report = life.report
    led_to = {
        "investigation": bool(report.inquiry.spans),
        "safeguarding": life.safeguarded,
        "intelligence": report.beside.intelligence > 0 or report.assessment.status is Handling.INTELLIGENCE_ONLY,
    }
    return " ".join(part for part, was in led_to.items() if was) or "none_of_these"


report_facts = Fan(
    "report_facts", row=ReportFacts, version=1, of="report-", replay=replay, evolve=Life.evolve, rows=_facts
)
