"""Sealed text in the store: never in clear, erased with its key, and readable whoever made the key first."""

import json
import os
import threading
from collections.abc import Sequence
from uuid import UUID

import psycopg
import pytest
from log_entries import NAME, SECRET, appends, case_id, declined, in_threads, narrated, person_id

from adapters.eventstore.recorder import Datastore, NewKey, NewRow, Recorder, Verdict
from adapters.eventstore.sealing import MasterKey, WrongMasterKey
from adapters.eventstore.store import PostgresEventStore
from adapters.system import System
from application.ports import Appended, Conflict
from domain.case.recording import CrimeReported
from domain.event import Refused
from domain.values import Erased


def rows_of(system: System, stream: str) -> str:
    with system.connect("admin") as admin:
        rows = admin.execute("SELECT row_to_json(e)::text FROM candour.events e WHERE stream_id = %s", (stream,))
        return "\n".join(str(row[0]) for row in rows.fetchall())


def destroy(system: System, key_id: str) -> None:
    with system.connect("admin") as admin:
        done = admin.execute(
            "UPDATE candour.keys SET wrapped = NULL, destroyed_at = clock_timestamp() WHERE key_id = %s", (key_id,)
        )
        assert done.rowcount == 1


def read(system: System, stream: str) -> tuple[str | None, str | None]:
    (entry,) = system.store.reveal(system.store.load(stream)[:1])
    assert isinstance(entry.event, CrimeReported)
    return entry.event.summary, entry.event.reporter.value if entry.event.reporter else None


def test_sealed_text_is_not_in_the_row_in_clear_and_opens_again(system: System) -> None:
    stream, person = case_id(), person_id()
    system.store.append(appends(stream, 0, narrated(person), declined()))
    stored = rows_of(system, stream)
    assert SECRET not in stored
    assert NAME not in stored
    assert "other_force" in stored, "the check would not see what is in clear"
    sealed = system.store.load(stream)[0].event
    assert isinstance(sealed, CrimeReported)
    assert sealed.summary
    assert sealed.summary.startswith("sealed:")
    assert read(system, stream) == (SECRET, NAME)


def test_the_state_is_readable_json(system: System) -> None:
    stream = case_id()
    system.store.append(appends(stream, 0, narrated()))
    state = json.loads(json.loads(rows_of(system, stream))["state"])
    assert state.keys() >= {"at", "actor", "role", "purpose", "data"}
    assert (state["actor"], state["role"], state["purpose"]) == ("staff-1", "recorder", "crime_recording")
    assert state["data"]["route"] == "control_room"


def test_text_under_a_destroyed_key_reads_as_erased_and_the_rest_stays(system: System) -> None:
    stream, person = case_id(), person_id()
    system.store.append(appends(stream, 0, narrated(person)))
    destroy(system, person)
    summary, name = read(system, stream)
    assert (summary, name, type(name)) == (SECRET, "[erased]", Erased)
    destroy(system, stream)
    assert [type(text) for text in read(system, stream)] == [Erased, Erased]


def test_the_wrong_master_key_is_an_error_and_never_reads_as_erased(system: System) -> None:
    stream = case_id()
    system.store.append(appends(stream, 0, narrated()))
    stranger = PostgresEventStore(Recorder(Datastore(system.conninfo("candour_writer"))), MasterKey(os.urandom(32)))
    try:
        with pytest.raises(WrongMasterKey, match="does not open"):
            stranger.reveal(stranger.load(stream))
        with pytest.raises(WrongMasterKey):
            stranger.append(appends(stream, 1, declined()))
    finally:
        stranger.close()
    assert len(system.store.load(stream)) == 1


def test_sealed_text_opens_only_in_the_event_it_was_sealed_for(system: System) -> None:
    stream = case_id()
    system.store.append(appends(stream, 0, narrated()))
    (entry,) = system.store.load(stream)
    with pytest.raises(Exception, match=r".*") as failure:
        system.store.reveal([entry._replace(event_id=UUID(int=1))])
    assert type(failure.value).__name__ == "InvalidTag"


def test_a_destroyed_key_is_not_made_again(system: System) -> None:
    stream = case_id()
    system.store.append(appends(stream, 0, narrated()))
    destroy(system, stream)
    with pytest.raises(Refused, match="was erased; no more can be sealed there"):
        system.store.append(appends(stream, 1, declined()))
    assert len(system.store.load(stream)) == 1
    assert system.store.append(appends(stream, 1)).version == 2, "what needs no key is still appended"
    assert read(system, stream)[0] == "[erased]"


def append_until_done(store: PostgresEventStore, stream: str, person: str) -> Appended:
    """As the command handler does: an equal version means that only the key was new to us."""
    for _ in range(3):
        (done,) = store.append_many([appends(stream, 0, narrated(person))])
        if isinstance(done, Appended):
            return done
        assert done.current == 0
    raise AssertionError("the key race was lost three times")


def test_two_cases_that_name_the_same_new_person_at_once_both_stay_readable(system: System) -> None:
    other = System(system.settings, None)
    stores = [system.store, other.store]
    try:
        for _ in range(25):
            person, streams = person_id(), [case_id(), case_id()]
            together = threading.Barrier(2)

            def write(number: int, person: str = person, streams: list[str] = streams) -> None:
                together.wait()  # noqa: B023
                append_until_done(stores[number], streams[number], person)

            in_threads(2, write)
            assert [read(system, stream) for stream in streams] == [(SECRET, NAME)] * 2
    finally:
        other.close()


@pytest.mark.parametrize("loser", [0, 1, 2])
def test_a_new_persons_key_is_kept_whichever_stream_of_a_batch_is_accepted(system: System, loser: int) -> None:
    person, streams = person_id(), [case_id() for _ in range(3)]
    items = [appends(stream, int(n == loser), narrated(person)) for n, stream in enumerate(streams)]
    verdicts = system.store.append_many(items)
    assert [isinstance(verdict, Conflict) for verdict in verdicts] == [n == loser for n in range(3)]
    assert [read(system, stream) for n, stream in enumerate(streams) if n != loser] == [(SECRET, NAME)] * 2


def test_a_key_that_only_the_first_stream_brings_would_be_lost(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    real = system.store.recorder.append

    def careless(rows: Sequence[NewRow], keys: Sequence[NewKey] = (), *_: object) -> list[Verdict]:
        return real(rows, [key for key in keys if key.stream == rows[0].stream])

    monkeypatch.setattr(system.store.recorder, "append", careless)
    person, stream = person_id(), case_id()
    system.store.append_many([appends(case_id(), 1, narrated(person)), appends(stream, 0, narrated(person))])
    assert read(system, stream) == ("[erased]", "[erased]")


def test_a_batch_in_which_everything_conflicts_leaves_no_key(system: System) -> None:
    person = person_id()
    verdicts = system.store.append_many([appends(case_id(), 1, narrated(person)), appends(case_id(), 2, narrated())])
    assert all(isinstance(verdict, Conflict) for verdict in verdicts)
    with system.connect("admin") as admin:
        assert admin.execute("SELECT count(*) FROM candour.keys").fetchone() == (0,)


def test_no_application_role_changes_a_key(system: System) -> None:
    system.store.append(appends(case_id(), 0, narrated()))
    for role in ("candour_writer", "candour_projector", "candour_reader"):
        with system.connect(role) as connection:
            for change in (
                "UPDATE candour.keys SET wrapped = NULL, destroyed_at = now()",
                "DELETE FROM candour.keys",
                "INSERT INTO candour.keys VALUES ('k', '\\x00')",
            ):
                with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
                    connection.execute(change)  # type: ignore[call-overload]
