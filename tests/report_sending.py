"""What is sent before each command of a misconduct report, from intake to review, and who sends it."""

from domain.event import Role

TAKEN = ("ReceiveReport",)  # by the professional standards unit itself, which then deals with it
AT_THE_SERVICE = ("ReceiveReport by:intake_operator",)
AT_THE_FORCE = (*TAKEN, "PassReport", "AcknowledgeReport")
TO_RECORD = (*AT_THE_FORCE, "AssessReport disposition=record")
RECORDED = (*TO_RECORD, "RecordComplaint")
LOCAL = (*RECORDED, "StartLocalHandling")
CLOSED = (*LOCAL, "CloseMatter")
SENT = (*CLOSED, "SendOutcome")
DISCLOSED = (*AT_THE_SERVICE, "DiscloseIdentity recipient=psd_investigator-1")
PASSED_ON = (*DISCLOSED, "PassReport by:intake_operator")
ABOUT_SOMEBODY = (*TAKEN, "NoteSubject")

BEFORE: dict[str, tuple[str, ...]] = {
    "ReceiveReport": (),
    "CorrectReport": TAKEN,
    "AskReporter": TAKEN,
    "AnswerAsReporter": AT_THE_SERVICE,
    "TellStatus": TAKEN,
    "DiscloseIdentity": AT_THE_SERVICE,
    "WithdrawDisclosure": DISCLOSED,
    "RequestIdentity": PASSED_ON,
    "ReleaseIdentity": (*PASSED_ON, "RequestIdentity"),
    "SignpostReport": TAKEN,
    "PassReport": TAKEN,
    "AcknowledgeReport": (*TAKEN, "PassReport"),
    "StartSafeguarding": TAKEN,
    "CompleteSafeguarding": (*TAKEN, "StartSafeguarding"),
    "RecordIntelligence": TAKEN,
    "EscalateReport": TAKEN,
    "NoteSubject": TAKEN,
    "IdentifySubject": ABOUT_SOMEBODY,
    "MakeAllegation": ABOUT_SOMEBODY,
    "WithdrawAllegation": (*ABOUT_SOMEBODY, "MakeAllegation"),
    "AssessReport": AT_THE_FORCE,
    "NoteRecordingTest": AT_THE_FORCE,
    "RecordComplaint": TO_RECORD,
    "RecordConductMatter": TO_RECORD,
    "RecordDsiMatter": (*TO_RECORD, "NoteRecordingTest test=death_or_serious_injury"),
    "HandleOutsideSch3": (*AT_THE_FORCE, "AssessReport disposition=outside_sch3"),
    "StartLocalHandling": RECORDED,
    "IdentifyCriterion": (*RECORDED, "NoteRecordingTest test=mandatory_referral"),
    "NoteCallIn": RECORDED,
    "ReferToIopc": RECORDED,
    "RecordNoReferral": (*RECORDED, "IdentifyCriterion"),
    "DecideMode": (*RECORDED, "ReferToIopc"),
    "CloseMatter": LOCAL,
    "SendOutcome": CLOSED,
    "NoteReviewApplication": SENT,
    "AcknowledgeReview": (*SENT, "NoteReviewApplication"),
    "DecideComplaintReview": (*SENT, "NoteReviewApplication"),
}
SENT_BY = {
    "AnswerAsReporter": Role.INTAKE_OPERATOR,
    "DiscloseIdentity": Role.INTAKE_OPERATOR,
    "WithdrawDisclosure": Role.INTAKE_OPERATOR,
    "ReleaseIdentity": Role.APPROPRIATE_AUTHORITY,
}
