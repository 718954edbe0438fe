from dataclasses import replace

import pytest
from scenario import HERE, RECORDER, Given, act, fact, given, nothing, reported

from domain.case.cancellation import (
    ApproveCancellation,
    CancellationApproved,
    CancellationRequested,
    TransferAccepted,
    TransferRequested,
)
from domain.case.correction import UNDONE_NOT_CORRECTED, CorrectedFacts, CorrectFact
from domain.case.holding import PART_FIRST
from domain.case.investigation import InvestigationAllocated
from domain.case.linking import (
    LINK_OF_A_RECORD,
    LINK_STANDS_FOR_INCIDENT,
    LINKED_ONCE,
    LINKED_TO_ANOTHER,
    LINKED_TO_WHAT_COUNTS,
    WAS_LINKED,
    CaseJoined,
    CaseLinked,
    CaseParted,
    CaseUnlinked,
    Link,
    LinkCase,
    LinkKind,
    UnlinkCase,
)
from domain.case.recording import (
    CrimeRecorded,
    DeclineReason,
    DeclineRecording,
    RecordCrime,
    RecordingDeclined,
    RecordingStatus,
    RecordN100,
)
from domain.case.state import MOVE_IS_OPEN, Case
from domain.case.transfer import AcceptTransfer
from domain.event import Elsewhere, Event, Role, decided

OTHER = "case-00000000-0000-4000-8000-000000000002"
THIRD = "case-00000000-0000-4000-8000-000000000003"
THERE = replace(given(reported(), CrimeRecorded(offence="8N")).state, id=OTHER)
ELSEWHERE = replace(THERE, force="kent")
COUNTED_UNDER = replace(THERE, link=Link(THIRD, LinkKind.DUPLICATE))
REPORTED = given(reported()).at_home()


def link(under: str = OTHER, kind: LinkKind = LinkKind.DUPLICATE) -> LinkCase:
    return LinkCase(under=under, kind=kind, because="the same incident")


def linked(under: str = OTHER, kind: LinkKind = LinkKind.DUPLICATE) -> CaseLinked:
    return CaseLinked(under=under, kind=kind, because="the same incident")


def beside(other: Case | None, case: Given = REPORTED) -> Given:
    return Given(case.entries, {} if other is None else {OTHER: other})


@pytest.mark.parametrize("kind", LinkKind)
def test_a_case_is_counted_under_another_and_parted_again(kind: LinkKind) -> None:
    assert link().concerns(REPORTED.state) == (OTHER,)
    beside(THERE).when(link(kind=kind)).then(linked(kind=kind))
    case = REPORTED.and_then(linked(kind=kind))
    assert case.state.link == Link(OTHER, kind)
    assert case.state.recording.status is RecordingStatus.REPORTED
    case.when(UnlinkCase(because="two incidents")).then(CaseUnlinked(under=OTHER, because="two incidents"))
    assert case.and_then(CaseUnlinked(under=OTHER)).state.link == Link()
    nothing.when(link()).refused(MOVE_IS_OPEN)


@pytest.mark.parametrize("other", [None, Case(), ELSEWHERE], ids=["unknown", "empty", "of another force"])
def test_a_case_is_linked_to_one_that_the_force_has(other: Case | None) -> None:
    beside(other).when(link()).refused(LINKED_TO_ANOTHER)


def test_linked_to_another_case() -> None:
    itself = Given(tuple(entry._replace(stream=OTHER) for entry in REPORTED.entries), {OTHER: THERE})
    itself.when(link()).refused("A case is linked to another case of the same force")
    itself.when(link()).testifies(LINKED_TO_ANOTHER)
    beside(None).when(link(), role=Role.IMPORTER).then(linked())


def test_linked_to_a_case_that_counts() -> None:
    beside(COUNTED_UNDER).when(link()).refused("That case is itself counted under another one")
    beside(COUNTED_UNDER).when(link()).testifies(LINKED_TO_WHAT_COUNTS)


def test_linked_once() -> None:
    case = beside(THERE, REPORTED.and_then(linked(THIRD)))
    case.when(link()).refused("The case is linked already")
    case.when(link()).testifies(LINKED_ONCE)
    beside(THERE, REPORTED.and_then(linked(THIRD), CaseUnlinked(under=THIRD))).when(link()).then(linked())


def test_unlinks_what_was_linked() -> None:
    REPORTED.when(UnlinkCase(because="b")).refused(WAS_LINKED)
    REPORTED.and_then(linked(), CaseUnlinked(under=OTHER)).when(UnlinkCase(because="b")).refused(WAS_LINKED)


@pytest.mark.parametrize("facts", [{"under": THIRD}, {"kind": "principal_crime"}])
def test_a_link_is_parted_and_made_anew_not_corrected(facts: dict[str, str]) -> None:
    wrong = CorrectFact(corrects=fact(2), facts=CorrectedFacts.model_validate(facts), because="a slip")
    REPORTED.and_then(linked()).when(wrong).refused(UNDONE_NOT_CORRECTED)


def joined(case: Given) -> Given:
    return case.and_then(CaseJoined(case=OTHER, kind=LinkKind.DUPLICATE))


def test_the_case_that_stands_for_the_incident_knows_of_the_others() -> None:
    def elsewhere(case: Given, command: LinkCase | UnlinkCase, other: Case) -> tuple[Elsewhere, ...]:
        return decided(command, case.state, act(others={OTHER: other}))[1]

    assert elsewhere(REPORTED, link(), THERE) == (Elsewhere(OTHER, CaseJoined(case=HERE, kind=LinkKind.DUPLICATE)),)
    case, part = REPORTED.and_then(linked()), UnlinkCase(because="two incidents")
    assert part.concerns(case.state) == (OTHER,)
    assert UnlinkCase(because="b").concerns(REPORTED.state) == ()
    holding = replace(THERE, link=Link(holds=(HERE,)))
    assert elsewhere(case, part, holding) == (Elsewhere(OTHER, CaseParted(case=HERE)),)
    assert elsewhere(case, part, THERE) == ()
    assert joined(REPORTED).state.link == Link(holds=(OTHER,))
    assert joined(REPORTED).and_then(CaseParted(case=OTHER)).state.link == Link()


DDM = Role.DESIGNATED_DECISION_MAKER
RECORDED = REPORTED.and_then(CrimeRecorded(offence="8N"))


def test_linked_cases_are_parted_first() -> None:
    decline = DeclineRecording(reason=DeclineReason.VICTIM_UNTRACED, rationale="r")
    joined(REPORTED).when(decline).refused("Other cases are counted under this one; part them first")
    joined(REPORTED).when(decline).testifies(PART_FIRST)
    beside(THERE, joined(REPORTED)).when(link()).refused(PART_FIRST)
    rape = given(reported(alleged="19C")).at_home()
    joined(rape).when(RecordN100(sub_code=1, rationale="r")).refused(PART_FIRST)
    joined(REPORTED).when(RecordCrime(offence="8N")).then(CrimeRecorded(offence="8N"))
    asked = joined(RECORDED).and_then(CancellationRequested(code="C4", error="e"))
    asked.when(ApproveCancellation(rationale="r"), role=DDM, by="staff-3").refused(PART_FIRST)
    moving = joined(RECORDED).and_then(TransferRequested(to_force="kent"))
    moving.when(AcceptTransfer(their_reference="K/1"), role=DDM, by="staff-3").refused(PART_FIRST)
    parted = moving.and_then(CaseParted(case=OTHER))
    accepted = TransferAccepted(their_reference="K/1")
    parted.when(AcceptTransfer(their_reference="K/1"), role=DDM, by="staff-3").then(accepted)


@pytest.mark.parametrize(
    ("end", "stands"),
    [
        ((), True),
        ((CrimeRecorded(offence="8N"),), True),
        ((CrimeRecorded(offence="8N"), CancellationRequested(code="C4", error="e")), True),
        ((CrimeRecorded(offence="8N"), CancellationRequested(code="C4", error="e"), CancellationApproved()), False),
        (
            (CrimeRecorded(offence="8N"), TransferRequested(to_force="kent"), TransferAccepted(their_reference="K")),
            False,
        ),
        ((RecordingDeclined(reason=DeclineReason.VICTIM_UNTRACED),), False),
    ],
)
def test_a_case_is_linked_to_one_that_counts_or_may_count(end: tuple[Event, ...], stands: bool) -> None:
    other = replace(given(reported(), *end).state, id=OTHER)
    if stands:
        beside(other).when(link()).then(linked())
    else:
        beside(other).when(link()).refused(LINK_STANDS_FOR_INCIDENT)


def test_linked_to_what_stands_for_the_incident() -> None:
    declined = given(reported(), RecordingDeclined(reason=DeclineReason.VICTIM_UNTRACED)).state
    beside(declined).when(link()).refused("That case does not stand for the incident")
    beside(declined).when(link()).testifies(LINK_STANDS_FOR_INCIDENT)


def test_recorded_crime_is_linked_by_decision_maker() -> None:
    case = beside(THERE, RECORDED.and_then(InvestigationAllocated(officer="officer-7")))
    for role in (Role.RECORDER, Role.SUPERVISOR):
        case.when(link(), role=role, by="staff-3").refused("A crime in the register leaves the count by a link only if")
    for involved in (RECORDER, "officer-7"):
        case.when(link(), role=DDM, by=involved).refused(LINK_OF_A_RECORD)
    case.when(link(), role=Role.SUPERVISOR, by="staff-3").testifies(LINK_OF_A_RECORD)
    for role in (DDM, Role.FORCE_CRIME_REGISTRAR):
        case.when(link(), role=role, by="staff-3").then(linked())
