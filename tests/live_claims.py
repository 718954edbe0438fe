"""What is claimed of a case at the live door, reckoned from its raw entries and not from what the domain derives."""

from collections.abc import Sequence
from datetime import datetime

import duty_oracle

from domain.case.cancellation import CancellationApproved, CancellationRequested, TransferAccepted, TransferRequested
from domain.case.classification import ReceiptEstablished
from domain.case.closure import CaseClosed, ClosureStatus
from domain.case.duties import DutyKind
from domain.case.investigation import InvestigationAllocated
from domain.case.outcome import OutcomeAssigned
from domain.case.recording import CrimeRecorded, CrimeReported, RecordingStatus
from domain.case.state import Case
from domain.case.victim import VictimStatementRecorded
from domain.event import Event, RecordedEvent, Role

RAPES, FRAUDS, SELF_DEFENCE = {"19C", "19F"}, {"53"}, {"8N"}  # of the offences that live_case.py draws


def _last(entries: Sequence[RecordedEvent], *kinds: type[Event]) -> RecordedEvent | None:
    return next((e for e in reversed(entries) if isinstance(e.event, kinds)), None)


def _offence(right: Sequence[RecordedEvent]) -> str | None:
    offences = [getattr(e.event, "offence", None) for e in right]
    return next((offence for offence in reversed(offences) if offence), None)


def cancelled_properly(case: Case, entries: list[RecordedEvent], right: list[RecordedEvent]) -> None:
    """A crime that a person took out of the register shows what that needs, and another with the authority did it."""
    if case.recording.status not in (RecordingStatus.CANCELLED, RecordingStatus.TRANSFERRED):
        return
    moved = case.recording.status is RecordingStatus.TRANSFERRED
    end, ask = (TransferAccepted, TransferRequested) if moved else (CancellationApproved, CancellationRequested)
    approval, asked = _last(entries, end), _last(right, ask)
    assert approval is not None, "cancelled, and nobody approved it"
    assert asked is not None, "cancelled, and nobody asked for it"
    request = asked.event
    if isinstance(request, CancellationRequested):
        shown = {
            "C2": request.verifiable_information,
            "C3": request.surviving not in (None, case.id, case.recording.crime_reference),
            "C4": request.error,
            "C5": request.self_defence and _offence(right) in SELF_DEFENCE,
        }
        assert shown[request.code], "cancelled without the evidence that the code needs"
    rape = any(getattr(e.event, "offence", None) in RAPES for e in right)
    may = {Role.FORCE_CRIME_REGISTRAR, *([] if rape else [Role.DESIGNATED_DECISION_MAKER])}
    assert approval.role in may, "cancelled by a person without the authority"
    assert approval.actor != asked.actor, "cancelled by the person who asked for it"
    recorders = {e.actor for e in entries if isinstance(e.event, CrimeRecorded)}
    officers = {e.event.officer for e in entries if isinstance(e.event, InvestigationAllocated)}
    assert approval.actor not in recorders | officers, "cancelled by a person who recorded or investigated it"


def told_before_closing(case: Case, entries: list[RecordedEvent], right: list[RecordedEvent], now: datetime) -> None:
    """A case that a person closed owes its victim no notice, and has an outcome if it is a recorded crime."""
    closed = _last(entries, CaseClosed)
    if case.closure.status is not ClosureStatus.CLOSED or closed is None or closed.source is not None:
        return
    live = [e._replace(source=None) for e in right]
    still = [d for d in duty_oracle.owed(live, now) if d.about and d.stands in ("open", "overdue", "paused")]
    assert not still, "closed, and the victim was not told"
    if case.recording.status is RecordingStatus.RECORDED:
        assert _last(right, OutcomeAssigned) is not None, "closed without an outcome"


def outcome_rests_on_what_was_said(case: Case, right: list[RecordedEvent]) -> None:
    """An outcome that a person assigned rests on what the victim said, was in force, and is fit for the offence."""
    found = _last(right, OutcomeAssigned)
    if found is None or found.source is not None:
        return
    assert isinstance(found.event, OutcomeAssigned)
    said = [e.event.supports for e in right if isinstance(e.event, VictimStatementRecorded)]
    assert found.event.outcome not in (14, 16) or False in said, "14 or 16 without a statement of the victim"
    assert found.event.outcome != 19 or _offence(right) in FRAUDS, "type 19 for what is no fraud"
    since = {21: "2016-01-01", 22: "2019-04-01"}.get(found.event.outcome or 0, "")
    assert str(found.at.earliest.astimezone(duty_oracle.LONDON).date()) >= since, "an outcome type before its time"


def undecided_is_watched(case: Case, right: list[RecordedEvent], now: datetime) -> None:
    """A report on which nobody decided is not closed, and its clock runs or ran out, unless it is counted elsewhere."""
    if case.recording.status not in (RecordingStatus.REPORTED, RecordingStatus.INCIDENT):
        return
    assert case.closure.status is ClosureStatus.OPEN, "closed, and nobody decided on the report"
    received = next(e for e in reversed(right) if isinstance(e.event, CrimeReported | ReceiptEstablished))
    if right[0].source is not None:
        return
    due, _ = duty_oracle.recording_clock(received.event.received_at)  # type: ignore[attr-defined]
    clocks = [d for d in case.duties if d.kind is DutyKind.RECORDING]
    assert [(d.due, d.met_by) for d in clocks] == [(due, None)], "a report that no clock runs for"
    linked = case.link.under is not None
    expected = "lifted" if linked else "overdue" if now > due else "open"
    assert clocks[0].status(now) == expected, "a report whose clock does not tell"
