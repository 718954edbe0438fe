from dataclasses import replace

import pytest
from scenario import Given, fact, given, nothing, reported

from domain.case.correction import CorrectedFacts, CorrectFact, FactCorrected
from domain.case.linking import (
    LINKED_ONCE,
    LINKED_TO_ANOTHER,
    LINKED_TO_WHAT_COUNTS,
    WAS_LINKED,
    CaseLinked,
    CaseUnlinked,
    Link,
    LinkCase,
    LinkKind,
    UnlinkCase,
)
from domain.case.recording import CrimeRecorded, RecordingStatus
from domain.case.state import MOVE_IS_OPEN, Case
from domain.event import Role

OTHER = "case-00000000-0000-4000-8000-000000000002"
THIRD = "case-00000000-0000-4000-8000-000000000003"
THERE = replace(given(reported(), CrimeRecorded(offence="8N")).state, id=OTHER)
ELSEWHERE = replace(THERE, force="kent")
COUNTED_UNDER = replace(THERE, link=Link(THIRD, LinkKind.DUPLICATE))
REPORTED = given(reported())


def link(under: str = OTHER, kind: LinkKind = LinkKind.DUPLICATE) -> LinkCase:
    return LinkCase(under=under, kind=kind, because="the same incident")


def linked(under: str = OTHER, kind: LinkKind = LinkKind.DUPLICATE) -> CaseLinked:
    return CaseLinked(under=under, kind=kind, because="the same incident")


def beside(other: Case | None, case: Given = REPORTED) -> Given:
    return Given(case.entries, {} if other is None else {OTHER: other})


@pytest.mark.parametrize("kind", LinkKind)
def test_a_case_is_counted_under_another_and_parted_again(kind: LinkKind) -> None:
    assert link().concerns() == (OTHER,)
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


def test_link_is_made_anew() -> None:
    case = REPORTED.and_then(linked())
    wrong = CorrectFact(corrects=fact(2), facts=CorrectedFacts.model_validate({"under": THIRD}), because="a slip")
    case.when(wrong).refused("The case that a link leads to cannot be corrected; part the two")
    kind = CorrectedFacts.model_validate({"kind": "principal_crime"})
    corrected = FactCorrected(corrects=fact(2), facts=kind, because="a slip")
    case.when(CorrectFact(corrects=fact(2), facts=kind, because="a slip")).then(corrected)
    assert case.and_then(corrected).state.link == Link(OTHER, LinkKind.PRINCIPAL_CRIME)
