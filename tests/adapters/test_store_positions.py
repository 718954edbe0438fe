"""A reader that follows the log by position never skips an event, however long a writer pauses before it commits."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from log_entries import case_id, in_threads, plant
from psycopg.conninfo import conninfo_to_dict

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.system import System

APPENDS, WRITERS = 200, 8
STATE = '{"at":"2024-03-01","actor":"a","role":"recorder","purpose":"crime_recording","data":{}}'
OURS = (
    "SELECT last_position FROM candour.append(ARRAY[%s], ARRAY[1], ARRAY['incident_registered.v1'],"
    " ARRAY[gen_random_uuid()], ARRAY['kent'], ARRAY[%s], '{}', '{}', '{}')"
)
Write = Callable[[float], int]
Read = Callable[[int], list[int]]


def skipped(write: Callable[[int], Write], read: Read, start: int) -> int:
    """How many of the appended positions a reader that follows the log never sees.

    `write(thread)` gives a function that appends once, pauses so many seconds before it commits, and returns its
    position; `read(after)` gives the next positions after that one.
    """
    finished = threading.Event()
    seen: set[int] = set()

    def follow() -> None:
        last, since_finished = start, 0
        while since_finished < 3:
            page = read(last)
            assert page == sorted(page)
            seen.update(page)
            last = page[-1] if page else last
            since_finished += finished.is_set() and not page
            sleep(0.0005)

    def append(thread: int) -> list[int]:
        chance, one = random.Random(thread), write(thread)
        return [one(chance.choice([0.0, 0.002, 0.008])) for _ in range(APPENDS // WRITERS)]

    reader = threading.Thread(target=follow)
    reader.start()
    try:
        appended = [position for positions in in_threads(WRITERS, append) for position in positions]
    finally:
        finished.set()
        reader.join()
    assert len(set(appended)) == APPENDS
    return len(set(appended) - seen)


@contextmanager
def over_our_log(system: System) -> Iterator[tuple[Callable[[int], Write], Read]]:
    connections = [system.connect("candour_writer") for _ in range(WRITERS)]

    def write(thread: int) -> Write:
        def one(pause: float) -> int:
            with connections[thread].transaction():
                (position,) = connections[thread].execute(OURS, (case_id(), STATE)).fetchone()  # type: ignore[misc]
                connections[thread].execute("SELECT pg_sleep(%s)", (pause,))
            return int(position)  # type: ignore[call-overload]

        return one

    try:
        yield write, lambda after: [entry.position for entry in system.store.read_log(after, 50)]
    finally:
        for connection in connections:
            connection.close()


def test_200_appends_paused_between_position_and_commit_are_all_seen(system: System) -> None:
    with over_our_log(system) as (write, read):
        assert skipped(write, read, system.store.head().position) == 0


def test_the_same_harness_sees_what_a_log_that_numbers_rows_before_it_locks_would_skip(system: System) -> None:
    with system.connect("admin") as admin:
        admin.execute("CREATE SEQUENCE candour.numbers START 1000")
        admin.execute("GRANT USAGE ON SEQUENCE candour.numbers TO candour_owner")
    plant(system, "PERFORM pg_advisory_xact_lock(hashtext('candour.events'));", "PERFORM pg_sleep(0);")
    plant(system, "end_position := coalesce(end_position, 0);", "end_position := nextval('candour.numbers');")
    with over_our_log(system) as (write, read):
        assert skipped(write, read, system.store.head().position) >= 1


@pytest.fixture
def library(server: EmbeddedPostgres) -> Iterator[PostgresApplicationRecorder]:
    """The stock recorder of the library with its database functions switched on, in a database of its own."""
    name = f"library_{uuid4().hex[:12]}"
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    host = str(conninfo_to_dict(server.conninfo("postgres"))["host"])
    datastore = PostgresDatastore(
        name, host, "", "postgres", "", pool_size=WRITERS, max_overflow=4, enable_db_functions=True
    )
    recorder = PostgresApplicationRecorder(datastore)
    recorder.create_table()
    yield recorder
    datastore.close()
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


def test_the_same_harness_over_the_librarys_database_functions_skips(library: PostgresApplicationRecorder) -> None:
    def write(thread: int) -> Write:
        def one(pause: float) -> int:
            event = StoredEvent(uuid4(), 1, "topic", b"{}")
            with library.datastore.transaction(commit=True) as cursor:
                row = library.construct_pg_stored_event(
                    event.originator_id, event.originator_version, event.topic, event.state
                )
                cursor.execute(library.sql_invoke_pg_function_insert_events, ([row],))
                (position,) = cursor.fetchone().values()  # type: ignore[union-attr]
                cursor.execute("SELECT pg_sleep(%s)", (pause,))
            return int(position)

        return one

    def read(after: int) -> list[int]:
        return [entry.id for entry in library.select_notifications(after, 50, inclusive_of_start=False)]

    assert skipped(write, read, 0) >= 1


def test_the_librarys_own_insert_takes_the_function_without_a_lock(library: PostgresApplicationRecorder) -> None:
    library.insert_events([StoredEvent(uuid4(), 1, "topic", b"{}")])
    with library.datastore.transaction(commit=False) as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", (library.pg_function_name_insert_events,))
        source = cursor.fetchone()
        assert source is not None
        assert "LOCK" not in source["prosrc"].replace("lock_timeout", "")


def test_a_reader_that_waits_is_told_of_an_append(system: System) -> None:
    with system.connect("candour_reader") as listener:
        listener.execute("LISTEN candour_events")
        with over_our_log(system) as (write, _):
            write(0)(0.0)
        began = monotonic()
        notices = list(listener.notifies(timeout=5, stop_after=1))
        assert [notice.channel for notice in notices] == ["candour_events"]
        assert monotonic() - began < 5
