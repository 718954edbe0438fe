"""`candour serve --workers`: several processes behind one address; what dies comes back, and all of it stops."""

import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
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
    started = shared_place.start("serve", "--workers", "2", TMPDIR=str(shared_place.folder)).ready()
    yield started
    if started.process.poll() is None:
        started.interrupt()
    shared_place.must_be_quiet()


def workers(place: Place) -> set[int]:
    return {pid for pid, line in place.processes().items() if " serve --listener " in line}


def report(running: Running, headers: dict[str, str], **more: str) -> httpx.Response:
    given = headers | {name.replace("_", "-"): value for name, value in more.items()}
    return httpx.post(f"{running.url}/v1/cases/report-crime", json=REPORT, headers=given, timeout=30)


def counted(running: Running) -> float:
    """Accepted reports, as whichever worker answers counts them."""
    text = httpx.get(f"{running.url}/metrics", timeout=30).text
    found = re.search(r'candour_commands_total\{command="ReportCrime",verdict="accepted"\} (\S+)', text)
    return float(found[1]) if found else 0.0


def busy_seconds(pid: int) -> int:
    """Clock ticks that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_both_workers_work_over_one_log_and_one_account_of_it(
    shared_place: Place, running: Running, headers: dict[str, str]
) -> None:
    both = workers(shared_place)
    assert len(both) == 2
    assert running.pid not in both
    before = {pid: busy_seconds(pid) for pid in both}
    with ThreadPoolExecutor(8) as people:
        answers = list(people.map(lambda _: report(running, headers), range(120)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["position"] for answer in answers}) == 120
    assert all(busy_seconds(pid) > before[pid] for pid in both), "one of them had nothing to do"
    # Whoever answers, and each time: the sum over both.
    assert {counted(running) for _ in range(6)} == {120}


def test_one_request_sent_to_both_workers_is_done_once(running: Running, headers: dict[str, str]) -> None:
    key = uuid4().hex

    def insist(_: int) -> bytes:
        while (answer := report(running, headers, idempotency_key=key)).status_code == 409:
            pass
        return answer.content

    with ThreadPoolExecutor(8) as people:
        assert len(set(people.map(insist, range(16)))) == 1
    assert counted(running) <= 16


def test_a_worker_that_is_killed_is_started_again_and_its_counts_are_kept(
    shared_place: Place, running: Running, headers: dict[str, str]
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
    assert counted(running) == 6
    assert running.output().count("Candour serves ") == 1


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
    position = report(running, headers).json()["position"]
    figure = f"{running.url}/v1/metrics/recorded_within_24h?min_position={position}"
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
