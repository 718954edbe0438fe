"""The state × command table of the documentation, walked: what it forbids is refused, what it opens is not."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from case_commands import BY_NAME, EXAMPLES, OTHER_CASE, of_a_case
from scenario import FORCE, HERE, Given, entry, given, nothing, reported

from domain.case import moves
from domain.case.closure import CaseClosed, Closure, ClosureStatus, ReviewOf, ReviewStatus
from domain.case.investigation import Investigation, InvestigationStatus
from domain.case.recording import Recording, RecordingStatus
from domain.case.state import MOVE_IS_OPEN, Case, replay
from domain.case.victim import Channel, InformVictim
from domain.event import Act, Broken, Command, Event, Refused, Role, enforce
from domain.rules import rule_book
from domain.values import Moment, instant

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "moves.md"
NOW = Moment.of("2024-03-01T12:00:00Z").earliest
Key = tuple[RecordingStatus, InvestigationStatus, ClosureStatus, ReviewStatus]
KEYS: list[Key] = list(product(RecordingStatus, InvestigationStatus, ClosureStatus, ReviewStatus))
Plant = Callable[[pytest.MonkeyPatch], None]


@cache
def page() -> Mapping[str, tuple[frozenset[str], ...]]:
    """In which statuses of each track the page says that a command is open; an empty cell of a track: in all."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.read_text().splitlines() if "|" in line
    ]
    heads = [number for number, row in enumerate(rows) if row[0] == "command"]
    [first, second] = heads
    statuses = rows[first][1:]
    recording = {
        row[0].strip("`"): frozenset(status for status, cell in zip(statuses, row[1:], strict=True) if cell == "yes")
        for row in rows[first + 2 : second]
    }
    tracks = (InvestigationStatus, ClosureStatus, ReviewStatus)
    others = {
        row[0].strip("`"): tuple(
            frozenset(cell.split(", ") if cell else of) for cell, of in zip(row[1:], tracks, strict=True)
        )
        for row in rows[second + 2 :]
    }
    return MappingProxyType({name: (open_in, *others[name]) for name, open_in in recording.items()})


def open_in(key: Key) -> tuple[str, ...]:
    """What the page says can be sent in these statuses."""
    return tuple(name for name, where in page().items() if all(map(frozenset.__contains__, where, key)))


def case_in(key: Key) -> Case:
    """A case in these statuses, as if it had come there."""
    recording, investigation, closure, review = key
    return Case(
        id=HERE,
        force=FORCE,
        recording=Recording(status=recording, offence="8N", alleged="19C"),
        investigation=Investigation(investigation),
        closure=Closure(closure, review=review, review_of=ReviewOf.OUTCOME),
    )


def act(command: Command[Any], role: Role = Role.FORCE_CRIME_REGISTRAR, by: str = "staff-9") -> Act:
    other = replace(given(reported()).state, id=OTHER_CASE)
    return Act(by, role, FORCE, command.purpose, NOW, rule_book(), others={OTHER_CASE: other})


def misjudged() -> Iterator[str]:
    """Where the code does not do in a state what the page says."""
    for key in KEYS:
        case, allowed = case_in(key), open_in(key)
        for name, command in BY_NAME.items():
            try:
                enforce(command, case, act(command))
                refusal = None
            except Refused as refused:
                refusal = refused
            forbidden = refusal is not None and refusal.rule == MOVE_IS_OPEN
            if name in allowed and forbidden:
                yield f"{name} is open in {key}, and refused as a forbidden move"
            if name not in allowed and not forbidden:
                yield f"{name} is forbidden in {key}, and {refusal.rule.id if refusal else 'went through'}"
            if forbidden and refusal.allowed != allowed:
                yield f"{name} in {key}: the refusal names {refusal.allowed}"


def test_every_command_of_a_case_is_on_the_page_and_has_an_example() -> None:
    names = {command.__name__ for command in of_a_case()}
    assert names == set(page()) == set(BY_NAME)
    assert len(BY_NAME) == len(EXAMPLES)
    assert len(KEYS) == 10 * 7 * 2 * 2


def test_every_forbidden_move_is_refused_and_names_the_open_ones_and_no_open_one_is() -> None:
    assert list(misjudged()) == []


def one_that_nobody_checks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(moves.CloseCase, "decide", lambda command, state, act: iter([CaseClosed()]))


def a_table_that_opens_more_than_it_says(patch: pytest.MonkeyPatch) -> None:
    real = Case.is_open
    patch.setattr(Case, "is_open", lambda case, move: move is moves.AddReference or real(case, move))


def a_table_that_opens_less_than_it_says(patch: pytest.MonkeyPatch) -> None:
    real = Case.is_open
    tight = frozenset({RecordingStatus.CANCELLED})
    patch.setattr(
        Case, "is_open", lambda case, move: real(case, move) and (case.recording.status not in tight or False)
    )


def a_track_that_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    def is_open(case: Case, move: type[Command[Any]]) -> bool:
        where = moves.MOVES[move]
        return case.recording.status in where.recording and case.investigation.status in where.investigation

    patch.setattr(Case, "is_open", is_open)


def a_refusal_that_names_no_way_out(patch: pytest.MonkeyPatch) -> None:
    real = Case.allows
    patch.setattr(Case, "allows", lambda case, command: (Broken(step.rule) for step in real(case, command)))


def a_rule_that_is_asked_before_the_move(patch: pytest.MonkeyPatch) -> None:
    real = moves.RequestReview.decide

    def decide(command: Any, state: Case, act: Act) -> Iterator[Event | Broken]:
        yield from sorted(real(command, state, act), key=lambda step: getattr(step, "rule", None) == MOVE_IS_OPEN)

    patch.setattr(moves.RequestReview, "decide", decide)


@pytest.mark.parametrize(
    ("plant", "caught"),
    [
        (one_that_nobody_checks, "CloseCase is forbidden .* went through"),
        (a_table_that_opens_more_than_it_says, "AddReference is forbidden .* went through"),
        (a_table_that_opens_less_than_it_says, "is open in .* refused as a forbidden move"),
        (a_track_that_is_forgotten, "StartInvestigation is forbidden .* went through"),
        (a_refusal_that_names_no_way_out, "the refusal names"),
        (a_rule_that_is_asked_before_the_move, "RequestReview is forbidden .* review_needs_a_decision"),
    ],
)
def test_the_walk_notices(plant: Plant, caught: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=caught):
        raise AssertionError("\n".join(misjudged()))


# The state machine of a case (reference, section 4): where a recording status leads.
LEADS_TO: dict[str, set[str]] = {
    "none": {"reported"},
    "reported": {"incident", "recorded", "n100", "not_recorded"},
    "incident": {"recorded", "n100", "not_recorded"},
    "not_recorded": {"recorded"},
    "n100": {"recorded"},
    "recorded": {"transfer_pending", "cancel_pending"},
    "transfer_pending": {"transferred", "recorded"},
    "cancel_pending": {"cancelled", "recorded"},
    "transferred": {"recorded"},
    "cancelled": {"recorded"},
}


@dataclass(frozen=True)
class Walk:
    """Every case that live commands lead to, one for each combination of statuses; and the steps between them."""

    cases: Mapping[Key, Given]
    steps: frozenset[tuple[Key, str, Key]]


def key_of(case: Case) -> Key:
    return case.recording.status, case.investigation.status, case.closure.status, case.closure.review


BEFORE = {"UnlinkCase": ("LinkCase",), "ResumeDuty": ("PauseDuty",), "CloseCase": ("AssignOutcome",)}


def prepared(case: Given, name: str) -> Given:
    """The case once what the command needs was done, and the victim was told of everything before it is closed."""
    for first in BEFORE.get(name, ()):
        case = sent(case, BY_NAME[first]) or case
    if name != "CloseCase":
        return case
    for notice in case.state.victim.owed:
        case = sent(case, InformVictim(about=notice.about, channel=Channel.LETTER)) or case
    return case


def sent(case: Given, command: Command[Any]) -> Given | None:
    """The case after the command; None: it was refused."""
    for role, by in [(Role.RECORDER, "staff-1"), (Role.FORCE_CRIME_REGISTRAR, "staff-9")]:
        try:
            facts = enforce(command, case.state, act(command, role, by))
        except Refused:
            continue
        at = NOW + timedelta(minutes=len(case.entries))
        told = [entry(len(case.entries) + n, fact, instant(at), by=by) for n, fact in enumerate(facts, start=1)]
        return Given((*case.entries, *(each._replace(role=role, stream=HERE) for each in told)))
    return None


@cache
def walk() -> Walk:
    cases: dict[Key, Given] = {key_of(nothing.state): nothing}
    steps: set[tuple[Key, str, Key]] = set()
    waiting = list(cases)
    while waiting:
        here = waiting.pop(0)
        for name, command in BY_NAME.items():
            after = sent(cases[here], command) or sent(prepared(cases[here], name), command)
            if after is None:
                continue
            there = key_of(after.state)
            steps.add((here, name, there))
            if there not in cases:
                cases[there] = after
                waiting.append(there)
    return Walk(cases, frozenset(steps))


def test_live_commands_lead_where_the_state_machine_says_and_nowhere_else() -> None:
    led = {(str(here[0]), str(there[0])) for here, _, there in walk().steps if here[0] != there[0]}
    assert led == {(here, there) for here, ends in LEADS_TO.items() for there in ends}


def test_every_open_command_goes_through_somewhere_in_a_life_and_leaves_no_gap_in_the_versions() -> None:
    assert {name for _, name, _ in walk().steps} == set(BY_NAME)
    assert len(walk().cases) > 100
    for case in walk().cases.values():
        state = replay(case.entries)
        assert [e.version for e in state.facts.values()] == list(range(1, state.version + 1))
        assert key_of(state) in walk().cases


def test_no_live_walk_closes_what_nobody_decided_or_starts_where_there_is_no_report() -> None:
    undecided = {RecordingStatus.NONE, RecordingStatus.REPORTED, RecordingStatus.INCIDENT}
    assert not [key for key in walk().cases if key[0] in undecided and key[2] is ClosureStatus.CLOSED]
    assert [key for key in walk().cases if key[0] is RecordingStatus.NONE] == [key_of(nothing.state)]
    assert not [flaw for case in walk().cases.values() for flaw in case.state.flaws()]
