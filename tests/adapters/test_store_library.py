"""The recorder still is what the eventsourcing library takes it for."""

import json

import pytest
from eventsourcing.persistence import ApplicationRecorder, IntegrityError, StoredEvent
from log_entries import appends, case_id

from adapters.system import System
from domain.case.recording import IncidentRegistered


def stored(stream: str, version: int, topic: str = "incident_registered.v1") -> StoredEvent:
    state = {"at": "2024-03-01", "actor": "a", "role": "recorder", "purpose": "crime_recording", "data": {}}
    return StoredEvent(stream, version, topic, json.dumps(state).encode())


def test_it_is_an_application_recorder_of_the_library(system: System) -> None:
    assert isinstance(system.store.recorder, ApplicationRecorder)


def test_inserted_events_are_selected_by_version(system: System) -> None:
    recorder, stream = system.store.recorder, case_id()
    start = recorder.max_notification_id() or 0
    events = [stored(stream, version) for version in (1, 2, 3)]
    assert list(recorder.insert_events(events) or ()) == [start + n for n in (1, 2, 3)]
    assert list(recorder.select_events(stream)) == events
    assert list(recorder.select_events(stream, gt=1)) == events[1:]
    assert list(recorder.select_events(stream, lte=2)) == events[:2]
    assert list(recorder.select_events(stream, desc=True, limit=2)) == events[:0:-1]
    assert list(recorder.select_events(case_id())) == []
    assert [entry.event for entry in system.store.load(stream)] == [IncidentRegistered()] * 3


def test_a_version_that_is_taken_or_skipped_is_an_integrity_error(system: System) -> None:
    recorder, stream = system.store.recorder, case_id()
    recorder.insert_events([stored(stream, 1)])
    for events in ([stored(stream, 1)], [stored(stream, 1), stored(stream, 2)], [stored(stream, 3)]):
        with pytest.raises(IntegrityError, match="is at version 1"):
            recorder.insert_events(events)
    assert len(recorder.select_events(stream)) == 1


def test_notifications_are_the_log_in_order_of_position(system: System) -> None:
    recorder, stream = system.store.recorder, case_id()
    start = recorder.max_notification_id() or 0
    for version in range(4):
        system.store.append(appends(stream, version))
    select = recorder.select_notifications
    assert [n.id for n in select(start + 1, 3)] == [start + 1, start + 2, start + 3]
    assert [n.id for n in select(start + 1, 3, inclusive_of_start=False)] == [start + 2, start + 3, start + 4]
    assert [n.id for n in select(start + 1, 9, stop=start + 2)] == [start + 1, start + 2]
    assert [n.id for n in select(None, 2)] == [1, 2]
    assert recorder.max_notification_id() == start + 4
    first = select(start + 1, 1)[0]
    assert (first.originator_id, first.originator_version, first.topic) == (stream, 1, "incident_registered.v1")
    assert json.loads(first.state)["actor"] == "staff-1"


def test_notifications_of_some_topics_fill_a_page_past_the_others(system: System) -> None:
    recorder = system.store.recorder
    start = recorder.max_notification_id() or 0
    stream = case_id()
    recorder.insert_events([stored(stream, n + 1, "a.v1" if n < 5 else "b.v1") for n in range(7)])
    found = recorder.select_notifications(start + 1, 2, topics=["b.v1"])
    assert [n.id for n in found] == [start + 6, start + 7]


def test_a_connection_string_is_all_that_a_datastore_needs(system: System) -> None:
    with system.store.recorder.datastore.rows() as cursor:
        (user, zone) = cursor.execute("SELECT current_user::text, current_setting('timezone')").fetchone() or ("", "")
    assert (user, zone) == ("candour_writer", "UTC")
