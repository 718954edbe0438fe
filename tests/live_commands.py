"""What the people of live_case.py do: who they are, the commands of each track, and what a life may begin with."""

from datetime import timedelta
from typing import Any

import duty_oracle
from case_commands import OTHER_CASE
from hypothesis import strategies as st
from scenario import fact

from domain.case import moves
from domain.case.cancellation import CancellationCode, CancellationRequested
from domain.case.closure import CaseClosed, ReviewOf, ReviewResult
from domain.case.duties import DutyKind
from domain.case.flags import CrimeFlag
from domain.case.investigation import KeyEvent
from domain.case.linking import LinkKind
from domain.case.notices import About
from domain.case.outcome import OutcomeAssigned
from domain.case.recording import CrimeRecorded, DeclineReason, RecordingDeclined
from domain.case.victim import Channel, EntitlementGround, NoNotice, NoReferral
from domain.event import Command, Event, Role
from domain.values import ExternalReference

CASE = "case-00000000-0000-4000-8000-000000000001"
FORCE, DAY, LONDON = "greater-manchester", timedelta(days=1), duty_oracle.LONDON
# Around the change from 72 hours to 24, Easter with the change to summer time, its end, Christmas, and a leap day.
STARTS = ["2015-03-30", "2024-03-27", "2024-10-25", "2021-12-23", "2024-02-28", "2019-03-30", "2016-01-01"]
PEOPLE = [
    ("recorder-1", Role.RECORDER),
    ("recorder-2", Role.RECORDER),
    ("officer-1", Role.INVESTIGATOR),
    ("officer-1", Role.DESIGNATED_DECISION_MAKER),
    ("supervisor-1", Role.SUPERVISOR),
    ("decider-1", Role.DESIGNATED_DECISION_MAKER),
    ("decider-2", Role.DESIGNATED_DECISION_MAKER),
    ("registrar-1", Role.FORCE_CRIME_REGISTRAR),
    ("registrar-1", Role.FORCE_CRIME_REGISTRAR),
    ("registrar-1", Role.RECORDER),
    ("auditor-1", Role.AUDITOR),
]
WHY = "a reason"

people = st.sampled_from(PEOPLE)
maybe = st.sampled_from([None, WHY])
offences = st.sampled_from(["8N", "19C", "19F", "46", "53"])
grounds = st.sampled_from([(), (EntitlementGround.VULNERABLE_OR_INTIMIDATED,)])
moments = st.sampled_from([timedelta(), timedelta(hours=1), DAY, 3 * DAY, 40 * DAY])


def _sent(command: type[Command[Any]], **facts: Any) -> st.SearchStrategy[Command[Any]]:
    """The command, with every free text given."""
    words = {n: st.just(WHY) for n in ("because", "rationale", "statement", "summary") if n in command.model_fields}
    given = {name: told if isinstance(told, st.SearchStrategy) else st.just(told) for name, told in facts.items()}
    return st.builds(command, **{**words, **given})


requests = _sent(
    moves.RequestCancellation,
    code=st.sampled_from(CancellationCode),
    verifiable_information=maybe,
    surviving=st.sampled_from([None, CASE, OTHER_CASE]),
    error=maybe,
    self_defence=maybe,
)
RECORDING = {
    moves.RegisterIncident: _sent(moves.RegisterIncident),
    moves.RecordCrime: _sent(moves.RecordCrime, offence=offences, crime_reference="06C/1/24", late_because=maybe),
    moves.DeclineRecording: _sent(moves.DeclineRecording, reason=st.sampled_from(DeclineReason)),
    moves.RecordN100: _sent(moves.RecordN100, sub_code=st.integers(1, 3)),
    moves.ReclassifyCrime: _sent(moves.ReclassifyCrime, offence=offences),
}
CANCELLATION = {
    moves.RequestCancellation: requests,
    moves.ApproveCancellation: _sent(moves.ApproveCancellation),
    moves.RefuseCancellation: _sent(moves.RefuseCancellation),
    moves.ReverseCancellation: _sent(moves.ReverseCancellation),
}
TRANSFER = {
    moves.RequestTransfer: _sent(moves.RequestTransfer, to_force=st.sampled_from(["kent", FORCE, "atlantis"])),
    moves.AcceptTransfer: _sent(moves.AcceptTransfer, their_reference="K/1"),
    moves.RefuseTransfer: _sent(moves.RefuseTransfer),
}
INVESTIGATION = {
    moves.AllocateInvestigation: _sent(
        moves.AllocateInvestigation, officer=st.sampled_from(["officer-1", "officer-2", "decider-1"])
    ),
    moves.StartInvestigation: _sent(moves.StartInvestigation),
    moves.UpdateInvestigation: _sent(moves.UpdateInvestigation, what=st.sampled_from(KeyEvent)),
    moves.SuspendInvestigation: _sent(moves.SuspendInvestigation),
    moves.ResumeInvestigation: _sent(moves.ResumeInvestigation),
    moves.SubmitFile: _sent(moves.SubmitFile),
    moves.FinishInvestigation: _sent(moves.FinishInvestigation),
    moves.DeclineInvestigation: _sent(moves.DeclineInvestigation),
}
OUTCOME = {
    moves.AssignOutcome: _sent(
        moves.AssignOutcome,
        outcome=st.sampled_from([1, 14, 16, 18, 19, 21, 22]),
        sub_code=st.sampled_from([None, None, "A"]),
    )
}
CLOSURE = {moves.CloseCase: _sent(moves.CloseCase), moves.ReopenCase: _sent(moves.ReopenCase)}
REVIEW = {
    moves.RequestReview: _sent(moves.RequestReview, of=st.sampled_from(ReviewOf)),
    moves.DecideReview: _sent(moves.DecideReview, result=st.sampled_from(ReviewResult)),
}
NEEDS = {
    moves.AssessNeeds: _sent(moves.AssessNeeds, grounds=grounds),
    moves.SendAcknowledgement: _sent(moves.SendAcknowledgement, channel=Channel.LETTER),
    moves.MakeSupportReferral: _sent(moves.MakeSupportReferral, service="Victim Support"),
    moves.SendAcknowledgement: _sent(moves.SendAcknowledgement, channel=Channel.LETTER),
    moves.DeclineSupportReferral: _sent(moves.DeclineSupportReferral, reason=st.sampled_from(NoReferral)),
    moves.RecordVictimStatement: _sent(moves.RecordVictimStatement, supports=st.booleans()),
}
NOTICES = {
    moves.InformVictim: _sent(moves.InformVictim, about=st.sampled_from(About), channel=Channel.LETTER),
    moves.WaiveVictimNotice: _sent(
        moves.WaiveVictimNotice, about=st.sampled_from(About), reason=st.sampled_from(NoNotice)
    ),
}
LINKING = {
    moves.LinkCase: _sent(moves.LinkCase, under=st.sampled_from([OTHER_CASE, CASE]), kind=st.sampled_from(LinkKind)),
    moves.UnlinkCase: _sent(moves.UnlinkCase),
}
CLOCKS = {
    moves.PauseDuty: _sent(moves.PauseDuty, duty=st.sampled_from(DutyKind)),
    moves.ResumeDuty: _sent(moves.ResumeDuty, duty=st.sampled_from(DutyKind)),
}
CARE = {
    moves.FlagCrime: _sent(moves.FlagCrime, flag=st.sampled_from(CrimeFlag)),
    moves.UnflagCrime: _sent(moves.UnflagCrime, flag=st.sampled_from(CrimeFlag)),
    moves.AssignOwner: _sent(moves.AssignOwner, owner=st.sampled_from(["officer-1", "recorder-2"])),
    moves.AddReference: _sent(
        moves.AddReference, external=ExternalReference(system="STORM", reference="20240301-0456")
    ),
}
FACTS: dict[str, list[Any]] = {
    "about": [*About],
    "supports": [True, False],
    "outcome": [1, 14, 16, 18, 19, 21, 22],
    "sub_code": ["A", None, 2],
    "offence": ["8N", "19C", "46", "53"],
    "alleged": ["8N", "19C"],
    "code": [*CancellationCode],
    "surviving": [None, OTHER_CASE, CASE],
    "crime_reference": ["06C/99/24", OTHER_CASE, None],
    "officer": ["officer-1", "officer-2", "not an id"],
    "what": [*KeyEvent],
    "grounds": [[], ["persistently_targeted"]],
    "duty": [*DutyKind],
    "of": [*ReviewOf],
    "of_event": [None, str(fact(2)), str(fact(3)), "no id"],
    "to_force": ["essex", FORCE],
    "under": [CASE, OTHER_CASE],
    "reason": [*DeclineReason, *NoNotice],
}
correcting = st.lists(
    st.sampled_from([(name, value) for name, values in FACTS.items() for value in values]), min_size=1, max_size=2
)
TOLD_BY_A_FILE: list[tuple[Event, ...]] = [
    (),
    (CrimeRecorded(offence="8N", crime_reference="06C/1/24"),),
    (RecordingDeclined(reason="other_force"),),
    (CrimeRecorded(offence="8N"), CancellationRequested(code="C2")),
    (CrimeRecorded(offence="19C"), CancellationRequested(code="C4", error=WHY)),
    (CrimeRecorded(offence="8N"), OutcomeAssigned(outcome=16)),
    (CrimeRecorded(offence="8N"), OutcomeAssigned(outcome=18), CaseClosed()),
]
RECORDED = moves.RecordCrime(offence="8N", crime_reference="06C/1/24", late_because=WHY)
RAPE = moves.RecordCrime(offence="19C", crime_reference="06C/1/24", late_because=WHY)
OFFICER, START = moves.AllocateInvestigation(officer="officer-1"), moves.StartInvestigation()
ASK = moves.RequestCancellation(code="C4", error=WHY)
SO_FAR: list[list[Command[Any]]] = [
    [],
    [],
    [RECORDED],
    [RECORDED, OFFICER, START],
    [RECORDED, OFFICER, moves.AssignOutcome(outcome=18)],
    [RAPE],
    [moves.DeclineRecording(reason="victim_untraced", rationale=WHY)],
    [RECORDED, ASK],
    [RECORDED, moves.AllocateInvestigation(officer="decider-1"), OFFICER, ASK],
    [RECORDED, OFFICER, moves.UpdateInvestigation(what="arrest"), moves.UpdateInvestigation(what="charge")],
]
