"""One example of every command of a case, such that nothing but the state of the case stands in its way."""

from collections.abc import Iterable
from typing import Any

from scenario import fact

from domain.case.cancellation import ApproveCancellation, RefuseCancellation, RequestCancellation, ReverseCancellation
from domain.case.classification import EstablishReceipt, ReclassifyCrime
from domain.case.closure import CloseCase, DecideReview, ReopenCase, RequestReview
from domain.case.correction import CorrectedFacts, CorrectFact
from domain.case.duties import PauseDuty, ResumeDuty
from domain.case.flags import FlagCrime, UnflagCrime
from domain.case.investigation import (
    AllocateInvestigation,
    DeclineInvestigation,
    FinishInvestigation,
    ResumeInvestigation,
    StartInvestigation,
    SubmitFile,
    SuspendInvestigation,
    UpdateInvestigation,
)
from domain.case.linking import LinkCase, UnlinkCase
from domain.case.outcome import AssignOutcome
from domain.case.ownership import AssignOwner
from domain.case.recording import DeclineRecording, RecordCrime, RecordN100, RegisterIncident, ReportCrime
from domain.case.reference import AddReference
from domain.case.transfer import AcceptTransfer, RefuseTransfer, RequestTransfer
from domain.case.victim import (
    AssessNeeds,
    Channel,
    DeclineSupportReferral,
    InformVictim,
    MakeSupportReferral,
    RecordVictimStatement,
    SendAcknowledgement,
    WaiveVictimNotice,
)
from domain.event import COMMANDS, Command
from domain.values import Moment

OTHER_CASE = "case-00000000-0000-4000-8000-000000000002"

EXAMPLES: tuple[Command[Any], ...] = (
    ReportCrime(
        received_at=Moment.of("2024-03-01T10:00:00Z"),
        receipt="claimed",
        route="online",
        reporter_role="victim",
        alleged="19C",
    ),
    RegisterIncident(),
    RecordCrime(offence="19C", late_because="nobody was on shift"),
    DeclineRecording(reason="victim_untraced", rationale="no trace of them"),
    RecordN100(sub_code=1, rationale="not confirmed"),
    EstablishReceipt(received_at=Moment.of("2024-03-01T09:00Z"), evidence="the call log"),
    ReclassifyCrime(offence="8N", rationale="the doctor's letter"),
    LinkCase(under=OTHER_CASE, kind="duplicate", because="the same incident"),
    UnlinkCase(because="two incidents"),
    RequestCancellation(code="C4", error="entered twice"),
    ApproveCancellation(rationale="the evidence is clear"),
    RefuseCancellation(because="it stands"),
    ReverseCancellation(because="it did not hold"),
    RequestTransfer(to_force="kent", because="it happened there"),
    AcceptTransfer(their_reference="K/1"),
    RefuseTransfer(because="not theirs"),
    AllocateInvestigation(officer="officer-7"),
    StartInvestigation(),
    UpdateInvestigation(what="arrest"),
    SuspendInvestigation(because="waiting for the laboratory"),
    ResumeInvestigation(because="the results are in"),
    SubmitFile(to="CPS"),
    FinishInvestigation(summary="all done"),
    DeclineInvestigation(because="no lines of enquiry"),
    AssignOutcome(outcome=18),
    CloseCase(),
    ReopenCase(because="new evidence"),
    RequestReview(of="outcome"),
    DecideReview(result="upheld", rationale="they were right"),
    AssessNeeds(),
    SendAcknowledgement(channel=Channel.LETTER),
    MakeSupportReferral(service="Victim Support"),
    DeclineSupportReferral(reason="not_wanted"),
    InformVictim(about="recorded", channel="letter"),
    WaiveVictimNotice(about="recorded", reason="untraceable", rationale="moved away"),
    RecordVictimStatement(supports=False, statement="no more"),
    PauseDuty(duty="victim_told", because="in hospital"),
    ResumeDuty(duty="victim_told", because="at home again"),
    AssignOwner(owner="officer-9"),
    FlagCrime(flag="domestic_abuse"),
    UnflagCrime(flag="domestic_abuse"),
    AddReference(external={"system": "STORM", "reference": "20240301-0456"}),
    CorrectFact(corrects=fact(1), facts=CorrectedFacts(route="front_counter"), because="a slip"),
)
BY_NAME = {type(command).__name__: command for command in EXAMPLES}


def of_a_case() -> Iterable[type[Command[Any]]]:
    """Every command that goes to a case."""
    return (command for command in COMMANDS.values() if command.aggregate == "case")
