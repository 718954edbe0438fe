"""Every command in every state of an inspection: the closed are refused and the open named, the open leave no gap."""

from collections.abc import Callable
from itertools import product
from types import MappingProxyType
from typing import Any

import pytest
from inspection_scenario import (
    DIGEST,
    FRAME,
    ITEMS,
    LATE,
    NONCE,
    RECORDED,
    THREE,
    TO_THE_SAMPLE,
    Given,
    all_judged,
    given,
    nothing,
    open_inspection,
    opened,
    reference,
    resolved,
    revealed,
)

from domain.event import COMMANDS, Act, Command, Event, Refused, Role, enforce
from domain.inspection import state as inspection_state
from domain.inspection.concerns import (
    CauseOfConcernClosed,
    CauseOfConcernRaised,
    CloseCauseOfConcern,
    ClosedAs,
    CloseRecommendation,
    MakeRecommendation,
    RaiseCauseOfConcern,
    RecommendationClosed,
    RecommendationMade,
)
from domain.inspection.conclusion import AbandonInspection, ConcludeInspection, InspectionAbandoned
from domain.inspection.denominator import AdoptReferenceFigure
from domain.inspection.judging import JudgeItem, ResolveDisagreement
from domain.inspection.moves import MOVES, Where
from domain.inspection.sampling import DrawSample
from domain.inspection.scope import INSPECTORATE, InspectionStatus, OpenInspection
from domain.inspection.seeding import RevealNonce
from domain.inspection.state import INSPECTION_MOVE_IS_OPEN, Inspection
from domain.rules import rule_book
from domain.values import Moment

TOLD = "It was so."
DIFFERING = all_judged({ITEMS[0]: (RECORDED, LATE)})
STAGES: dict[str, Given] = {
    "none": nothing,
    "opened": given(opened()),
    "seeded": given(opened(), revealed()),
    "drawn": given(*TO_THE_SAMPLE),
    "half judged": given(*TO_THE_SAMPLE, *all_judged()[:-1]),
    "reviewed": given(*TO_THE_SAMPLE, *all_judged()),
    "differing": given(*TO_THE_SAMPLE, *DIFFERING),
    "resolved": given(*TO_THE_SAMPLE, *DIFFERING, resolved(ITEMS[0])),
    "concluded": given(*TO_THE_SAMPLE, *all_judged()).when(ConcludeInspection()).accepted(),
    "abandoned": given(opened(), InspectionAbandoned()),
    "abandoned late": given(*TO_THE_SAMPLE, *DIFFERING, InspectionAbandoned()),
}
RAISED, MADE = (
    CauseOfConcernRaised(number=1, element="timeliness"),
    RecommendationMade(number=1, element="timeliness", concern=1),
)
FOLLOWED: dict[str, tuple[Event, ...]] = {
    "nothing": (),
    "concern": (RAISED,),
    "both": (RAISED, MADE),
    "met": (RAISED, MADE, RecommendationClosed(number=1, closed_as=ClosedAs.MET)),
    "over": (RAISED, MADE, RecommendationClosed(number=1, closed_as=ClosedAs.MET), CauseOfConcernClosed(number=1)),
}
FOUND = {"drawn", "half judged", "reviewed", "differing", "resolved", "concluded"}
Shape = tuple[str, str]
SHAPES: list[Shape] = [
    *((stage, "nothing") for stage in STAGES),
    *product(sorted(FOUND | {"abandoned late"}), (name for name in FOLLOWED if name != "nothing")),
]


def history(shape: Shape) -> Given:
    stage, followed = shape
    if stage == "abandoned late":
        return given(*TO_THE_SAMPLE, *DIFFERING, *FOLLOWED[followed], InspectionAbandoned())
    return STAGES[stage].and_then(*FOLLOWED[followed])


SENT: tuple[Command[Inspection], ...] = (
    open_inspection(),
    RevealNonce(nonce=NONCE),
    DrawSample(),
    AdoptReferenceFigure(**dict(reference())),
    JudgeItem(case=ITEMS[-1], verdict=RECORDED),
    ResolveDisagreement(case=ITEMS[0], verdict=RECORDED, because=TOLD),
    ConcludeInspection(),
    AbandonInspection(because=TOLD),
    RaiseCauseOfConcern(element="timeliness", what=TOLD),
    CloseCauseOfConcern(number=1, because=TOLD),
    MakeRecommendation(element="timeliness", what=TOLD),
    CloseRecommendation(number=1, closed_as=ClosedAs.MET, because=TOLD),
)

# Written out by hand, against the table: who may do what, when.
UNDER_WAY = {"opened", "seeded", "drawn", "half judged", "reviewed", "differing", "resolved"}
OPEN_IN: dict[type[Command[Any]], Callable[[str, str], bool]] = {
    OpenInspection: lambda stage, followed: stage == "none",
    RevealNonce: lambda stage, followed: stage == "opened",
    DrawSample: lambda stage, followed: stage == "seeded",
    AdoptReferenceFigure: lambda stage, followed: stage in UNDER_WAY,
    JudgeItem: lambda stage, followed: stage in ("drawn", "half judged"),
    ResolveDisagreement: lambda stage, followed: stage == "differing",
    ConcludeInspection: lambda stage, followed: stage in ("reviewed", "differing", "resolved"),
    AbandonInspection: lambda stage, followed: stage in UNDER_WAY,
    RaiseCauseOfConcern: lambda stage, followed: stage in FOUND,
    CloseCauseOfConcern: lambda stage, followed: stage in FOUND and followed in ("concern", "both", "met"),
    MakeRecommendation: lambda stage, followed: stage in FOUND,
    CloseRecommendation: lambda stage, followed: stage in FOUND and followed == "both",
}


def goes_through(command: type[Command[Any]], shape: Shape) -> bool:
    """Whether nothing else stands in the way of a command that is open."""
    stage, followed = shape
    if command is ConcludeInspection:
        return stage != "differing"
    return command is not CloseCauseOfConcern or followed != "both"


def decided(command: Command[Inspection], before: Given) -> tuple[tuple[Event, ...], Refused | None]:
    found = {RevealNonce: DIGEST, DrawSample: FRAME}.get(type(command))
    at = Moment.of("2026-07-10T10:00:00Z").earliest
    act = Act(THREE, Role.INSPECTOR, INSPECTORATE, command.purpose, at, rule_book(), found=found)
    try:
        return enforce(command, before.state, act), None
    except Refused as refusal:
        return (), refusal


def walk(shapes: list[Shape]) -> int:
    """Send every command in every state; how many moves were tried."""
    tried = 0
    for shape in shapes:
        before = history(shape)
        open_moves = tuple(move.__name__ for move in before.state.allowed)
        assert open_moves or shape[0].startswith("abandoned"), f"a dead end: {shape}"
        for command in SENT:
            tried += 1
            kind, what = type(command), f"{type(command).__name__} in {shape}"
            expected = OPEN_IN[kind](*shape)
            assert (kind.__name__ in open_moves) is expected, f"wrongly listed: {what}"
            facts, refusal = decided(command, before)
            if refusal is None:
                assert expected, f"went through: {what}"
                assert goes_through(kind, shape), f"went through: {what}"
                assert len(facts) == 1
                assert before.and_then(*facts).state.version == before.state.version + 1
            elif refusal.rule is INSPECTION_MOVE_IS_OPEN:
                assert not expected, f"held up: {what}"
                assert refusal.allowed == open_moves, f"the open moves are not named: {what}"
            else:
                assert expected, f"refused by {refusal.rule.id}: {what}"
                assert not goes_through(kind, shape), f"refused by {refusal.rule.id}: {what}"
    return tried


def test_every_command_in_every_state() -> None:
    assert walk(SHAPES) == len(SHAPES) * len(MOVES) > 400


def test_every_command_of_an_inspection_has_its_place_and_is_walked() -> None:
    assert {command for command in COMMANDS.values() if command.aggregate == "inspection"} == set(MOVES)
    assert [type(command) for command in SENT] == list(MOVES) == list(OPEN_IN)
    assert {history(shape).state.status for shape in SHAPES} == set(InspectionStatus)


@pytest.mark.parametrize("command", MOVES, ids=lambda command: command.__name__)
def test_a_command_in_the_wrong_place_is_noticed(command: type[Command[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    for where in (Where(frozenset(InspectionStatus)), Where(frozenset())):
        monkeypatch.setattr(inspection_state, "MOVES", MappingProxyType({**MOVES, command: where}))
        with pytest.raises(AssertionError, match=rf"a dead end|{command.__name__}"):
            walk(SHAPES)


def test_a_move_that_nobody_checks_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inspection, "allows", lambda inspection, command, act: iter(()))
    with pytest.raises(AssertionError, match=r"went through|refused by"):
        walk(SHAPES)
