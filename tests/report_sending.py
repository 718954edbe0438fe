"""What is sent before each command of a misconduct report, from intake to review, and who sends it."""

from domain.event import Role

TAKEN = ("ReceiveReport",)
AT_THE_FORCE = (*TAKEN, "PassReport", "AcknowledgeReport")
TO_RECORD = (*AT_THE_FORCE, "AssessReport disposition=record")
RECORDED = (*TO_RECORD, "RecordComplaint")
LOCAL = (*RECORDED, "StartLocalHandling")
CLOSED = (*LOCAL, "CloseMatter")
SENT = (*CLOSED, "SendOutcome")
DISCLOSED = (*TAKEN, "DiscloseIdentity recipient=psd_investigator-1")
ABOUT_SOMEBODY = (*TAKEN, "NoteSubject")

BEFORE: dict[str, tuple[str, ...]] = {
    "ReceiveReport": (),
    "AskReporter": TAKEN,
    "AnswerAsReporter": TAKEN,
    "TellStatus": TAKEN,
    "DiscloseIdentity": TAKEN,
    "WithdrawDisclosure": DISCLOSED,
    "RequestIdentity": DISCLOSED,
    "ReleaseIdentity": (*DISCLOSED, "RequestIdentity"),
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
    "DecideComplaintReview": (*SENT, "NoteReviewApplication"),
}
SENT_BY = {
    "ReceiveReport": Role.INTAKE_OPERATOR,
    "AnswerAsReporter": Role.INTAKE_OPERATOR,
    "DiscloseIdentity": Role.INTAKE_OPERATOR,
    "WithdrawDisclosure": Role.INTAKE_OPERATOR,
    "ReleaseIdentity": Role.APPROPRIATE_AUTHORITY,
}
