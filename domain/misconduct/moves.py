"""The moves of a report: in which states of its tracks each command is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from domain.event import Command
from domain.misconduct.allegations import MakeAllegation, WithdrawAllegation
from domain.misconduct.appeals import DecideAppeal, LodgeAppeal
from domain.misconduct.assessment import AssessReport, Handling, NoteRecordingTest
from domain.misconduct.barred_list import NotifyBarredList
from domain.misconduct.closure import CloseMatter, SendOutcome
from domain.misconduct.correction import CorrectReport
from domain.misconduct.delay_facts import ExplainDelay, NoteProgress, PlanSteps
from domain.misconduct.delay_statement import SendDelayStatement
from domain.misconduct.determination import DetermineCase
from domain.misconduct.estimate import GiveEstimate
from domain.misconduct.identity import (
    DiscloseIdentity,
    IdentityStatus,
    ReleaseIdentity,
    RequestIdentity,
    WithdrawDisclosure,
)
from domain.misconduct.intake import ReceiveReport
from domain.misconduct.investigation import (
    AppointInvestigator,
    DiscontinueInvestigation,
    InquiryStatus,
    SendMisconductUpdate,
    StartMisconductInvestigation,
    SubmitInvestigationReport,
)
from domain.misconduct.mailbox import AnswerAsReporter, AskReporter, TellStatus
from domain.misconduct.notice import ServeMisconductNotice
from domain.misconduct.parallel import (
    CompleteSafeguarding,
    EscalateReport,
    RecordIntelligence,
    StartSafeguarding,
)
from domain.misconduct.passing import AcknowledgeReport, PassReport, SignpostReport, Stage
from domain.misconduct.proceedings import GiveNoticeOfProceedings, HoldProceedings, SubmitProceedingsReport
from domain.misconduct.referral import (
    DecideMode,
    IdentifyCriterion,
    NoteCallIn,
    RecordNoReferral,
    ReferralStatus,
    ReferToIopc,
)
from domain.misconduct.review import (
    AcknowledgeReview,
    DecideComplaintReview,
    MatterStatus,
    NoteReviewApplication,
    ReviewState,
)
from domain.misconduct.sanctions import ImposeSanction
from domain.misconduct.schedule3 import (
    HandleOutsideSch3,
    RecordComplaint,
    RecordConductMatter,
    RecordDsiMatter,
    StartLocalHandling,
)
from domain.misconduct.severity import AssessSeverity, ReviseSeverity
from domain.misconduct.standing import HELD, Standing
from domain.misconduct.sub_judice import ResumeSubJudice, SuspendSubJudice
from domain.misconduct.subjects import IdentifySubject, NoteSubject
from domain.misconduct.withdrawal import WithdrawComplaint

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
INVESTIGATED = frozenset({Q.UNDER_WAY, Q.SUSPENDED})
NOT_INVESTIGATED = ANY_INQUIRY - INVESTIGATED


@dataclass(frozen=True, slots=True)
class Where:
    """The states of each track in which a command is open.

    `safeguarding`: whether it must be under way, if it says. `subject`: one of them must stand so; None: however.
    """

    stage: frozenset[Stage] = EXISTS
    handling: frozenset[Handling] = ANY_HANDLING
    referral: frozenset[ReferralStatus] = ANY_REFERRAL
    inquiry: frozenset[InquiryStatus] = ANY_INQUIRY
    matter: frozenset[MatterStatus] = OPEN
    review: frozenset[ReviewState] = ANY_REVIEW
    identity: frozenset[IdentityStatus] = ANY_IDENTITY
    safeguarding: bool | None = None
    subject: frozenset[Standing] | None = None


def _identity(*statuses: IdentityStatus) -> Where:
    return Where(identity=frozenset(statuses), matter=ANY_MATTER)


def _inquiry(*statuses: InquiryStatus) -> Where:
    return Where(stage=HERE, inquiry=frozenset(statuses))


def _subject(*standings: Standing, matter: frozenset[MatterStatus] = OPEN) -> Where:
    return Where(stage=HERE, matter=matter, subject=frozenset(standings))


MOVES: Mapping[type[Command[Any]], Where] = MappingProxyType(
    {
        ReceiveReport: Where(stage=frozenset({S.NONE})),
        CorrectReport: Where(matter=ANY_MATTER),
        AskReporter: Where(matter=ANY_MATTER),
        AnswerAsReporter: Where(matter=ANY_MATTER),
        TellStatus: Where(matter=ANY_MATTER),
        DiscloseIdentity: _identity(IdentityStatus.UNTOLD, IdentityStatus.RELEASED),
        WithdrawDisclosure: _identity(IdentityStatus.DISCLOSED, IdentityStatus.REQUESTED),
        RequestIdentity: _identity(IdentityStatus.DISCLOSED, IdentityStatus.REQUESTED, IdentityStatus.RELEASED),
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
        StartMisconductInvestigation: Where(
            stage=HERE,
            handling=RECORDED,
            referral=frozenset({F.NONE, F.MODE_DECIDED}),
            inquiry=NOT_INVESTIGATED,
        ),
        AppointInvestigator: _inquiry(*INVESTIGATED),
        AssessSeverity: _inquiry(*INVESTIGATED, Q.REPORTED),
        ReviseSeverity: _inquiry(*INVESTIGATED, Q.REPORTED),
        ServeMisconductNotice: _inquiry(*INVESTIGATED),
        SuspendSubJudice: _inquiry(Q.UNDER_WAY),
        ResumeSubJudice: _inquiry(Q.SUSPENDED),
        SendMisconductUpdate: _inquiry(*INVESTIGATED),
        NoteProgress: _inquiry(*INVESTIGATED),
        GiveEstimate: _inquiry(*INVESTIGATED),
        ExplainDelay: _inquiry(*INVESTIGATED),
        PlanSteps: _inquiry(*INVESTIGATED),
        SendDelayStatement: _inquiry(*INVESTIGATED),
        SubmitInvestigationReport: _inquiry(Q.UNDER_WAY),
        DiscontinueInvestigation: _inquiry(*INVESTIGATED),
        WithdrawComplaint: _inquiry(*(ANY_INQUIRY - {Q.WITHDRAWN})),
        DetermineCase: _subject(
            Standing.UNDETERMINED, Standing.DETERMINED, Standing.AWAITS_NOTICE, Standing.AWAITS_PROCEEDINGS
        ),
        GiveNoticeOfProceedings: _subject(Standing.AWAITS_NOTICE),
        HoldProceedings: _subject(Standing.AWAITS_PROCEEDINGS),
        SubmitProceedingsReport: _subject(*HELD),
        ImposeSanction: _subject(Standing.AWAITS_SANCTION),
        LodgeAppeal: _subject(Standing.SANCTIONED),
        DecideAppeal: _subject(Standing.UNDER_APPEAL),
        NotifyBarredList: _subject(Standing.SANCTIONED, Standing.UNDER_APPEAL, Standing.OVER, matter=ANY_MATTER),
        CloseMatter: Where(stage=HERE),
        SendOutcome: Where(matter=CLOSED, review=frozenset({V.NONE})),
        NoteReviewApplication: Where(matter=CLOSED, review=frozenset({V.NONE})),
        AcknowledgeReview: Where(matter=CLOSED, review=frozenset({V.APPLIED})),
        DecideComplaintReview: Where(matter=CLOSED, review=frozenset({V.APPLIED, V.ACKNOWLEDGED})),
    }
)
