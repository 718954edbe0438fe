"""Cancellation: how many recorded crimes leave the register, and on whose authority?"""

from domain.case.recording import RecordingStatus
from domain.rules import rule_book
from projections.case_row import ENTERED, CaseFacts
from projections.metrics.kinds import DATE_UNKNOWN, RECORDED_ONLY, Share

FRAUD = "fraud is not part of crime data integrity"
TRANSFERRED = "transferred to another force (C1)"
APPROVER_UNKNOWN = "who approved it is not stated"
REQUESTER_UNKNOWN = "who asked for it is not stated"
OFFENCE_UNKNOWN = "whether it was a rape is not stated"


def _cancelled(row: CaseFacts) -> bool:
    return row.status == RecordingStatus.CANCELLED


def _no_rate(row: CaseFacts) -> str | None:
    """A publication shows that a crime was recorded, and never that it was cancelled."""
    if row.recorded_at is None:
        return DATE_UNKNOWN if row.status in ENTERED else None
    if not row.own_record and row.coverage != "full":
        return RECORDED_ONLY
    if row.stratum == "fraud":
        return FRAUD
    return TRANSFERRED if row.status == RecordingStatus.TRANSFERRED else None


cancellation_rate = Share(
    name="cancellation_rate",
    question="Of the crimes recorded in the period, how many are cancelled (C2 to C5)?",
    unit="crime",
    cohort="recorded_at",
    of=lambda row: row.recorded_at is not None,
    counts=_cancelled,
    excluded_because=_no_rate,
    rule_sets=("cancellation-1",),
    source="HMICFRS crime data integrity programme; Home Office Counting Rules: cancelled records",
    note="By the date of recording, not of cancellation: later months have had less time. A cancellation that was "
    "reversed does not count; a transfer to another force (C1) is excluded, and so is fraud.",
)


def _approved_wrongly(row: CaseFacts) -> bool | str:
    """Whether the approver had no authority, or why that cannot be told."""
    rules = rule_book().cancellation
    if row.approved_by is None:
        return APPROVER_UNKNOWN
    if row.approved_as not in rules.approvers or row.approver_had_part:
        return True
    registrar = row.approved_as in rules.rape_approvers
    if row.was_rape and not registrar:
        return True
    if row.asked_by is None:
        return REQUESTER_UNKNOWN
    return OFFENCE_UNKNOWN if row.offence is None and not registrar else False


def _not_judged(row: CaseFacts) -> str | None:
    if not _cancelled(row):
        return None
    if row.stratum == "fraud":
        return FRAUD
    found = _approved_wrongly(row)
    return found if isinstance(found, str) else None


unauthorised_cancellation = Share(
    name="unauthorised_cancellation",
    question="Of the cancellations (C2 to C5) approved in the period, how many were approved by somebody who must not?",
    unit="cancellation",
    cohort="cancelled_at",
    of=_cancelled,
    counts=lambda row: _approved_wrongly(row) is True,
    excluded_because=_not_judged,
    rule_sets=("cancellation-1",),
    source="HMICFRS crime data integrity, Hampshire 2018; Home Office Counting Rules: designated decision makers",
    note="Counted: an approver who is no designated decision maker nor the force crime registrar; of what ever was "
    "recorded as a rape, anybody but the registrar; and whoever asked for it, recorded or investigated the crime, or "
    "was given it. The live door refuses all of these, so what counts came in as history. Where a file does not say "
    "who approved or who asked, it is excluded; who recorded counts as far as it is known. Missing evidence is not "
    "counted here, nor are cancellations that were reversed.",
)
