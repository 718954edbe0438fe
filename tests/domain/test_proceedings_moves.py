"""Each command of an investigation and of what follows it, in every state: open where it says, else refused."""

from typing import Any

import pytest
from proceedings_samples import of_the_proceedings
from proceedings_sending import BEFORE
from report_scenario import FORCE, INVESTIGATOR, Given, happened, nothing

from adapters.http import examples
from domain.event import COMMANDS, EVENTS, Act, Command, Refused, Role, enforce
from domain.misconduct import state as report_state
from domain.misconduct.moves import MOVES
from domain.misconduct.state import REPORT_MOVE_IS_OPEN, Report
from domain.rules import rule_book
from domain.values import Moment, instant

NOW = "2026-11-20T10:00:00Z"


def example(name: str, *given: str) -> Command[Report]:
    """The command as its documentation has it, with the values named."""
    command = COMMANDS[name]
    schema = command.model_json_schema(ref_template="#/$defs/{model}")
    body: dict[str, Any] = examples.example(schema, schema.get("$defs", {})) | dict(command.example)
    body |= dict(value.split("=") for value in given)
    return command.model_validate({name: value for name, value in body.items() if value is not None})


def sent(history: Given, command: Command[Report]) -> Given:
    """What follows it."""
    act = Act(INVESTIGATOR, Role.PSD_INVESTIGATOR, FORCE, command.purpose, Moment.of(NOW).earliest, rule_book())
    facts = enforce(command, history.state, act)
    return history.and_then(*(happened(each, str(instant(act.at))) for each in facts))


def life(steps: tuple[str, ...]) -> Given:
    history = nothing
    for step in steps:
        history = sent(history, example(*step.split()))
    return history


LIVES = {steps: life(steps) for steps in {*BEFORE.values(), *((*before, name) for name, before in BEFORE.items())}}


@pytest.mark.parametrize("name", BEFORE)
def test_the_example_of_a_command_goes_through_after_what_is_sent_before(name: str) -> None:
    history = LIVES[BEFORE[name]]
    after = sent(history, example(name))
    assert len(after.entries) > len(history.entries)
    assert after.state.version == len(after.entries)
    assert after.state.allowed, "a dead end"


def test_every_command_of_the_page_is_on_it() -> None:
    mine = {
        command.__name__
        for command in MOVES
        if command.__module__.rpartition(".")[2]
        in {module.__module__.rpartition(".")[2] for module in (type(event) for event in of_the_proceedings("Text."))}
        | {"delay_statement"}
    }
    assert mine == BEFORE.keys()


def answer(history: Given, command: Command[Report]) -> Given | Refused:
    try:
        return sent(history, command)
    except Refused as refusal:
        return refusal


def walk() -> None:
    for history in LIVES.values():
        state = history.state
        for name in BEFORE:
            found = answer(history, example(name))
            closed = COMMANDS[name] not in state.allowed
            by_the_move = isinstance(found, Refused) and found.rule == REPORT_MOVE_IS_OPEN
            assert by_the_move is closed, name
            if isinstance(found, Given):
                assert found.state.version == len(found.entries)
            elif closed:
                assert found.allowed == tuple(each.__name__ for each in state.allowed)


def test_every_command_in_every_state() -> None:
    walk()
    assert len(LIVES) > 20


def test_a_move_that_nobody_checks_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Report, "allows", lambda state, command: iter(()))
    with pytest.raises(AssertionError):
        walk()


def test_a_move_that_is_open_where_it_should_not_be_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Report, "is_open", lambda state, command: True)
    assert report_state.replay([]).allowed
    with pytest.raises(AssertionError):
        assert COMMANDS["ImposeSanction"] not in LIVES[BEFORE["DetermineCase"]].state.allowed


def test_every_event_of_the_page_has_a_sample() -> None:
    modules = {type(event).__module__ for event in of_the_proceedings("Text.")}
    named = {name for name, event in EVENTS.items() if event.__module__ in modules}
    assert {type(event).NAME for event in of_the_proceedings("Text.")} == named
