"""Commands as their documentation has them: what must be sent before, and by whom."""

from typing import Any

import httpx
from api import Api
from inspection_sending import BEFORE as BEFORE_IN_INSPECTIONS
from inspection_sending import made_ready
from proceedings_sending import BEFORE as BEFORE_IN_PROCEEDINGS
from report_sending import BEFORE as BEFORE_IN_REPORTS
from report_sending import SENT_BY as SENT_BY_IN_REPORTS

from adapters.http import addresses
from adapters.system import now
from domain.event import COMMANDS, Role
from domain.misconduct.intake import SERVICE
from domain.values import instant

REPORTED = ("ReportCrime",)
RECORDED = ("ReportCrime", "RecordCrime")
ASKED = (*RECORDED, "RequestCancellation")
ALLOCATED = (*RECORDED, "AllocateInvestigation")
STARTED = (*ALLOCATED, "StartInvestigation")
TOLD = (*RECORDED, "InformVictim")
DECIDED = (*TOLD, "AssignOutcome")
CLOSED = ("ReportCrime", "DeclineRecording", "InformVictim about=not_recorded", "CloseCase")
CALLED = ("OpenContact",)
ESCALATED = (*CALLED, "GiveConsent", "RaiseEscalation")

# What is sent before, each as its own example has it (or with the values named), so that the example fits.
BEFORE: dict[str, tuple[str, ...]] = {
    "ReportCrime": (),
    "RegisterIncident": REPORTED,
    "RecordCrime": REPORTED,
    "DeclineRecording": (*REPORTED, "RegisterIncident"),
    "RecordN100": REPORTED,
    "EstablishReceipt": ("ReportCrime receipt=claimed",),
    "ReclassifyCrime": ("ReportCrime", "RecordCrime offence=8P"),
    "LinkCase": REPORTED,
    "UnlinkCase": (*REPORTED, "LinkCase"),
    "RequestCancellation": RECORDED,
    "ApproveCancellation": ASKED,
    "RefuseCancellation": ASKED,
    "ReverseCancellation": (*ASKED, "ApproveCancellation"),
    "RequestTransfer": RECORDED,
    "AcceptTransfer": (*RECORDED, "RequestTransfer"),
    "RefuseTransfer": (*RECORDED, "RequestTransfer"),
    "AllocateInvestigation": RECORDED,
    "StartInvestigation": ALLOCATED,
    "UpdateInvestigation": STARTED,
    "SuspendInvestigation": STARTED,
    "ResumeInvestigation": (*STARTED, "SuspendInvestigation"),
    "SubmitFile": STARTED,
    "FinishInvestigation": STARTED,
    "DeclineInvestigation": ALLOCATED,
    "AssignOutcome": RECORDED,
    "CloseCase": CLOSED[:-1],
    "ReopenCase": CLOSED,
    "RequestReview": DECIDED,
    "DecideReview": (*DECIDED, "RequestReview"),
    "AssessNeeds": REPORTED,
    "SendAcknowledgement": REPORTED,
    "MakeSupportReferral": REPORTED,
    "DeclineSupportReferral": REPORTED,
    "InformVictim": RECORDED,
    "WaiveVictimNotice": RECORDED,
    "RecordVictimStatement": REPORTED,
    "PauseDuty": RECORDED,
    "ResumeDuty": (*RECORDED, "PauseDuty"),
    "AssignOwner": REPORTED,
    "FlagCrime": REPORTED,
    "UnflagCrime": (*REPORTED, "FlagCrime"),
    "AddReference": REPORTED,
    "CorrectFact": RECORDED,
    "OpenContact": (),
    "AddCase": CALLED,
    "RemoveCase": (*CALLED, "AddCase"),
    "GiveConsent": CALLED,
    "WithdrawConsent": (*CALLED, "GiveConsent"),
    "SignpostEmergency": CALLED,
    "RaiseEscalation": (*CALLED, "GiveConsent"),
    "AcceptEscalation": ESCALATED,
    "DeclineEscalation": ESCALATED,
    "ResolveEscalation": (*ESCALATED, "AcceptEscalation"),
    "TakeAdvocacyAction": (*CALLED, "GiveConsent"),
    "CloseContact": CALLED,
    "ReopenContact": (*CALLED, "CloseContact"),
    "CorrectContact": CALLED,
    **BEFORE_IN_REPORTS,
    **BEFORE_IN_PROCEEDINGS,
    **BEFORE_IN_INSPECTIONS,
    "OpenDenominator": (),
    "AdoptForceFigure": ("OpenDenominator",),
}
SENT_BY = {
    "ApproveCancellation": Role.FORCE_CRIME_REGISTRAR,
    "RefuseCancellation": Role.FORCE_CRIME_REGISTRAR,
    "ReverseCancellation": Role.FORCE_CRIME_REGISTRAR,
    "AcceptTransfer": Role.FORCE_CRIME_REGISTRAR,
    "WaiveVictimNotice": Role.SUPERVISOR,
    "DecideReview": Role.SUPERVISOR,
    "PauseDuty": Role.SUPERVISOR,
    "AcceptEscalation": Role.SUPERVISOR,
    "DeclineEscalation": Role.SUPERVISOR,
    "ResolveEscalation": Role.SUPERVISOR,
    **SENT_BY_IN_REPORTS,
}
BY_AGGREGATE = {
    "contact": Role.HELPLINE_ADVISER,
    "report": Role.PSD_INVESTIGATOR,
    "inspection": Role.INSPECTOR,
    "denominator": Role.INSPECTOR,
}


ADDED: dict[str | None, str] = {}


def sender(name: str) -> Role:
    """Somebody who may send the command."""
    return SENT_BY.get(name, BY_AGGREGATE.get(COMMANDS[name].aggregate, Role.RECORDER))


def force_of(role: Role) -> str:
    """For whom they act: operators for the reporting service, inspectors for oversight."""
    return {Role.INTAKE_OPERATOR: SERVICE, Role.INSPECTOR: "*"}.get(role, "kent")


def send_as_documented(api: Api, step: str, stream: str | None, version: int | None) -> httpx.Response:
    """The command of a step by whoever may send it; what no example can know is filled in."""
    name, *given = step.split()
    body: dict[str, Any] = dict(value.split("=") for value in given if "=" in value)
    role = next((Role(said.removeprefix("by:")) for said in given if said.startswith("by:")), sender(name))
    if name in ("CorrectFact", "CorrectContact", "CorrectReport"):
        body["corrects"] = api.get(addresses.history(stream or ""), role).json()["events"][-1]["event_id"]
    if name == "LinkCase":
        body["under"] = api.report()
    if name == "AddCase":
        body["case"] = ADDED.setdefault(stream, api.report())
    if name == "RemoveCase":
        body["case"] = ADDED[stream]
    if name == "NoteReviewApplication":
        body["on"] = instant(now()).london_date.isoformat()
    if name == "PassReport":
        body["force"] = "kent"
    body |= made_ready(api, name, stream, given)
    who = next((said.removeprefix("as:") for said in given if said.startswith("as:")), None)
    return api.send(name, stream, version, role, force_of(role), who, **body)
