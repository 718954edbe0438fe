"""A fan: several rows per stream, their versions those of reading each stream anew, and other streams passed over."""

from collections.abc import Sequence
from typing import Any

import pytest
from duty_histories import owing
from histories import Told, recorded
from hypothesis import given, settings

from domain.case.recording import CrimeRecorded
from domain.event import RecordedEvent
from projections.duties import DutyOwed, duties
from projections.projection import Replica, Version


def replica(entries: Sequence[RecordedEvent]) -> Replica[DutyOwed]:
    found: Replica[DutyOwed] = Replica(duties)
    found.follow(entries)
    return found


def as_built(entries: Sequence[RecordedEvent]) -> dict[str, list[Version[Any]]]:
    """The versions as a rebuild reads them, stream by stream."""
    found: dict[str, list[Version[Any]]] = {}
    for stream in {entry.stream for entry in entries}:
        for version in duties.versions([entry for entry in entries if entry.stream == stream]):
            found.setdefault(version.key, []).append(version)
    return found


@given(owing())
def test_the_versions_of_streams_are_those_of_following_the_log(told: list[Told]) -> None:
    entries = recorded(told)
    assert as_built(entries) == replica(entries).history


@settings(max_examples=25)
@given(owing(most=3))
def test_what_was_known_at_a_position_is_what_a_replica_that_stopped_there_knows(told: list[Told]) -> None:
    entries = recorded(told)
    whole = replica(entries)
    for position in range(len(entries) + 1):
        assert whole.known_at(position) == replica(entries[:position]).rows


@settings(max_examples=30)
@given(owing())
def test_a_key_belongs_to_one_stream(told: list[Told]) -> None:
    entries = recorded(told)
    seen: dict[str, str] = {}
    for versions in replica(entries).history.values():
        for version in versions:
            if version.row is not None:
                assert seen.setdefault(version.key, version.row.case_id) == version.row.case_id


def test_an_event_that_is_wrongly_passed_over_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control of the first test."""

    @given(owing())
    def differs(told: list[Told]) -> None:
        entries = recorded(told)
        assert as_built(entries) == replica(entries).history

    monkeypatch.setattr(duties, "wants", lambda entry: not isinstance(entry.event, CrimeRecorded))
    with pytest.raises(AssertionError):
        differs()


@settings(max_examples=10)
@given(owing(most=2))
def test_streams_of_another_kind_are_passed_over(told: list[Told]) -> None:
    entries = [entry._replace(stream=entry.stream.replace("case-", "contact-")) for entry in recorded(told)]
    found = replica(entries)
    assert (found.rows, found.history, found.position) == ({}, {}, len(entries))
