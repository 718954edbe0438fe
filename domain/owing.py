"""What duties of every aggregate have in common: where one stands, and the stream in which its miss is raised."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from domain.values import Moment


class DutyStatus(StrEnum):
    """Where a duty stands at a moment."""

    OPEN = "open"
    PAUSED = "paused"
    OVERDUE = "overdue"
    MET = "met"
    MET_LATE = "met_late"
    LIFTED = "lifted"


def status_of(due: datetime, met_at: Moment | None, now: datetime, *, lifted: bool, paused: bool = False) -> DutyStatus:
    """Where a duty stands at `now`. A coarse time is late only if it is late at every instant it can mean."""
    if lifted:
        return DutyStatus.LIFTED
    if met_at is not None:
        return DutyStatus.MET if met_at.earliest <= due else DutyStatus.MET_LATE
    if paused:
        return DutyStatus.PAUSED
    return DutyStatus.OVERDUE if now > due else DutyStatus.OPEN


def miss_stream(of: str, kind: str, about: str | None, opened_by: UUID, prefix: str = "duty-") -> str:
    """The id of the stream in which the missed deadline of a duty is raised: the same for the same duty, always.

    `prefix` says whose duty it was: those of reports are `owed-`, for they are behind the walls of their report.
    """
    text = f"{of}|{kind}|{about or ''}|{opened_by}"
    return f"{prefix}{sha256(text.encode()).hexdigest()[:32]}"
