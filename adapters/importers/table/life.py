"""The order of the events in the life of a case or a report, as far as there is one."""

from functools import cache

from domain.case import cancellation, classification, recording
from domain.case.outcome import OutcomeAssigned
from domain.case.recording import CrimeRecorded, CrimeReported, IncidentRegistered, N100Recorded, RecordingDeclined
from domain.case.reference import ReferenceAdded
from domain.case.testimony import CrimeRecordEvidenced
from domain.event import Event
from domain.misconduct.subjects import SubjectIdentified, SubjectNoted

_STAGES: dict[type[Event], int] = {
    CrimeReported: 0,
    IncidentRegistered: 1,
    RecordingDeclined: 2,
    N100Recorded: 2,
    CrimeRecorded: 3,
    OutcomeAssigned: 4,
    SubjectNoted: 0,
    SubjectIdentified: 1,
}
_TRACKS = dict.fromkeys((cancellation.__name__, classification.__name__), recording.__name__)
_NUMBERS = ("subject", "allegation", "number")
ANY_ORDER = frozenset({OutcomeAssigned, CrimeRecordEvidenced, ReferenceAdded})
"""Facts that amount to the same in whatever order they arrive."""


def track(kind: type[Event]) -> str:
    """The track of a case that the event belongs to: the order of facts matters within a track."""
    return _TRACKS.get(kind.__module__, kind.__module__)


@cache
def stage(kind: type[Event]) -> int | None:
    """How far in the life of a case the event stands; a higher one never precedes a lower one. None: anywhere."""
    return _STAGES.get(kind)


def of_different_things(one: Event, other: Event) -> bool:
    """Whether they are about different subjects, allegations or escalations of one history."""
    ours, theirs = vars(one), vars(other)
    return any(name in ours and name in theirs and ours[name] != theirs[name] for name in _NUMBERS)


def is_decision(kind: type[Event]) -> bool:
    """Whether the event is the report, or leads to the decision whether to record it."""
    place = stage(kind)
    return place is not None and place <= _STAGES[CrimeRecorded]
