"""The row of case facts: what is known of a case, as far as the metrics and the ledger of the unrecorded need it."""

from datetime import datetime
from typing import NamedTuple

from domain.case.recording import RecordingStatus
from domain.values import Moment

NO_STRATUM = "undecidable"
SUPPORTS, DOES_NOT_SUPPORT = "supports", "does_not_support"
# The crime is, or once was, in the register of the force.
ENTERED = frozenset(
    {
        RecordingStatus.RECORDED,
        RecordingStatus.CANCEL_PENDING,
        RecordingStatus.TRANSFER_PENDING,
        RecordingStatus.CANCELLED,
        RecordingStatus.TRANSFERRED,
    }
)


class CaseFacts(NamedTuple):
    """What is known of a case. Moments keep their precision; `coverage` says what its source can show.

    `receipt` is claimed or established; `own_record`: the force itself states when it recorded the crime;
    `linked_under` is the case that stands for the incident; `asked_as` the code (C1 to C5) under which the crime is to
    leave the register, `cancelled_as` the one under which it left. `asked_by` and `approved_by` are None where a file
    does not say who it was; `had_part`: whoever asked for it to leave, recorded, investigated or was given it;
    `approver_had_part`: whether the approver had been one of them. `tell_by`: the last instant to tell the victim of
    the last decision not to record it. `victim_said` holds whether the victim supports action, with the time of each
    statement. `testified_at`: when the first testimony that still stands was written; `broken`: the rules that
    testimony breaks, with spaces between them. `area`: the place code of the report, else the census area of the latest
    publication; `own_area` says which, `placed` what that publication states. `domestic_abuse` is yes or no if it
    was flagged or ruled out, else None: unknown. `decided_by_unit`: of whoever took the first decision.
    `refer_by`: the last instant to refer the victim to a support service. The other lists have one entry per line.
    """

    case_id: str
    force: str
    coverage: str
    status: str = "none"
    received_at: Moment | None = None
    receipt: str | None = None
    reported_at: Moment | None = None
    record_by: Moment | None = None
    rule_set: str | None = None
    route: str | None = None
    reporter_role: str | None = None
    alleged: str | None = None
    registered_at: Moment | None = None
    decision: str | None = None
    decided_at: Moment | None = None
    decided_written_at: datetime | None = None
    recorded_at: Moment | None = None
    recorded_before: Moment | None = None
    own_record: bool = False
    offence: str | None = None
    offence_group: str | None = None
    stratum: str = NO_STRATUM
    category: str | None = None
    outcome: int | None = None
    outcome_category: str | None = None
    outcome_at: Moment | None = None
    last_outcome: str | None = None
    asked_as: str | None = None
    cancelled_as: str | None = None
    cancelled_at: Moment | None = None
    closed_at: Moment | None = None
    linked_under: str | None = None
    broken: str = ""
    asked_by: str | None = None
    approved_by: str | None = None
    approved_as: str | None = None
    approver_had_part: bool = False
    had_part: str = ""
    was_rape: bool = False
    enhanced: bool = False
    declined_at: Moment | None = None
    declined_as: str | None = None
    declined_by_event: str | None = None
    tell_by: datetime | None = None
    told_declined_at: Moment | None = None
    untold_at: Moment | None = None
    untold_because: str | None = None
    victim_said: str = ""
    testified_at: datetime | None = None
    area: str | None = None
    own_area: bool = False
    placed: str = ""
    domestic_abuse: str | None = None
    decided_by_unit: str | None = None
    refer_by: datetime | None = None
    referred_at: Moment | None = None
    not_referred_at: Moment | None = None
    not_referred_because: str | None = None
