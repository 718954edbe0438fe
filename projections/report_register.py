"""Report register: one row per misconduct report, with where its tracks stand, its dates, and for whose eyes it is."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.misconduct.passing import Stage
from domain.misconduct.state import Report, replay
from domain.misconduct.walls import visibility
from domain.values import Moment
from projections.projection import Fan


class RegisteredReport(NamedTuple):
    """A report in codes, dates and counts. The first fields after its id are those of `Visibility`.

    `unit`: of the force, to which it was passed. `owner`: who investigates. `closure`: whether the matter is open.
    """

    report_id: str
    held_by: str | None
    service: bool
    corruption: bool
    staff: tuple[str, ...]
    units: tuple[str, ...]
    opened_by: str | None
    stage: str
    unit: str | None
    handling: str
    disposition: str | None
    matter: str | None
    referral: str
    mode: str | None
    inquiry: str
    closure: str
    outcome: str | None
    review: str
    channel: str | None
    anonymity: str | None
    about_force: str | None
    categories: tuple[str, ...]
    allegation_categories: tuple[str, ...]
    cci_category: str | None
    subjects: int
    identified: int
    allegations: int
    owner: str | None
    safeguarding: bool
    intelligence: int
    escalated: int
    received_at: Moment | None
    signposted_because: str | None
    passed_to: str | None
    passed_at: Moment | None
    acknowledged_at: Moment | None
    assessed_at: Moment | None
    recorded_at: Moment | None
    referral_kind: str | None
    referred_at: Moment | None
    mode_decided_at: Moment | None
    investigated_from: Moment | None
    closed_at: Moment | None


def _rows(stream: str, report: Report) -> Sequence[RegisteredReport]:
    passing, assessment, referral = report.passing, report.assessment, report.referral
    if passing.stage is Stage.NONE:
        return ()
    intake, seen = report.intake, visibility(report)
    standing = [each for each in report.allegations if not each.withdrawn]
    return (
        RegisteredReport(
            report_id=stream,
            held_by=seen.held_by,
            service=seen.service,
            corruption=seen.corruption,
            staff=tuple(sorted(seen.staff)),
            units=tuple(sorted(seen.units)),
            opened_by=seen.opened_by,
            stage=passing.stage.value,
            unit=passing.unit and passing.unit.value,
            handling=assessment.status.value,
            disposition=assessment.disposition and assessment.disposition.value,
            matter=assessment.matter and assessment.matter.value,
            referral=referral.status.value,
            mode=referral.mode and referral.mode.value,
            inquiry=report.inquiry.status.value,
            closure=report.closure.status.value,
            outcome=report.closure.outcome and report.closure.outcome.value,
            review=report.closure.review.value,
            channel=intake.channel and intake.channel.value,
            anonymity=intake.anonymity and intake.anonymity.value,
            about_force=intake.about_force,
            categories=intake.categories,
            allegation_categories=tuple(sorted({each.category for each in standing})),
            cci_category=assessment.cci_category,
            subjects=len(report.subjects),
            identified=sum(each.kind is not None for each in report.subjects),
            allegations=len(standing),
            owner=report.inquiry.investigator,
            safeguarding=report.beside.safeguarding,
            intelligence=report.beside.intelligence,
            escalated=len(report.beside.escalated),
            received_at=intake.received,
            signposted_because=passing.signposted_because and passing.signposted_because.value,
            passed_to=passing.to_force,
            passed_at=passing.passed_at,
            acknowledged_at=passing.acknowledged_at,
            assessed_at=assessment.assessed_at,
            recorded_at=assessment.recorded_at,
            referral_kind=referral.kind and referral.kind.value,
            referred_at=referral.referred_at,
            mode_decided_at=referral.mode_decided_at,
            investigated_from=report.inquiry.started,
            closed_at=report.closure.closed_at,
        ),
    )


report_register = Fan(
    "report_register",
    row=RegisteredReport,
    version=1,
    of="report-",
    replay=replay,
    evolve=Report.evolve,
    rows=_rows,
    indexes=("(held_by, report_id)", "(owner, report_id)", "(report_id) WHERE service"),
)
