"""Notices: what happens in a case that its victim must be told."""

from enum import StrEnum

from domain.case.cancellation import CancellationApproved, CancellationReversed, TransferAccepted
from domain.case.closure import ReviewDecided
from domain.case.investigation import InvestigationDeclined, InvestigationUpdated, KeyEvent
from domain.case.outcome import OutcomeAssigned
from domain.case.recording import CrimeRecorded, N100Recorded, RecordingDeclined
from domain.event import Event


class About(StrEnum):
    """What the victim is told of."""

    RECORDED = "recorded"
    NOT_RECORDED = "not_recorded"
    CANCELLED = "cancelled"
    TRANSFERRED = "transferred"
    NO_INVESTIGATION = "no_investigation"
    UPDATE = "update"
    OUTCOME = "outcome"
    REVIEW = "review"


NOTICES: dict[type[Event], About] = {
    CrimeRecorded: About.RECORDED,
    CancellationReversed: About.RECORDED,
    RecordingDeclined: About.NOT_RECORDED,
    N100Recorded: About.NOT_RECORDED,
    CancellationApproved: About.CANCELLED,
    TransferAccepted: About.TRANSFERRED,
    InvestigationDeclined: About.NO_INVESTIGATION,
    InvestigationUpdated: About.UPDATE,
    OutcomeAssigned: About.OUTCOME,
    ReviewDecided: About.REVIEW,
}


def notice_of(event: Event) -> About | None:
    """What the victim must be told when this happens (Victims' Code; reference, 3.1 and 3.4); None: nothing."""
    if isinstance(event, InvestigationUpdated) and event.what is KeyEvent.OTHER:
        return None
    return NOTICES.get(type(event))
