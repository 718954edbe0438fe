"""Case facts: the row says what the state of the case says, and remembers what it said before."""

from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID

import pytest
from histories import CATEGORIES, MONTHS, SOURCE, Told, histories, recorded
from hypothesis import given
from hypothesis import strategies as st

from domain.case.closure import ClosureStatus
from domain.case.outcome import OutcomeAssigned
from domain.case.state import Case, replay
from domain.case.testimony import CrimeRecordEvidenced
from domain.event import Event, RecordedEvent
from domain.values import Moment
from projections.case_facts import CaseFacts, case_facts
from projections.projection import Replica

months = st.sampled_from(MONTHS).map(Moment.of)
evidence = st.builds(
    CrimeRecordEvidenced,
    recorded=st.none() | months,
    before=st.none() | months,
    category=st.sampled_from(CATEGORIES),
    last_outcome=st.sampled_from(CATEGORIES),
)
outcomes = st.builds(OutcomeAssigned, outcome=st.none() | st.integers(1, 22), category=st.sampled_from(CATEGORIES))


def streams(entries: Sequence[RecordedEvent]) -> dict[str, list[RecordedEvent]]:
    found: dict[str, list[RecordedEvent]] = {}
    for entry in entries:
        found.setdefault(entry.stream, []).append(entry)
    return found


def of_the_case(case: Case) -> dict[str, Any]:
    """What row and state both say."""
    register = case.recording.recorded_at is not None
    request = case.cancellation.request
    return {
        "status": case.recording.status.value,
        "receipt": case.recording.receipt,
        "linked_under": case.link.under,
        "asked_as": request.code.value if request is not None else "C1" if case.cancellation.to_force else None,
        "cancelled_as": case.cancellation.cancelled_as,
        "is_closed": case.closure.status is ClosureStatus.CLOSED,
        "received_at": case.recording.received_at,
        "record_by": case.recording.record_by,
        "registered_at": case.recording.registered_at,
        "decided_at": case.recording.decided_at,
        "offence": case.recording.offence,
        "alleged": case.recording.alleged,
        "recorded_before": case.evidence.before,
        "outcome": case.outcome.type,
        "outcome_category": case.outcome.category,
        "outcome_at": case.outcome.assigned_at,
    } | ({} if register else {"recorded_at": case.evidence.recorded, "category": case.evidence.category})


def disagreements(entries: Sequence[RecordedEvent]) -> list[str]:
    found: list[str] = []
    for stream, of_stream in streams(entries).items():
        row, expected = case_facts.fold(of_stream), of_the_case(replay(of_stream))
        row = row or CaseFacts(stream, "", "full")
        given = {**row._asdict(), "is_closed": row.closed_at is not None}
        found += [
            f"{stream} {name}: {given[name]}, not {expected[name]}"
            for name in expected
            if given[name] != expected[name]
        ]
    return found


@given(histories())
def test_the_row_says_what_the_state_of_the_case_says(told: list[Told]) -> None:
    assert not disagreements(recorded(told))


published = st.lists(st.tuples(st.one_of(evidence, outcomes), months), min_size=1, max_size=5)


def row_of(rows: Sequence[tuple[Event, Moment]]) -> CaseFacts | None:
    """The row of a case that only files tell of, but for when the first of them was read."""
    ids = [UUID(int=number) for number in range(len(rows))]
    row = case_facts.fold(
        recorded(
            [
                Told("case-1", "kent", event, at, at.latest, id_, SOURCE)
                for (event, at), id_ in zip(rows, ids, strict=True)
            ]
        )
    )
    return row and row._replace(testified_at=None)


@given(published, st.randoms(use_true_random=False))
def test_files_may_be_read_in_any_order(rows: list[tuple[Event, Moment]], random: Random) -> None:
    shuffled = random.sample(rows, len(rows))
    assert row_of(rows) == row_of(shuffled)


def test_a_handler_that_goes_by_the_order_of_arrival_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control of the two tests above."""
    march, april = Moment.of("2024-03"), Moment.of("2024-04")
    rows = [
        (CrimeRecordEvidenced(recorded=april, category="Robbery"), april),
        (CrimeRecordEvidenced(recorded=march, category="Other theft"), march),
    ]
    of_files = [Told("case-1", "kent", event, at, at.latest, UUID(int=at.earliest.month), SOURCE) for event, at in rows]
    assert row_of(rows) == row_of(rows[::-1])
    assert not disagreements(recorded(of_files))
    monkeypatch.setitem(
        case_facts._handlers,
        CrimeRecordEvidenced,
        lambda row, entry, event: {"status": "recorded", "recorded_at": event.recorded, "category": event.category},
    )
    assert row_of(rows) != row_of(rows[::-1])
    assert disagreements(recorded(of_files))


@given(histories())
def test_what_was_known_at_a_position_is_what_a_replica_that_stopped_there_knows(
    told: list[Told],
) -> None:
    entries = recorded(told)
    whole: Replica[CaseFacts] = Replica(case_facts)
    whole.follow(entries)
    for position in range(len(entries) + 1):
        stopped: Replica[CaseFacts] = Replica(case_facts)
        stopped.follow(entries[:position])
        assert whole.known_at(position) == stopped.rows


@given(histories())
def test_the_versions_of_a_stream_are_those_of_following_the_log(told: list[Told]) -> None:
    entries = recorded(told)
    replica: Replica[CaseFacts] = Replica(case_facts)
    replica.follow(entries)
    for stream, of_stream in streams(entries).items():
        versions = list(case_facts.versions(of_stream))
        assert versions == replica.history.get(stream, [])
        assert (versions[-1].row if versions else None) == case_facts.fold(of_stream)


def test_a_version_that_is_lost_is_noticed() -> None:
    """Negative control: a replica that forgets a version knows something else than one that stopped there."""
    told = recorded(
        [
            Told("case-1", "kent", event, at, at.latest, UUID(int=at.earliest.month), SOURCE)
            for event, at in [
                (CrimeRecordEvidenced(before=Moment.of("2024-04")), Moment.of("2024-04")),
                (CrimeRecordEvidenced(before=Moment.of("2024-03")), Moment.of("2024-03")),
            ]
        ]
    )
    whole: Replica[CaseFacts] = Replica(case_facts)
    whole.follow(told)
    stopped: Replica[CaseFacts] = Replica(case_facts)
    stopped.follow(told[:1])
    assert whole.known_at(1) == stopped.rows
    del whole.history["case-1"][0]
    assert whole.known_at(1) != stopped.rows
