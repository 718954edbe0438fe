"""The moves of a report: in which states of its tracks each command is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from domain.event import Command
from domain.misconduct.allegations import MakeAllegation, WithdrawAllegation
from domain.misconduct.assessment import AssessReport, Handling, NoteRecordingTest
from domain.misconduct.closure import CloseMatter, SendOutcome
from domain.misconduct.identity import (
    DiscloseIdentity,
    IdentityStatus,
    ReleaseIdentity,
    RequestIdentity,
    WithdrawDisclosure,
)
from domain.misconduct.intake import ReceiveReport
from domain.misconduct.investigation import InquiryStatus
from domain.misconduct.mailbox import AnswerAsReporter, AskReporter, TellStatus
from domain.misconduct.parallel import (
    CompleteSafeguarding,
    EscalateReport,
    RecordIntelligence,
    StartSafeguarding,
)
from domain.misconduct.passing import AcknowledgeReport, PassReport, SignpostReport, Stage
from domain.misconduct.referral import (
    DecideMode,
    IdentifyCriterion,
    NoteCallIn,
    RecordNoReferral,
    ReferralStatus,
    ReferToIopc,
)
from domain.misconduct.review import DecideComplaintReview, MatterStatus, NoteReviewApplication, ReviewState
from domain.misconduct.schedule3 import (
    HandleOutsideSch3,
    RecordComplaint,
    RecordConductMatter,
    RecordDsiMatter,
    StartLocalHandling,
)
from domain.misconduct.subjects import IdentifySubject, NoteSubject

S, H, F, Q, V = Stage, Handling, ReferralStatus, InquiryStatus, ReviewState
ANY_STAGE, ANY_HANDLING, ANY_REFERRAL = frozenset(Stage), frozenset(Handling), frozenset(ReferralStatus)
ANY_INQUIRY, ANY_REVIEW, ANY_IDENTITY = frozenset(InquiryStatus), frozenset(ReviewState), frozenset(IdentityStatus)
ANY_MATTER = frozenset(MatterStatus)

EXISTS = ANY_STAGE - {S.NONE}
LIVE = EXISTS - {S.SIGNPOSTED}
OPEN, CLOSED = frozenset({MatterStatus.OPEN}), frozenset({MatterStatus.CLOSED})
HERE = frozenset({S.ACKNOWLEDGED})
TO_RECORD = frozenset({H.ASSESSED, H.INTELLIGENCE_ONLY, H.OUTSIDE_SCH3})
RECORDED = frozenset({H.RECORDED, H.LOCAL_HANDLING})
NOT_INVESTIGATED = ANY_INQUIRY - {Q.UNDER_WAY, Q.SUSPENDED}


@dataclass(frozen=True, slots=True)
class Where:
    """The states of each track in which a command is open. `safeguarding`: whether it must be under way, if it says."""

    stage: frozenset[Stage] = EXISTS
    handling: frozenset[Handling] = ANY_HANDLING
    referral: frozenset[ReferralStatus] = ANY_REFERRAL
    inquiry: frozenset[InquiryStatus] = ANY_INQUIRY
    matter: frozenset[MatterStatus] = OPEN
    review: frozenset[ReviewState] = ANY_REVIEW
    identity: frozenset[IdentityStatus] = ANY_IDENTITY
    safeguarding: bool | None = None


def _identity(*statuses: IdentityStatus) -> Where:
    return Where(identity=frozenset(statuses), matter=ANY_MATTER)


MOVES: Mapping[type[Command[Any]], Where] = MappingProxyType(
    {
        ReceiveReport: Where(stage=frozenset({S.NONE})),
        AskReporter: Where(matter=ANY_MATTER),
        AnswerAsReporter: Where(matter=ANY_MATTER),
        TellStatus: Where(matter=ANY_MATTER),
        DiscloseIdentity: _identity(IdentityStatus.UNTOLD),
        WithdrawDisclosure: _identity(IdentityStatus.DISCLOSED, IdentityStatus.REQUESTED),
        RequestIdentity: _identity(IdentityStatus.DISCLOSED),
        ReleaseIdentity: _identity(IdentityStatus.REQUESTED),
        SignpostReport: Where(stage=LIVE, handling=frozenset({H.UNASSESSED})),
        PassReport: Where(stage=LIVE, handling=frozenset({H.UNASSESSED})),
        AcknowledgeReport: Where(stage=frozenset({S.RECEIVED, S.PASSED})),
        StartSafeguarding: Where(matter=ANY_MATTER, safeguarding=False),
        CompleteSafeguarding: Where(matter=ANY_MATTER, safeguarding=True),
        RecordIntelligence: Where(matter=ANY_MATTER),
        EscalateReport: Where(stage=LIVE),
        NoteSubject: Where(stage=LIVE),
        IdentifySubject: Where(stage=LIVE),
        MakeAllegation: Where(stage=LIVE),
        WithdrawAllegation: Where(stage=LIVE),
        AssessReport: Where(stage=HERE, handling=frozenset({H.UNASSESSED, H.ASSESSED, H.INTELLIGENCE_ONLY})),
        NoteRecordingTest: Where(stage=HERE),
        RecordComplaint: Where(stage=HERE, handling=TO_RECORD),
        RecordConductMatter: Where(stage=HERE, handling=TO_RECORD),
        RecordDsiMatter: Where(stage=HERE, handling=TO_RECORD),
        HandleOutsideSch3: Where(stage=HERE, handling=frozenset({H.ASSESSED})),
        StartLocalHandling: Where(
            stage=HERE,
            handling=frozenset({H.RECORDED}),
            referral=frozenset({F.NONE, F.MODE_DECIDED}),
            inquiry=NOT_INVESTIGATED,
        ),
        IdentifyCriterion: Where(stage=HERE),
        NoteCallIn: Where(stage=HERE, referral=ANY_REFERRAL - {F.REFERRED}),
        ReferToIopc: Where(stage=HERE, referral=frozenset({F.NONE, F.DUE, F.MODE_DECIDED})),
        RecordNoReferral: Where(stage=HERE, referral=frozenset({F.DUE})),
        DecideMode: Where(stage=HERE, referral=frozenset({F.REFERRED, F.MODE_DECIDED})),
        CloseMatter: Where(stage=HERE),
        SendOutcome: Where(matter=CLOSED, review=frozenset({V.NONE})),
        NoteReviewApplication: Where(matter=CLOSED, review=frozenset({V.NONE})),
        DecideComplaintReview: Where(matter=CLOSED, review=frozenset({V.APPLIED})),
    }
)
