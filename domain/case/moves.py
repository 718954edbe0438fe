"""The moves of a case: in which states of its tracks each command is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from domain.case.cancellation import ApproveCancellation, RefuseCancellation, RequestCancellation, ReverseCancellation
from domain.case.classification import EstablishReceipt, ReclassifyCrime
from domain.case.closure import (
    CloseCase,
    ClosureStatus,
    DecideReview,
    ReopenCase,
    RequestReview,
    ReviewStatus,
)
from domain.case.codes import IN_THE_REGISTER, UNDECIDED
from domain.case.correction import CorrectFact
from domain.case.duties import PauseDuty, ResumeDuty
from domain.case.flags import FlagCrime, UnflagCrime
from domain.case.investigation import (
    AllocateInvestigation,
    DeclineInvestigation,
    FinishInvestigation,
    InvestigationStatus,
    ResumeInvestigation,
    StartInvestigation,
    SubmitFile,
    SuspendInvestigation,
    UpdateInvestigation,
)
from domain.case.linking import LinkCase, UnlinkCase
from domain.case.outcome import AssignOutcome
from domain.case.ownership import AssignOwner
from domain.case.recording import (
    DeclineRecording,
    RecordCrime,
    RecordingStatus,
    RecordN100,
    RegisterIncident,
    ReportCrime,
)
from domain.case.reference import AddReference
from domain.case.transfer import AcceptTransfer, RefuseTransfer, RequestTransfer
from domain.case.victim import (
    AssessNeeds,
    DeclineSupportReferral,
    InformVictim,
    MakeSupportReferral,
    RecordVictimStatement,
    SendAcknowledgement,
    WaiveVictimNotice,
)
from domain.event import Command

R, I = RecordingStatus, InvestigationStatus  # noqa: E741
ANY_RECORDING, ANY_INVESTIGATION = frozenset(R), frozenset(I)
ANY_CLOSURE, ANY_REVIEW = frozenset(ClosureStatus), frozenset(ReviewStatus)

EXISTS = ANY_RECORDING - {R.NONE}
INVESTIGABLE = UNDECIDED | IN_THE_REGISTER | {R.N100}
OPEN = frozenset({ClosureStatus.OPEN})


@dataclass(frozen=True, slots=True)
class Where:
    """The states of each track in which a command is open."""

    recording: frozenset[RecordingStatus] = EXISTS
    investigation: frozenset[InvestigationStatus] = ANY_INVESTIGATION
    closure: frozenset[ClosureStatus] = ANY_CLOSURE
    review: frozenset[ReviewStatus] = ANY_REVIEW


def _recording(*statuses: RecordingStatus, closure: frozenset[ClosureStatus] = ANY_CLOSURE) -> Where:
    return Where(recording=frozenset(statuses), closure=closure)


def _investigation(*statuses: InvestigationStatus) -> Where:
    return Where(recording=INVESTIGABLE, investigation=frozenset(statuses), closure=OPEN)


MOVES: Mapping[type[Command[Any]], Where] = MappingProxyType(
    {
        ReportCrime: _recording(R.NONE),
        RegisterIncident: _recording(R.REPORTED, closure=OPEN),
        RecordCrime: _recording(R.REPORTED, R.INCIDENT, R.NOT_RECORDED, R.N100, closure=OPEN),
        RecordN100: _recording(R.REPORTED, R.INCIDENT, closure=OPEN),
        DeclineRecording: _recording(R.REPORTED, R.INCIDENT, closure=OPEN),
        EstablishReceipt: Where(),
        ReclassifyCrime: _recording(R.RECORDED),
        LinkCase: Where(),
        UnlinkCase: Where(),
        RequestCancellation: _recording(R.RECORDED),
        ApproveCancellation: _recording(R.CANCEL_PENDING),
        RefuseCancellation: _recording(R.CANCEL_PENDING),
        RequestTransfer: _recording(R.RECORDED),
        AcceptTransfer: _recording(R.TRANSFER_PENDING),
        RefuseTransfer: _recording(R.TRANSFER_PENDING),
        ReverseCancellation: _recording(R.CANCELLED, R.TRANSFERRED),
        AllocateInvestigation: _investigation(*(ANY_INVESTIGATION - {I.FILE_SUBMITTED})),
        StartInvestigation: _investigation(I.ALLOCATED),
        UpdateInvestigation: _investigation(I.ALLOCATED, I.UNDER_INVESTIGATION, I.SUSPENDED, I.FILE_SUBMITTED),
        SuspendInvestigation: _investigation(I.UNDER_INVESTIGATION),
        ResumeInvestigation: _investigation(I.SUSPENDED),
        SubmitFile: _investigation(I.UNDER_INVESTIGATION),
        FinishInvestigation: _investigation(I.UNDER_INVESTIGATION, I.FILE_SUBMITTED),
        DeclineInvestigation: _investigation(I.NOT_STARTED, I.ALLOCATED),
        AssignOutcome: Where(recording=IN_THE_REGISTER, closure=OPEN),
        CloseCase: _recording(R.NOT_RECORDED, R.N100, R.RECORDED, R.TRANSFERRED, R.CANCELLED, closure=OPEN),
        ReopenCase: Where(closure=frozenset({ClosureStatus.CLOSED})),
        RequestReview: Where(review=frozenset({ReviewStatus.NONE})),
        DecideReview: Where(review=frozenset({ReviewStatus.REQUESTED})),
        AssessNeeds: Where(),
        SendAcknowledgement: Where(),
        MakeSupportReferral: Where(),
        DeclineSupportReferral: Where(),
        InformVictim: Where(),
        WaiveVictimNotice: Where(),
        RecordVictimStatement: Where(),
        PauseDuty: Where(),
        ResumeDuty: Where(),
        AssignOwner: Where(),
        FlagCrime: Where(),
        UnflagCrime: Where(),
        AddReference: Where(),
        CorrectFact: Where(),
    }
)
