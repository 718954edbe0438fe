"""When something breaks: what was acknowledged is there, what was refused is not, and the store goes on afterwards."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

import pytest
from log_entries import appends, case_id, faults, in_threads, narrated, whole_log

from adapters.settings import Settings
from adapters.system import System
from application.ports import StoreUnavailable

TERMINATE = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
CHILD = """
import sys, threading, time
from pathlib import Path
from uuid import uuid4
from adapters.settings import Settings
from adapters.system import System, now
from application.ports import Append, NewEvent
from domain.case.recording import DeclineReason, RecordingDeclined
from domain.event import Purpose, Role
from domain.values import instant

system = System(Settings(sys.argv[1], Path(sys.argv[2])), None)

def work():
    while True:
        event = RecordingDeclined(reason=DeclineReason.OTHER_FORCE, rationale="sealed")
        new = NewEvent(uuid4(), event, instant(now()), "a", Role.RECORDER, Purpose.CRIME_RECORDING)
        if sys.argv[3] == "boastful":
            sys.stdout.write(f"{new.event_id}\\n"); sys.stdout.flush(); time.sleep(0.02)
        system.store.append(Append(f"case-{uuid4()}", 0, "kent", (new,)))
        if sys.argv[3] == "honest":
            sys.stdout.write(f"{new.event_id}\\n"); sys.stdout.flush()

for _ in range(4):
    threading.Thread(target=work).start()
"""


def goes_on(system: System) -> bool:
    """Whether an append goes through again, after at most a few that find a connection gone."""
    for _ in range(40):
        try:
            system.store.append(appends(case_id(), 0, narrated()))
        except StoreUnavailable:
            sleep(0.05)
        else:
            return True
    return False


def test_connections_that_are_killed_lose_nothing_that_was_acknowledged(system: System) -> None:
    system.store.append(appends(case_id(), 0))
    finished = threading.Event()
    kills: list[int] = []

    def kill() -> None:
        with system.connect("admin") as admin:
            while not finished.wait(0.04):
                (count,) = admin.execute(TERMINATE).fetchone()  # type: ignore[misc]
                kills.append(int(count))  # type: ignore[call-overload]

    def work(_: int) -> list[tuple[str, str]]:
        answers: list[tuple[str, str]] = []
        until = monotonic() + 1.5
        while monotonic() < until:
            item = appends(case_id(), 0)
            try:
                system.store.append(item)
            except StoreUnavailable as error:
                answers.append((item.stream, str(error)))
                sleep(0.005)
            else:
                answers.append((item.stream, ""))
        return answers

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        answers = [answer for answers in in_threads(6, work) for answer in answers]
    finally:
        finished.set()
        killer.join()
    assert goes_on(system)
    log = whole_log(system)
    kept = {entry.stream for entry in log}
    assert faults(log) == []
    assert sum(kills) >= 5
    assert sum(not sentence for _, sentence in answers) >= 20
    assert any(sentence for _, sentence in answers), "no append was hit, so nothing was shown"
    assert [stream for stream, sentence in answers if not sentence and stream not in kept] == []
    assert [s for stream, s in answers if "nothing was written" in s and stream in kept] == []


@contextmanager
def append_lock_held(system: System) -> Iterator[None]:
    with system.connect("admin") as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext('candour.events'))")
        yield


def test_a_lock_that_somebody_holds_is_given_up_after_five_seconds(system: System) -> None:
    before, began = system.store.head(), monotonic()
    with append_lock_held(system):

        def work(number: int) -> str:
            with pytest.raises(StoreUnavailable) as refusal:
                system.store.append(appends(case_id(), 0, narrated()))
            return str(refusal.value)

        sentences = in_threads(1, work)
        took = monotonic() - began
        assert system.store.head() == before, "reading goes on meanwhile"
    assert sentences == ["the database is busy; nothing was written, try again in a moment"]
    assert 4.5 < took < 8
    done = system.store.append(appends(case_id(), 0, narrated()))
    assert done.position == before.position + 1


def test_a_read_only_database_is_a_clear_error_and_can_still_be_read(system: System) -> None:
    stream = case_id()
    system.store.append(appends(stream, 0, narrated()))
    name = system.settings.database_url.split("dbname=")[1].split()[0]  # type: ignore[union-attr]
    with system.connect("admin") as admin:
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")  # type: ignore[call-overload]
    later = System(system.settings, None)
    try:
        for event in (narrated(), None):
            with pytest.raises(StoreUnavailable, match="the database is read-only; nothing was written"):
                later.store.append(appends(case_id(), 0, *([event] if event else [])))
        assert len(later.store.reveal(later.store.load(stream))) == 1
    finally:
        later.close()
    with system.connect("admin") as admin:
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")  # type: ignore[call-overload]
    assert system.store.append(appends(stream, 1)).version == 2


def test_a_database_that_is_not_there_is_a_clear_error(system: System) -> None:
    nowhere = Settings("host=/nonexistent-socket-dir user=postgres dbname=none", system.settings.data_dir)
    away = System(nowhere, None)
    began = monotonic()
    try:
        with pytest.raises(StoreUnavailable, match="the database cannot be reached"):
            away.facts()
        with pytest.raises(StoreUnavailable, match="the database cannot be reached"):
            away.store.append(appends(case_id(), 0))
    finally:
        away.close()
    assert monotonic() - began < 20


def killed_in_the_act(system: System, manner: str, lines: int) -> set[str]:
    """Start a process that appends and prints each acknowledgement, kill -9 it, and return what it acknowledged."""
    assert system.settings.database_url is not None
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, system.settings.database_url, str(system.settings.data_dir), manner],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        acknowledged = {child.stdout.readline().strip() for _ in range(lines)}
    finally:
        os.kill(child.pid, signal.SIGKILL)
        rest = child.stdout.read().splitlines(keepends=True)
        child.wait()
        child.stdout.close()
    return acknowledged | {line.strip() for line in rest if line.endswith("\n")}


def lost(system: System, acknowledged: set[str]) -> set[str]:
    sleep(0.1)  # the server may still be finishing what the killed process had sent
    return acknowledged - {str(entry.event_id) for entry in whole_log(system)}


def test_kill_9_loses_nothing_that_was_acknowledged(system: System) -> None:
    acknowledged = set[str]()
    for lines in (30, 61, 92, 123):
        acknowledged |= killed_in_the_act(system, "honest", lines)
    assert len(acknowledged) >= 300
    assert lost(system, acknowledged) == set()
    assert faults(whole_log(system)) == []
    assert goes_on(system)


def test_an_acknowledgement_before_the_commit_is_caught(system: System) -> None:
    assert lost(system, killed_in_the_act(system, "boastful", 40))
