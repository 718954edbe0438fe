"""What is told of a command's guards is what its decision holds."""

import pytest

from adapters.guards import guards_of
from adapters.http import openapi
from domain.case.cancellation import ApproveCancellation, CancellationApproved, RequestCancellation
from domain.case.correction import CorrectFact, FactCorrected
from domain.case.recording import DeclineRecording, IncidentRegistered, RecordCrime, RecordingDeclined
from domain.case.victim import InformVictim, VictimInformed
from domain.event import COMMANDS


def rules(command: type) -> set[str]:
    return {rule.id for rule in guards_of(command).rules}


def test_the_rules_of_a_decision_are_found_wherever_it_names_them() -> None:
    assert rules(RecordCrime) == {"move_is_open", "offence_is_listed", "late_recording_needs_a_reason"}
    assert {"c2_needs_verifiable_information", "surviving_crime_is_another"} <= rules(RequestCancellation)
    assert {"registrar_cancels_rape", "requester_does_not_approve"} <= rules(ApproveCancellation)
    assert "victim_statement_before_14_or_16" in rules(CorrectFact), "through what the state keeps"


def test_the_events_are_those_that_it_writes_not_those_that_it_looks_at() -> None:
    assert guards_of(DeclineRecording).events == (IncidentRegistered, RecordingDeclined)
    assert guards_of(CorrectFact).events == (FactCorrected,)
    assert guards_of(InformVictim).events == (VictimInformed,)
    assert CancellationApproved in guards_of(ApproveCancellation).events


def test_the_duties_are_those_that_its_events_open() -> None:
    assert guards_of(RecordCrime).duties == ("victim_told", "support_referral")
    assert guards_of(InformVictim).duties == ()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_writes_something_and_its_documentation_says_what_stands_in_the_way(name: str) -> None:
    told = openapi.of_command(COMMANDS[name])
    assert told["openapi_extra"]["x-events"]
    for rule in told["openapi_extra"]["x-rules"]:
        assert f"`{rule['id']}`: {rule['sentence']}" in told["responses"][409]["description"]
        assert rule["source"]
