"""What is sent before each command of a misconduct investigation, and of what follows it."""

ABOUT_SOMEBODY = ("NoteSubject", "IdentifySubject", "MakeAllegation")
RECORDED = ("AssessReport disposition=record", "RecordComplaint")
READY = ("ReceiveReport", "PassReport", "AcknowledgeReport", *ABOUT_SOMEBODY, *RECORDED)
STARTED = (*READY, "StartMisconductInvestigation")
SEVERE = (*STARTED, "AssessSeverity")
REPORTED = (*SEVERE, "SubmitInvestigationReport")
TO_HEARING = (*REPORTED, "DetermineCase by=hearing")
NOTIFIED = (*TO_HEARING, "GiveNoticeOfProceedings")
HELD = (*NOTIFIED, "HoldProceedings")
SANCTIONED = (*HELD, "ImposeSanction")
# Long ago, so that a statement on the delay is due whenever this is sent.
LONG_AGO = ("ReceiveReport channel=public received=2024-01-01", "AcknowledgeReport", *ABOUT_SOMEBODY, *RECORDED)
LATE = (*LONG_AGO, "StartMisconductInvestigation", "AssessSeverity", "ServeMisconductNotice")

BEFORE: dict[str, tuple[str, ...]] = {
    "StartMisconductInvestigation": READY,
    "AppointInvestigator": STARTED,
    "AssessSeverity": STARTED,
    "ReviseSeverity": SEVERE,
    "ServeMisconductNotice": SEVERE,
    "SuspendSubJudice": STARTED,
    "ResumeSubJudice": (*STARTED, "SuspendSubJudice"),
    "SendMisconductUpdate": STARTED,
    "NoteProgress": STARTED,
    "GiveEstimate": STARTED,
    "ExplainDelay": STARTED,
    "PlanSteps": STARTED,
    "SendDelayStatement": (*LATE, "NoteProgress", "GiveEstimate", "ExplainDelay", "PlanSteps"),
    "SubmitInvestigationReport": SEVERE,
    "DiscontinueInvestigation": STARTED,
    "WithdrawComplaint": STARTED,
    "DetermineCase": REPORTED,
    "GiveNoticeOfProceedings": TO_HEARING,
    "HoldProceedings": NOTIFIED,
    "SubmitProceedingsReport": HELD,
    "ImposeSanction": HELD,
    "LodgeAppeal": SANCTIONED,
    "DecideAppeal": (*SANCTIONED, "LodgeAppeal"),
    "NotifyBarredList": SANCTIONED,
}
