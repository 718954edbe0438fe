import pytest
from scenario import Given, given, reported

from domain.case.closure import CaseClosed
from domain.case.investigation import (
    AllocateInvestigation,
    DeclineInvestigation,
    FileSubmitted,
    FinishInvestigation,
    Investigation,
    InvestigationAllocated,
    InvestigationDeclined,
    InvestigationFinished,
    InvestigationResumed,
    InvestigationStarted,
    InvestigationStatus,
    InvestigationSuspended,
    InvestigationUpdated,
    KeyEvent,
    ResumeInvestigation,
    StartInvestigation,
    SubmitFile,
    SuspendInvestigation,
    UpdateInvestigation,
)
from domain.case.notices import About
from domain.case.recording import CrimeRecorded, RecordingDeclined
from domain.case.state import MOVE_IS_OPEN
from domain.event import Command, Event

I = InvestigationStatus  # noqa: E741
TRACK = ("investigation",)
RECORDED = given(reported(), CrimeRecorded(offence="8N"))
ALLOCATED = RECORDED.and_then(InvestigationAllocated(officer="officer-7", unit="CID"))
STARTED = ALLOCATED.and_then(InvestigationStarted())
SUSPENDED = STARTED.and_then(InvestigationSuspended())
SUBMITTED = STARTED.and_then(FileSubmitted())
FINISHED = STARTED.and_then(InvestigationFinished())
DECLINED = RECORDED.and_then(InvestigationDeclined())


@pytest.mark.parametrize(
    ("case", "command", "event", "status"),
    [
        (RECORDED, AllocateInvestigation(officer="o-1"), InvestigationAllocated(officer="o-1"), I.ALLOCATED),
        (ALLOCATED, AllocateInvestigation(officer="o-2"), InvestigationAllocated(officer="o-2"), I.ALLOCATED),
        (STARTED, AllocateInvestigation(officer="o-2"), InvestigationAllocated(officer="o-2"), I.UNDER_INVESTIGATION),
        (SUSPENDED, AllocateInvestigation(officer="o-2"), InvestigationAllocated(officer="o-2"), I.SUSPENDED),
        (FINISHED, AllocateInvestigation(officer="o-2"), InvestigationAllocated(officer="o-2"), I.ALLOCATED),
        (DECLINED, AllocateInvestigation(officer="o-2"), InvestigationAllocated(officer="o-2"), I.ALLOCATED),
        (ALLOCATED, StartInvestigation(), InvestigationStarted(), I.UNDER_INVESTIGATION),
        (STARTED, SuspendInvestigation(because="b"), InvestigationSuspended(because="b"), I.SUSPENDED),
        (SUSPENDED, ResumeInvestigation(because="b"), InvestigationResumed(because="b"), I.UNDER_INVESTIGATION),
        (STARTED, SubmitFile(to="CPS"), FileSubmitted(to="CPS"), I.FILE_SUBMITTED),
        (STARTED, FinishInvestigation(summary="s"), InvestigationFinished(summary="s"), I.FINISHED),
        (SUBMITTED, FinishInvestigation(summary="s"), InvestigationFinished(summary="s"), I.FINISHED),
        (RECORDED, DeclineInvestigation(because="b"), InvestigationDeclined(because="b"), I.DECLINED),
        (ALLOCATED, DeclineInvestigation(because="b"), InvestigationDeclined(because="b"), I.DECLINED),
    ],
)
def test_an_investigation_moves(case: Given, command: Command, event: Event, status: InvestigationStatus) -> None:
    case.when(command).then(event)
    after = case.and_then(event).state
    assert after.investigation.status is status
    assert (after.recording, after.outcome, after.closure) == (
        case.state.recording,
        case.state.outcome,
        case.state.closure,
    )


def test_it_remembers_who_investigates_and_who_declined_to() -> None:
    assert ALLOCATED.state.investigation == Investigation(I.ALLOCATED, "officer-7", "CID")
    assert DECLINED.state.investigation == Investigation(I.DECLINED, declined_by="staff-1")
    again = DECLINED.and_then(InvestigationAllocated(officer="o-2")).state.investigation
    assert again == Investigation(I.ALLOCATED, "o-2")


@pytest.mark.parametrize("what", KeyEvent)
@pytest.mark.parametrize("case", [ALLOCATED, STARTED, SUSPENDED, SUBMITTED])
def test_what_happens_is_noted_and_the_victim_told_unless_it_is_of_no_concern(case: Given, what: KeyEvent) -> None:
    case.when(UpdateInvestigation(what=what, note="n")).then(InvestigationUpdated(what=what, note="n"))
    after = case.and_then(InvestigationUpdated(what=what)).state
    assert after.investigation == case.state.investigation
    owed = [notice.about for notice in after.victim.owed].count(About.UPDATE)
    assert owed == (what is not KeyEvent.OTHER)


def test_a_decision_not_to_investigate_must_be_told() -> None:
    assert [notice.about for notice in DECLINED.state.victim.owed] == [About.RECORDED, About.NO_INVESTIGATION]


@pytest.mark.parametrize(
    ("case", "open_moves"),
    [
        (RECORDED, (AllocateInvestigation, DeclineInvestigation)),
        (ALLOCATED, (AllocateInvestigation, StartInvestigation, UpdateInvestigation, DeclineInvestigation)),
        (
            STARTED,
            (AllocateInvestigation, UpdateInvestigation, SuspendInvestigation, SubmitFile, FinishInvestigation),
        ),
        (SUSPENDED, (AllocateInvestigation, UpdateInvestigation, ResumeInvestigation)),
        (SUBMITTED, (UpdateInvestigation, FinishInvestigation)),
        (FINISHED, (AllocateInvestigation,)),
        (DECLINED, (AllocateInvestigation,)),
        (FINISHED.and_then(CaseClosed()), ()),
        (given(reported(), RecordingDeclined(reason="no_crime_in_law")), ()),
        (given(reported()), (AllocateInvestigation, DeclineInvestigation)),
    ],
)
def test_what_can_be_done_next(case: Given, open_moves: tuple[type[Command], ...]) -> None:
    case.allows(*open_moves, of=TRACK)
    if StartInvestigation not in open_moves:
        case.when(StartInvestigation()).refused(MOVE_IS_OPEN).allowed(*open_moves, of=TRACK)
