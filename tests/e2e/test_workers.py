"""`candour serve --workers`: several processes behind one address; what dies comes back, and all of it stops."""

import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from overseeing import end_of_log, overseer
from processes import Place, Running, only_where_proc_is, wait_until

pytestmark = only_where_proc_is

REPORT = {"route": "online", "reporter_role": "victim", "alleged": "104", "received_at": "2026-03-02T09:14:00Z"}


@pytest.fixture(scope="module")
def headers(shared_place: Place) -> dict[str, str]:
    issued = shared_place.run("token", "--role", "recorder", "--force", "kent", "--staff-id", "r-1")
    return {"authorization": f"Bearer {issued.out.strip()}"}


@pytest.fixture
def running(shared_place: Place) -> Iterator[Running]:
    """Two workers and a projector over the module's folder; nothing of them is left."""
    with serving(shared_place) as started:
        yield started


@contextmanager
def serving(place: Place, *more: str) -> Iterator[Running]:
    """Two workers and a projector; nothing of them is left."""
    started = place.start("serve", "--workers", "2", *more, TMPDIR=str(place.folder)).ready()
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.interrupt()
    place.must_be_quiet()


def workers(place: Place) -> set[int]:
    return {pid for pid, line in place.processes().items() if " serve --listener " in line}


def report(running: Running, headers: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{running.url}/v1/cases/report-crime", json=REPORT, headers=headers, timeout=30)


@pytest.fixture(scope="module")
def overseeing(shared_place: Place) -> dict[str, str]:
    """Of somebody who is told positions and counts."""
    return overseer(shared_place)


def counted(running: Running, overseeing: dict[str, str]) -> float:
    """Accepted reports, as whichever worker answers counts them."""
    text = httpx.get(f"{running.url}/metrics", headers=overseeing, timeout=30).raise_for_status().text
    found = re.search(r'candour_commands_total\{command="ReportCrime",verdict="accepted"\} (\S+)', text)
    return float(found[1]) if found else 0.0


def busy_seconds(pid: int) -> int:
    """Clock ticks that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_both_workers_work_over_one_log_and_one_account_of_it(
    shared_place: Place, running: Running, headers: dict[str, str], overseeing: dict[str, str]
) -> None:
    both = workers(shared_place)
    assert len(both) == 2
    assert running.pid not in both
    before = {pid: busy_seconds(pid) for pid in both}
    with ThreadPoolExecutor(8) as people:
        answers = list(people.map(lambda _: report(running, headers), range(120)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["written_at"] for answer in answers}) == 120
    assert all(busy_seconds(pid) > before[pid] for pid in both), "one of them had nothing to do"
    # Whoever answers, and each time: the sum over both.
    assert {counted(running, overseeing) for _ in range(6)} == {120}


def worker_of(place: Place, connection: HTTPConnection) -> int:
    """The process id of the worker that took this connection."""
    own = connection.sock.getsockname()[1]

    def find() -> int | None:
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if [int(end.split(":")[1], 16) for end in fields[1:3]] == [place.port, own]:
                link = f"socket:[{fields[9]}]"
                return next((pid for pid in workers(place) if link in open_files(pid)), None)
        return None

    return wait_until(find, 10)


def open_files(pid: int) -> set[str]:
    with suppress(OSError):
        return {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    return set()


@pytest.fixture
def one_of_each(shared_place: Place, running: Running) -> Iterator[list[HTTPConnection]]:
    """A connection to each worker."""
    found: dict[int, HTTPConnection] = {}
    deadline = time.monotonic() + 30
    with ExitStack() as made:
        while len(found) < 2:
            assert time.monotonic() < deadline, "one of them takes no connections"
            connection = made.enter_context(closing(HTTPConnection("127.0.0.1", running.port, timeout=30)))
            connection.connect()
            found.setdefault(worker_of(shared_place, connection), connection)
        yield list(found.values())


def send_at_once(
    connections: list[HTTPConnection], headers: dict[str, str], keys: list[str]
) -> list[tuple[int, bytes]]:
    """The status and the body that each connection has, of reports that are sent at the same moment."""
    together = threading.Barrier(len(connections))

    def send(connection: HTTPConnection, key: str) -> tuple[int, bytes]:
        given = headers | {"content-type": "application/json", "idempotency-key": key}
        together.wait()
        connection.request("POST", "/v1/cases/report-crime", json.dumps(REPORT), given)
        answer = connection.getresponse()
        return answer.status, answer.read()

    with ThreadPoolExecutor(len(connections)) as people:
        return list(people.map(send, connections, keys))


def only_effect(answers: list[tuple[int, bytes]]) -> dict[str, Any]:
    """The one answer of those that were not told to wait."""
    assert {status for status, _ in answers} <= {201, 409}, answers
    told = {body for status, body in answers if status == 201}
    assert len(told) == 1, "done twice"
    return json.loads(told.pop())


def test_one_request_sent_to_both_workers_at_the_same_moment_is_done_once(
    running: Running, one_of_each: list[HTTPConnection], headers: dict[str, str], overseeing: dict[str, str]
) -> None:
    before, both = end_of_log(running, overseeing), one_of_each
    first: list[dict[str, Any]] = []
    met = 0
    for _ in range(100):
        key = uuid4().hex
        answers = send_at_once(both, headers, [key, key])
        first.append(only_effect(answers))
        met += 409 in {status for status, _ in answers}
        while {status for status, _ in answers} != {201}:  # whoever was told to wait has the same answer then
            answers = send_at_once(both, headers, [key, key])
        assert only_effect(answers) == first[-1]
    assert len({answer["case"] for answer in first}) == len({answer["reference"] for answer in first}) == 100
    after = end_of_log(running, overseeing)
    assert after - before == 100
    assert met, "no two of them were ever under way at once"
    with pytest.raises(AssertionError, match="done twice"):
        only_effect(send_at_once(both, headers, [uuid4().hex, uuid4().hex]))


def test_a_worker_that_is_killed_is_started_again_and_its_counts_are_kept(
    shared_place: Place, running: Running, headers: dict[str, str], overseeing: dict[str, str]
) -> None:
    for _ in range(4):
        assert report(running, headers).status_code == 201
    killed = min(workers(shared_place))
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in shared_place.processes(), 10)
    assert report(running, headers).status_code == 201, "the other one goes on"
    wait_until(lambda: len(workers(shared_place) - {killed}) == 2, 20)
    assert '"event":"worker_ended"' in running.output()
    assert report(running, headers).status_code == 201
    assert counted(running, overseeing) == 6
    assert running.output().count("Candour serves ") == 1


def test_a_worker_that_hangs_is_replaced_and_one_that_has_nothing_to_do_is_not(
    shared_place: Place, headers: dict[str, str]
) -> None:
    with serving(shared_place, "--worker-timeout", "3") as running:
        both = workers(shared_place)
        time.sleep(4)
        assert workers(shared_place) == both
        hanging = min(both)
        os.kill(hanging, signal.SIGSTOP)
        served = 0
        deadline = time.monotonic() + 20
        while hanging in workers(shared_place):
            assert time.monotonic() < deadline, "it hangs for ever"
            assert report(running, headers).status_code == 201
            served += 1
        assert served >= 5, "the other one goes on"
        assert running.output().count('"event":"worker_hangs"') == 1
        wait_until(lambda: len(workers(shared_place)) == 2, 20)
        assert max(both) in workers(shared_place)
        assert report(running, headers).status_code == 201
        assert running.output().count('"event":"worker_ended"') == 1


def test_a_worker_that_pauses_is_given_time(shared_place: Place, running: Running, headers: dict[str, str]) -> None:
    pausing = min(workers(shared_place))
    os.kill(pausing, signal.SIGSTOP)
    time.sleep(5)
    os.kill(pausing, signal.SIGCONT)
    assert report(running, headers).status_code == 201
    assert pausing in workers(shared_place)
    assert "worker_hangs" not in running.output()


def test_sigterm_stops_all_of_it(shared_place: Place, running: Running) -> None:
    shared_place.projector()
    counts = set(shared_place.folder.glob("candour-meters-*"))
    assert counts
    assert running.end(signal.SIGTERM) == 143
    shared_place.must_be_quiet()
    assert "Traceback" not in running.output()
    assert not any(folder.exists() for folder in counts)


def test_workers_whose_parent_was_killed_end_by_themselves(shared_place: Place, running: Running) -> None:
    left = workers(shared_place)
    shared_place.projector()
    assert running.end(signal.SIGKILL) == -signal.SIGKILL
    shared_place.must_be_quiet(20)
    assert left


def test_without_a_projector_there_is_none_until_one_is_started(place: Place) -> None:
    running = place.start("serve", "--no-projector").ready()
    issued = place.run("token", "--role", "recorder", "--force", "kent", "--staff-id", "r-1").out.strip()
    headers = {"authorization": f"Bearer {issued}"}
    written = report(running, headers).json()["written_at"]
    figure = f"{running.url}/v1/metrics/recorded_within_24h?known_at={written}"
    waiting = headers | {"prefer": "wait=2"}
    assert httpx.get(figure, headers=waiting, timeout=30).status_code == 503
    assert [line for line in place.processes().values() if "project --follow" in line] == []
    projector = place.start("project", "--follow")
    assert httpx.get(figure, headers=headers | {"prefer": "wait=25"}, timeout=30).status_code == 200
    assert projector.end(signal.SIGTERM) == 143
    assert running.interrupt() == 130
    place.must_be_quiet()


def test_what_cannot_be_served_is_said_before_there_is_any_worker(shared_place: Place, running: Running) -> None:
    shared_place.run("serve", "--workers", "2").is_one_line(5, f"in use by another server (process {running.pid})")
    shared_place.run("serve", "--workers", "0").is_one_line(2, "--workers")
    key = shared_place.data / "keys" / "master.key"
    running.interrupt()
    kept = key.read_bytes()
    try:
        key.write_text("ab" * 32 + "\n")
        shared_place.run("serve", "--workers", "2").is_one_line(5, f"{key} is not the master key of the store")
    finally:
        key.write_bytes(kept)
